"""A sync that would take back too many completions takes back none."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.completion import Fact, Observation
from connector.platforms import Cursor, PlatformError
from connector.sync import Options
from connector.tables import platform as platform_table
from connector.tables import sync_run
from tests.connector.syncing import NOW, Said, completions, documents, rows, run, say
from tests.connector.test_plan import QUIZ

FEW = {"shrink_at_least": 5}
LATER = NOW + timedelta(hours=1)


def guarded(engine: Engine, said: Said, now: datetime = LATER, **options: Any) -> Any:
    return run(engine, said, now, options=Options(**(FEW | options)))


def everybody(fact: Fact, many: int, at: datetime | None = None) -> list[Observation]:
    return [say(user, fact, at) for user in range(many)]


def paged(said: list[Observation], size: int = 4) -> list[Observation | Cursor]:
    found: list[Observation | Cursor] = []
    for start in range(0, len(said), size):
        found += [*said[start : start + size], Cursor(str(start + size), start + size, len(said))]
    return [*found, Cursor(None, len(said), len(said))]


def test_nothing_is_taken_back_not_even_of_the_first_pages(engine: Engine) -> None:
    run(engine, Said(*everybody(Fact.COMPLETED, 12, NOW)))
    gone = Said(*paged([*everybody(Fact.NOT_COMPLETED, 12), say(99, Fact.COMPLETED, NOW)]))
    for _ in range(2):
        with pytest.raises(PlatformError, match=r"12 of 13 completions of courses .* more than 5") as refused:
            guarded(engine, gone)
        assert refused.value.permanent
        assert "--accept-shrink" in str(refused.value)
        assert "\n" not in str(refused.value)
        assert len(completions(engine)) == 13
    last = rows(engine, sync_run)[-1]
    assert (last.error, last.error_is_permanent) == (str(refused.value), True)
    assert (last.learners_seen, last.learners_total, last.statements_voided) == (13, 13, 0)
    assert rows(engine, platform_table)[0].pass_started_at is None


def test_accepted_it_takes_all_back_at_once(engine: Engine) -> None:
    run(engine, Said(*everybody(Fact.COMPLETED, 12, NOW)))
    gone = Said(*paged(everybody(Fact.NOT_COMPLETED, 12)))
    with pytest.raises(PlatformError, match="--accept-shrink"):
        guarded(engine, gone)
    report = guarded(engine, Said(Cursor(None)), LATER + timedelta(hours=1), accept_shrink=True)
    assert report.voided == 12
    assert completions(engine) == []
    assert guarded(engine, gone, LATER + timedelta(hours=2)).voided == 0
    voids = [one for one in documents(engine) if one["verb"]["id"].endswith("voided")]
    assert {datetime.fromisoformat(one["timestamp"]) for one in voids} == {LATER + timedelta(hours=1)}


@pytest.mark.parametrize(("many", "taken"), [(5, 5), (30, 6)])
def test_up_to_the_share_or_the_minimum_it_takes_back(engine: Engine, many: int, taken: int) -> None:
    run(engine, Said(*everybody(Fact.COMPLETED, many, NOW)))
    assert guarded(engine, Said(*everybody(Fact.NOT_COMPLETED, taken))).voided == taken


@pytest.mark.parametrize(("many", "taken"), [(6, 6), (30, 7)])
def test_beyond_both_it_does_not(engine: Engine, many: int, taken: int) -> None:
    run(engine, Said(*everybody(Fact.COMPLETED, many, NOW)))
    with pytest.raises(PlatformError, match=f"{taken} of {many} completions"):
        guarded(engine, Said(*everybody(Fact.NOT_COMPLETED, taken)))
    assert len(completions(engine)) == many


def test_pairs_count_and_not_statements(engine: Engine) -> None:
    """Completions whose grade changed are replaced, however many they are."""
    run(engine, Said(*everybody(Fact.COMPLETED, 12, NOW)))
    graded = [say(user, Fact.COMPLETED, NOW, 0.5) for user in range(12)]
    assert guarded(engine, Said(*graded)).voided == 12
    assert len(completions(engine)) == 12


def test_what_came_back_before_it_was_taken_stays(engine: Engine) -> None:
    run(engine, Said(*everybody(Fact.COMPLETED, 12, NOW)))
    with pytest.raises(PlatformError):
        guarded(engine, Said(*everybody(Fact.NOT_COMPLETED, 12)))
    back = [*everybody(Fact.COMPLETED, 6, NOW), *(say(user, Fact.UNSEEN) for user in range(6, 12))]
    report = guarded(engine, Said(*back), LATER + timedelta(hours=1))
    assert (report.written, report.voided) == (0, 0)
    assert len(completions(engine)) == 12


def test_activities_are_guarded_by_themselves(engine: Engine) -> None:
    """Their number must not hide that the courses shrink, nor the other way round."""
    quizzes = [say(user, Fact.COMPLETED, NOW, part=QUIZ) for user in range(30)]
    run(engine, Said(*everybody(Fact.COMPLETED, 6, NOW), *quizzes))
    with pytest.raises(PlatformError, match="6 of 6 completions of courses"):
        guarded(engine, Said(*everybody(Fact.NOT_COMPLETED, 6)))
    run(engine, Said(*everybody(Fact.COMPLETED, 6, NOW)), LATER)
    seven = [say(user, Fact.NOT_COMPLETED, part=QUIZ) for user in range(7)]
    with pytest.raises(PlatformError, match="7 of 30 completions of activities"):
        guarded(engine, Said(*seven), LATER)
    assert guarded(engine, Said(), LATER, accept_shrink=True).voided == 7
    assert len(completions(engine)) == 6 + 23
