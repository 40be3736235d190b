"""Pushes beside a pull that says otherwise: the pull is the truth, whichever came first."""

from datetime import timedelta

from sqlalchemy import Engine

from connector.completion import Fact
from connector.platforms import Cursor
from connector.sync import Options
from tests.connector.syncing import NOW, Said, of, push, run, say

ENROLLED = (say(3, Fact.ENROLLED), say(3, Fact.NOT_COMPLETED))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_push_before_pull(engine: Engine) -> None:
    push(engine, say(3, Fact.COMPLETED, NOW), NOW - MINUTE)
    assert run(engine, Said(*ENROLLED)).voided == 1
    assert of(engine, 3, 2) == []


def test_pull_before_push(engine: Engine) -> None:
    """Of a platform that tells changes alone: it has nothing more to say of the learner."""
    run(engine, Said(*ENROLLED))
    push(engine, say(3, Fact.COMPLETED, NOW), NOW + MINUTE)
    assert run(engine, Said(Cursor(None)), NOW + HOUR).voided == 1
    assert of(engine, 3, 2) == []
    assert run(engine, Said(Cursor(None)), NOW + 2 * HOUR).voided == 0


def test_pushed_while_the_platform_is_read(engine: Engine) -> None:
    """The learner may have completed in between: the next pass knows."""
    run(engine, Said(*ENROLLED))
    push(engine, say(3, Fact.COMPLETED, NOW), NOW + HOUR + MINUTE)
    assert run(engine, Said(*ENROLLED, Cursor(None)), NOW + HOUR).voided == 0
    assert len(of(engine, 3, 2)) == 1
    assert run(engine, Said(Cursor(None)), NOW + 2 * HOUR).voided == 1


def test_pushed_while_the_platform_is_read_and_right(engine: Engine) -> None:
    run(engine, Said(*ENROLLED))
    push(engine, say(3, Fact.COMPLETED, NOW), NOW + HOUR + MINUTE)
    run(engine, Said(*ENROLLED), NOW + HOUR)
    report = run(engine, Said(say(3, Fact.COMPLETED, NOW)), NOW + 2 * HOUR)
    assert (report.written, report.voided) == (1, 0)
    assert len(of(engine, 3, 2)) == 2


def test_nothing_explicit_was_said(engine: Engine) -> None:
    """Enrolled in a course without criteria, or shown no more: nothing contradicts the push."""
    unseen = (say(4, Fact.ENROLLED), say(4, Fact.NOT_COMPLETED))
    run(engine, Said(say(3, Fact.ENROLLED), *unseen))
    run(engine, Said(say(4, Fact.UNSEEN)), NOW + MINUTE)
    for user in (3, 4):
        push(engine, say(user, Fact.COMPLETED, NOW), NOW + 2 * MINUTE)
    assert run(engine, Said(Cursor(None)), NOW + HOUR).voided == 0
    assert len(of(engine, 3, 2)) == len(of(engine, 4, 2)) == 1
    # Shown again, and still not completed.
    assert run(engine, Said(*unseen), NOW + 2 * HOUR).voided == 1


def test_a_sync_of_one_course_looks_at_its_pushes_alone(engine: Engine) -> None:
    other = (say(3, Fact.ENROLLED, course=3), say(3, Fact.NOT_COMPLETED, course=3))
    run(engine, Said(*ENROLLED, *other))
    for course in (2, 3):
        push(engine, say(3, Fact.COMPLETED, NOW, course=course), NOW + MINUTE)
    only = Options(only=frozenset({"3"}))
    assert run(engine, Said(say(3, Fact.ENROLLED, course=3)), NOW + HOUR, options=only).voided == 1
    assert (len(of(engine, 3, 2)), of(engine, 3, 3)) == (1, [])
    assert run(engine, Said(Cursor(None)), NOW + 2 * HOUR).voided == 1
