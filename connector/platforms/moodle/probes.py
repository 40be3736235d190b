"""Calls that tell which rights the web service account has, by being refused or answered with less."""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from math import isclose
from typing import Any

from connector.platforms import Check, Verdict
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.courses import Row
from connector.platforms.moodle.errors import MoodleError
from connector.platforms.moodle.functions import (
    ACTIVITIES,
    COURSE_STATUS,
    ENROLLED,
    GRADES,
    USERS_COURSES,
    VIEW_COURSE,
    VIEW_HIDDEN,
)
from connector.platforms.moodle.learners import FIELDS

PARTICIPANTS = "moodle/course:viewparticipants"
ENROLMENTS = "moodle/course:enrolreview"
DETAILS = "moodle/user:viewdetails"
IDNUMBER = "idnumber of learners"
EMAIL = "e-mail of learners"
COMPLETION = "report/completion:view"
USER_REPORT = "gradereport/user:view"
ALL_GRADES = "moodle/grade:viewall"
PROGRESS = "report/progress:view"
MODULES = "mod/…:view"
HIDDEN_ACTIVITIES = "moodle/course:viewhiddenactivities"
GROUPS = "moodle/site:accessallgroups"

RIGHTS = (
    VIEW_COURSE,
    VIEW_HIDDEN,
    PARTICIPANTS,
    ENROLMENTS,
    DETAILS,
    IDNUMBER,
    EMAIL,
    COMPLETION,
    USER_REPORT,
    ALL_GRADES,
    PROGRESS,
    MODULES,
    HIDDEN_ACTIVITIES,
    GROUPS,
)
"""What core functions may need, in the order of a report."""

COURSES_TRIED = 3
LEARNERS_TRIED = 3
LEARNERS_LISTED = 100

_IDENTITY = (
    "moodle/user:viewalldetails, or moodle/site:viewuseridentity with {} among the identity fields shown,"
)
_REFUSALS = {
    "errorcoursecontextnotvalid": VIEW_COURSE,
    "requireloginerror": VIEW_COURSE,
    "cannotviewreport": COMPLETION,
    "nopermissiontoviewgrades": ALL_GRADES,
}
# A criterion that is an activity is told as a link to it, to those too who may not see the activity.
_LINK = re.compile(r"/mod/(\w+)/view\.php\?id=(\d+)")


class Probes:
    """`found`: checks by the name of the right."""

    def __init__(self, client: Client, wanted: Collection[str]) -> None:
        """`wanted`: GRADES and ACTIVITIES are tried if they are among these."""
        self.found: dict[str, Check] = {}
        self._client = client
        self._wanted = wanted

    def courses(self, rows: Sequence[Row]) -> None:
        """Tries everything in the first of these courses that shows learners."""
        if rows and not any("enablecompletion" in row for row in rows):
            self._lacks(VIEW_COURSE, "courses are listed without their settings")
            return
        tracked = [row for row in rows if row.get("enablecompletion") and row.get("visible", 1)]
        for course in tracked[:COURSES_TRIED]:
            if learners := self._learners(course):
                self._has(VIEW_COURSE, DETAILS)
                self._shown_fields(learners)
                self._enrolments(course)
                self._learner(course, learners)
                return
        refused = any(check.verdict is Verdict.MISSING for check in self.found.values())
        if tracked and not refused:
            self._has(VIEW_COURSE)
            names = ", ".join(str(row["shortname"]) for row in tracked[:COURSES_TRIED])
            self._lacks(DETAILS, f"no learner is shown in {names}")

    def _learners(self, course: Row) -> list[Row]:
        options = {"userfields": FIELDS, "sortby": "id", "limitnumber": LEARNERS_LISTED}
        with self._refusable(PARTICIPANTS):
            rows: list[Row] = self._enrolled(course, options)
            return rows
        return []

    def _shown_fields(self, learners: Sequence[Row]) -> None:
        """Hidden fields are absent, and so are many empty ones: one that is shown proves the right."""
        if any("idnumber" in row for row in learners):
            self._has(IDNUMBER)
        else:
            self._lacks(IDNUMBER, "nobody can be recognised", _IDENTITY.format("idnumber"))
        if any("email" in row for row in learners):
            self._has(EMAIL)
        else:
            self._lacks(EMAIL, "no address is shown", _IDENTITY.format("email"), optional=True)

    def _enrolments(self, course: Row) -> None:
        with self._refusable(ENROLMENTS, optional=True):
            self._enrolled(course, {"onlyactive": 1, "userfields": "id", "limitnumber": 1})

    def _enrolled(self, course: Row, options: dict[str, Any]) -> list[Row]:
        pairs = [{"name": name, "value": value} for name, value in options.items()]
        rows: list[Row] = self._client.call(ENROLLED, courseid=course["id"], options=pairs)
        return rows

    def _learner(self, course: Row, learners: Sequence[Row]) -> None:
        """Courses of a few learners, then the details of one."""
        chosen: tuple[int, Row] | None = None
        told: list[Row] = []
        for learner in learners[:LEARNERS_TRIED]:
            rows = self._client.call(USERS_COURSES, userid=learner["id"], returnusercount=False)
            told += [row for row in rows if row.get("enablecompletion", True)]
            here = next((row for row in rows if row["id"] == course["id"]), None)
            # Somebody who is halfway tells most.
            if here is not None and (chosen is None or not here.get("completed")):
                chosen = int(learner["id"]), here
            if here is not None and here.get("progress") and not here.get("completed"):
                break
        if not told:
            self._lacks(PARTICIPANTS, "learners are listed, and no course of theirs is shown")
            return
        self._has(PARTICIPANTS)
        if any(row.get("completed") is not None for row in told):
            self._has(COMPLETION)
        else:
            self._lacks(COMPLETION, "completion is hidden in the courses of learners")
        if chosen:
            self._grades(course, chosen[0])
            self._activities(course, *chosen)

    def _grades(self, course: Row, user: int) -> None:
        if GRADES in self._wanted:
            with self._refusable(USER_REPORT, optional=True):
                self._client.call(GRADES, courseid=course["id"], userid=user)
                self._has(ALL_GRADES)

    def _activities(self, course: Row, user: int, standing: Row) -> None:
        if ACTIVITIES not in self._wanted:
            return
        with self._refusable(PROGRESS):
            statuses = self._client.call(ACTIVITIES, courseid=course["id"], userid=user)["statuses"]
            shown = {(str(row["modname"]), str(row["cmid"])) for row in statuses}
            hidden = sorted({module for module, _ in self._criteria(course, user) - shown})
            if hidden:
                names = ", ".join(f"mod/{module}:view" for module in hidden)
                self._lacks(MODULES, f"activities of {course['shortname']} are missing from its list", names)
            elif _some_are_hidden(standing, statuses):
                self._lacks(
                    MODULES,
                    f"activities of {course['shortname']} are missing from its list",
                    f"mod/…:view of each type of activity, and {HIDDEN_ACTIVITIES},",
                )
            else:
                self._has(MODULES)

    def _criteria(self, course: Row, user: int) -> set[tuple[str, str]]:
        """(type, number) of the activities that the course asks for; none where it cannot be known."""
        try:
            answer = self._client.call(COURSE_STATUS, courseid=course["id"], userid=user)
        except MoodleError:
            return set()
        criteria = [item["details"]["criteria"] for item in answer["completionstatus"]["completions"]]
        return {(match[1], match[2]) for text in criteria for match in _LINK.finditer(text)}

    @contextmanager
    def _refusable(self, right: str, *, optional: bool = False) -> Iterator[None]:
        """A call that needs a right: it is there if the call is not refused for want of it or another one."""
        try:
            yield
        except MoodleError as error:
            if error.code not in {*_REFUSALS, "nopermissions"}:
                raise
            self._lacks(_REFUSALS.get(error.code, right), "a call is refused", optional=optional)
        else:
            self._has(right)

    def _has(self, *rights: str) -> None:
        for right in rights:
            self.found.setdefault(right, Check(right, Verdict.OK))

    def _lacks(self, right: str, why: str, what: str = "it", *, optional: bool = False) -> None:
        verdict = Verdict.OPTIONAL if optional else Verdict.MISSING
        self.found[right] = Check(
            right, verdict, f"{why}: allow {what} in the role of the web service account"
        )


def _some_are_hidden(standing: Row, statuses: Sequence[Row]) -> bool:
    """Progress counts all activities, the list those that the account may see; at the end it is 100."""
    if standing.get("completed") is not False or standing.get("progress") is None or not statuses:
        return False
    complete = sum(row["state"] in (1, 2) for row in statuses)
    return not isclose(100 * complete / len(statuses), standing["progress"], abs_tol=0.01)
