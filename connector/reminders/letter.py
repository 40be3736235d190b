"""What a reminder says. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from connector.report.thai import thai_date
from connector.report.words import ENGLISH, THAI, reading

SUBJECT = "แจ้งเตือน: สมรรถนะดิจิทัลที่ยังไม่ผ่าน"


@dataclass(frozen=True, slots=True)
class Facts:
    """`missing`: code and name of each item. `service`: the address of the overview; `stop`: of the link that
    ends reminders."""

    uuid: str
    name: str
    day: date
    missing: Sequence[tuple[str, str]]
    service: str
    stop: str


def letter(facts: Facts, sender: Address, to: str, now: datetime) -> EmailMessage:
    """The message; the same reminder always has the same Message-ID."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = Address(addr_spec=to)
    message["Subject"] = SUBJECT
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{facts.uuid}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{facts.stop}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text_of(facts), cte="base64")
    return message


def text_of(facts: Facts) -> str:
    """The text, in Thai with a paragraph in English."""
    with reading(THAI):
        day = thai_date(facts.day)
    with reading(ENGLISH):
        english_day = thai_date(facts.day)
    codes = ", ".join(code for code, _ in facts.missing)
    return "\n".join(
        [
            f"เรียน {facts.name}",
            "",
            f"ข้อมูล ณ วันที่ {day} ท่านยังไม่ผ่านสมรรถนะดิจิทัล {len(facts.missing)} ข้อ ได้แก่",
            *(f"  - {code} {name}" for code, name in facts.missing),
            "",
            "กรุณาเรียนให้ครบ ผลการเรียนจากระบบที่เชื่อมต่อไว้จะปรากฏโดยไม่ต้องส่งหลักฐาน",
            f"ดูความก้าวหน้า: {facts.service}",
            "หากข้อมูลไม่ถูกต้อง กรุณาติดต่อผู้ประสานงานของหน่วยงาน",
            "",
            f"English: as of {english_day}, these digital skills are still to be completed: {codes}.",
            "",
            "-- ",
            f"ไม่ต้องการรับอีเมลนี้ / stop these e-mails: {facts.stop}",
            "",
        ]
    )
