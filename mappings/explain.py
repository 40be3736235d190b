"""Why a competency is complete, or what is missing: each statement held against each mapping, pure.

The views say what the state is; this says why, in the same terms, and a test holds the two together on
generated histories. `mappings.explain_facts` is what it is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lrs.clock import to_micros
from mappings.days import end_of_bangkok_day
from mappings.explain_facts import Asking, Facts, Part, Said, Source
from mappings.times import Times


class Why(StrEnum):
    """Why a statement does not complete a competency under a mapping."""

    DRAFT = "draft"
    """The mapping is not approved."""
    MAPPING_UNKNOWN = "mapping_unknown"
    """The mapping was recorded later than was asked about."""
    MAPPING_ENDED = "mapping_ended"
    """The mapping had been replaced or ended."""
    MAPPING_DAYS = "mapping_days"
    """The mapping is not valid on the day asked."""
    FRAMEWORK_DAYS = "framework_days"
    """The framework is not in force on the day asked, or was not known."""
    NAME_DAYS = "name_days"
    """The activity does not stand for the course on the day asked, or that was not known."""
    LEVEL = "level"
    """The mapping asks for better evidence."""
    SCORE = "score"
    """The score is below the mapping's least one, or not told."""
    NOT_PASSED = "not_passed"
    """It says itself: not successful, or not completed."""
    VERB = "verb"
    """Its verb completes nothing under the mapping."""
    VOIDED = "voided"
    """It was taken back."""
    ACCOUNT = "account"
    """The account was not linked to the person at the time of knowledge."""
    LATER = "later"
    """It happened after the day asked."""
    STORED_LATER = "stored_later"
    """It was stored after the time of knowledge."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A statement under a mapping, as a part of it. It completes the part where `whys` is empty; `begins`: it
    shows work under way."""

    said: Said
    source: Source
    part: Part
    whys: tuple[Why, ...]
    begins: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """A mapping with what completes each of its parts; None: that part is missing."""

    source: Source
    parts: tuple[tuple[Part, Tried | None], ...]

    @property
    def last(self) -> Tried | None:
        """The statement that completed the last part; None while any part is missing."""
        done = [one for _, one in self.parts if one is not None]
        complete = len(done) == len(self.parts)
        return max(done, key=lambda one: (one.said.happened_at, one.said.seq)) if complete else None

    @property
    def level(self) -> int:
        """The worst of what is done."""
        return max((one.said.level for _, one in self.parts if one is not None), default=0)


@dataclass(frozen=True, slots=True)
class Explanation:
    """`state` as in competency_state; `proof` what completes it, else `tried` what did not, nearest first.

    `would` are the mappings through which a new completion would count: none means that no course covers it.
    `several` are those of several parts with what is done of each: the proof's, or else those of `would`.
    """

    asking: Asking
    times: Times
    state: int
    proof: Tried | None
    tried: tuple[Tried, ...]
    would: tuple[Source, ...]
    several: tuple[Whole, ...]


def explain(facts: Facts, times: Times) -> Explanation:
    """The chain from what asks for the competency to the statement that proves it, or where it breaks."""
    tried = sorted(_all_tried(facts, times), key=_nearest)
    would = tuple(one for one in facts.sources if not _of_source(facts, one, times))
    wholes = [_whole(source, tried) for source in would]
    done = [(one, last) for one in wholes if (last := one.last)]
    proven, proof = min(done, key=_rank, default=(None, None))
    shown = [proven] if proven else wholes
    return Explanation(
        asking=facts.asking,
        times=times,
        state=2 if proven else int(any(one.begins or not one.whys for one in tried)),
        proof=proof,
        tried=tuple(one for one in tried if one.whys),
        would=would,
        several=tuple(one for one in shown if len(one.parts) > 1),
    )


def _whole(source: Source, tried: Sequence[Tried]) -> Whole:
    """Each part with the best of the statements that complete it."""

    def best(part: Part) -> Tried | None:
        same = (one for one in tried if (one.source.id, one.part) == (source.id, part))
        done = [one for one in same if not one.whys]
        return min(done, key=lambda one: (one.said.level, one.said.happened_at, one.said.seq), default=None)

    return Whole(source, tuple((part, best(part)) for part in source.parts))


def _rank(done: tuple[Whole, Tried]) -> tuple[int, int, int, int]:
    whole, last = done
    return whole.level, last.said.happened_at, last.said.seq, whole.source.id


def _nearest(one: Tried) -> tuple[int, int, int]:
    return len(one.whys), -one.said.happened_at, one.source.id


def _all_tried(facts: Facts, times: Times) -> Iterator[Tried]:
    """Each statement as each part of each mapping once, in the best of the lights it can be seen in."""
    best: dict[tuple[int, int, int], Tried] = {}
    for source in facts.sources:
        about = _of_source(facts, source, times)
        parts = {part.course_id: part for part in source.parts}
        for name in facts.names:
            part = parts.get(name.course_id)
            if part is None:
                continue
            named = about if name.holds(times) else (*about, Why.NAME_DAYS)
            for said in facts.said:
                if said.activity_iri == name.activity_iri:
                    one = _tried(said, source, part, named, times)
                    key = said.seq, source.id, part.course_id
                    best[key] = min(
                        best.get(key, one), one, key=lambda each: (len(each.whys), not each.begins)
                    )
    yield from best.values()


def _tried(said: Said, source: Source, part: Part, about: Sequence[Why], times: Times) -> Tried:
    """A statement that begins may lack what only completing asks for: verb, result and score."""
    basic = (*about, *_of_statement(said, source, times))
    begins = not basic and said.verb_iri in source.beginning
    return Tried(said, source, part, (*basic, *_of_completing(said, source)), begins)


def _of_source(facts: Facts, source: Source, times: Times) -> tuple[Why, ...]:
    found = {
        Why.DRAFT: source.status != "approved",
        Why.MAPPING_UNKNOWN: not source.span.known(times),
        Why.MAPPING_ENDED: source.ended_at is not None and source.ended_at <= times.known_at,
        Why.MAPPING_DAYS: source.span.valid_from > times.as_of or source.span.over(times),
        Why.FRAMEWORK_DAYS: not any(term.holds(times) for term in facts.asking.terms),
    }
    return tuple(why for why, so in found.items() if so)


def _of_statement(said: Said, source: Source, times: Times) -> tuple[Why, ...]:
    parted = said.unlinked_at is not None and said.unlinked_at <= times.known_at
    found = {
        Why.VOIDED: said.voided_at is not None and said.voided_at <= times.known_at,
        Why.ACCOUNT: said.linked_at > times.known_at or parted,
        Why.LATER: said.happened_at > to_micros(end_of_bangkok_day(times.as_of)),
        Why.STORED_LATER: said.stored_at > times.known_at,
        Why.LEVEL: said.level > source.level_at_most,
    }
    return tuple(why for why, so in found.items() if so)


def _of_completing(said: Said, source: Source) -> tuple[Why, ...]:
    low = source.score_at_least is not None and (said.score is None or said.score < source.score_at_least)
    found = {
        Why.VERB: said.verb_iri not in source.completing,
        Why.NOT_PASSED: said.success is False or said.completion is False,
        Why.SCORE: low,
    }
    return tuple(why for why, so in found.items() if so)
