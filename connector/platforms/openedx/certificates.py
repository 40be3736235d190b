"""The date of a pass: grades tell none, and the certificate is made when the course is passed."""

from datetime import datetime

from connector.platforms.openedx.calls import CERTIFICATE
from connector.platforms.openedx.client import Client
from connector.platforms.openedx.errors import OpenEdxError
from connector.platforms.openedx.moments import moment


def passed_at(client: Client, username: str, course_id: str) -> datetime | None:
    """None where there is no certificate of a pass."""
    try:
        row = client.get(CERTIFICATE, username=username, course=course_id)
    except OpenEdxError as error:
        if error.status == 404:
            return None
        raise
    with client.understanding(CERTIFICATE, course_id):
        return moment(row.get("created_date")) if row.get("is_passing") else None
