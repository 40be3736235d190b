"""The activities of courses that learners have completed, one call a learner and course.

Moodle tells the state of each activity, and when it was last changed, in a field called timecompleted:
that is the time of a completion only while the activity is complete.
"""

import html
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from connector.completion import Course, Fact, Learner, Observation, Part
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.completions import moment
from connector.platforms.moodle.courses import Row, in_course
from connector.platforms.moodle.errors import MoodleError
from connector.platforms.moodle.functions import ACTIVITIES, CONTENTS

COMPLETE = frozenset({1, 2})
"""States: 0 not complete, 1 complete, 2 passed, 3 failed."""

_GONE = {"usernotenroled", "userdeleted", "invaliduser"}

_ADL = "http://adlnet.gov/expapi/activities/"
_TINCAN = "http://id.tincanapi.com/activitytype/"
_EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/"
# As logstore_xapi names them, so that what is pulled and what is pushed is one activity.
_TYPES: Mapping[str, str] = {
    "assign": f"{_EDLM}assignment",
    "bigbluebuttonbn": f"{_ADL}meeting",
    "book": f"{_TINCAN}book",
    "chat": f"{_TINCAN}chat-channel",
    "choice": f"{_ADL}cmi.interaction",
    "data": "http://xapi.org.au/contentprofile/activitytype/database",
    "feedback": f"{_EDLM}feedback",
    "folder": "http://activitystrea.ms/collection",
    "forum": f"{_EDLM}forum",
    "glossary": f"{_EDLM}glossary",
    "h5pactivity": f"{_ADL}media",
    "imscp": "https://w3id.org/xapi/cmi5/activitytype/course",
    "label": "https://w3id.org/xapi/acrossx/activities/webpage",
    "lesson": f"{_ADL}lesson",
    "lti": f"{_ADL}media",
    "page": "https://w3id.org/xapi/acrossx/activities/page",
    "quiz": f"{_ADL}assessment",
    "resource": f"{_TINCAN}resource",
    "scorm": f"{_ADL}module",
    "survey": f"{_TINCAN}survey",
    "url": f"{_ADL}link",
    "wiki": f"{_EDLM}wiki",
    "workshop": f"{_EDLM}workshop",
}
_OTHER = f"{_ADL}module"

ACTIVITY_TYPES = frozenset((*_TYPES.values(), _OTHER))
"""All types that activities have in statements."""


class ActivityState(NamedTuple):
    """A learner's state in an activity; `at`: when it was last changed."""

    number: int
    module: str
    complete: bool
    at: datetime | None


def read_activities(client: Client, user: int, course: Row) -> list[ActivityState]:
    """Activities whose completion is tracked, by number; ones that the account may not see are absent."""
    try:
        answer = client.call(ACTIVITIES, courseid=course["id"], userid=user)
    except MoodleError as error:
        if error.code in _GONE:
            return []
        raise in_course(error, course) from error
    return sorted(
        ActivityState(
            int(row["cmid"]), str(row["modname"]), row["state"] in COMPLETE, moment(row["timecompleted"])
        )
        for row in answer["statuses"]
        if row.get("hascompletion", True) and row.get("istrackeduser", True)
    )


class Parts:
    """Activities as parts of their courses; their names are read once a course and pass."""

    def __init__(self, client: Client, home_page: str) -> None:
        self._client = client
        self._home_page = home_page
        self._modules: dict[int, Mapping[int, Row]] = {}

    def part(self, course: Row, number: int, module: str) -> Part:
        """An activity by its number (course module id); without a name where the account may not see it."""
        found = self._of(course).get(number)
        return activity_part(self._home_page, number, module, str(found["name"]) if found else "")

    def tracked(self, course: Row) -> list[Part]:
        """The activities of a course that can be completed, by number."""
        return [
            activity_part(self._home_page, number, str(module["modname"]), str(module["name"]))
            for number, module in sorted(self._of(course).items())
            if module.get("completion")
        ]

    def _of(self, course: Row) -> Mapping[int, Row]:
        if (number := int(course["id"])) not in self._modules:
            self._modules[number] = self._read(course)
        return self._modules[number]

    def _read(self, course: Row) -> Mapping[int, Row]:
        options = [{"name": "excludecontents", "value": 1}]
        try:
            sections = self._client.call(CONTENTS, courseid=course["id"], options=options)
        except MoodleError as error:
            raise in_course(error, course) from error
        return {
            int(module["id"]): {name: module.get(name) for name in ("modname", "name", "completion")}
            for section in sections
            for module in section["modules"]
        }


def activity_part(home_page: str, number: int, module: str, name: str) -> Part:
    """The activity of that number; `name` as Moodle formats it, with HTML entities."""
    return Part(
        external_id=str(number),
        activity_iri=f"{home_page}/mod/{module}/view.php?id={number}",
        activity_type=_TYPES.get(module, _OTHER),
        title=html.unescape(name) or module,
    )


def activity_fact(
    course: Course, learner: Learner, part: Part, *, complete: bool, at: datetime | None
) -> Observation:
    """What is said of an activity: a failed one is not completed."""
    if complete:
        return Observation(course, learner, Fact.COMPLETED, at=at, part=part)
    return Observation(course, learner, Fact.NOT_COMPLETED, part=part)
