"""What is typed and chosen in the forms of pages, and what of it cannot be taken."""

from datetime import date
from typing import Annotated

from fastapi import Form

from connector.imports.dates import day_of
from connector.imports.errors import BadValueError
from connector.report.errors import WrongForm
from connector.report.thai import GROUPS

OUTSIDE = "-"
"""Chosen as a group: outside the framework."""

_LONGEST = 500
Text = Annotated[str, Form(max_length=_LONGEST)]


def required(value: str, message: str) -> str:
    """A text that must be there. Raises WrongForm with the message."""
    text = value.strip()
    if not text:
        raise WrongForm(message)
    return text


def group_of(value: str) -> str | None:
    """The group that was chosen; None: outside the framework. Raises WrongForm."""
    if value not in (*GROUPS, OUTSIDE):
        raise WrongForm("กรุณาเลือกกลุ่ม M A S T หรือนอกกรอบแนวทาง")
    return None if value == OUTSIDE else value


def day_in(text: str) -> date:
    """The day that was typed, whatever the era. Raises WrongForm."""
    try:
        day = day_of(text.strip())
    except BadValueError:
        day = None
    if day is None:
        raise WrongForm("อ่านวันที่ไม่ได้ กรุณาเขียนเช่น 5/7/2569 หรือ 5 ก.ค. 2569")
    return day


def day_or_none(text: str) -> date | None:
    """As `day_in`; None: nothing was typed."""
    return day_in(text) if text.strip() else None
