"""The difference between what is said and what is held, case by case."""

from datetime import UTC, datetime, timedelta
from typing import TypeGuard

import pytest

from connector.completion import Course, Fact, Learner, Observation, Part
from connector.plan import COMPLETIONS, Issue, Ledger, Step, Void, by_pair, plan
from connector.statements import statement_id, verb_of
from lrs.reading import Held
from mappings.vocabulary import ACHIEVED, BADGE, COMPLETED, PASSED

SITE = "https://moodle.example.test"
COURSE = Course(SITE, "2", f"{SITE}/course/view.php?id=2", "DL101", "", "หลักสูตร", "")
LEARNER = Learner(SITE, "3", "", None)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
DONE = NOW - timedelta(days=1)
LEVEL = 1
QUIZ = Part(
    "15", f"{SITE}/mod/quiz/view.php?id=15", "http://adlnet.gov/expapi/activities/assessment", "แบบทดสอบ"
)
AWARD = Part("15", f"{SITE}/badges/overview.php?id=15", BADGE, "เหรียญ")


def say(
    fact: Fact, at: datetime | None = None, grade: float | None = None, part: Part | None = None
) -> Observation:
    return Observation(COURSE, LEARNER, fact, at=at, grade=grade, part=part)


def pushed(number: int, verb: str = COMPLETED, activity: str = COURSE.activity_iri) -> Held:
    return Held(f"pushed-{number}", LEARNER.account_name, activity, verb, DONE, None, 9, False)


class Store:
    """Holds what the steps leave behind, as the record store does."""

    def __init__(self, *held: Held) -> None:
        self.held = list(held)

    def after(self, *said: Observation) -> list[Step]:
        steps = plan(by_pair(said), Ledger(self.held))
        for step in steps:
            if isinstance(step, Issue):
                self.held.append(as_held(step))
            else:
                self.held[self.held.index(step.held)] = step.held._replace(voided=True)
        return steps

    def current(self) -> list[Held]:
        return [one for one in self.held if one.verb_iri in COMPLETIONS and not one.voided]


def as_held(step: Issue) -> Held:
    one = step.observation
    return Held(
        statement_id(one.fact, one.course, one.learner, step.occurrence, one.part),
        one.learner.account_name,
        one.activity_iri,
        verb_of(one),
        one.at or NOW,
        one.grade,
        LEVEL,
        False,
    )


def test_each_fact_is_written_once() -> None:
    store = Store()
    said = [say(Fact.ENROLLED), say(Fact.IN_PROGRESS), say(Fact.COMPLETED, DONE)]
    assert store.after(*said) == [Issue(one, 1) for one in said]
    assert store.after(*said) == []


def test_not_completed_without_a_completion_changes_nothing() -> None:
    assert Store().after(say(Fact.NOT_COMPLETED)) == []


def test_silence_and_a_learner_shown_no_more_change_nothing() -> None:
    store = Store()
    store.after(say(Fact.COMPLETED, DONE))
    assert store.after() == []
    assert store.after(say(Fact.UNSEEN)) == []
    assert len(store.current()) == 1


def test_not_completed_voids_every_current_completion_of_the_course() -> None:
    elsewhere = pushed(3, activity=f"{SITE}/mod/quiz/view.php?id=8")
    store = Store(pushed(1), pushed(2, PASSED), elsewhere)
    store.after(say(Fact.COMPLETED, DONE))
    voided = [step.held.statement_id for step in store.after(say(Fact.NOT_COMPLETED)) if is_take_back(step)]
    ours = statement_id(Fact.COMPLETED, COURSE, LEARNER, 1)
    assert voided == ["pushed-1", "pushed-2", ours]
    assert store.after(say(Fact.NOT_COMPLETED)) == []
    assert store.current() == [elsewhere]


def is_take_back(step: Step) -> TypeGuard[Void]:
    return isinstance(step, Void) and step.takes_back


def test_completed_again_is_a_new_occurrence() -> None:
    store = Store(pushed(1))
    store.after(say(Fact.COMPLETED, DONE))
    store.after(say(Fact.NOT_COMPLETED))
    again = say(Fact.COMPLETED, NOW)
    assert store.after(again) == [Issue(again, 3)]
    assert store.after(again) == []


def test_changed_time_or_grade_voids_and_reissues() -> None:
    store = Store()
    store.after(say(Fact.COMPLETED, DONE))
    first = store.held[0]
    graded = say(Fact.COMPLETED, DONE, 0.5)
    assert store.after(graded) == [Void(first, takes_back=False), Issue(graded, 2)]
    later = say(Fact.COMPLETED, NOW, 0.5)
    assert [type(step) for step in store.after(later)] == [Void, Issue]
    assert store.after(later) == []
    assert len(store.current()) == 1


def test_what_the_platform_does_not_tell_cannot_differ() -> None:
    store = Store()
    store.after(say(Fact.COMPLETED, DONE, 0.5))
    assert store.after(say(Fact.COMPLETED)) == []


def test_a_new_grade_keeps_the_time_and_a_new_time_the_grade() -> None:
    store = Store()
    store.after(say(Fact.COMPLETED, DONE, 0.5))
    store.after(say(Fact.COMPLETED, grade=0.75))
    assert [(one.timestamp, one.score_scaled) for one in store.current()] == [(DONE, 0.75)]
    store.after(say(Fact.COMPLETED, NOW))
    assert [(one.timestamp, one.score_scaled) for one in store.current()] == [(NOW, 0.75)]


def test_push_and_pull_end_alike_whichever_comes_first() -> None:
    pulled = say(Fact.COMPLETED, DONE)
    push_first, pull_first = Store(pushed(1)), Store()
    push_first.after(pulled)
    pull_first.after(pulled)
    assert {*push_first.held} == {*pull_first.held, pushed(1)}


def test_last_word_in_a_page_counts() -> None:
    later = say(Fact.COMPLETED, NOW)
    assert Store().after(say(Fact.COMPLETED, DONE), later) == [Issue(later, 1)]
    store = Store()
    store.after(say(Fact.COMPLETED, DONE))
    assert store.after(say(Fact.NOT_COMPLETED), say(Fact.COMPLETED, DONE)) == []
    assert [type(step) for step in store.after(say(Fact.COMPLETED, DONE), say(Fact.NOT_COMPLETED))] == [Void]


@pytest.mark.parametrize(("part", "verb"), [(QUIZ, COMPLETED), (AWARD, ACHIEVED)])
def test_a_part_comes_and_goes_by_itself(part: Part, verb: str) -> None:
    store = Store()
    store.after(say(Fact.COMPLETED, DONE), say(Fact.COMPLETED, DONE, part=part))
    course, own = store.current()
    assert (own.verb_iri, own.activity_iri) == (verb, part.activity_iri)
    assert store.after(say(Fact.COMPLETED, DONE, part=part)) == []
    assert store.after(say(Fact.NOT_COMPLETED, part=part)) == [Void(own, takes_back=True)]
    assert store.current() == [course]
    again = say(Fact.COMPLETED, DONE, part=part)
    assert store.after(again) == [Issue(again, 2)]


def test_an_activity_and_a_badge_of_one_number_are_two() -> None:
    steps = Store().after(*(say(Fact.COMPLETED, DONE, part=part) for part in (None, QUIZ, AWARD)))
    assert len({as_held(step).statement_id for step in steps if isinstance(step, Issue)}) == 3
