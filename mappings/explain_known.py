"""What was known at a moment of the facts behind an explanation: told again later, it is the same."""

from dataclasses import replace
from typing import TypeVar

from mappings.explain_facts import Facts, Name, Source, Term

_Ended = TypeVar("_Ended", Source, Name, Term)


def as_known(facts: Facts, known_at: int) -> Facts:
    """Without what was recorded, stored or linked after `known_at` (microseconds), or ended after it."""
    terms = tuple(_then(one, known_at) for one in facts.asking.terms if one.span.recorded_at <= known_at)
    return replace(
        facts,
        asking=replace(facts.asking, terms=terms),
        sources=tuple(_then(one, known_at) for one in facts.sources if one.span.recorded_at <= known_at),
        names=tuple(_then(one, known_at) for one in facts.names if one.span.recorded_at <= known_at),
        said=tuple(
            replace(
                one,
                voided_at=_by(one.voided_at, known_at),
                unlinked_at=_by(one.unlinked_at, known_at),
            )
            for one in facts.said
            if max(one.stored_at, one.linked_at) <= known_at
        ),
    )


def _then(one: _Ended, known_at: int) -> _Ended:
    return replace(one, ended_at=_by(one.ended_at, known_at))


def _by(at: int | None, known_at: int) -> int | None:
    return None if at is None or at > known_at else at
