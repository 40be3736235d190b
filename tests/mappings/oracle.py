"""What the views have to say, said once more in plain Python: a fold over the statements of a history.

It knows no SQL and shares no code with the product, apart from where a day in Bangkok ends. A competency is
(framework, code); proofs are told by the statement's place in the history and the mapping's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from mappings.days import end_of_bangkok_day
from tests.mappings.histories import PEOPLE, Account, Dated, Framework, History, Mapping, Statement

Competency = tuple[int, str]


class Asked(NamedTuple):
    """The two times."""

    as_of: date
    known_at: datetime


class Proof(NamedTuple):
    """A statement that completes under a mapping. The least one counts: that is the order of the fields."""

    level: int
    happened: datetime
    statement: int
    mapping: int


class Learned(NamedTuple):
    """A learning event; `category` within its framework."""

    category: tuple[int, int] | None
    hours: float | None
    happened: datetime
    statement: int


@dataclass
class Answer:
    """What is said of everybody: (person, competency) and (person, course) are the keys."""

    states: dict[tuple[int, Competency], int] = field(default_factory=dict)
    complete: dict[tuple[int, Competency], Proof] = field(default_factory=dict)
    learned: dict[tuple[int, int], Learned] = field(default_factory=dict)


def fold(history: History, asked: Asked) -> Answer:
    """The answer to a question about a history."""
    answer, best = Answer(), dict[tuple[int, int], Proof]()
    for version, framework in enumerate(history.frameworks):
        if _in_force(framework, asked):
            for someone in PEOPLE:
                answer.states |= {(someone, (version, code)): 0 for code in framework.required}
    for place, said in enumerate(history.statements):
        person = _owner(history, said.account, asked)
        if person is None or not _counts(said, asked):
            continue
        for number, mapping in _mappings(history, said, asked):
            proven = [(person, (mapping.framework, code)) for code in mapping.competencies]
            if said.verb in mapping.progress_verbs:
                answer.states |= {key: max(answer.states.get(key, 0), 1) for key in proven}
            if _completes(said, mapping):
                proof = Proof(said.level, said.happened, place, number)
                answer.states |= dict.fromkeys(proven, 2)
                answer.complete |= {key: min(answer.complete.get(key, proof), proof) for key in proven}
                done = person, mapping.course
                best[done] = min(best.get(done, proof), proof)
    answer.learned = {key: _learned(history, proof) for key, proof in best.items()}
    return answer


def _owner(history: History, account: Account, asked: Asked) -> int | None:
    for link in history.links:
        ended = link.unlinked_at is not None and link.unlinked_at <= asked.known_at
        if link.account == account and link.linked_at <= asked.known_at and not ended:
            return link.person
    return None


def _counts(said: Statement, asked: Asked) -> bool:
    voided = said.voided_at is not None and said.voided_at <= asked.known_at
    happened = said.happened <= end_of_bangkok_day(asked.as_of)
    return happened and said.stored <= asked.known_at and not voided


def _mappings(history: History, said: Statement, asked: Asked) -> Iterator[tuple[int, Mapping]]:
    """Those that look at a statement: approved, in force, and content with its level."""
    names = [one for one in history.aliases if one.activity == said.activity and _in_force(one, asked)]
    courses = {one.course for one in names}
    for number, mapping in enumerate(history.mappings):
        lasts = mapping.ended_at is None or mapping.ended_at > asked.known_at
        framework: Framework = history.frameworks[mapping.framework]
        if (
            mapping.course in courses
            and mapping.approved
            and lasts
            and _in_force(mapping, asked)
            and _in_force(framework, asked)
            and said.level <= mapping.level_at_most
        ):
            yield number, mapping


def _in_force(dated: Dated, asked: Asked) -> bool:
    ended = dated.valid_to is not None and dated.valid_to < asked.as_of
    return dated.valid_from <= asked.as_of and dated.recorded_at <= asked.known_at and not ended


def _completes(said: Statement, mapping: Mapping) -> bool:
    scored = mapping.score_at_least is None or (
        said.score is not None and said.score >= mapping.score_at_least
    )
    refused = said.success is False or said.completion is False
    return said.verb in mapping.verbs and scored and not refused


def _learned(history: History, proof: Proof) -> Learned:
    mapping, own = history.mappings[proof.mapping], history.statements[proof.statement].hours
    category = None if mapping.category is None else (mapping.framework, mapping.category)
    return Learned(category, mapping.hours if own is None else own, proof.happened, proof.statement)
