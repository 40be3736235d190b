"""Who is enrolled in a course, and since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connector.platforms.openedx.calls import ENROLMENTS
from connector.platforms.openedx.client import Client
from connector.platforms.openedx.moments import moment


@dataclass(frozen=True, slots=True)
class Enrolments:
    """`active`: username -> since when. `tells`: whether whoever is not among them is not enrolled.

    An empty list proves nothing: learners who leave stay on it, as not active.
    """

    active: Mapping[str, datetime | None]
    tells: bool


def read_enrolments(client: Client, course_id: str) -> Enrolments:
    """All pages, for there is no asking since when."""
    active: dict[str, datetime | None] = {}
    tells = False
    for page in client.pages(ENROLMENTS, {"course_id": course_id}):
        tells = tells or bool(page.rows)
        with client.understanding(ENROLMENTS, course_id):
            active |= {str(row["user"]): moment(row.get("created")) for row in page.rows if row["is_active"]}
    return Enrolments(active, tells)
