"""What a report refuses.

ReportError            `status` is the HTTP status, the message is in the language of who reads
  NotFound       404   no such thing within the reader's scope (nobody learns that it exists elsewhere)
  NamesHidden    403   the scope is counts only
  UnknownFilter  422   a filter value that means nothing
  WrongTime      422   a day or a moment that a report cannot be asked about
  WrongForm      422   a form's value that cannot be taken
  TooLarge       413   a file beyond the limit of the settings
  NoUnits        503   nothing is loaded yet
"""

from connector.report.words import _, gettext


class ReportError(Exception):
    """A refusal that a page shows as it is."""

    status = 400

    def __init__(self, message: str) -> None:
        self.message = gettext(message)
        super().__init__(self.message)


class NotFound(ReportError):
    """Nothing of that kind within the scope."""

    status = 404


class NamesHidden(ReportError):
    """Names were asked for by somebody who may see counts only."""

    status = 403

    def __init__(self) -> None:
        super().__init__("สิทธิ์ของท่านเห็นได้เฉพาะจำนวนรวม ไม่เห็นรายชื่อ")


class UnknownFilter(ReportError):
    """A filter value that means nothing."""

    status = 422


class WrongTime(ReportError):
    """One of the two times of a report cannot be taken; `english` says it to programs."""

    status = 422

    def __init__(self, name: str, thai: str, english: str) -> None:
        super().__init__(f"{name} {gettext(thai)}")
        self.name, self.english = name, f"{name} {english}"


class WrongForm(ReportError):
    """A form's value that cannot be taken; the message says which and why."""

    status = 422


class TooLarge(ReportError):
    """A file that has more mebibytes than the settings allow."""

    status = 413

    def __init__(self, mebibytes: int) -> None:
        super().__init__(
            _(
                "ไฟล์ใหญ่เกินไป รับได้ไม่เกิน %(mebibytes)s MiB "
                "กรุณาแบ่งไฟล์แล้วนำเข้าเป็นรายชื่อบางส่วน หรือให้ผู้ดูแลระบบเพิ่มค่า import_mebibytes",
                mebibytes=f"{mebibytes:,}",
            )
        )


class NoUnits(ReportError):
    """The database holds no unit: there is nothing to report on."""

    status = 503

    def __init__(self) -> None:
        super().__init__("ยังไม่มีข้อมูลหน่วยงานในระบบ")
