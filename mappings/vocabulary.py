"""The words that statements and mappings share.

IRIs of ADL's vocabulary and of the cmi5 profile are used where one exists; ours lie under `OURS`.
"""

from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

OURS = "https://w3id.org/thaksa/"

COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
PASSED = "http://adlnet.gov/expapi/verbs/passed"
FAILED = "http://adlnet.gov/expapi/verbs/failed"
EARNED = "http://id.tincanapi.com/verb/earned"
"""A grade, as Open edX sends it at each recalculation."""
REGISTERED = "http://adlnet.gov/expapi/verbs/registered"
UNREGISTERED = "http://id.tincanapi.com/verb/unregistered"
PROGRESSED = "http://adlnet.gov/expapi/verbs/progressed"
INITIALIZED = "http://adlnet.gov/expapi/verbs/initialized"
ACHIEVED = "https://w3id.org/xapi/tla/verbs/achieved"
ATTENDED = "http://adlnet.gov/expapi/verbs/attended"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"

COURSE_TYPES = (
    "https://w3id.org/xapi/cmi5/activitytype/course",
    "http://adlnet.gov/expapi/activities/course",
)
"""Activity types that say "a course": Moodle's plugin and cmi5 use the first, Open edX the second."""

MOODLE_MODULES = "%/mod/%/view.php?id=%"
"""SQL pattern of Moodle's activities within a course, which are no courses whatever type they come with:
Moodle's plugin gives an IMS content package the type of a course.
"""

BADGE = "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/badge"
"""Activity type of a badge, as Moodle's plugin says it; its verb is ACHIEVED."""

EVENT = "http://activitystrea.ms/schema/1.0/event"
"""Activity type of a seminar, a workshop, a coaching."""

CERTIFICATE = f"{OURS}activity-types/certificate"
"""Activity type of a certificate whose course nobody has named yet."""

LMS = "http://id.tincanapi.com/activitytype/lms"
"""Activity type of a site."""

PROGRESS_EXTENSION = "https://w3id.org/xapi/cmi5/result/extensions/progress"
"""Result extension: per cent done, a whole number 0..100 (cmi5 10.0)."""

IMPORT_EXTENSION = f"{OURS}extensions/import"
"""Context extension: the file (its UUID) whose row the statement was made of."""

ROW_EXTENSION = f"{OURS}extensions/row"
"""Context extension: the row's number in that file."""

REPORTED = f"{OURS}verbs/reported"
"""An office reports how many of its people have completed a competency."""

COMPETENCY = f"{OURS}activity-types/competency"
"""Activity type of a competency of a framework."""

PERSONS_EXTENSION = f"{OURS}extensions/persons"
"""Result extension: of how many people the competency is asked."""

COMPLETE_EXTENSION = f"{OURS}extensions/complete"
"""Result extension: how many of them have completed it."""

BEGUN_EXTENSION = f"{OURS}extensions/in-progress"
"""Result extension: how many of the others have begun."""

MONTH_EXTENSION = f"{OURS}extensions/month"
"""Context extension: the month that is reported, as 2026-10; counted is on its last day."""

KNOWN_AT_EXTENSION = f"{OURS}extensions/known-at"
"""Context extension: what was known at that moment was counted."""

FRAMEWORK_EXTENSION = f"{OURS}extensions/framework"
"""Context extension: code and version of the competency's framework, with a space between."""

THRESHOLD_EXTENSION = f"{OURS}extensions/hidden-below"
"""Context extension: counts of fewer people are left out, and others that would give them away."""

UNITS = f"{OURS}units"
"""Home page of the accounts that stand for offices by their ids."""

PEOPLE = f"{OURS}people"
"""Home page of the accounts that stand for persons by their UUIDs, unless an installation sets its own."""


def own_activity(kind: str, name: str) -> str:
    """The activity IRI of ours of a thing that no platform has one for, as of an event."""
    return f"{OURS}{kind}/{quote(name, safe='')}"


def competency_activity(framework: str, version: str, code: str) -> str:
    """The activity IRI of a competency of one version of a framework."""
    return "/".join([own_activity("competencies", framework), quote(version, safe=""), quote(code, safe="")])


def certificate_activity(code: str) -> str:
    """The activity IRI of a certificate that is known by its code alone; the code cannot be read from it."""
    return own_activity("certificates", str(uuid5(NAMESPACE_URL, f"certificate {code}")))
