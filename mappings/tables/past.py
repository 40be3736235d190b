"""What rows said before they were changed: the same columns, and until when that was what the store knew."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from lrs.tables import Serial
from mappings.tables.people import group_assignment, membership


def _past_of(table: Table) -> Table:
    name = f"{table.name}_past"
    columns = (
        Column(
            column.name,
            column.type,
            *(ForeignKey(key.target_fullname) for key in column.foreign_keys),
            nullable=column.nullable,
        )
        for column in table.c
    )
    return Table(
        name,
        table.metadata,
        Column("past_id", Serial, primary_key=True),
        *columns,
        # The instant at which the row was changed: known from `recorded_at` on until then.
        Column("superseded_at", BigInteger, nullable=False),
        Index(f"ix_{name}_person_id", "person_id"),
        Index(f"ix_{name}_superseded_at", "superseded_at"),
    )


membership_past = _past_of(membership)
group_assignment_past = _past_of(group_assignment)

PAST = {membership: membership_past, group_assignment: group_assignment_past}
"""Tables whose rows change, with what they said before; `mappings.remembered` changes them."""
