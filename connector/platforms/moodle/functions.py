"""The web service functions that are called, and the capabilities that the account needs for each.

Measured on Moodle 4.5 by leaving out one capability at a time.
"""

from collections.abc import Mapping

from connector.platforms import Reading

SITE_INFO = "core_webservice_get_site_info"
COURSES = "core_course_get_courses_by_field"
ENROLLED = "core_enrol_get_enrolled_users"
USERS_COURSES = "core_enrol_get_users_courses"
COURSE_STATUS = "core_completion_get_course_completion_status"
GRADES = "gradereport_user_get_grade_items"
ACTIVITIES = "core_completion_get_activities_completion_status"
CONTENTS = "core_course_get_contents"
BADGES = "core_badges_get_user_badges"
CHANGES = "local_thaksa_get_changes"
TOTALS = "local_thaksa_get_totals"

REST = "webservice/rest:use"
VIEW_COURSE = "moodle/course:view"
VIEW_HIDDEN = "moodle/course:viewhiddencourses"

CAPABILITIES: Mapping[str, tuple[str, ...]] = {
    SITE_INFO: (),
    COURSES: (VIEW_COURSE,),
    ENROLLED: (VIEW_COURSE, "moodle/course:viewparticipants", "moodle/user:viewdetails"),
    USERS_COURSES: (VIEW_COURSE, "moodle/course:viewparticipants", "report/completion:view"),
    COURSE_STATUS: (VIEW_COURSE, "report/completion:view"),
    GRADES: (VIEW_COURSE, "gradereport/user:view", "moodle/grade:viewall"),
    ACTIVITIES: (VIEW_COURSE, "report/progress:view", "moodle/site:accessallgroups"),
    CONTENTS: (VIEW_COURSE, "moodle/course:viewhiddenactivities"),
    BADGES: (),
    CHANGES: (VIEW_COURSE, "local/thaksa:read"),
    TOTALS: (VIEW_COURSE, "local/thaksa:read"),
}
"""Function -> capabilities, beside webservice/rest:use, which every call needs."""

PLUGIN = (CHANGES, TOTALS)
CORE = (COURSES, ENROLLED, USERS_COURSES, COURSE_STATUS)


def needed(reading: Reading, offered: frozenset[str]) -> tuple[str, ...]:
    """The functions without which a site cannot be read so. Grades are done without."""
    badges = (BADGES,) if reading.badges else ()
    if offered.issuperset(PLUGIN):
        # The activities of a course that was reset have to be known.
        return PLUGIN + ((CONTENTS,) if reading.activities else ()) + badges
    activities = (ACTIVITIES, CONTENTS) if reading.activities else ()
    return CORE + activities + badges
