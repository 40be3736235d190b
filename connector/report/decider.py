"""Whose decision a form is: the one place that says so."""

from datetime import datetime

from connector.access.viewer import current
from connector.report.form_fields import required
from mappings.mapping_decisions import Decider


def deciding(typed: str) -> str:
    """The name that somebody signed in with; what the form gives, where pages know no users."""
    viewer = current()
    return typed if viewer is None else viewer.name


def decider(typed: str, now: datetime) -> Decider:
    """Who decides. Raises WrongForm if there is no name."""
    return Decider(required(deciding(typed), "กรุณาระบุชื่อผู้ตัดสินใจ"), now)
