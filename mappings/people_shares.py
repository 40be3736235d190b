"""What is kept of each person, computed by every share for its people."""

from sqlalchemy import Table, select

from mappings.differences import find, made_of, make_of
from mappings.own_batch import BATCH, own_batch
from mappings.shares import Share
from mappings.steps import KEPT, Told, joining, make
from mappings.tables import account_link, competency_state, counted, counted_learning, learning_event, person
from mappings.times import Times
from mappings.unit_counts import Asked, Sources, read_counted

OF_PEOPLE = (*KEPT, counted, counted_learning)
"""The tables of what is kept of each person."""

MADE = Sources(*(made_of(table) for table in (competency_state, learning_event, counted, counted_learning)))
"""Where a share has what it computed."""


def compute_people(share: Share, told: Told, times: Times, asked: Asked) -> None:
    """Make MADE of a share's people, and find what of it differs from what is kept."""
    learner = account_link.c.person_id
    learners = select(learner).distinct().where(share.has(learner))
    with joining(share.conn, None) as names:
        with own_batch(share.conn, *times, learners):
            make(share.conn, BATCH, {table: made_of(table) for table in KEPT}, names, told)
        # First, for it makes statistics of what is counted.
        _find(share, told, *KEPT)
        rows = read_counted(share.conn, asked, select(person.c.id).where(share.has(person.c.id)), MADE)
        for table in (counted, counted_learning):
            make_of(share.conn, table, rows[made_of(table)])
        _find(share, told, counted, counted_learning)


def _find(share: Share, told: Told, *tables: Table) -> None:
    for table in tables:
        told("compared", OF_PEOPLE.index(table), len(OF_PEOPLE))
        find(share.conn, table, share.condition())
    told("compared", OF_PEOPLE.index(tables[-1]) + 1, len(OF_PEOPLE))
