"""Badges that learners were awarded, one call a learner.

A badge is a part of its course where Moodle tells the course (to those who may configure badges), and
of the site otherwise: site-wide badges, and all badges on most sites. Revoked badges are not told.
"""

import html

from connector.completion import Course, Fact, Learner, Observation, Part
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.completions import moment
from connector.platforms.moodle.courses import SITE_COURSE, Courses, Row
from connector.platforms.moodle.errors import MoodleError
from connector.platforms.moodle.functions import BADGES

TYPE = "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/badge"

_GONE = {"userdeleted", "invaliduser"}


def read_badges(client: Client, user: int) -> list[Row]:
    """The learner's badges, by the moment of issue."""
    try:
        badges = client.call(BADGES, userid=user)["badges"]
    except MoodleError as error:
        if error.code in _GONE:
            return []
        raise
    return sorted(badges, key=lambda badge: (badge["dateissued"], badge["uniquehash"]))


def badge_fact(courses: Courses, site: Course, learner: Learner, badge: Row) -> Observation:
    """A badge as a completed part. The activity is the badge; the part's id is this issue of it."""
    number = int(badge.get("courseid") or SITE_COURSE)
    course = courses.course(number) if number in courses else site
    part = Part(
        external_id=str(badge["uniquehash"]),
        activity_iri=f"{site.home_page}/badges/overview.php?id={badge['id']}",
        activity_type=TYPE,
        title=html.unescape(str(badge["name"])),
    )
    return Observation(course, learner, Fact.COMPLETED, at=moment(badge["dateissued"]), part=part)


def site_course(home_page: str, name: str) -> Course:
    """The site itself, which Moodle keeps as its first course."""
    iri = f"{home_page}/course/view.php?id={SITE_COURSE}"
    return Course(home_page, str(SITE_COURSE), iri, "", "", name, "")
