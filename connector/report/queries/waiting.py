"""What waits for somebody: accounts in conflict, and accounts that show somebody's name."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from connector.report.queries.accounts import (
    PAGE,
    AccountShown,
    Page,
    page_of,
    read_accounts_shown,
    require_names,
)
from connector.report.queries.found_people import PersonShown, read_persons
from connector.report.queries.theirs import accounts_seen
from mappings.claims import METHODS, Known, read_known
from mappings.conflicts import Conflict, conflicts
from mappings.links import Reason
from mappings.people import Scope
from mappings.proposals import proposals, proposed
from mappings.tables import account


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person whom an account points at. `person` None: outside the reader's scope. `methods`: of
    mappings.claims.METHODS, strongest first; none: only the name is the same."""

    person: PersonShown | None
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConflictShown:
    """An account that waits. `owned`: it is somebody's meanwhile; `owner` None: nobody in the scope."""

    account: AccountShown
    reason: Reason
    found_at: datetime
    owned: bool
    owner: PersonShown | None
    candidates: tuple[Candidate, ...]
    twins: tuple[AccountShown, ...]


@dataclass(frozen=True, slots=True)
class ProposalShown:
    """An account that is nobody's, and people with its name."""

    account: AccountShown
    candidates: tuple[Candidate, ...]


def read_conflicts(conn: Connection, scope: Scope, day: date, after: int = 0) -> Page[ConflictShown]:
    """A page of the queue, in the order of the accounts' ids."""
    require_names(scope)
    found = conflicts(conn, day, after=after, limit=PAGE + 1, seen=accounts_seen(scope))
    accounts = read_accounts_shown(conn, scope, {of for one in found for of in (one.account_id, *one.twins)})
    people = read_persons(conn, scope, {of for one in found for of in _persons(one.known)})
    shown = [_conflict(one, accounts, people) for one in found]
    return page_of(shown, [one.account_id for one in found])


def read_proposals(conn: Connection, scope: Scope, after: int = 0) -> Page[ProposalShown]:
    """A page of the accounts that show a name of somebody's, in the order of the accounts' ids."""
    require_names(scope)
    found = proposals(conn, after=after, limit=PAGE + 1, seen=accounts_seen(scope))
    accounts = read_accounts_shown(conn, scope, [one.account_id for one in found])
    people = read_persons(conn, scope, {of for one in found for of in one.person_ids})
    shown = [
        ProposalShown(accounts[one.account_id], tuple(Candidate(people.get(of), ()) for of in one.person_ids))
        for one in found
    ]
    return page_of(shown, [one.account_id for one in found])


def read_candidates(conn: Connection, scope: Scope, account_id: int, day: date) -> tuple[Candidate, ...]:
    """Whom one account points at, then who has its name."""
    known = read_known(conn, account.c.id == account_id, day).get(account_id, Known())
    by_name = [of for of in proposed(conn, account_id) if of not in _persons(known)]
    people = read_persons(conn, scope, {*_persons(known), *by_name})
    return (*_candidates(known, people), *(Candidate(people.get(of), ()) for of in by_name))


def _conflict(
    one: Conflict, accounts: Mapping[int, AccountShown], people: Mapping[int, PersonShown]
) -> ConflictShown:
    return ConflictShown(
        account=accounts[one.account_id],
        reason=one.reason,
        found_at=one.found_at,
        owned=one.known.link is not None,
        owner=people.get(one.known.link.person_id) if one.known.link else None,
        candidates=_candidates(one.known, people),
        twins=tuple(accounts[of] for of in one.twins if of in accounts),
    )


def _persons(known: Known) -> set[int]:
    owner = {known.link.person_id} if known.link else set()
    return owner | {claim.person_id for claim in known.claims}


def _candidates(known: Known, people: Mapping[int, PersonShown]) -> tuple[Candidate, ...]:
    methods: dict[int, set[str]] = defaultdict(set)
    for claim in known.claims:
        methods[claim.person_id].add(claim.method)
    return tuple(
        Candidate(people.get(of), tuple(sorted(several, key=METHODS.index)))
        for of, several in sorted(methods.items())
    )
