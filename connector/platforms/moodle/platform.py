"""What a Moodle site says of its learners, from core web services alone.

One call a learner (`core_enrol_get_users_courses`) tells enrolment, progress and completion in all
courses; only completed ones cost one more call, for the time. `completed` null and a course that is
missing from the list are not observable, and nothing is said of them: completion tracking is off,
the enrolment is suspended or over, or the account lacks a capability.
"""

import html
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import structlog

from connector.completion import Course, Fact, Learner, Observation
from connector.platforms import Asked, Cursor, PlatformError
from connector.platforms.moodle.client import CALLS_AT_ONCE, Client, MoodleError
from mappings.people import hash_national_id

SITE_COURSE = 1
USERS_A_CALL = 500
LEARNERS_A_PAGE = 100
NATIONAL_ID_DIGITS = 13
NEEDED = (
    "core_course_get_courses_by_field",
    "core_enrol_get_enrolled_users",
    "core_enrol_get_users_courses",
    "core_completion_get_course_completion_status",
)
ALL_CRITERIA = 1

# No right to enter the course: expected of a hidden one, an error for a visible one.
_CLOSED = {"errorcoursecontextnotvalid", "requireloginerror"}
# The learner left, or the criteria were removed, between two calls: the time cannot be had.
_TIME_UNKNOWN = {"nocriteriaset", "usernotenroled", "userdeleted"}

log = structlog.get_logger()


class Moodle:
    """A Moodle site (connector.platforms.Platform)."""

    def __init__(self, client: Client, hash_key: bytes) -> None:
        self._client = client
        self._hash_key = hash_key

    @cached_property
    def home_page(self) -> str:
        """`siteurl` of site info, whatever address was called. Checks that the service has what we need."""
        info = self._client.call("core_webservice_get_site_info")
        offered = {function["name"] for function in info["functions"]}
        if missing := [name for name in NEEDED if name not in offered]:
            raise PlatformError(
                f"Moodle at {self._client.url}: add to the web service: {', '.join(missing)}", permanent=True
            )
        return str(info["siteurl"]).rstrip("/")

    def observe(self, cursor: Cursor | None, asked: Asked) -> Iterator[Observation | Cursor]:
        """Learners by ascending user id, a cursor after each hundred; resumes after the last one read."""
        after = int(cursor.state) if cursor and cursor.state else 0
        courses = self._courses(asked.courses)
        learners = self._learners(courses)
        waiting = [user for user in sorted(learners) if user > after]
        seen = _Seen()
        done = len(learners) - len(waiting)
        with ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="moodle") as pool:
            for start in range(0, len(waiting), LEARNERS_A_PAGE):
                page = waiting[start : start + LEARNERS_A_PAGE]
                # map() answers in the order asked, whichever call comes back first.
                for user, rows in zip(page, pool.map(self._learner_courses, page), strict=True):
                    yield from self._learner(learners[user], rows, courses, seen)
                done += len(page)
                yield Cursor(str(page[-1]) if done < len(learners) else None, done, len(learners))
        seen.check(self._client.url)
        if not waiting:
            yield Cursor(None, done, len(learners))

    def _courses(self, wanted: Collection[str]) -> dict[int, Mapping[str, Any]]:
        """Courses that track completion, by id. Ones that the account may not see are left out by Moodle."""
        rows = self._client.call("core_course_get_courses_by_field")["courses"]
        tracked = {
            int(row["id"]): row for row in rows if row.get("enablecompletion") and _is_wanted(row, wanted)
        }
        tracked.pop(SITE_COURSE, None)
        return dict(sorted(tracked.items()))

    def _learners(self, courses: Mapping[int, Mapping[str, Any]]) -> dict[int, Learner]:
        """Everybody enrolled in one of the courses, by user id, whatever their role there."""
        found: dict[int, Learner] = {}
        hidden = 0
        for row in courses.values():
            for user in self._enrolled(row):
                hidden += "idnumber" not in user
                found[int(user["id"])] = self._account(user)
        if courses and not found:
            raise PlatformError(
                f"Moodle at {self._client.url}: no learner is visible in any of {len(courses)} courses: give "
                "the web service account moodle/user:viewdetails and moodle/course:viewparticipants",
            )
        log.info("moodle learners", courses=len(courses), learners=len(found), without_idnumber=hidden)
        return found

    def _enrolled(self, row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        start = 0
        while True:
            options = {"userfields": "id,fullname,idnumber", "sortby": "id", "limitfrom": start,
                       "limitnumber": USERS_A_CALL}  # fmt: skip
            pairs = [{"name": name, "value": value} for name, value in options.items()]
            try:
                page = self._client.call("core_enrol_get_enrolled_users", courseid=row["id"], options=pairs)
            except MoodleError as error:
                if error.code in _CLOSED and not row.get("visible", 1):
                    log.info("moodle course skipped", course=row["id"], code=error.code)
                    return
                raise _in_course(error, row) from error
            yield from page
            if len(page) < USERS_A_CALL:
                return
            start += USERS_A_CALL

    def _account(self, user: Mapping[str, Any]) -> Learner:
        digits = str(user.get("idnumber") or "").replace("-", "").replace(" ", "")
        is_national_id = len(digits) == NATIONAL_ID_DIGITS and digits.isascii() and digits.isdigit()
        return Learner(
            home_page=self.home_page,
            account_name=str(user["id"]),
            display_name=str(user.get("fullname") or ""),
            id_hmac=hash_national_id(self._hash_key, digits) if is_national_id else None,
        )

    def _learner_courses(self, user: int) -> list[dict[str, Any]]:
        """The learner's courses by id, with `at`, the time of completion, on the completed ones."""
        # Counting every course's participants is most of the cost of this call.
        rows = self._client.call("core_enrol_get_users_courses", userid=user, returnusercount=False)
        return [
            row | {"at": self._completed_at(user, row) if row.get("completed") else None}
            for row in sorted(rows, key=lambda row: int(row["id"]))
        ]

    def _completed_at(self, user: int, row: Mapping[str, Any]) -> datetime | None:
        """When the criteria were met: Moodle's core tells no time of the course itself."""
        try:
            answer = self._client.call(
                "core_completion_get_course_completion_status", courseid=row["id"], userid=user
            )
        except MoodleError as error:
            if error.code in _TIME_UNKNOWN:
                return None
            raise _in_course(error, row) from error
        status = answer["completionstatus"]
        times = [item["timecompleted"] for item in status["completions"] if item["timecompleted"]]
        if not times:
            return None
        # Exact where all criteria are needed; where any one is enough, the first one completed.
        seconds = max(times) if status["aggregation"] == ALL_CRITERIA else min(times)
        return datetime.fromtimestamp(seconds, UTC)

    def _learner(
        self,
        learner: Learner,
        rows: list[dict[str, Any]],
        courses: Mapping[int, Mapping[str, Any]],
        seen: "_Seen",
    ) -> Iterator[Observation]:
        for row in rows:
            listed = courses.get(int(row["id"]))
            if listed is None:
                continue
            seen.count(row)
            if row.get("completed") is not None:
                yield from _facts(self._course(row, listed), learner, row)

    def _course(self, row: Mapping[str, Any], listed: Mapping[str, Any]) -> Course:
        number = int(row["id"])
        return Course(
            home_page=self.home_page,
            external_id=str(number),
            activity_iri=f"{self.home_page}/course/view.php?id={number}",
            shortname=html.unescape(str(listed["shortname"])),
            # Always told here; the list of courses tells it only to those who may edit the course.
            idnumber=str(row.get("idnumber") or ""),
            title=html.unescape(str(listed["fullname"])),
            language=str(listed.get("lang") or ""),
        )


def _facts(course: Course, learner: Learner, row: Mapping[str, Any]) -> Iterator[Observation]:
    progress = float(row.get("progress") or 0) / 100
    yield Observation(course, learner, Fact.ENROLLED)
    if row["completed"]:
        yield Observation(course, learner, Fact.COMPLETED, at=row["at"])
        return
    if progress > 0:
        last = row.get("lastaccess")
        at = datetime.fromtimestamp(last, UTC) if last else None
        yield Observation(course, learner, Fact.IN_PROGRESS, at=at, progress=progress)
    # Without criteria a course cannot be completed: its "false" says nothing.
    if row.get("completionhascriteria"):
        yield Observation(course, learner, Fact.NOT_COMPLETED)


def _is_wanted(row: Mapping[str, Any], wanted: Collection[str]) -> bool:
    names = {str(row.get(name) or "") for name in ("id", "shortname", "idnumber")}
    return not wanted or not names.isdisjoint(wanted)


class _Seen:
    """Tells a site without completions from an account that may not see them."""

    def __init__(self) -> None:
        self.rows = 0
        self.told = 0

    def count(self, row: Mapping[str, Any]) -> None:
        self.rows += 1
        self.told += row.get("completed") is not None

    def check(self, url: str) -> None:
        if self.rows and not self.told:
            raise PlatformError(
                f"Moodle at {url}: completion is hidden in every course: give the web service account "
                "report/completion:view",
                permanent=True,
            )


def _in_course(error: MoodleError, row: Mapping[str, Any]) -> MoodleError:
    return MoodleError(f"{error} (course {row['id']}, {row['shortname']})", error.permanent, error.code)
