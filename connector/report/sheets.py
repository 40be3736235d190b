"""The two sheets that coordinators hand in, as values: รายบุคคล, a row a person, and สรุป, a row a school.

They are documents in Thai, whatever language the pages are read in. How a file shows the values is the
business of `connector.report.excel` and `connector.report.csv_sheet`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import NamedTuple

from connector.report import thai
from connector.report.queries.basis import Basis, Category
from connector.report.queries.overview import Overview, Row
from connector.report.queries.sheets import Hours, Listed, Proof
from lrs.clock import from_micros

PEOPLE, SUMMARY = "รายบุคคล", "สรุป"
NO_HOURS = Hours(0.0, 0, 0)

Cell = str | int | float | date | None
"""A share is a float from 0 to 1; None is an empty cell."""


class Kind(Enum):
    """What the cells of a column are."""

    TEXT = "text"
    LONG = "long"
    CODE = "code"
    STATE = "state"
    COUNT = "count"
    HOURS = "hours"
    SHARE = "share"
    DAY = "day"


class Column(NamedTuple):
    """A title and what stands below it. `under`: the title above this and its neighbours, who share it."""

    title: str
    kind: Kind
    under: str = ""

    @property
    def full(self) -> str:
        """The title where it stands alone."""
        return f"{self.under} {self.title}".strip()


@dataclass(frozen=True, slots=True)
class Sheet:
    """`heading`: lines above the table; the first is the title. `total`: its last row, None: it has none."""

    name: str
    heading: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Cell]]
    total: Sequence[Cell] | None = None


def people_sheet(basis: Basis, people: Iterable[Listed], note: str, *, sample: bool) -> Sheet:
    """A row a person, in the order of `people`. `note`: what the list is narrowed to; `sample`: some hours
    are made up."""
    items = [Column(f"{item.code} {item.name_th}", Kind.STATE) for item in basis.items]
    hours = [Column(f"ชั่วโมง {one.weight}", Kind.HOURS) for one in basis.categories]
    columns = (
        Column("ลำดับ", Kind.COUNT),
        Column("คำนำหน้า", Kind.TEXT),
        Column("ชื่อ", Kind.TEXT),
        Column("นามสกุล", Kind.TEXT),
        Column("ตำแหน่ง", Kind.TEXT),
        Column("วิทยฐานะ", Kind.TEXT),
        Column("กลุ่ม", Kind.TEXT),
        Column("โรงเรียน", Kind.TEXT),
        Column("รหัสโรงเรียน", Kind.CODE),
        *items,
        *hours,
        Column("วันที่ผ่านล่าสุด", Kind.DAY),
        Column("หลักฐาน", Kind.LONG),
    )
    notes = (note, "ชั่วโมงบางรายการเป็นค่าตัวอย่าง" if sample else "")
    return Sheet(PEOPLE, _heading(basis, "รายงานรายบุคคล", notes), columns, _person_rows(basis, people))


def summary_sheet(basis: Basis, overview: Overview) -> Sheet:
    """A row a school or unit below, as the overview, with its total."""
    items = [
        column
        for item in basis.items
        for column in (
            Column("คน", Kind.COUNT, f"{item.code} {item.name_th}"),
            Column("ร้อยละ", Kind.SHARE, f"{item.code} {item.name_th}"),
        )
    ]
    columns = (
        Column("ลำดับ", Kind.COUNT),
        Column("โรงเรียน/หน่วยงาน", Kind.TEXT),
        Column("บุคลากร (คน)", Kind.COUNT),
        Column("คน", Kind.COUNT, "ผ่านครบทุกสมรรถนะ"),
        Column("ร้อยละ", Kind.SHARE, "ผ่านครบทุกสมรรถนะ"),
        *items,
        Column(thai.UNCLASSIFIED, Kind.COUNT, "ไม่นับในร้อยละ (คน)"),
        Column(thai.OUTSIDE, Kind.COUNT, "ไม่นับในร้อยละ (คน)"),
    )
    notes = ("จำนวนและร้อยละของผู้ที่ผ่าน ในบรรดาบุคลากรกลุ่ม M A S T ที่ต้องผ่าน",)
    rows = (_summary_row(number, row) for number, row in enumerate(overview.rows, start=1))
    total = _summary_row(None, overview.total)
    return Sheet(SUMMARY, _heading(basis, "รายงานสรุป", notes), columns, rows, total)


def _heading(basis: Basis, title: str, notes: Iterable[str]) -> tuple[str, ...]:
    known = "" if basis.known_at is None else f" · ประมวลผลเมื่อ {thai.thai_moment(basis.known_at)}"
    framework = f"{basis.framework_title} ({basis.document_no})" if basis.framework_title else ""
    told = " · ".join(one for one in (*notes, framework) if one)
    return f"{title} {basis.unit.name_th}", f"ข้อมูล ณ วันที่ {thai.thai_date(basis.as_of)}{known}", told


def _person_rows(basis: Basis, people: Iterable[Listed]) -> Iterator[Sequence[Cell]]:
    codes = {item.id: item.code for item in basis.items}
    for number, one in enumerate(people, start=1):
        proofs = {proof: _of(ids, codes) for proof, ids in one.proofs.items() if _of(ids, codes)}
        yield (
            number,
            one.prefix_th,
            one.given_name,
            one.family_name,
            one.position_th,
            one.rank_th,
            thai.group_name(one.group, classified=one.classified),
            one.unit_name,
            one.unit_code,
            *(thai.state_name(one.states.get(item.id, 0)) for item in basis.items),
            *(_hours(one, category) for category in basis.categories),
            _latest(proofs),
            "; ".join(_told(proof, proven) for proof, proven in proofs.items()),
        )


def _hours(one: Listed, category: Category) -> Cell:
    """Unknown hours are unknown, not zero."""
    found = one.hours.get(category.id, NO_HOURS)
    return thai.UNKNOWN if found.events and found.events == found.unknown else round(found.known, 1)


def _latest(proofs: Iterable[Proof]) -> date | None:
    days = [proof.completed_at for proof in proofs]
    return thai.bangkok(from_micros(max(days))).date() if days else None


def _of(ids: Iterable[int], codes: Mapping[int, str]) -> str:
    """The codes of items; those of other frameworks have none here."""
    return " ".join(codes[one] for one in ids if one in codes)


def _told(proof: Proof, proven: str) -> str:
    """ "D1.1 D1.2: platform, level, day"."""
    day = thai.thai_date(from_micros(proof.completed_at), short=True)
    parts = (proof.source, thai.LEVELS.get(proof.level, ""), day)
    return f"{proven}: {', '.join(part for part in parts if part)}"


def _summary_row(number: int | None, row: Row) -> Sequence[Cell]:
    return (
        number,
        f"{row.name} (เฉพาะสำนักงาน)" if row.own else row.name,
        row.persons,
        row.all_complete,
        _share(row.all_complete, row.persons),
        *(cell for count in row.items for cell in (count.complete, _share(count.complete, count.persons))),
        row.unclassified,
        row.outside,
    )


def _share(part: int, whole: int) -> float | None:
    """As the pages round it: 1 is everybody and 0 nobody, nothing else is."""
    return round(thai.share(part, whole) / 100, 3) if whole else None
