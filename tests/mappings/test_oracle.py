"""The views against a fold in Python (`tests.mappings.oracle`), on generated histories, on every engine.

The same histories at every run; `--long` tries many more.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, text

from lrs.clock import from_micros, to_micros
from mappings.days import end_of_bangkok_day
from mappings.tables import batch_learner, parameter
from tests.mappings.histories import (
    ACCOUNTS,
    CODES,
    DAYS,
    MOMENTS,
    PEOPLE,
    VERBS,
    Alias,
    Framework,
    History,
    Link,
    Mapping,
    Statement,
    histories,
)
from tests.mappings.oracle import Answer, Asked, Competency, Learned, Proof, fold
from tests.mappings.told import category_id, competency_id, tell
from tests.mappings.world import BEGIN

ASKED = st.builds(
    Asked,
    as_of=st.sampled_from([DAYS[-1], *DAYS, *DAYS[1:3]]),
    known_at=st.sampled_from([MOMENTS[-1], *MOMENTS]),
)
# Two at once: computations with batches of their own never see one another.
QUESTIONS = st.tuples(ASKED, ASKED)

COMPETENCIES = {competency_id(place, code): (place, code) for place in (0, 1) for code in CODES}
CATEGORIES = {None: None} | {category_id(place, n): (place, n) for place in (0, 1) for n in (0, 1)}

Execute = Callable[[str], list[tuple[Any, ...]]]


def test_the_views_agree_with_the_oracle(engine: Engine, long: bool) -> None:
    # PostgreSQL takes much longer for planning each query than for its handful of rows.
    some = 500 if engine.dialect.name == "sqlite" else 100
    checked(partial(agree, engine), 3000 if long else some)


def test_hours_come_from_the_mapping_that_the_counting_statement_meets(engine: Engine) -> None:
    """Not from an older mapping of the course that another statement meets."""
    always: dict[str, Any] = {"valid_from": DAYS[0], "valid_to": None, "recorded_at": MOMENTS[0]}
    said = Statement(ACCOUNTS[0], "run-1", VERBS[0], 1, None, None, None, None, BEGIN, MOMENTS[0], None)
    older = Mapping(
        course=1, framework=0, competencies=frozenset(CODES), approved=True, ended_at=None,
        verbs=frozenset(VERBS[1:2]), progress_verbs=frozenset(), level_at_most=2, score_at_least=None,
        hours=3.0, category=0, **always,
    )  # fmt: skip
    framework = Framework(required=frozenset(CODES), **always)
    history = History(
        (said, replace(said, verb=VERBS[1], happened=BEGIN + timedelta(days=1))),
        (Link(ACCOUNTS[0], 1, MOMENTS[0], None),),
        (framework, framework),
        (Alias(activity="run-1", course=1, **always),),
        (older, replace(older, verbs=frozenset(VERBS[:1]), hours=0.5)),
    )
    asked = Asked(DAYS[-1], MOMENTS[-1])
    assert fold(history, asked).learned[1, 1].hours == 0.5
    agree(engine, history, (asked, asked))


def checked(check: Callable[[History, tuple[Asked, Asked]], None], examples: int) -> None:
    """Run a check on so many histories."""

    def run(history: History, questions: tuple[Asked, Asked]) -> None:
        check(history, questions)

    own = settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    own(given(history=histories(), questions=QUESTIONS)(run))()


def agree(engine: Engine, history: History, questions: tuple[Asked, Asked]) -> None:
    with engine.connect() as conn, conn.begin() as transaction:
        sequence = tell(conn, history)
        ask(conn, questions)
        compare(lambda sql: [tuple(row) for row in conn.execute(text(sql))], history, questions, sequence)
        transaction.rollback()


def compare(execute: Execute, history: History, questions: tuple[Asked, Asked], sequence: list[int]) -> None:
    """Equal, part by part, so that a failure shows the part that is not."""
    for asked, found in zip(questions, read(execute, sequence), strict=True):
        expected = fold(history, asked)
        assert found.states == expected.states
        assert found.complete == expected.complete
        assert found.learned == expected.learned


def ask(conn: Connection, questions: tuple[Asked, Asked]) -> None:
    """Everybody, under two times for each batch."""
    ends = [to_micros(end_of_bangkok_day(asked.as_of)) for asked in questions]
    asking = [
        {"batch": batch, "as_of_day": asked.as_of, "as_of_end": end, "known_at": to_micros(asked.known_at)}
        for batch, asked, end in zip("ab", questions, ends, strict=True)
    ]
    conn.execute(insert(parameter), asking)
    everybody = [{"batch": batch, "person_id": one} for batch in "ab" for one in PEOPLE]
    conn.execute(insert(batch_learner), everybody)


def read(execute: Execute, sequence: list[int]) -> list[Answer]:
    """What the views say, in the oracle's words; both batches at once, for planning takes longest."""
    rows = [
        execute(f"select batch, {columns} from {view} where batch in ('a', 'b')")
        for view, columns in (
            ("competency_progress", "person_id, competency_id, state"),
            (
                "(select * from competency_begun where state = 2) proven",
                "person_id, competency_id, level, completed_at, seq, mapping_id",
            ),
            ("learning", "person_id, course_id, category_id, hours, completed_at, seq"),
        )
    ]
    return [
        _answer([[row[1:] for row in some if row[0] == batch] for some in rows], sequence) for batch in "ab"
    ]


def _answer(found: list[list[tuple[Any, ...]]], sequence: list[int]) -> Answer:
    states, complete, learned = found
    for rows in found:
        assert len({row[:2] for row in rows}) == len(rows)
    return Answer(
        {_proven(row): row[2] for row in states},
        {
            _proven(row): Proof(row[2], from_micros(row[3]), sequence.index(row[4]), row[5] - 1)
            for row in complete
        },
        {
            row[:2]: Learned(CATEGORIES[row[2]], row[3], from_micros(row[4]), sequence.index(row[5]))
            for row in learned
        },
    )


def _proven(row: tuple[Any, ...]) -> tuple[int, Competency]:
    return row[0], COMPETENCIES[row[1]]
