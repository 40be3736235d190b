"""The columns that many tables share."""

from sqlalchemy import BigInteger, Column, Date, Text


def recorded() -> tuple[Column[int], Column[str]]:
    """When a row was recorded, and by whom: a user's or a command's name, never a learner's."""
    return (
        Column("recorded_at", BigInteger, nullable=False),
        Column("recorded_by", Text, nullable=False),
    )


def valid() -> tuple[Column[object], Column[object]]:
    """First and last day of validity in Bangkok, both inclusive; no last day: it lasts."""
    return Column("valid_from", Date, nullable=False), Column("valid_to", Date)
