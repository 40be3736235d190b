"""Examines what the application of an Open edX may read, in a few calls about one course and one learner."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector.platforms import Check, Reading, Verdict
from connector.platforms.openedx.calls import (
    ACCOUNTS,
    CERTIFICATE,
    COURSES,
    EMAILS,
    ENROLMENTS,
    GRADES,
    TOKEN,
    Call,
)
from connector.platforms.openedx.client import Client, Row
from connector.platforms.openedx.errors import OpenEdxError

STAFF = "staff of the site"
EMAIL = "e-mail addresses"
RATES = "calls a minute"

_COURSES_TRIED = 5
"""Courses that are looked into for a learner."""

_MAKE_STAFF = "make the application's user active, and staff of the whole site"
_UNTRIED = "not tried: no learner is enrolled in the first courses of the catalogue"
_HIDDEN = "are hidden: accounts are linked by them only where they are looked up (look_up_emails)"
_RATES = (
    "no call tells them; by default staff may make 40 for courses and 120 for enrolments: a sync waits when "
    "it is asked to"
)
_ORDER = (
    TOKEN.name, COURSES.name, ENROLMENTS.name, GRADES.name, ACCOUNTS.name, STAFF, EMAIL, CERTIFICATE.name,
    EMAILS.name, RATES,
)  # fmt: skip


class OpenEdxDoctor:
    """Of one site (connector.platforms.Doctor)."""

    def __init__(self, client: Client, reading: Reading) -> None:
        self._client = client
        self._reading = reading

    def examine(self) -> Sequence[Check]:
        """Calls, and what staff see in their answers. Raises PlatformError where the client is refused."""
        self._client.enter()
        found = {TOKEN.name: Check(TOKEN.name, Verdict.OK), RATES: Check(RATES, Verdict.UNKNOWN, _RATES)}
        learner = self._courses(found)
        if learner is not None:
            self._learner(*learner, found)
        self._emails(found)
        return [found.get(name) or Check(name, Verdict.UNKNOWN, _UNTRIED) for name in _ORDER]

    def _try(self, call: Call, found: dict[str, Check], read: Callable[[], Any]) -> Any:
        """The answer; None where the call is refused, which is what was found then."""
        try:
            answer = read()
        except OpenEdxError as error:
            verdict = Verdict.MISSING if error.permanent else Verdict.UNKNOWN
            found[call.name] = Check(call.name, verdict, error.remedy)
            return None
        found[call.name] = Check(call.name, Verdict.OK)
        return answer

    def _emails(self, found: dict[str, Check]) -> None:
        """Nobody's address is asked for: an empty list tells whether there is an answer at all."""
        try:
            self._client.post(EMAILS, {"emails": []})
        except OpenEdxError as error:
            remedy = _MAKE_STAFF if error.status in (403, 404) else error.remedy
            verdict = Verdict.MISSING if self._reading.look_up_emails else Verdict.OPTIONAL
            found[EMAILS.name] = Check(EMAILS.name, verdict, remedy)
            return
        found[EMAILS.name] = Check(EMAILS.name, Verdict.OK)

    def _courses(self, found: dict[str, Check]) -> tuple[str, str] | None:
        """A course and a learner of it, where there is one."""
        rows = self._rows(COURSES, {"page_size": _COURSES_TRIED}, found)
        if rows == []:
            remedy = "are shown none: publish them, with a catalogue visibility"
            found[COURSES.name] = Check(COURSES.name, Verdict.MISSING, remedy)
        for row in rows or ():
            with self._client.understanding(COURSES):
                course = str(row.get("course_id") or row["id"])
            enrolled = self._rows(ENROLMENTS, {"course_id": course}, found)
            if enrolled is None:
                break
            with self._client.understanding(ENROLMENTS, course):
                learners = [str(one["user"]) for one in enrolled if one["is_active"]]
            if learners:
                return course, learners[0]
        return None

    def _rows(self, call: Call, query: Mapping[str, object], found: dict[str, Check]) -> list[Row] | None:
        """The first page of a list; None where it is refused."""
        page = self._try(call, found, lambda: next(self._client.pages(call, query)))
        return None if page is None else page.rows

    def _learner(self, course: str, username: str, found: dict[str, Check]) -> None:
        self._try(GRADES, found, lambda: next(self._client.pages(GRADES, {}, course=course)))
        self._try(CERTIFICATE, found, lambda: self._or_none(CERTIFICATE, username=username, course=course))
        rows = self._try(ACCOUNTS, found, lambda: self._or_none(ACCOUNTS, {"username": username}))
        for row in rows or ():
            # Others than staff are shown accounts too, with less in them.
            if not row.get("id"):
                found[STAFF] = Check(STAFF, Verdict.MISSING, _MAKE_STAFF)
                continue
            found[STAFF] = Check(STAFF, Verdict.OK)
            found[EMAIL] = (
                Check(EMAIL, Verdict.OPTIONAL, _HIDDEN)
                if row.get("email") is None
                else Check(EMAIL, Verdict.OK)
            )

    def _or_none(self, call: Call, query: Mapping[str, object] | None = None, **parts: str) -> Any:
        """404 is an answer too: the call is there, and has nothing of this learner."""
        try:
            return self._client.get(call, query, **parts)
        except OpenEdxError as error:
            if error.status != 404:
                raise
            return ()
