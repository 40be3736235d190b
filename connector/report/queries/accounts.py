"""Accounts: how many of each platform are whose, and those that are nobody's."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, exists, func, or_, select

from connector.access.viewer import sees_all
from connector.report.errors import NamesHidden, NotFound
from connector.report.queries.completions import account_of_agent, says_completed
from connector.report.queries.platforms import platform_names
from connector.report.queries.theirs import accounts_seen, sought
from lrs.clock import from_micros
from lrs.tables import activity, agent, evidence, verb
from mappings.accounts import account_counts, is_linked
from mappings.belonging import people_of_unit
from mappings.people import AccountCounts, Scope
from mappings.tables import account, account_conflict, person

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
    """Numbers of the scope's, and a page of those that are nobody's and wait for no decision."""
    require_names(scope)
    seen = accounts_seen(scope)
    return Accounts(read_counts(conn, scope), tuple(_platforms(conn, seen)), _unlinked(conn, seen, after))


def read_counts(conn: Connection, scope: Scope) -> AccountCounts:
    """Of the scope's people and accounts."""
    if sees_all():
        return account_counts(conn)
    return account_counts(conn, accounts_seen(scope), person.c.id.in_(people_of_unit(scope.unit_id)))


def read_account(conn: Connection, scope: Scope, account_id: int, found_by: str = "") -> AccountShown:
    """One of the scope's, or one that was sought by its exact e-mail or username; NotFound for any other."""
    require_names(scope)
    seen = or_(accounts_seen(scope), sought(found_by))
    shown = _shown(conn, conn.execute(select(account).where(account.c.id == account_id, seen)).all())
    if account_id not in shown:
        raise NotFound("ไม่พบบัญชีนี้ในขอบเขตที่ท่านดูได้")
    return shown[account_id]


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


def read_accounts_shown(conn: Connection, scope: Scope, ids: Iterable[int]) -> dict[int, AccountShown]:
    """By id, those of these accounts that are the scope's."""
    wanted = (account.c.id.in_(list(ids)), accounts_seen(scope))
    return _shown(conn, conn.execute(select(account).where(*wanted)).all())


def _unlinked(conn: Connection, seen: ColumnElement[bool], after: int) -> Page[AccountShown]:
    rows = conn.execute(
        select(account)
        .where(account.c.id > after, ~is_linked(), ~waits(), seen)
        .order_by(account.c.id)
        .limit(PAGE + 1)
    ).all()
    return page_of(_shown(conn, rows).values(), [row.id for row in rows])


def waits() -> Any:
    """Of an account: somebody must decide whose it is."""
    return exists().where(account_conflict.c.account_id == account.c.id)


def search_unlinked(conn: Connection, scope: Scope, words: str) -> list[AccountShown]:
    """The first accounts that are nobody's: those of the scope's whose name has all the words or that have
    this number, and any that has exactly this e-mail or username."""
    require_names(scope)
    text = " ".join(words.split())
    if not text:
        return []
    named = and_(*(account.c.display_name.contains(word, autoescape=True) for word in text.split()))
    of_scope = and_(accounts_seen(scope), or_(named, account.c.name == text))
    query = select(account).where(~is_linked(), or_(of_scope, sought(text))).order_by(account.c.id)
    query = query.limit(PAGE)
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


def _platforms(conn: Connection, seen: ColumnElement[bool]) -> list[PlatformAccounts]:
    every = select(account.c.home_page, func.count().label("number")).where(seen)
    every = every.group_by(account.c.home_page)
    kinds = {
        "accounts": every,
        "linked": every.where(is_linked()),
        "in_conflict": every.where(waits(), ~is_linked()),
    }
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for kind, query in kinds.items():
        for row in conn.execute(query):
            found[row.home_page][kind] = row.number
    waiting = numbers(account.c.home_page).join(account, account_of_agent()).where(~is_linked(), seen)
    for row in conn.execute(waiting.group_by(account.c.home_page)):
        found[row.home_page] |= {"statements": row.statements, "completions": row.completions}
    names = platforms_of(conn)
    return [_platform(names.get(home_page, home_page), found[home_page]) for home_page in sorted(found)]


def _platform(name: str, numbers: Mapping[str, int]) -> PlatformAccounts:
    kinds = ("accounts", "linked", "in_conflict", "statements", "completions")
    return PlatformAccounts(name, *(numbers.get(kind, 0) for kind in kinds))
