"""The words that statements and mappings share.

IRIs of ADL's vocabulary and of the cmi5 profile are used where one exists; ours lie under `OURS`.
"""

OURS = "https://w3id.org/thaksa/"

COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
PASSED = "http://adlnet.gov/expapi/verbs/passed"
REGISTERED = "http://adlnet.gov/expapi/verbs/registered"
PROGRESSED = "http://adlnet.gov/expapi/verbs/progressed"
INITIALIZED = "http://adlnet.gov/expapi/verbs/initialized"
ACHIEVED = "https://w3id.org/xapi/tla/verbs/achieved"
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

LMS = "http://id.tincanapi.com/activitytype/lms"
"""Activity type of a site."""

PROGRESS_EXTENSION = "https://w3id.org/xapi/cmi5/result/extensions/progress"
"""Result extension: per cent done, a whole number 0..100 (cmi5 10.0)."""
