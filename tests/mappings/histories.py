"""Histories of a small world as hypothesis makes them: what was stored, linked, mapped and decided, and when.

Nothing here is computed: a history is what happened, `tests.mappings.oracle` says what follows from it, and
`tests.mappings.told` puts it into a database. Every choice shrinks to its first, plainest value.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from hypothesis import strategies as st

from mappings import vocabulary
from mappings.days import bangkok_day, end_of_bangkok_day
from tests.mappings.world import BEGIN, minutes

T = TypeVar("T")

PEOPLE = (1, 2)
COURSES = (1, 2)
# Two runs of the first course and one of the second, unless the aliases say otherwise.
ACTIVITIES = ("run-1", "run-2", "other")
# Their names are nearly the same: never one for the other.
CODES = ("D1.3", "D1.9")
VERBS = (vocabulary.COMPLETED, vocabulary.PASSED, vocabulary.REGISTERED)


# The others lie within the first.
UNITS = (1, 2, 3)


class Account(NamedTuple):
    """The same name on another platform is another account."""

    home_page: str
    name: str


ACCOUNTS = tuple(Account(f"https://{host}.example", name) for host, name in ("a1", "a2", "b1"))

_DAY_0 = bangkok_day(BEGIN)
_MIDNIGHT = end_of_bangkok_day(_DAY_0)
# Few, so that many are equal; the day's last moment and the first one of the next.
HAPPENED = (
    BEGIN,
    BEGIN - timedelta(days=1),
    _MIDNIGHT,
    _MIDNIGHT + timedelta(microseconds=1),
    BEGIN + timedelta(days=2),
)
DAYS = tuple(_DAY_0 + timedelta(days=days) for days in range(-1, 4))
MOMENTS = tuple(BEGIN + minutes(count) for count in range(8))


@dataclass(frozen=True)
class Statement:
    """`level` comes from who stored it; `hours` from the record of the event."""

    account: Account
    activity: str
    verb: str
    level: int
    success: bool | None
    completion: bool | None
    score: float | None
    hours: float | None
    happened: datetime
    stored: datetime
    voided_at: datetime | None


@dataclass(frozen=True)
class Link:
    """Whose an account was, from when until when."""

    account: Account
    person: int
    linked_at: datetime
    unlinked_at: datetime | None


@dataclass(frozen=True)
class Dated:
    """What is valid on some days, and known from a moment on."""

    valid_from: date
    valid_to: date | None
    recorded_at: datetime


@dataclass(frozen=True)
class Framework(Dated):
    """A version; which of CODES it asks of anybody. `retold`: from a moment on, another last day is known."""

    required: frozenset[str]
    retold: tuple[datetime, date | None] | None = None


@dataclass(frozen=True)
class Alias(Dated):
    """A name of a course."""

    activity: str
    course: int
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Post(Dated):
    """Where somebody works. `line` is the row, which may say one thing until it says another."""

    line: int
    person: int
    unit: int
    superseded_at: datetime | None


@dataclass(frozen=True)
class Group(Dated):
    """Somebody's group, None: outside the framework; as a post."""

    line: int
    person: int
    code: str | None
    basis: str
    superseded_at: datetime | None


@dataclass(frozen=True)
class Mapping(Dated):
    """What a course proves in a framework; `framework` is its place in the history, `category` 0 or 1.

    `parts` are the courses that have to be done, all of them; none: the course itself.
    """

    course: int
    framework: int
    competencies: frozenset[str]
    approved: bool
    ended_at: datetime | None
    verbs: frozenset[str]
    progress_verbs: frozenset[str]
    level_at_most: int
    score_at_least: float | None
    hours: float | None
    category: int | None
    parts: frozenset[int] = frozenset()


@dataclass(frozen=True)
class History:
    """`statements` in the order in which they were stored."""

    statements: tuple[Statement, ...]
    links: tuple[Link, ...]
    frameworks: tuple[Framework, ...]
    aliases: tuple[Alias, ...]
    mappings: tuple[Mapping, ...]
    posts: tuple[Post, ...] = ()
    groups: tuple[Group, ...] = ()


def _mostly(plain: T, *others: T) -> st.SearchStrategy[T]:
    """The plain value four times in five: most of what happens would count, but for one thing or two."""
    return st.sampled_from([plain] * 4 * len(others) + list(others))


_DATED: dict[str, Any] = {
    "valid_from": st.sampled_from([DAYS[0], DAYS[0], *DAYS[:4]]),
    "valid_to": _mostly(None, *DAYS[0:4]),
    "recorded_at": _mostly(MOMENTS[0], MOMENTS[2], MOMENTS[5]),
}
_CODES = st.sampled_from([frozenset(CODES), frozenset(CODES[:1]), frozenset(CODES[1:])])

STATEMENTS = st.builds(
    Statement,
    account=st.sampled_from(ACCOUNTS),
    activity=st.sampled_from(ACTIVITIES),
    verb=st.sampled_from([*VERBS[:2], *VERBS]),
    level=st.sampled_from([1, 2, 1, 2, 3, 4, 9]),
    success=_mostly(None, False, False, True),
    completion=_mostly(None, False, False, True),
    score=st.sampled_from([None, None, 0.5, 0.8]),
    hours=_mostly(None, 0.0, 2.5),
    happened=st.sampled_from(HAPPENED),
    stored=st.sampled_from([*MOMENTS[:2], *MOMENTS[:6]]),
    voided_at=_mostly(None, *MOMENTS),
)
_RETOLD = st.tuples(st.sampled_from([MOMENTS[3], MOMENTS[6]]), st.sampled_from([*DAYS[:4], None]))
FRAMEWORKS = st.builds(Framework, required=_CODES, retold=st.none() | _RETOLD, **_DATED)
ALIASES = st.builds(Alias, activity=st.sampled_from(ACTIVITIES), course=st.sampled_from(COURSES), **_DATED)
MAPPINGS = st.builds(
    Mapping,
    course=st.sampled_from([1, *COURSES]),
    framework=st.sampled_from([0, 0, 1]),
    competencies=_CODES,
    approved=_mostly(True, False),
    ended_at=_mostly(None, *MOMENTS[1:7]),
    verbs=_mostly(frozenset(VERBS[:2]), frozenset(VERBS[1:2]), frozenset()),
    progress_verbs=_mostly(frozenset(VERBS[2:]), frozenset(VERBS[1:]), frozenset()),
    level_at_most=st.sampled_from([2, 4, 1]),
    score_at_least=st.sampled_from([None, None, None, 0.5, 0.8]),
    hours=st.sampled_from([3.0, 0.5, None]),
    category=st.sampled_from([0, 1, None]),
    parts=st.sampled_from([frozenset[int](), frozenset({1, 2})] * 3 + [frozenset({2})]),
    **_DATED,
)
# An account's owners, each from a moment until the next; 0: nobody's.
_START, _LATER, _LATEST = MOMENTS[0], MOMENTS[3], MOMENTS[6]
OWNERS = st.sampled_from(
    [
        {_START: 1},
        {_START: 2},
        {_START: 1, _LATER: 2},
        {_START: 1, _LATER: 0, _LATEST: 1},
        {_START: 2, _LATER: 1, _LATEST: 2},
        {_LATER: 1},
        {},
    ]
)


# What a post or a group says, and what it says once it is changed.
_SAID = st.tuples(
    st.sampled_from([DAYS[0], DAYS[1], DAYS[2]]),
    _mostly(None, *DAYS[1:4]),
    st.sampled_from([(2, "M"), (3, "A"), (2, "A"), (1, "M"), (3, None)]),
)
_LINES = st.tuples(
    st.sampled_from(PEOPLE),
    st.sampled_from(["position", "roster", "assignment"]),
    st.lists(_SAID, min_size=1, max_size=2),
    st.sampled_from([MOMENTS[0], MOMENTS[1], MOMENTS[4]]),
)
MOVES = st.lists(_LINES, min_size=1, max_size=3)


def _posts(lines: list[Any]) -> Iterator[Post]:
    for times, line, person, _, (unit, _) in _told(lines):
        yield Post(**times, line=line, person=person, unit=unit)


def _groups(lines: list[Any]) -> Iterator[Group]:
    for times, line, person, basis, (_, code) in _told(lines):
        yield Group(**times, line=line, person=person, code=code, basis=basis)


def _told(lines: list[Any]) -> Iterator[tuple[dict[str, Any], int, int, str, tuple[int, str | None]]]:
    for line, (person, basis, versions, first) in enumerate(lines, 1):
        recorded = [first, MOMENTS[5]][: len(versions)]
        for (begin, end, what), at, until in zip(versions, recorded, [*recorded[1:], None], strict=True):
            times = {"valid_from": begin, "valid_to": end, "recorded_at": at, "superseded_at": until}
            yield times, line, person, basis, what


def _alias(activity: str, course: int) -> st.SearchStrategy[Alias]:
    own = {"activity": st.just(activity), "course": st.just(course)}
    return st.builds(Alias, ended_at=_mostly(None, MOMENTS[3], MOMENTS[6]), **own, **_DATED)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Two frameworks, a handful of everything else; nothing is voided before it is stored."""
    said = draw(st.lists(STATEMENTS, min_size=2, max_size=8))
    said += draw(st.sampled_from([(), ACTIVITIES[1:]]).flatmap(_all_of))
    named = [draw(_alias(activity, course)) for activity, course in zip(ACTIVITIES, (1, 1, 2), strict=True)]
    return History(
        statements=tuple(sorted(map(_in_order, said), key=lambda one: one.stored)),
        links=tuple(link for account in ACCOUNTS for link in _links(account, draw(OWNERS))),
        frameworks=(draw(FRAMEWORKS), draw(FRAMEWORKS)),
        aliases=tuple(named + draw(st.lists(ALIASES, max_size=2))),
        mappings=tuple(draw(st.lists(MAPPINGS, min_size=2, max_size=5))),
        posts=tuple(_posts(draw(MOVES))),
        groups=tuple(_groups(draw(MOVES))),
    )


def _all_of(activities: tuple[str, ...]) -> st.SearchStrategy[list[Statement]]:
    """Plain completions of each: by chance alone all parts of a mapping are hardly ever done."""
    return st.tuples(*(_plain(one) for one in activities)).map(list)


def _plain(activity: str) -> st.SearchStrategy[Statement]:
    return st.builds(
        Statement,
        account=st.sampled_from(ACCOUNTS[:2]),
        activity=st.just(activity),
        verb=st.just(VERBS[1]),
        level=st.sampled_from([1, 2]),
        success=st.none(),
        completion=st.none(),
        score=st.just(0.8),
        hours=st.sampled_from([2.5, None]),
        happened=st.sampled_from(HAPPENED),
        stored=st.sampled_from(MOMENTS[:4]),
        voided_at=_mostly(None, MOMENTS[5]),
    )


def _in_order(said: Statement) -> Statement:
    if said.voided_at is None or said.voided_at >= said.stored:
        return said
    return replace(said, voided_at=said.stored)


def _links(account: Account, owners: dict[datetime, int]) -> list[Link]:
    moments = sorted(owners)
    ends = [*moments[1:], None][: len(moments)]
    return [
        Link(account, owners[moment], moment, end)
        for moment, end in zip(moments, ends, strict=True)
        if owners[moment]
    ]
