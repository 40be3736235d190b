"""What is remembered of an account in a course, and what new facts make of it. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from connector.completion import Fact, Observation
from connector.plan import Facts
from connector.platforms import Pair, State


class Enrolment(NamedTuple):
    """What a platform said last. `state`: ENROLLED, IN_PROGRESS or COMPLETED; `at`, `progress`, `grade` as in
    Observation.

    `unseen_since`: since when it shows the account there no longer; `not_completed_since`: since when it says
    that the course is not completed.
    """

    state: Fact
    at: datetime | None = None
    progress: float | None = None
    grade: float | None = None
    unseen_since: datetime | None = None
    not_completed_since: datetime | None = None

    def shown(self) -> State:
        """As platforms are told."""
        fact = self.state if self.unseen_since is None else Fact.UNSEEN
        return State(fact, self.at, self.progress, self.grade)


def with_known(
    said: Mapping[tuple[str, str], Facts], known: Mapping[Pair, Enrolment]
) -> dict[tuple[str, str], Facts]:
    """With the time and grade of completions of courses as they are known, where they were not read."""
    return {pair: _with_known(facts, known) for pair, facts in said.items()}


def _with_known(facts: Facts, known: Mapping[Pair, Enrolment]) -> Facts:
    one = facts.get(Fact.COMPLETED)
    if one is None or one.part is not None:
        return facts
    was = known.get((one.learner.account_name, one.course.external_id))
    if was is None or was.state is not Fact.COMPLETED:
        return facts
    grade = was.grade if one.grade is None else one.grade
    return {**facts, Fact.COMPLETED: replace(one, at=one.at or was.at, grade=grade)}


def changes(
    said: Mapping[tuple[str, str], Facts], known: Mapping[Pair, Enrolment], now: datetime
) -> dict[Pair, Enrolment]:
    """What is to be remembered of courses from now on, as far as it differs from what is known."""
    changed: dict[Pair, Enrolment] = {}
    for facts in said.values():
        one = next(iter(facts.values()))
        if one.part is None:
            pair = one.learner.account_name, one.course.external_id
            after = _after(known.get(pair), facts, now)
            if after is not None and after != known.get(pair):
                changed[pair] = after
    return changed


def _after(before: Enrolment | None, facts: Facts, now: datetime) -> Enrolment | None:
    if before is None and facts.keys() == {Fact.UNSEEN}:
        return None
    known = before or Enrolment(Fact.ENROLLED)
    unseen = (known.unseen_since or now) if Fact.UNSEEN in facts else None
    return _state(known, facts)._replace(
        unseen_since=unseen, not_completed_since=_not_completed_since(known, facts, now)
    )


def _state(known: Enrolment, facts: Facts) -> Enrolment:
    for fact in (Fact.COMPLETED, Fact.IN_PROGRESS):
        if fact in facts:
            return _said(known, facts[fact])
    if Fact.NOT_COMPLETED in facts and known.state is Fact.COMPLETED:
        return Enrolment(Fact.ENROLLED)
    if Fact.ENROLLED in facts and (known.state is Fact.ENROLLED or _begins_anew(known, facts)):
        return _said(known, facts[Fact.ENROLLED])
    return known


def _begins_anew(known: Enrolment, facts: Facts) -> bool:
    """Whether progress is said to be none, and was some: the course was reset."""
    return known.state is Fact.IN_PROGRESS and facts[Fact.ENROLLED].progress == 0


def _said(known: Enrolment, said: Observation) -> Enrolment:
    """What was not read this time stays as it is known, if the state is the same."""
    same = known if known.state is said.fact else Enrolment(said.fact)
    return Enrolment(
        said.fact,
        same.at if said.at is None else said.at,
        same.progress if said.progress is None else said.progress,
        same.grade if said.grade is None else said.grade,
    )


def _not_completed_since(known: Enrolment, facts: Facts, now: datetime) -> datetime | None:
    if Fact.COMPLETED in facts:
        return None
    if Fact.NOT_COMPLETED in facts:
        return known.not_completed_since or now
    return known.not_completed_since
