"""How a platform heads the columns of its exports: chosen once, saved by name (SQL of `column_preset`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy import Connection, delete, insert, select

from connector.imports.columns import Columns
from connector.imports.errors import ImportFileError
from connector.tables_imports import column_preset
from lrs.clock import to_micros
from mappings.changes import Change, log_changes
from mappings.thai_text import normalise


@dataclass(frozen=True)
class Mapped(Columns):
    """Columns of which somebody chose the headers: `headers` (field -> header) go before all spellings."""

    headers: Mapping[str, str] = field(default_factory=dict)

    def field(self, header: str) -> str | None:
        """The field that a header names: the chosen one, else one of those that nothing was chosen for."""
        key = normalise(header).casefold()
        chosen = (name for name, one in self.headers.items() if normalise(one).casefold() == key)
        found = next(chosen, None)
        if found is not None:
            return found
        spelled = super().field(header)
        return None if spelled in self.headers else spelled


def mapped(columns: Columns, headers: Mapping[str, str]) -> Columns:
    """The columns with these headers chosen. Raises ImportFileError where a field is none of theirs."""
    for name in headers:
        if name not in columns.spellings:
            raise ImportFileError(f"column {name}: is none of {', '.join(columns.spellings)}")
    if not headers:
        return columns
    return Mapped(columns.spellings, columns.needed, columns.secret, columns.wide, headers)


def parse_columns(given: Sequence[str]) -> dict[str, str]:
    """Field -> header, of texts like `course=Course name`. Raises ImportFileError."""
    headers = {}
    for one in given:
        name, equals, header = one.partition("=")
        if not (equals and name.strip() and header.strip()):
            raise ImportFileError(f"column '{one}': write it as FIELD=HEADER, as in course='Course name'")
        headers[name.strip()] = header.strip()
    return headers


def save_preset(
    conn: Connection, name: str, kind: str, headers: Mapping[str, str], now: datetime, by: str
) -> None:
    """Keep a mapping of columns under a name, in place of what was kept there."""
    conn.execute(delete(column_preset).where(column_preset.c.name == name))
    values = {"name": name, "kind": kind, "columns": orjson.dumps(headers).decode()}
    conn.execute(insert(column_preset).values(**values, recorded_at=to_micros(now), recorded_by=by))
    log_changes(conn, [Change("save", "column_preset", name, " ".join(sorted(headers)))], now, by)


def find_preset(conn: Connection, name: str, kind: str) -> dict[str, str]:
    """Field -> header of a saved mapping. Raises ImportFileError where there is none for the kind."""
    rows = conn.execute(select(column_preset).where(column_preset.c.kind == kind)).all()
    saved = {row.name: row.columns for row in rows}
    if name not in saved:
        known = f"there are {', '.join(sorted(saved))}" if saved else "none is saved yet"
        raise ImportFileError(f"preset {name}: is none of {kind}; {known} (save one with --save-preset)")
    headers: dict[str, str] = orjson.loads(saved[name])
    return headers
