"""What the views have to say, said once more in plain Python: a fold over the statements of a history.

It knows no SQL and shares no code with the product, apart from where a day in Bangkok ends. A competency is
(framework, code); proofs are told by the statement's place in the history and the mapping's.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple, TypeVar

from mappings.days import end_of_bangkok_day
from tests.mappings.histories import PEOPLE, Account, Dated, Framework, Group, History, Post, Statement
from tests.mappings.histories import Mapping as Mapped

Competency = tuple[int, str]
Counts = Counter[tuple[str, Competency, int]]
"""(group, "-" outside the framework, "" not decided; competency; state) -> people."""

Row = TypeVar("Row", Post, Group)


class Asked(NamedTuple):
    """The two times."""

    as_of: date
    known_at: datetime


class Proof(NamedTuple):
    """What completes a mapping: of several parts the worst level, and the last of the statements.

    The least one counts: that is the order of the fields.
    """

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
    answer, done = Answer(), defaultdict[tuple[int, int], dict[int, Proof]](dict)
    for version, framework in enumerate(history.frameworks):
        if _in_force(_as_known(framework, asked), asked):
            for someone in PEOPLE:
                answer.states |= {(someone, (version, code)): 0 for code in framework.required}
    for place, said in enumerate(history.statements):
        person = _owner(history, said.account, asked)
        if person is None or not _counts(said, asked):
            continue
        for number, mapping, part in _mappings(history, said, asked):
            completes = _completes(said, mapping)
            if completes or said.verb in mapping.progress_verbs:
                answer.states |= {key: max(answer.states.get(key, 0), 1) for key in _proven(person, mapping)}
            if completes:
                proof, parts = Proof(said.level, said.happened, place, number), done[person, number]
                parts[part] = min(parts.get(part, proof), proof)
    _complete(history, answer, done)
    return answer


def _complete(history: History, answer: Answer, done: Mapping[tuple[int, int], dict[int, Proof]]) -> None:
    """From the parts that are done to the mappings whose parts all are."""
    best = dict[tuple[int, int], Proof]()
    for (person, number), parts in done.items():
        mapping = history.mappings[number]
        if parts.keys() != _parts(mapping):
            continue
        last = max(parts.values(), key=lambda one: (one.happened, one.statement))
        proof = last._replace(level=max(one.level for one in parts.values()))
        for key in _proven(person, mapping):
            answer.states[key] = 2
            answer.complete[key] = min(answer.complete.get(key, proof), proof)
        learned = person, mapping.course
        best[learned] = min(best.get(learned, proof), proof)
    answer.learned = {key: _learned(history, proof) for key, proof in best.items()}


def _parts(mapping: Mapped) -> frozenset[int]:
    return mapping.parts or frozenset({mapping.course})


def _proven(person: int, mapping: Mapped) -> list[tuple[int, Competency]]:
    return [(person, (mapping.framework, code)) for code in mapping.competencies]


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


def _mappings(history: History, said: Statement, asked: Asked) -> Iterator[tuple[int, Mapped, int]]:
    """Those that look at a statement, and as which part: approved, in force, and content with its level."""
    aliases = (one for one in history.aliases if one.activity == said.activity)
    names = [one for one in aliases if _in_force(one, asked) and _lasts(one.ended_at, asked)]
    courses = {one.course for one in names}
    for number, mapping in enumerate(history.mappings):
        framework: Framework = history.frameworks[mapping.framework]
        if (
            mapping.approved
            and _lasts(mapping.ended_at, asked)
            and _in_force(mapping, asked)
            and _in_force(_as_known(framework, asked), asked)
            and said.level <= mapping.level_at_most
        ):
            yield from ((number, mapping, part) for part in _parts(mapping) & courses)


def _as_known(framework: Framework, asked: Asked) -> Framework:
    """With the last day that was known then."""
    if framework.retold is None or framework.retold[0] > asked.known_at:
        return framework
    return replace(framework, valid_to=framework.retold[1])


def _in_force(dated: Dated, asked: Asked) -> bool:
    ended = dated.valid_to is not None and dated.valid_to < asked.as_of
    return dated.valid_from <= asked.as_of and dated.recorded_at <= asked.known_at and not ended


def _lasts(ended_at: datetime | None, asked: Asked) -> bool:
    return ended_at is None or ended_at > asked.known_at


def _completes(said: Statement, mapping: Mapped) -> bool:
    scored = mapping.score_at_least is None or (
        said.score is not None and said.score >= mapping.score_at_least
    )
    refused = said.success is False or said.completion is False
    return said.verb in mapping.verbs and scored and not refused


def _learned(history: History, proof: Proof) -> Learned:
    mapping, own = history.mappings[proof.mapping], history.statements[proof.statement].hours
    if len(_parts(mapping)) > 1:
        own = None
    category = None if mapping.category is None else (mapping.framework, mapping.category)
    return Learned(category, mapping.hours if own is None else own, proof.happened, proof.statement)


def counts(history: History, unit: int, asked: Asked, states: Mapping[tuple[int, Competency], int]) -> Counts:
    """How many people of a unit are where with each competency, by their groups."""
    found: Counts = Counter()
    for person in PEOPLE:
        posts = _held(history.posts, person, asked)
        if not any(unit in (1, one.unit) for one in posts):
            continue
        held = _held(history.groups, person, asked)
        last = min(held, key=lambda one: (one.basis != "assignment", -one.line), default=None)
        group = (last.code or "-") if last else ""
        found.update((group, key, state) for (someone, key), state in states.items() if someone == person)
    return found


def _held(rows: Iterable[Row], person: int, asked: Asked) -> list[Row]:
    known = [one for one in rows if one.person == person and _lasts(one.superseded_at, asked)]
    return [one for one in known if _in_force(one, asked)]
