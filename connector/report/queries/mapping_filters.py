"""Which mappings a list shows."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import ColumnElement, exists, func, or_

from mappings.mapping_lines import LINE
from mappings.requirements import valid_on
from mappings.tables import course, course_alias, mapping, mapping_competency

_TEXT = r"^[^\x00]*$"
_EMPTY = BeforeValidator(lambda value: None if value == "" else value)
_Number = Annotated[Annotated[int, Field(ge=0, lt=2**63)] | None, _EMPTY]
_Day = Annotated[date | None, _EMPTY]
Status = Literal["", "draft", "approved", "ended"]


class Filters(BaseModel):
    """What the address of the list says; "" or None for all. `competency`: an id; `platform`: a home page.

    `before`: only mappings with a smaller number, which is how pages go on.
    """

    model_config = ConfigDict(frozen=True)

    status: Status = ""
    competency: _Number = None
    platform: str = Field(default="", pattern=_TEXT, max_length=500)
    text: str = Field(default="", pattern=_TEXT, max_length=200)
    day: _Day = None
    before: _Number = None

    def on_from(self, before: int | None) -> dict[str, str]:
        """The fields of the page that begins below a number."""
        fields = self.model_copy(update={"before": before}).model_dump()
        return {name: str(value) for name, value in fields.items() if value not in ("", None)}


def conditions(filters: Filters) -> Iterable[ColumnElement[bool]]:
    """In a SELECT of mappings and their courses; `before` is left to the page."""
    m, k = mapping.c, mapping_competency.c
    if filters.status == "ended":
        later = mapping.alias("later")
        line = func.coalesce(later.c.line_id, later.c.id)
        yield m.ended_at.is_not(None) & ~exists().where(line == LINE, later.c.id > m.id)
    else:
        yield m.ended_at.is_(None)
    if filters.status in ("draft", "approved"):
        yield m.status == filters.status
    if filters.competency is not None:
        yield exists().where(k.mapping_id == m.id, k.competency_id == filters.competency)
    if filters.platform:
        yield _named(course_alias.c.activity_iri.startswith(filters.platform, autoescape=True))
    if filters.text.strip():
        yield _speaks_of(filters.text.strip())
    if filters.day is not None:
        yield (m.status == "approved") & valid_on(mapping, filters.day)


def _named(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(course_alias.c.course_id == mapping.c.course_id, condition)


def _speaks_of(text: str) -> ColumnElement[bool]:
    course_says = (column.icontains(text, autoescape=True) for column in (course.c.title_th, course.c.code))
    names = (course_alias.c.label, course_alias.c.activity_iri)
    name_says = (column.icontains(text, autoescape=True) for column in names)
    return or_(*course_says, _named(or_(*name_says)))
