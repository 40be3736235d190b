"""The framework versions that are loaded. Their values come from the files, which are kept whole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Connection, Select, func, select

from lrs.clock import from_micros
from mappings.errors import MappingError
from mappings.framework import Framework, load_yaml
from mappings.framework_terms import known
from mappings.framework_yaml import dump_yaml
from mappings.tables import competency, framework, framework_term, mapping

State = Literal["in force", "beside it", "ended", "not yet"]


@dataclass(frozen=True, slots=True)
class Held:
    """A version that is loaded, with its days as they stand. `mappings`: approved and not ended, of courses
    on its competencies."""

    id: int
    code: str
    version: str
    title_th: str
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
    competencies: int
    mappings: int

    def state(self, day: date, asked_for: "Held | None") -> State:
        """What it is on a day in Bangkok, on which reports ask for `asked_for`."""
        if day < self.valid_from:
            return "not yet"
        if self.valid_to is not None and self.valid_to < day:
            return "ended"
        return "in force" if self == asked_for else "beside it"


def asked_for(held: Sequence[Held], day: date) -> Held | None:
    """The version that reports of a day ask for: of those that are valid, the one that began last."""
    valid = [one for one in held if one.state(day, one) == "in force"]
    return max(valid, key=lambda one: (one.valid_from, one.id), default=None)


def list_frameworks(conn: Connection) -> tuple[Held, ...]:
    """All versions, by code, then by their first day of validity."""
    f, term = framework.c, framework_term.c
    areas = select(func.count()).where(competency.c.framework_id == f.id).scalar_subquery()
    approved = (mapping.c.status == "approved") & mapping.c.ended_at.is_(None)
    maps = select(func.count()).where(mapping.c.framework_id == f.id, approved).scalar_subquery()
    days = (term.valid_from, term.valid_to)
    rows = conn.execute(
        select(f.id, f.code, f.version, f.title_th, *days, f.recorded_at, areas, maps)
        .join(framework_term, term.framework_id == f.id)
        .where(known())
        .order_by(f.code, term.valid_from, f.id)
    )
    return tuple(Held(*row[:6], from_micros(row[6]), *row[7:]) for row in rows)


def read_framework(conn: Connection, code: str, version: str) -> Framework:
    """A version, from the file it was loaded from; its last day as it stands. Raises MappingError."""
    same = (framework.c.code == code) & (framework.c.version == version)
    row = conn.execute(_texts().where(same)).one_or_none()
    if row is None:
        loaded = ", ".join(f"{each.code} {each.version}" for each in list_frameworks(conn)) or "none"
        raise MappingError(f"framework '{code}' version '{version}' is not loaded (loaded: {loaded})")
    if row.text is None:
        raise MappingError(
            f"framework '{code}' version '{version}' was loaded before files were kept: load its file again"
        )
    return _parsed(row.text, f"{code} version {version}", row.valid_to)


def read_all_frameworks(conn: Connection) -> tuple[tuple[Framework, datetime], ...]:
    """All versions whose file is kept, each with the time it was loaded or given another last day; by code,
    then first day."""
    f, term = framework.c, framework_term.c
    rows = conn.execute(
        _texts().where(f.text.is_not(None)).order_by(f.code, term.valid_from, term.framework_id)
    )
    return tuple(
        (_parsed(row.text, f"{row.code} version {row.version}", row.valid_to), from_micros(row.recorded_at))
        for row in rows
    )


def _texts() -> Select[Any]:
    f, term = framework.c, framework_term.c
    return (
        select(f.code, f.version, f.text, term.valid_to, term.recorded_at)
        .join(framework_term, term.framework_id == f.id)
        .where(known())
    )


@lru_cache(maxsize=16)
def _parsed(text: str, source: str, last_day: date | None) -> Framework:
    """As the file says; where the version was given another last day, as a file with that day would."""
    found = load_yaml(text, source)
    if found.valid_to == last_day:
        return found
    return load_yaml(dump_yaml(replace(found, valid_to=last_day)), source)
