"""What the rows of imported files say together, compared with what the store holds because of them. Pure.

Rows that stand vouch for statements. Of several rows about one person and thing the latest file speaks; a
statement that nobody vouches for any more is voided. So importing again, taking back and deciding are one
comparison, and none of them can leave a statement that no row stands behind.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isclose
from typing import NamedTuple

from connector.completion import Imported


class Source(NamedTuple):
    """Where it was said: a row of a file, or a claim (`claim_id`) in one."""

    import_id: int
    row: int
    claim_id: int | None = None


@dataclass(frozen=True, slots=True)
class Voucher:
    """What one row says of one person and thing (`about`).

    `rank`: the greatest speaks. `said` None: that it did not happen. `statement_id`: what it became, if it
    was the one that spoke.
    """

    source: Source
    about: Hashable
    rank: tuple[int, ...]
    said: Imported | None
    level: int
    statement_id: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """A statement that a row became."""

    statement_id: str
    home_page: str
    account_name: str
    activity_iri: str
    verb_iri: str
    at: datetime
    grade: float | None
    hours: float | None
    level: int
    voided: bool


class Issue(NamedTuple):
    """A statement to be written: from where, at which level, what it says."""

    source: Source
    level: int
    said: Imported


@dataclass(frozen=True, slots=True)
class Plan:
    """`voids`: statements nobody vouches for. `issues`: what is written then. `replaced`: rows among those
    that say something else than what was held."""

    voids: tuple[Stored, ...]
    issues: tuple[Issue, ...]
    replaced: frozenset[Source]


def plan(vouchers: Iterable[Voucher], stored: Mapping[str, Stored]) -> Plan:
    """The difference; `stored` holds every statement that a row of these persons ever became, by id."""
    groups: dict[Hashable, list[Voucher]] = {}
    for one in vouchers:
        groups.setdefault(one.about, []).append(one)
    kept: set[str] = set()
    issues: list[Issue] = []
    replaced: set[Source] = set()
    for group in groups.values():
        speaker = max(group, key=lambda one: one.rank)
        held = _held(speaker, group, stored)
        if held is not None:
            kept.add(held.statement_id)
        elif speaker.said is not None:
            issues.append(Issue(speaker.source, speaker.level, speaker.said))
            if any(_is_current(one, stored) for one in group):
                replaced.add(speaker.source)
    voids = [one for one in stored.values() if not one.voided and one.statement_id not in kept]
    return Plan(tuple(voids), tuple(issues), frozenset(replaced))


def _held(speaker: Voucher, group: Sequence[Voucher], stored: Mapping[str, Stored]) -> Stored | None:
    """The statement that says what the speaker says, and that a row still stands behind.

    What the speaker became and somebody else voided stays so: the platform has taken it back.
    """
    if speaker.said is None:
        return None
    own = stored.get(speaker.statement_id or "")
    if own is not None and own.voided:
        return own
    for one in (speaker, *group):
        held = stored.get(one.statement_id or "")
        if held is not None and not held.voided and _agrees(held, speaker):
            return held
    return None


def _is_current(one: Voucher, stored: Mapping[str, Stored]) -> bool:
    held = stored.get(one.statement_id or "")
    return held is not None and not held.voided


def _agrees(held: Stored, speaker: Voucher) -> bool:
    said = speaker.said
    return (
        said is not None
        and (held.activity_iri, held.level, held.at) == (said.activity_iri, speaker.level, said.at)
        and _same(held.grade, said.grade)
        and _same(held.hours, said.hours)
    )


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return isclose(one, other, abs_tol=1e-6)
