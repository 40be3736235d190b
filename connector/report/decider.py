"""Whose decision a form is: the one place that asks, while pages know no users."""

from datetime import datetime

from connector.report.posts_page import required
from mappings.mapping_decisions import Decider


def decider(name: str, now: datetime) -> Decider:
    """Who decides, by the name that the form gives. Raises WrongForm."""
    return Decider(required(name, "กรุณาระบุชื่อผู้ตัดสินใจ"), now)
