"""The difference between what a platform says and what the store holds. Pure.

See "What a completion is" in the design: completions are taken back only on an explicit "not
completed", whoever sent them; a changed time or grade of ours voids and reissues; enrolment and
progress are said once; what is not observed stays as it is. Parts of a course follow the same rules, each by
itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isclose

from connector.completion import Fact, Observation
from connector.statements import VERBS, statement_id, verb_of
from lrs.reading import Held
from mappings.vocabulary import ACHIEVED, COMPLETED, PASSED

COMPLETIONS = frozenset({COMPLETED, PASSED, ACHIEVED})
"""Verbs by which a course, an activity or a badge is completed."""

Pair = tuple[str, str]
"""(account name, activity IRI) on one home page."""

Facts = Mapping[Fact, Observation]
"""What is said of one pair."""

_CONTRADICTED: Mapping[Fact, tuple[Fact, ...]] = {
    Fact.ENROLLED: (Fact.UNSEEN,),
    Fact.IN_PROGRESS: (Fact.UNSEEN,),
    Fact.COMPLETED: (Fact.UNSEEN, Fact.NOT_COMPLETED),
    Fact.NOT_COMPLETED: (Fact.UNSEEN, Fact.COMPLETED),
    Fact.UNSEEN: (),
}


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
    """What the store holds of some accounts of one home page, by account and activity."""

    def __init__(self, held: Iterable[Held]) -> None:
        self._held: dict[Pair, list[Held]] = defaultdict(list)
        for one in held:
            self._held[one.account_name, one.activity_iri].append(one)

    def of(self, pair: Pair) -> Sequence[Held]:
        """What is held of a pair, in the order stored."""
        return self._held.get(pair, ())


def pair_of(observation: Observation) -> Pair:
    """Whom and what it is about."""
    return observation.learner.account_name, observation.activity_iri


def by_pair(observations: Iterable[Observation]) -> dict[Pair, Facts]:
    """What is said of each pair, in the order observed; of facts that contradict, the last one."""
    pairs: dict[Pair, dict[Fact, Observation]] = defaultdict(dict)
    for observation in observations:
        facts = pairs[pair_of(observation)]
        for other in _CONTRADICTED[observation.fact]:
            facts.pop(other, None)
        facts[observation.fact] = observation
    return dict(pairs)


def plan(said: Mapping[Pair, Facts], ledger: Ledger) -> list[Step]:
    """The steps that bring the store to what is said, in its order; none if it is there."""
    return [step for pair, facts in said.items() for step in _steps(facts, ledger.of(pair))]


def _steps(facts: Facts, held: Sequence[Held]) -> Iterator[Step]:
    for fact in (Fact.ENROLLED, Fact.IN_PROGRESS):
        if fact in facts and not any(one.verb_iri == VERBS[fact] and not one.voided for one in held):
            yield Issue(facts[fact], _next_occurrence(VERBS[fact], held))
    if Fact.COMPLETED in facts:
        yield from _complete(facts[Fact.COMPLETED], held)
    elif Fact.NOT_COMPLETED in facts:
        yield from (Void(one, takes_back=True) for one in held if _is_completion(one))


def _complete(observation: Observation, held: Sequence[Held]) -> Iterator[Step]:
    """Ours is written beside a pushed one: then it does not matter which of the two came first."""
    occurrence = _next_occurrence(verb_of(observation), held)
    course, learner, part = observation.course, observation.learner, observation.part
    ours = {
        statement_id(Fact.COMPLETED, course, learner, number, part) for number in range(1, occurrence + 1)
    }
    current = [one for one in held if _is_completion(one) and one.statement_id in ours]
    if any(_agrees(one, observation) for one in current):
        return
    yield from (Void(one, takes_back=False) for one in current)
    yield Issue(_with_what_is_known(observation, current), occurrence + len(current))


def _with_what_is_known(observation: Observation, replaced: Sequence[Held]) -> Observation:
    """A new grade alone leaves the time as it was, and a new time the grade."""
    if not replaced:
        return observation
    last = replaced[-1]
    grade = last.score_scaled if observation.grade is None else observation.grade
    return replace(observation, at=observation.at or last.timestamp, grade=grade)


def _next_occurrence(verb: str, held: Sequence[Held]) -> int:
    return 1 + sum(one.voided and one.verb_iri == verb for one in held)


def _is_completion(one: Held) -> bool:
    return one.verb_iri in COMPLETIONS and not one.voided


def _agrees(one: Held, observation: Observation) -> bool:
    """Whether the statement says what is observed; what the platform does not tell cannot differ."""
    if observation.at is not None and observation.at != one.timestamp:
        return False
    if observation.grade is None:
        return True
    return one.score_scaled is not None and isclose(one.score_scaled, observation.grade, abs_tol=1e-6)
