"""How far each target has been sent what is stored, and what it does not take.

Instants (`…_at`) are microseconds since the epoch (`lrs.clock`).
"""

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, Text

from lrs.tables import Serial, metadata

forward_target = Table(
    "forward_target",
    metadata,
    # The name in the settings.
    Column("name", Text, primary_key=True),
    # The number of the last statement that is settled: taken by the target, a dead letter, or not for it.
    Column("settled_seq", Serial, nullable=False),
    # Failed attempts since the last good one, and when the schedule tries again.
    Column("failures", Integer, nullable=False),
    Column("next_try_at", BigInteger),
    # One line for the operator; null: the last attempt went well.
    Column("error", Text),
    # Somebody has to change something first: the schedule does not try again by itself.
    Column("stopped", Boolean, nullable=False),
    Column("succeeded_at", BigInteger),
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("target", Text, primary_key=True),
    # As statement.seq
    Column("seq", Serial, primary_key=True, autoincrement=False),
    # connector.forwarding.answers.Reason
    Column("reason", String(20), nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
)
