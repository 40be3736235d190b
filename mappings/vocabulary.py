"""The words that statements and mappings share.

IRIs of ADL's vocabulary and of the cmi5 profile are used where one exists; ours lie under `OURS`.
"""

OURS = "https://w3id.org/thaksa/"

COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
PASSED = "http://adlnet.gov/expapi/verbs/passed"
REGISTERED = "http://adlnet.gov/expapi/verbs/registered"
PROGRESSED = "http://adlnet.gov/expapi/verbs/progressed"
INITIALIZED = "http://adlnet.gov/expapi/verbs/initialized"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"

COURSE_TYPES = (
    "https://w3id.org/xapi/cmi5/activitytype/course",
    "http://adlnet.gov/expapi/activities/course",
)
"""Activity types that say "a course": Moodle's plugin and cmi5 use the first, Open edX the second."""

PROGRESS_EXTENSION = "https://w3id.org/xapi/cmi5/result/extensions/progress"
"""Result extension: per cent done, a whole number 0..100 (cmi5 10.0)."""
