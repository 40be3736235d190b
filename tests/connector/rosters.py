"""Rosters for tests: a small organisation, files, and the steps of an import."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, select

from connector.imports.import_files import FULL, PART, Brought, ImportFile, find
from connector.imports.roster_import import ROSTER_KIND, RosterTerms, apply_roster, stage_roster
from mappings.people import HashKey, HashKeys, import_units
from mappings.tables import identifier, membership, person, unit
from tests.mappings.world import BEGIN, NOW, UNITS

SITE = "https://moodle.example"
TERMS = RosterTerms(HashKeys(HashKey(b"a key for tests")), home_pages={"moodle-main": SITE})
FIRST, SECOND, OFFICE = "0100000001", "0100000002", "9901"
"""Codes of two schools, and of the office above them."""


def national_id(number: int) -> str:
    """A sound one, another for each number."""
    digits = f"1{number:011}"
    total = sum(int(digit) * (13 - place) for place, digit in enumerate(digits))
    return f"{digits}{(11 - total % 11) % 10}"


def a_row(name: str = "สมชาย ใจดี", post: str = "ครู", unit: str = FIRST, **more: str) -> dict[str, str]:
    """A row by title; what is not there is an empty cell."""
    return {"ชื่อ-สกุล": name, "ตำแหน่ง": post, "รหัสโรงเรียน": unit, **more}


def write(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """A CSV file with a column for every title of the rows."""
    rows = list(rows)
    titles = list(dict.fromkeys(title for row in rows for title in row))
    lines = [titles, *([row.get(title, "") for title in titles] for row in rows)]
    path.write_text("\n".join(",".join(line) for line in lines) + "\n", encoding="utf-8-sig")
    return path


class Office:
    """Somebody who brings rosters to a database with the organisation of `tests.mappings.world`."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder, self.terms = engine, folder, TERMS
        with engine.begin() as conn:
            import_units(conn, UNITS, BEGIN, "test")

    def stage(self, *rows: Mapping[str, str], full: bool = False, now: Any = NOW) -> int:
        """Stage the rows as a file; its import id."""
        path = write(self.folder / "roster.csv", rows)
        brought = Brought(ROSTER_KIND, path, "test", coverage=FULL if full else PART)
        return stage_roster(self.engine, brought, self.terms, now)

    def apply(self, import_id: int, now: Any = NOW, **options: bool) -> None:
        """Apply a staged file."""
        with self.engine.begin() as conn:
            apply_roster(conn, import_id, now, "test", **options)

    def bring(self, *rows: Mapping[str, str], full: bool = False, now: Any = NOW) -> ImportFile:
        """Stage and apply the rows; the file as it is known then."""
        import_id = self.stage(*rows, full=full, now=now)
        self.apply(import_id, now)
        return self.file(import_id)

    def file(self, import_id: int) -> ImportFile:
        """What is known of a file."""
        with self.engine.connect() as conn:
            return find(conn, import_id)

    def rows_of(self, table: Table) -> list[Any]:
        """All rows of a table, the oldest first."""
        with self.engine.connect() as conn:
            return list(conn.execute(select(table).order_by(*table.primary_key.columns)))

    def posts(self) -> dict[str, tuple[str, str]]:
        """Name -> unit and position, of whoever has a post that lasts."""
        m = membership.c
        query = (
            select(person.c.given_name, unit.c.uid, m.position_th)
            .join(membership, m.person_id == person.c.id)
            .join(unit, unit.c.id == m.unit_id)
            .where(m.valid_to.is_(None))
        )
        with self.engine.connect() as conn:
            return {row.given_name: (row.uid, row.position_th) for row in conn.execute(query)}

    def known_by(self) -> set[tuple[str, str, str]]:
        """Kind, home page and value of the identifiers that hold."""
        held = [row for row in self.rows_of(identifier) if row.ended_at is None]
        return {(row.kind, row.home_page, row.value) for row in held}
