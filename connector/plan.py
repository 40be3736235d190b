"""The difference between what a platform says and what the store holds. Pure.

See "What a completion is" in the design: completions are taken back only on an explicit "not
completed", whoever sent them; a changed time or grade of ours voids and reissues; enrolment and
progress are said once; what is not observed stays as it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isclose

from connector.completion import Fact, Observation
from connector.statements import VERBS, statement_id
from lrs.reading import Held
from mappings.vocabulary import COMPLETED, PASSED

COMPLETIONS = frozenset({COMPLETED, PASSED})

Pair = tuple[str, str]
"""(account name, activity IRI) on one home page."""


@dataclass(frozen=True, slots=True)
class Issue:
    """Write the statement of this observation, for the `occurrence`-th time."""

    observation: Observation
    occurrence: int


@dataclass(frozen=True, slots=True)
class Void:
    """Void this statement. `takes_back`: the completion is gone, rather than replaced."""

    held: Held
    takes_back: bool


Step = Issue | Void


class Ledger:
    """What the store holds of one home page, by account and activity; follows the steps taken."""

    def __init__(self, held: Iterable[Held]) -> None:
        self._held: dict[Pair, list[Held]] = defaultdict(list)
        for one in held:
            self._held[one.account_name, one.activity_iri].append(one)

    def of(self, pair: Pair) -> Sequence[Held]:
        """What is held of a pair, in the order stored."""
        return self._held.get(pair, ())

    def completions(self) -> int:
        """How many pairs have a current completion."""
        return sum(any(_is_completion(one) for one in held) for held in self._held.values())

    def follow(self, steps: Iterable[Step], level: int, now: datetime) -> None:
        """Note steps that have been stored."""
        for step in steps:
            if isinstance(step, Issue):
                one = _as_held(step, level, now)
                self._held[one.account_name, one.activity_iri].append(one)
            else:
                pair = self._held[step.held.account_name, step.held.activity_iri]
                pair[pair.index(step.held)] = step.held._replace(voided=True)


def plan(observations: Iterable[Observation], ledger: Ledger) -> list[Step]:
    """The steps that bring the store to what is observed, in the order observed; none if it is there."""
    pairs: dict[Pair, dict[Fact, Observation]] = defaultdict(dict)
    for observation in observations:
        pair = observation.learner.account_name, observation.course.activity_iri
        pairs[pair][observation.fact] = observation
    return [step for pair, facts in pairs.items() for step in _steps(facts, ledger.of(pair))]


def _steps(facts: Mapping[Fact, Observation], held: Sequence[Held]) -> Iterator[Step]:
    for fact in (Fact.ENROLLED, Fact.IN_PROGRESS):
        if fact in facts and not any(one.verb_iri == VERBS[fact] and not one.voided for one in held):
            yield Issue(facts[fact], _next_occurrence(fact, held))
    if Fact.COMPLETED in facts:
        yield from _complete(facts[Fact.COMPLETED], held)
    elif Fact.NOT_COMPLETED in facts:
        yield from (Void(one, takes_back=True) for one in held if _is_completion(one))


def _complete(observation: Observation, held: Sequence[Held]) -> Iterator[Step]:
    """Ours is written beside a pushed one: then it does not matter which of the two came first."""
    occurrence = _next_occurrence(Fact.COMPLETED, held)
    ours = {
        statement_id(Fact.COMPLETED, observation.course, observation.learner, number)
        for number in range(1, occurrence + 1)
    }
    current = [one for one in held if _is_completion(one) and one.statement_id in ours]
    if any(_agrees(one, observation) for one in current):
        return
    yield from (Void(one, takes_back=False) for one in current)
    yield Issue(observation, occurrence + len(current))


def _next_occurrence(fact: Fact, held: Sequence[Held]) -> int:
    return 1 + sum(one.voided and one.verb_iri == VERBS[fact] for one in held)


def _is_completion(one: Held) -> bool:
    return one.verb_iri in COMPLETIONS and not one.voided


def _agrees(one: Held, observation: Observation) -> bool:
    """Whether the statement says what is observed; what the platform does not tell cannot differ."""
    if observation.at is not None and observation.at != one.timestamp:
        return False
    if observation.grade is None:
        return True
    return one.score_scaled is not None and isclose(one.score_scaled, observation.grade, abs_tol=1e-6)


def _as_held(step: Issue, level: int, now: datetime) -> Held:
    observation = step.observation
    return Held(
        statement_id(observation.fact, observation.course, observation.learner, step.occurrence),
        observation.learner.account_name,
        observation.course.activity_iri,
        VERBS[observation.fact],
        observation.at or now,
        observation.grade,
        level,
        False,
    )
