"""The sheets to hand in: /people.xlsx with both, /people.csv, /summary.xlsx and /summary.csv.

The people are those of the page `/people` with the same filters, the numbers those of the overview.
"""

from collections.abc import Callable, Iterator
from functools import partial
from os import SEEK_END
from tempfile import TemporaryFile
from typing import IO, Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection, Engine

from connector.report import thai
from connector.report.asked_times import Asked, AskedWords
from connector.report.csv_sheet import write_csv
from connector.report.excel import write_workbook
from connector.report.pages import ThaiErrors
from connector.report.people_choices import GROUP_CHOICES, STATE_CHOICES
from connector.report.queries.basis import Basis, narrowed, read_basis, root_scope
from connector.report.queries.learning import read_split
from connector.report.queries.overview import read_overview
from connector.report.queries.people_filters import Filters
from connector.report.queries.people_searches import read_search
from connector.report.queries.sheets import each_listed
from connector.report.sheets import PEOPLE, SUMMARY, Sheet, people_sheet, summary_sheet
from connector.report.words import THAI, reading
from lrs.clock import Clock, utc_now
from lrs.database import snapshots

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
_PIECE = 256 * 1024

Write = Callable[[IO[bytes], Connection, Basis], None]


def router_sheets(engine: Engine, clock: Clock = utc_now) -> APIRouter:
    """The routes."""
    router = APIRouter(route_class=ThaiErrors)
    sheets = _Sheets(engine, clock)
    for path, answer in (
        ("/people.xlsx", sheets.people_workbook),
        ("/people.csv", sheets.people_lines),
        ("/summary.xlsx", sheets.summary_workbook),
        ("/summary.csv", sheets.summary_lines),
    ):
        router.add_api_route(path, answer, methods=["GET", "HEAD"], response_model=None)
    return router


def sheet_of_people(conn: Connection, basis: Basis, filters: Filters, words: str = "") -> Sheet:
    """Its rows are read when they are asked for. `words`: searched for in names. Raises NamesHidden and
    UnknownFilter."""
    sample = read_split(conn, basis).sample
    people = each_listed(conn, basis, filters, words)
    return people_sheet(basis, people, _narrowed_to(basis, filters, words), sample=sample)


def sheet_of_units(conn: Connection, basis: Basis) -> Sheet:
    """The overview's numbers."""
    return summary_sheet(basis, read_overview(conn, basis))


class _Sheets:
    """One method a file. A file is written whole before any of it is sent: no reader, however slow, holds a
    transaction open, and what goes wrong is told."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = snapshots(engine)
        self._clock = clock

    def people_workbook(self, times: Asked, filters: Annotated[Filters, Query()]) -> Response:
        def write(file: IO[bytes], conn: Connection, basis: Basis) -> None:
            people = sheet_of_people(conn, basis, filters, self._words(conn, filters))
            write_workbook(file, [people, sheet_of_units(conn, basis)])

        return self._file(write, times, filters.school, ("people", PEOPLE, "xlsx", XLSX))

    def people_lines(self, times: Asked, filters: Annotated[Filters, Query()]) -> Response:
        def write(file: IO[bytes], conn: Connection, basis: Basis) -> None:
            write_csv(file, sheet_of_people(conn, basis, filters, self._words(conn, filters)))

        return self._file(write, times, filters.school, ("people", PEOPLE, "csv", CSV))

    def summary_workbook(self, times: Asked, unit: str = "") -> Response:
        def write(file: IO[bytes], conn: Connection, basis: Basis) -> None:
            write_workbook(file, [sheet_of_units(conn, basis)])

        return self._file(write, times, unit, ("summary", SUMMARY, "xlsx", XLSX))

    def summary_lines(self, times: Asked, unit: str = "") -> Response:
        def write(file: IO[bytes], conn: Connection, basis: Basis) -> None:
            write_csv(file, sheet_of_units(conn, basis))

        return self._file(write, times, unit, ("summary", SUMMARY, "csv", CSV))

    def _words(self, conn: Connection, filters: Filters) -> str:
        return read_search(conn, filters.search, self._clock())

    def _file(self, write: Write, words: AskedWords, unit: str, named: tuple[str, str, str, str]) -> Response:
        now = self._clock()
        # Without a name and gone with its last reader: personal data stay nowhere.
        file = TemporaryFile()  # noqa: SIM115 - read after this returns
        try:
            with reading(THAI), self._engine.begin() as conn:
                top = root_scope(conn)
                basis = read_basis(conn, narrowed(conn, top, unit), now, top=top, times=words.times(now))
                write(file, conn, basis)
        except BaseException:
            file.close()
            raise
        *name, ending, media_type = named
        headers = {
            "Content-Disposition": _disposition(name[0], name[1], ending, basis),
            "Content-Length": str(file.seek(0, SEEK_END)),
            "Cache-Control": "no-store",
        }
        return StreamingResponse(_pieces(file), media_type=media_type, headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        yield from iter(partial(file.read, _PIECE), b"")


def _disposition(name: str, thai_name: str, ending: str, basis: Basis) -> str:
    """Names say the unit and the day, and nothing of a person."""
    unit = "".join(
        letter for letter in basis.unit.name_th if letter.isprintable() and letter not in '/\\:*?"<>|'
    )
    told = quote(f"{thai_name} {unit} {thai.thai_date(basis.as_of, short=True)}.{ending}", safe="")
    plain = f"thaksa-{name}-{basis.as_of.isoformat()}.{ending}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{told}"


def _narrowed_to(basis: Basis, filters: Filters, words: str) -> str:
    """What the list is narrowed to, in the words of the page's filters; empty: to nothing."""
    items = {item.code: f"{item.code} {item.name_th}" for item in basis.items}
    told = (
        ("กลุ่ม", GROUP_CHOICES.get(filters.group, "")),
        ("สมรรถนะ", items.get(filters.item, "")),
        ("สถานะ", STATE_CHOICES.get(filters.state, "")),  # type: ignore[call-overload]
        ("เฉพาะ", "บุคลากรของสำนักงานนี้โดยตรง" if filters.own else ""),
        ("ชื่อ", words),
    )
    return " · ".join(f"{name}: {value}" for name, value in told if value)
