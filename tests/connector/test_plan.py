"""The difference between what is said and what is held, case by case."""

from datetime import UTC, datetime, timedelta

from connector.completion import Course, Fact, Learner, Observation
from connector.plan import Issue, Ledger, Step, Void, plan
from connector.statements import statement_id
from lrs.reading import Held
from mappings.vocabulary import COMPLETED, PASSED

SITE = "https://moodle.example.test"
COURSE = Course(SITE, "2", f"{SITE}/course/view.php?id=2", "DL101", "", "หลักสูตร", "")
LEARNER = Learner(SITE, "3", "", None)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
DONE = NOW - timedelta(days=1)
LEVEL = 1


def say(fact: Fact, at: datetime | None = None, grade: float | None = None) -> Observation:
    return Observation(COURSE, LEARNER, fact, at=at, grade=grade)


def pushed(number: int, verb: str = COMPLETED, activity: str = COURSE.activity_iri) -> Held:
    return Held(f"pushed-{number}", LEARNER.account_name, activity, verb, DONE, None, 9, False)


def after(ledger: Ledger, *said: Observation) -> list[Step]:
    steps = plan(said, ledger)
    ledger.follow(steps, LEVEL, NOW)
    return steps


def test_each_fact_is_written_once() -> None:
    ledger = Ledger([])
    said = [say(Fact.ENROLLED), say(Fact.IN_PROGRESS), say(Fact.COMPLETED, DONE)]
    assert after(ledger, *said) == [Issue(one, 1) for one in said]
    assert after(ledger, *said) == []


def test_not_completed_without_a_completion_changes_nothing() -> None:
    assert plan([say(Fact.NOT_COMPLETED)], Ledger([])) == []


def test_silence_changes_nothing() -> None:
    ledger = Ledger([])
    after(ledger, say(Fact.COMPLETED, DONE))
    assert after(ledger) == []
    assert ledger.completions() == 1


def test_not_completed_voids_every_current_completion_of_the_course() -> None:
    elsewhere = pushed(3, activity=f"{SITE}/mod/quiz/view.php?id=8")
    ledger = Ledger([pushed(1), pushed(2, PASSED), elsewhere])
    after(ledger, say(Fact.COMPLETED, DONE))
    voided = [
        step.held.statement_id for step in after(ledger, say(Fact.NOT_COMPLETED)) if isinstance(step, Void)
    ]
    ours = statement_id(Fact.COMPLETED, COURSE, LEARNER, 1)
    assert voided == ["pushed-1", "pushed-2", ours]
    assert after(ledger, say(Fact.NOT_COMPLETED)) == []


def test_completed_again_is_a_new_occurrence() -> None:
    ledger = Ledger([pushed(1)])
    after(ledger, say(Fact.COMPLETED, DONE))
    after(ledger, say(Fact.NOT_COMPLETED))
    again = say(Fact.COMPLETED, NOW)
    assert after(ledger, again) == [Issue(again, 3)]
    assert after(ledger, again) == []


def test_changed_time_or_grade_voids_and_reissues() -> None:
    ledger = Ledger([])
    after(ledger, say(Fact.COMPLETED, DONE))
    first = ledger.of((LEARNER.account_name, COURSE.activity_iri))[0]
    graded = say(Fact.COMPLETED, DONE, 0.5)
    assert after(ledger, graded) == [Void(first, takes_back=False), Issue(graded, 2)]
    later = say(Fact.COMPLETED, NOW, 0.5)
    assert [type(step) for step in after(ledger, later)] == [Void, Issue]
    assert after(ledger, later) == []
    assert ledger.completions() == 1


def test_what_the_platform_does_not_tell_cannot_differ() -> None:
    ledger = Ledger([])
    after(ledger, say(Fact.COMPLETED, DONE, 0.5))
    assert after(ledger, say(Fact.COMPLETED)) == []


def test_push_and_pull_end_alike_whichever_comes_first() -> None:
    pulled = say(Fact.COMPLETED, DONE)
    push_first = Ledger([pushed(1)])
    after(push_first, pulled)
    pull_first = Ledger([])
    after(pull_first, pulled)
    pair = LEARNER.account_name, COURSE.activity_iri
    assert {*push_first.of(pair)} == {*pull_first.of(pair), pushed(1)}


def test_last_word_in_a_page_counts() -> None:
    later = say(Fact.COMPLETED, NOW)
    assert plan([say(Fact.COMPLETED, DONE), later], Ledger([])) == [Issue(later, 1)]
