"""Counts by unit and group against the oracle: people move, and what was known of them changes."""

from collections import Counter
from functools import partial

from sqlalchemy import Engine, func, select

from connector.report.queries.members import members
from lrs.clock import to_micros
from mappings.asked import Progress
from mappings.tables import person
from tests.mappings.histories import UNITS, History
from tests.mappings.oracle import Asked, Counts, counts, fold
from tests.mappings.test_oracle import COMPETENCIES, checked
from tests.mappings.told import tell


def test_counts_by_unit_and_group_agree_with_the_oracle(engine: Engine, long: bool) -> None:
    some = 60 if engine.dialect.name == "sqlite" else 15
    checked(partial(agree, engine), 1000 if long else some)


def agree(engine: Engine, history: History, questions: tuple[Asked, Asked]) -> None:
    with engine.connect() as conn, conn.begin() as transaction:
        tell(conn, history)
        for asked in questions:
            # What is not started has no row.
            states = {key: state for key, state in fold(history, asked).states.items() if state}
            progress = Progress(conn, asked.as_of, to_micros(asked.known_at), select(person.c.id))
            for unit in UNITS:
                assert told(progress, unit) == counts(history, unit, asked, states)
        transaction.rollback()


def told(progress: Progress, unit: int) -> Counts:
    """By the road of every report."""
    people, states = members(unit, progress.as_of, progress.known_at), progress.states
    columns = (people.c.group_code, people.c.classified, states.c.competency_id, states.c.state)
    rows = progress.conn.execute(
        select(*columns, func.count())
        .join_from(people, states, states.c.person_id == people.c.person_id)
        .group_by(*columns)
    )
    return Counter(
        {
            ((group or "-") if classified else "", COMPETENCIES[competency], state): number
            for group, classified, competency, state, number in rows
        }
    )
