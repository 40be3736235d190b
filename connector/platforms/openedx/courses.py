"""The course runs of an Open edX site: each run is a course of its own, and its number names all of them."""

from collections.abc import Collection, Mapping

from connector.completion import Course
from connector.platforms.openedx.calls import COURSES
from connector.platforms.openedx.client import Client, Row
from connector.platforms.openedx.errors import not_visible

COURSES_A_CALL = 100


def read_courses(client: Client, home_page: str, wanted: Collection[str]) -> Mapping[str, Course]:
    """By id, in its order; raises PlatformError where what is wanted is not among them."""
    pages = client.pages(COURSES, {"page_size": COURSES_A_CALL})
    rows = [row for page in pages for row in page.rows]
    with client.understanding(COURSES):
        listed = {course.external_id: course for course in (_course(home_page, row) for row in rows)}
    if not listed:
        raise not_visible(client.host, COURSES, "are shown none: publish them, with a catalogue visibility")
    found = {number: listed[number] for number in sorted(listed) if _is_wanted(listed[number], wanted)}
    if not found:
        names = ", ".join(sorted(wanted))
        raise not_visible(client.host, COURSES, f"do not include {names}: correct the names in the settings")
    return found


def bare(home_page: str, external_id: str) -> Course:
    """A course by its id alone."""
    return Course(home_page, external_id, _iri(home_page, external_id), "", "", "", "")


def _course(home_page: str, row: Row) -> Course:
    """Named as its statements name it, so that what is pulled and what is pushed is one activity."""
    external_id = str(row.get("course_id") or row["id"])
    number = str(row.get("number") or "")
    return Course(
        home_page=home_page,
        external_id=external_id,
        activity_iri=_iri(home_page, external_id),
        shortname=number,
        idnumber=f"{row['org']}+{number}" if row.get("org") and number else "",
        title=str(row.get("name") or ""),
        language="",
    )


def _iri(home_page: str, external_id: str) -> str:
    return f"{home_page}/course/{external_id}"


def _is_wanted(course: Course, wanted: Collection[str]) -> bool:
    """By the id of a run, or by the number (with or without its organisation) for all of its runs."""
    return not wanted or not {course.external_id, course.shortname, course.idnumber}.isdisjoint(wanted)
