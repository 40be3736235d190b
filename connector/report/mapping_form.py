"""The form of a mapping: what a person fills in, and what it says. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from connector.report.errors import ReportError, WrongForm
from connector.report.form_fields import day_in, day_or_none
from connector.report.queries.mapping_choices import Choices
from connector.report.queries.mappings import MappingShown
from connector.report.thai import thai_date
from connector.report.words import Words, _, gettext
from mappings import vocabulary
from mappings.files import CourseMapping

VERBS: Mapping[str, str] = Words(
    {
        vocabulary.COMPLETED: "เรียนจบ (completed)",
        vocabulary.PASSED: "สอบผ่าน (passed)",
        vocabulary.ATTENDED: "เข้าร่วม (attended)",
        vocabulary.ACHIEVED: "ได้รับตราหรือเกียรติบัตร (achieved)",
        vocabulary.EARNED: "ได้คะแนน (earned)",
    }
)
PROGRESS_VERBS: Mapping[str, str] = Words(
    {
        vocabulary.REGISTERED: "ลงทะเบียน (registered)",
        vocabulary.INITIALIZED: "เริ่มเรียน (initialized)",
        vocabulary.PROGRESSED: "กำลังเรียน (progressed)",
    }
)
MOST_HOURS = 10_000
_LONGEST = 500
_TEXT = Field(default="", max_length=_LONGEST, pattern=r"^[^\x00]*$")
_LONG_TEXT = Field(default="", max_length=20_000, pattern=r"^[^\x00]*$")
_TEXTS: Any = Field(default_factory=list, max_length=200)


class MappingForm(BaseModel):
    """The fields as they were typed. `framework`: an id; `category` "": the one that the delivery implies;
    `parts`: a course a line; `score`: in per cent; `hours` "": unknown; `then`: draft | approve; `over`: the
    approved version that was seen, 0 for none, "" for whichever it is."""

    course: str = _TEXT
    activity: str = _LONG_TEXT
    title: str = _TEXT
    framework: str = _TEXT
    competency: list[str] = _TEXTS
    parts: str = _LONG_TEXT
    verb: list[str] = _TEXTS
    progress_verb: list[str] = _TEXTS
    score: str = _TEXT
    level: str = "2"
    hours: str = _TEXT
    delivery: str = _TEXT
    category: str = _TEXT
    valid_from: str = _TEXT
    valid_to: str = _TEXT
    by: str = _TEXT
    reference: str = _TEXT
    then: str = "draft"
    over: str = Field(default="", pattern=r"^[0-9]{0,18}$")

    def framework_id(self) -> int | None:
        """The framework version that the form speaks of; None: whichever is in force."""
        return int(self.framework) if self.framework.isascii() and self.framework.isdigit() else None

    def part_names(self) -> list[str]:
        """The courses all of which have to be done, as they were typed."""
        return list(dict.fromkeys(line.strip() for line in self.parts.splitlines() if line.strip()))


def new_form(today: date, **known: str) -> MappingForm:
    """An empty form, but for what is known already. Raises WrongForm if that is too long."""
    verbs = {
        "verb": [vocabulary.COMPLETED, vocabulary.PASSED],
        "progress_verb": list(PROGRESS_VERBS),
        "delivery": "online_self_paced",
        "valid_from": thai_date(today),
    }
    try:
        return MappingForm.model_validate({**verbs, **known})
    except ValidationError:
        raise WrongForm("ค่าที่ระบุในที่อยู่ของหน้านี้ไม่ถูกต้อง") from None


def form_of(one: MappingShown, choices: Choices) -> MappingForm:
    """What a version says, to be changed."""
    implied = choices.modes.get(one.delivery or "")
    return MappingForm(
        course=one.course.code,
        framework=str(one.framework_id),
        competency=[item.code for item in one.competencies],
        parts="\n".join(part.code for part in one.parts),
        verb=list(one.verbs),
        progress_verb=list(one.progress_verbs),
        score="" if one.score_at_least is None else f"{one.score_at_least * 100:g}",
        level=str(one.level_at_most),
        hours="" if one.hours is None else f"{one.hours:g}",
        delivery=one.delivery or "",
        category="" if one.category in (None, implied) else str(one.category),
        valid_from=thai_date(one.valid_from),
        valid_to="" if one.valid_to is None else thai_date(one.valid_to),
    )


def faults(form: MappingForm, choices: Choices) -> list[str]:
    """What is wrong with a form, in words for whoever filled it in; nothing: `said` takes it."""
    faults = chain(_faults(form, choices), _lacks(form) if form.then == "approve" else ())
    return [gettext(one) for one in faults]


def said(form: MappingForm, parts: Sequence[str] = ()) -> CourseMapping:
    """The draft that a form without faults speaks of. `parts`: codes of the courses it names as parts."""
    score, hours = _number(form.score), _number(form.hours)
    return CourseMapping(
        status="draft",
        approved_by=None,
        reference=None,
        delivery=form.delivery,
        category=form.category or None,
        hours=hours,
        hours_are_sample=False,
        valid_from=day_in(form.valid_from),
        valid_to=day_or_none(form.valid_to),
        competencies=tuple(form.competency),
        level_at_most=int(form.level),
        score_at_least=None if score is None else score / 100,
        verbs=tuple(form.verb),
        progress_verbs=tuple(form.progress_verb),
        parts=tuple(parts),
    )


def _faults(form: MappingForm, choices: Choices) -> Iterator[str]:
    if not form.by.strip():
        yield "กรุณาระบุชื่อผู้ตัดสินใจ"
    if not (form.course.strip() or form.activity.strip() or (form.part_names() and form.title.strip())):
        yield "กรุณาเลือกหลักสูตร หรือระบุรหัสกิจกรรม xAPI"
    if len(form.part_names()) == 1:
        yield "การเรียนครบหลายหลักสูตรต้องมีอย่างน้อยสองหลักสูตร"
    codes = {item.code for item in choices.items}
    if unknown := [code for code in form.competency if code not in codes]:
        yield _("ไม่มีทักษะ %(codes)s ในกรอบแนวทางฉบับนี้", codes=", ".join(unknown))
    if form.delivery not in choices.modes and not form.category:
        yield "กรุณาเลือกวิธีเรียน หรือเลือกประเภทการเรียนรู้"
    if form.category not in ("", *(one.code for one in choices.categories)):
        yield "ประเภทการเรียนรู้ที่เลือกไม่มีในกรอบแนวทางฉบับนี้"
    if form.level not in ("1", "2", "3", "4"):
        yield "กรุณาเลือกระดับหลักฐานขั้นต่ำ"
    if any(":" not in verb for verb in (*form.verb, *form.progress_verb)):
        yield "คำกริยา xAPI ต้องเป็น IRI"
    yield from _number_faults(form)
    yield from _day_faults(form)


def _number_faults(form: MappingForm) -> Iterator[str]:
    for text, most, fault in (
        (form.score, 100, "คะแนนขั้นต่ำต้องเป็นร้อยละ 0 ถึง 100 เว้นว่างถ้าไม่กำหนด"),
        (form.hours, MOST_HOURS, _("ชั่วโมงต้องเป็นตัวเลข 0 ถึง %(most)s เว้นว่างถ้าไม่ทราบ", most=f"{MOST_HOURS:,}")),
    ):
        try:
            number = _number(text)
        except ValueError:
            yield fault
        else:
            if number is not None and not 0 <= number <= most:
                yield fault


def _day_faults(form: MappingForm) -> Iterator[str]:
    try:
        first = day_in(form.valid_from)
        last = day_or_none(form.valid_to)
    except ReportError as error:
        yield error.message
    else:
        if last is not None and last < first:
            yield "วันสุดท้ายอยู่ก่อนวันเริ่มใช้"


def _lacks(form: MappingForm) -> Iterator[str]:
    """What an approval needs beyond what a draft needs."""
    needs: Sequence[tuple[bool, str]] = (
        (bool(form.competency), "เลือกทักษะอย่างน้อยหนึ่งข้อ"),
        (bool(form.verb), "เลือกคำกริยาที่นับว่าผ่านอย่างน้อยหนึ่งคำ"),
        (bool(form.reference.strip()), "ระบุเอกสารอ้างอิงของการอนุมัติ"),
    )
    for met, words in needs:
        if not met:
            yield _("ก่อนอนุมัติ กรุณา%(words)s", words=gettext(words))


def _number(text: str) -> float | None:
    """None where nothing is typed. Raises ValueError."""
    plain = text.strip().replace(",", "")
    if not plain:
        return None
    number = float(plain)
    if number != number:
        raise ValueError(plain)
    return number
