"""Accounts: how many of each platform are whose, and those that are nobody's."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Row, Select, and_, case, exists, func, or_, select

from connector.report.errors import NamesHidden
from connector.report.queries.completions import account_of_agent, says_completed
from connector.report.queries.platforms import platform_names
from lrs.clock import from_micros
from lrs.tables import activity, agent, evidence, verb
from mappings.accounts import is_linked
from mappings.people import AccountCounts, Scope, account_counts
from mappings.tables import account, account_conflict

T = TypeVar("T")

PAGE = 50
"""Lines of a page; the next one begins after the last one's id."""


@dataclass(frozen=True, slots=True)
class PlatformAccounts:
    """Of one home page; `statements` and `completions` are those that count for nobody yet."""

    platform_name: str
    accounts: int
    linked: int
    in_conflict: int
    statements: int
    completions: int

    @property
    def not_linked(self) -> int:
        """Those that wait for no decision."""
        return self.accounts - self.linked - self.in_conflict


@dataclass(frozen=True, slots=True)
class AccountShown:
    """An account as its platform shows it, and what the store holds of it."""

    id: int
    platform_name: str
    home_page: str
    name: str
    display_name: str
    email: str
    username: str
    has_national_id: bool
    first_seen_at: datetime
    last_seen_at: datetime
    statements: int
    completions: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some lines, and the id after which the next page begins; None: there is none."""

    rows: tuple[T, ...]
    after: int | None


@dataclass(frozen=True, slots=True)
class Accounts:
    """The first of the pages of accounts."""

    counts: AccountCounts
    platforms: tuple[PlatformAccounts, ...]
    unlinked: Page[AccountShown]


def read_accounts_page(conn: Connection, scope: Scope, after: int = 0) -> Accounts:
    """Numbers of all, and a page of the accounts that are nobody's and wait for no decision."""
    require_names(scope)
    return Accounts(account_counts(conn), tuple(_platforms(conn)), _unlinked(conn, after))


def require_names(scope: Scope) -> None:
    """Raises NamesHidden for who may see numbers only."""
    if not scope.names:
        raise NamesHidden


def page_of(rows: Iterable[T], ids: Iterable[int]) -> Page[T]:
    """A page of at most PAGE of these lines, of which one more was read; `ids` in the same order."""
    found, numbers = list(rows), list(ids)
    return Page(tuple(found[:PAGE]), numbers[PAGE - 1] if len(found) > PAGE else None)


def platforms_of(conn: Connection) -> dict[str, str]:
    """Home page -> the name that the settings give it."""
    names = platform_names()
    return {row.home_page: row.name for row in conn.execute(select(names))}


def read_accounts_shown(conn: Connection, ids: Iterable[int]) -> dict[int, AccountShown]:
    """These accounts by id."""
    wanted = list(ids)
    return _shown(conn, conn.execute(select(account).where(account.c.id.in_(wanted))).all())


def _unlinked(conn: Connection, after: int) -> Page[AccountShown]:
    rows = conn.execute(
        select(account)
        .where(account.c.id > after, ~is_linked(), ~waits())
        .order_by(account.c.id)
        .limit(PAGE + 1)
    ).all()
    return page_of(_shown(conn, rows).values(), [row.id for row in rows])


def waits() -> Any:
    """Of an account: somebody must decide whose it is."""
    return exists().where(account_conflict.c.account_id == account.c.id)


def search_unlinked(conn: Connection, scope: Scope, words: str) -> list[AccountShown]:
    """The first accounts that are nobody's, and whose name has all the words, or whose e-mail, username or
    name on the platform is what is asked for."""
    require_names(scope)
    text = " ".join(words.split())
    if not text:
        return []
    named = and_(*(account.c.display_name.contains(word, autoescape=True) for word in text.split()))
    same = (account.c.email == text.lower(), account.c.username == text, account.c.name == text)
    query = select(account).where(~is_linked(), or_(named, *same)).order_by(account.c.id).limit(PAGE)
    return list(_shown(conn, conn.execute(query).all()).values())


def _shown(conn: Connection, rows: Iterable[Row[Any]]) -> dict[int, AccountShown]:
    found, platforms = list(rows), platforms_of(conn)
    counts = _counts(conn, [row.id for row in found])
    return {
        row.id: AccountShown(
            id=row.id,
            platform_name=platforms.get(row.home_page, row.home_page),
            home_page=row.home_page,
            name=row.name,
            display_name=row.display_name,
            email=row.email,
            username=row.username,
            has_national_id=row.id_hmac is not None,
            first_seen_at=from_micros(row.first_seen_at),
            last_seen_at=from_micros(row.last_seen_at),
            statements=counts.get(row.id, (0, 0))[0],
            completions=counts.get(row.id, (0, 0))[1],
        )
        for row in found
    }


def _counts(conn: Connection, ids: list[int]) -> dict[int, tuple[int, int]]:
    """Account -> statements about activities, and those of them that complete a course; not voided ones."""
    query = numbers(account.c.id).join(account, account_of_agent()).where(account.c.id.in_(ids))
    return {row.id: (row.statements, row.completions) for row in conn.execute(query.group_by(account.c.id))}


def numbers(*columns: Any) -> Select[Any]:
    """The columns, `statements` and `completions` of evidence with its agent, to be joined and grouped."""
    completes = case((says_completed(), 1), else_=0)
    return (
        select(*columns, func.count().label("statements"), func.sum(completes).label("completions"))
        .select_from(agent)
        .join(evidence, evidence.c.agent_id == agent.c.id)
        .join(verb, verb.c.id == evidence.c.verb_id)
        .join(activity, activity.c.id == evidence.c.activity_id)
        .where(evidence.c.voided_at.is_(None))
    )


def _platforms(conn: Connection) -> list[PlatformAccounts]:
    every = select(account.c.home_page, func.count().label("number")).group_by(account.c.home_page)
    kinds = {
        "accounts": every,
        "linked": every.where(is_linked()),
        "in_conflict": every.where(waits(), ~is_linked()),
    }
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for kind, query in kinds.items():
        for row in conn.execute(query):
            found[row.home_page][kind] = row.number
    waiting = numbers(account.c.home_page).join(account, account_of_agent()).where(~is_linked())
    for row in conn.execute(waiting.group_by(account.c.home_page)):
        found[row.home_page] |= {"statements": row.statements, "completions": row.completions}
    names = platforms_of(conn)
    return [_platform(names.get(home_page, home_page), found[home_page]) for home_page in sorted(found)]


def _platform(name: str, numbers: Mapping[str, int]) -> PlatformAccounts:
    kinds = ("accounts", "linked", "in_conflict", "statements", "completions")
    return PlatformAccounts(name, *(numbers.get(kind, 0) for kind in kinds))
