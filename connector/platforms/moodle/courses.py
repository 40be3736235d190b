"""The courses of a Moodle site that track completion."""

import html
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from connector.completion import Course
from connector.platforms import PlatformError
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.errors import MoodleError
from connector.platforms.moodle.functions import COURSES

SITE_COURSE = 1

_KEPT = ("id", "shortname", "fullname", "idnumber", "lang", "visible")

Row = Mapping[str, Any]
"""An object of an answer."""


class Courses:
    """The courses told, by id. One that is not among them is known by its number alone."""

    def __init__(self, home_page: str, rows: Iterable[Row]) -> None:
        self._home_page = home_page
        self._rows: dict[int, Row] = {int(row["id"]): row for row in rows}
        self._idnumbers: dict[int, str] = {}
        self._made: dict[int, Course] = {}

    def __contains__(self, number: object) -> bool:
        return number in self._rows

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._rows))

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: Iterable[Row]) -> None:
        """Courses told later; what is told last holds."""
        for row in rows:
            self._rows[int(row["id"])] = row
            self._made.pop(int(row["id"]), None)

    def row(self, number: int) -> Row:
        """A course as it was told."""
        return self._rows[number]

    def note(self, number: int, idnumber: str) -> None:
        """A course's idnumber, told elsewhere: the list tells it only to those who may edit the course."""
        if self._idnumbers.get(number) != idnumber:
            self._idnumbers[number] = idnumber
            self._made.pop(number, None)

    def course(self, number: int) -> Course:
        """A course that was told."""
        if number not in self._made:
            self._made[number] = self._make(number)
        return self._made[number]

    def bare(self, external_id: str) -> Course:
        """A course by its number alone, for it may be told no longer."""
        return Course(self._home_page, external_id, self._iri(external_id), "", "", "", "")

    def _make(self, number: int) -> Course:
        row = self._rows[number]
        return Course(
            home_page=self._home_page,
            external_id=str(number),
            activity_iri=self._iri(number),
            shortname=html.unescape(str(row["shortname"])),
            idnumber=str(self._idnumbers.get(number) or row.get("idnumber") or ""),
            title=html.unescape(str(row["fullname"])),
            language=str(row.get("lang") or ""),
        )

    def _iri(self, number: object) -> str:
        return f"{self._home_page}/course/view.php?id={number}"


def read_courses(client: Client, home_page: str, wanted: Collection[str]) -> Courses:
    """Courses that track completion; raises PlatformError where what is wanted is not among them."""
    rows = [row for row in client.call(COURSES)["courses"] if int(row["id"]) != SITE_COURSE]
    if rows and not any("enablecompletion" in row for row in rows):
        raise PlatformError(
            f"Moodle at {client.host}: none of {len(rows)} courses may be entered: give the web service "
            "account moodle/course:view",
            permanent=True,
        )
    kept = [row for row in rows if row.get("enablecompletion") and is_wanted(row, wanted)]
    kept += _by_idnumber(client, wanted, kept)
    if wanted and not kept:
        raise PlatformError(
            f"Moodle at {client.host}: no course with completion is called {', '.join(sorted(wanted))}: "
            "correct the names, or enable completion tracking in the course",
            permanent=True,
        )
    return Courses(home_page, ({name: row[name] for name in _KEPT if name in row} for row in kept))


def _by_idnumber(client: Client, wanted: Collection[str], found: Collection[Row]) -> list[Row]:
    """Courses whose idnumber is hidden from the account can be asked for by it."""
    left = [name for name in sorted(wanted) if not any(is_wanted(row, (name,)) for row in found)]
    rows = [row for name in left for row in client.call(COURSES, field="idnumber", value=name)["courses"]]
    return [row for row in rows if row.get("enablecompletion")]


def is_wanted(row: Row, wanted: Collection[str]) -> bool:
    """Whether a course is asked for, by id, short name or idnumber; all are where none is named."""
    names = {html.unescape(str(row.get(name) or "")) for name in ("id", "shortname", "idnumber")}
    return not wanted or not names.isdisjoint(wanted)


def in_course(error: MoodleError, row: Row) -> MoodleError:
    """The error with the course that it came up in."""
    return MoodleError(f"{error} (course {row['id']}, {row['shortname']})", error.permanent, error.code)
