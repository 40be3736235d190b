"""Why a row of a roster cannot be taken, as the check of all rows together finds it."""

from typing import NamedTuple

from mappings.roster_row import (
    DAY_COLUMN,
    EMAIL_COLUMN,
    NAME_COLUMN,
    NATIONAL_ID_COLUMN,
    ROSTER_ID_COLUMN,
    UNIT_COLUMN,
    USERNAME_COLUMN,
)


class Fault(NamedTuple):
    """The column to look at, and what is wrong, in words for whoever brought the file."""

    column: str
    reason: str


_TAKEN = "one of the two is wrong"

FAULTS = {
    "unit": Fault(UNIT_COLUMN, "no unit has this code or name today, or several have"),
    "other unit": Fault(UNIT_COLUMN, "is a unit outside of yours: it is for its own office to bring"),
    "other office": Fault(
        NAME_COLUMN, "this person works outside of your unit: their post there has to be ended first"
    ),
    "future": Fault(DAY_COLUMN, "is a day that is still to come"),
    "id twice": Fault(NATIONAL_ID_COLUMN, "is in an earlier row already"),
    "roster twice": Fault(ROSTER_ID_COLUMN, "is in an earlier row already"),
    "email twice": Fault(EMAIL_COLUMN, "is in an earlier row already"),
    "username twice": Fault(USERNAME_COLUMN, "is in an earlier row already"),
    "name twice": Fault(NAME_COLUMN, "another row has this name at this unit, and this one has no id"),
    "person twice": Fault(NAME_COLUMN, "an earlier row means the same person"),
    "namesakes": Fault(NAME_COLUMN, "several people at this unit have this name: give an id"),
    "id differs": Fault(
        NATIONAL_ID_COLUMN, f"differs from that of the person whom the row's other ids mean: {_TAKEN}"
    ),
    "roster taken": Fault(ROSTER_ID_COLUMN, f"belongs to another person than the national id: {_TAKEN}"),
    "email taken": Fault(EMAIL_COLUMN, f"belongs to another person than the row's other ids: {_TAKEN}"),
    "username taken": Fault(USERNAME_COLUMN, "belongs to another person: one of the two is wrong"),
    "erased": Fault(NAME_COLUMN, "this person was erased on request: leave the row out"),
}
"""By the name that `staged_person.fault` keeps."""

HARMLESS = frozenset({"erased"})
"""Faults that do not keep a full list from telling who has left."""
