"""Who may call what: one table for the whole service. What is not in it is refused.

A route's variables are written as the routers write them. HEAD is GET without its body.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from starlette.routing import compile_path

from connector.access.roles import ADMINISTRATOR, ANALYST, LEARNER, OFFICE, SCHOOL
from connector.access.viewer import Viewer, current

ANYBODY: frozenset[str] | None = None
"""Without signing in: nothing there is about a person or about an office."""

EVERYBODY = frozenset({ADMINISTRATOR, ANALYST, OFFICE, SCHOOL, LEARNER})
COUNTS = EVERYBODY - {LEARNER}
NAMES = COUNTS - {ANALYST}
OFFICES = frozenset({ADMINISTRATOR, OFFICE})
WHOLE = frozenset({ADMINISTRATOR, ANALYST})
"""What was published, small counts hidden."""
ADMINISTRATORS = frozenset({ADMINISTRATOR})

LISTED, ONE = "list", "person"
"""What a look is: at a list of people, or at the person whose UUID is in the address."""


class Right(NamedTuple):
    """`roles` that may call it; what it shows of persons (None: nothing); the scope a token needs (None: no
    token opens it). `approves`: of these, who has the right to approve mappings."""

    roles: frozenset[str] | None
    looks: str | None = None
    scope: str | None = None
    approves: bool = False


class Found(NamedTuple):
    """A route that an address leads to, as it is written in the table, with its variables."""

    pattern: str
    right: Right
    variables: Mapping[str, str]


_Q, _P = "GET", "POST"

RIGHTS: Mapping[tuple[str, str], Right] = MappingProxyType(
    {
        # What anybody may read.
        (_Q, "/healthz"): Right(ANYBODY),
        (_Q, "/readyz"): Right(ANYBODY),
        (_Q, "/static/{path:path}"): Right(ANYBODY),
        (_Q, "/static-offline-docs/{path:path}"): Right(ANYBODY),
        (_Q, "/docs"): Right(ANYBODY),
        (_Q, "/openapi.json"): Right(ANYBODY),
        (_Q, "/thaksa/{name:path}"): Right(ANYBODY),
        (_Q, "/ims/case/v1p1/CFDocuments"): Right(ANYBODY),
        (_Q, "/ims/case/v1p1/CFPackages/{identifier}"): Right(ANYBODY),
        (_Q, "/ims/case/v1p1/CFDocuments/{identifier}"): Right(ANYBODY),
        (_Q, "/ims/case/v1p1/CFItems/{identifier}"): Right(ANYBODY),
        (_Q, "/ims/case/v1p1/CFAssociations/{identifier}"): Right(ANYBODY),
        (_Q, "/ims/case/v1p1/CFItemAssociations/{identifier}"): Right(ANYBODY),
        (_P, "/language"): Right(ANYBODY),
        # Signing in and out.
        (_Q, "/sign-in"): Right(ANYBODY),
        (_P, "/sign-in"): Right(ANYBODY),
        (_Q, "/sign-in/openid"): Right(ANYBODY),
        (_Q, "/sign-in/openid/back"): Right(ANYBODY),
        (_P, "/sign-out"): Right(EVERYBODY),
        (_P, "/sign-out/everywhere"): Right(EVERYBODY),
        (_Q, "/password"): Right(EVERYBODY),
        (_P, "/password"): Right(EVERYBODY),
        # Counts of the viewer's own unit and what is within it.
        (_Q, "/"): Right(COUNTS),
        (_Q, "/api/v1/aggregates"): Right(NAMES, scope="aggregates"),
        # Month-ends with small counts hidden: all that analysts see of numbers of people.
        (_Q, "/published"): Right(WHOLE),
        (_Q, "/api/v1/published"): Right(WHOLE, scope="aggregates"),
        (_Q, "/api/v1/published/{table}"): Right(WHOLE, scope="aggregates"),
        # People of the viewer's own unit; a learner's own record.
        (_Q, "/people"): Right(NAMES, LISTED),
        (_P, "/people/search"): Right(NAMES),
        (_Q, "/people/unfinished"): Right(NAMES, LISTED),
        # The sheets to hand in: small numbers are told as they are, so they are not for analysts.
        (_Q, "/people.xlsx"): Right(NAMES, LISTED),
        (_Q, "/people.csv"): Right(NAMES, LISTED),
        (_Q, "/summary.xlsx"): Right(NAMES),
        (_Q, "/summary.csv"): Right(NAMES),
        (_Q, "/people/{uuid}"): Right(NAMES | {LEARNER}, ONE),
        (_Q, "/people/{uuid}/statements/{statement_id}"): Right(NAMES | {LEARNER}, ONE),
        (_P, "/people/{uuid}/name"): Right(OFFICES, ONE),
        (_P, "/people/{uuid}/unit"): Right(OFFICES, ONE),
        (_P, "/people/{uuid}/post"): Right(OFFICES, ONE),
        (_P, "/people/{uuid}/end"): Right(OFFICES, ONE),
        (_P, "/people/{uuid}/groups"): Right(OFFICES, ONE),
        (_P, "/people/{uuid}/groups/{assignment_id}/end"): Right(OFFICES, ONE),
        (_Q, "/people/{uuid}/merge"): Right(OFFICES, ONE),
        (_P, "/people/{uuid}/merge"): Right(OFFICES, LISTED),
        (_Q, "/people/{uuid}/merge/{other}"): Right(OFFICES, ONE),
        (_P, "/people/{uuid}/merge/{other}"): Right(OFFICES, ONE),
        (_P, "/people/{uuid}/split"): Right(OFFICES, ONE),
        # Reminders: an office's to its own people; the link in one is for whoever has it.
        (_Q, "/reminders"): Right(OFFICES, LISTED),
        (_Q, "/reminders/new"): Right(OFFICES),
        (_P, "/reminders"): Right(OFFICES),
        (_P, "/reminders/cancel"): Right(OFFICES),
        (_P, "/people/{uuid}/reminders"): Right(OFFICES, ONE),
        (_Q, "/reminders/stop/{token}"): Right(ANYBODY),
        (_P, "/reminders/stop/{token}"): Right(ANYBODY),
        (_Q, "/audit"): Right(OFFICES),
        # Numbers of the whole service.
        (_Q, "/metrics"): Right(ADMINISTRATORS, scope="metrics"),
        (_Q, "/status"): Right(ADMINISTRATORS),
        (_Q, "/status/platforms"): Right(ADMINISTRATORS),
        (_Q, "/reconciliation"): Right(ADMINISTRATORS),
        (_Q, "/api/v1/status"): Right(ADMINISTRATORS, scope="status"),
        (_Q, "/api/v1/reconciliation"): Right(ADMINISTRATORS, scope="status"),
        # Which course proves which competency: nothing about persons; decided for everybody.
        (_Q, "/mappings"): Right(COUNTS),
        (_Q, "/mappings/{mapping_id}"): Right(COUNTS),
        (_Q, "/mappings/gaps"): Right(ADMINISTRATORS),
        (_Q, "/api/v1/gaps"): Right(ADMINISTRATORS, scope="status"),
        (_Q, "/mappings/new"): Right(OFFICES),
        (_P, "/mappings"): Right(OFFICES),
        (_Q, "/mappings/{mapping_id}/edit"): Right(OFFICES),
        (_P, "/mappings/{mapping_id}/edit"): Right(OFFICES),
        (_P, "/mappings/{mapping_id}/approve"): Right(OFFICES, approves=True),
        (_P, "/mappings/{mapping_id}/end"): Right(OFFICES, approves=True),
        # Accounts, files, claims and statements: an office's own. The rest belongs to no one office.
        (_Q, "/accounts"): Right(OFFICES, LISTED),
        (_Q, "/accounts/conflicts"): Right(OFFICES, LISTED),
        (_Q, "/accounts/proposals"): Right(OFFICES, LISTED),
        (_Q, "/accounts/unknown"): Right(ADMINISTRATORS, LISTED),
        (_Q, "/accounts/unknown/{agent_id}"): Right(ADMINISTRATORS, LISTED),
        (_Q, "/accounts/{account_id}"): Right(OFFICES, LISTED),
        (_P, "/accounts/search"): Right(OFFICES, LISTED),
        (_P, "/accounts/unknown/{agent_id}/people"): Right(ADMINISTRATORS, LISTED),
        (_P, "/accounts/unknown/{agent_id}/decisions"): Right(ADMINISTRATORS),
        (_P, "/accounts/{account_id}/people"): Right(OFFICES, LISTED),
        (_P, "/accounts/{account_id}/decisions"): Right(OFFICES),
        (_Q, "/posts"): Right(OFFICES),
        (_P, "/posts/decisions"): Right(ADMINISTRATORS),
        (_P, "/posts/decisions/{decision_id}/undo"): Right(ADMINISTRATORS),
        (_Q, "/imports"): Right(OFFICES),
        (_P, "/imports"): Right(OFFICES),
        (_Q, "/imports/{uuid}"): Right(OFFICES, LISTED),
        (_Q, "/imports/{uuid}/refused.csv"): Right(OFFICES, LISTED),
        (_P, "/imports/{uuid}/apply"): Right(OFFICES),
        (_P, "/imports/{uuid}/discard"): Right(OFFICES),
        (_P, "/imports/{uuid}/withdraw"): Right(OFFICES),
        (_Q, "/claims"): Right(OFFICES, LISTED),
        (_P, "/claims/decisions"): Right(OFFICES),
        (_Q, "/statements"): Right(OFFICES, LISTED),
        (_P, "/statements"): Right(OFFICES, LISTED),
        (_Q, "/statements/count"): Right(ADMINISTRATORS),
        (_Q, "/statements/{statement_id}"): Right(OFFICES, LISTED),
        (_Q, "/statements/{statement_id}/json"): Right(OFFICES, LISTED),
        (_Q, "/credentials"): Right(ADMINISTRATORS),
        (_P, "/credentials"): Right(ADMINISTRATORS),
        (_P, "/credentials/{key}/revoke"): Right(ADMINISTRATORS),
        (_Q, "/users"): Right(ADMINISTRATORS),
        (_P, "/users"): Right(ADMINISTRATORS),
        (_Q, "/users/{uuid}"): Right(ADMINISTRATORS),
        (_P, "/users/{uuid}"): Right(ADMINISTRATORS),
        (_P, "/users/{uuid}/password"): Right(ADMINISTRATORS),
        (_P, "/users/{uuid}/approval"): Right(ADMINISTRATORS),
        (_P, "/users/{uuid}/disable"): Right(ADMINISTRATORS),
        (_P, "/users/{uuid}/enable"): Right(ADMINISTRATORS),
    }
)


def find_right(method: str, path: str) -> Found | None:
    """What an address leads to, a route without variables first; None: nothing that may be called."""
    wanted = "GET" if method == "HEAD" else method
    for pattern, regex in _PATTERNS.get(wanted, ()):
        if (found := regex.match(path)) is not None:
            return Found(pattern, RIGHTS[wanted, pattern], found.groupdict())
    return None


def may_call(role: str, method: str, path: str) -> bool:
    """Whether a role may call what is at this address."""
    found = find_right(method, path)
    return found is not None and (found.right.roles is None or role in found.right.roles)


def may(path: str, method: str = "GET") -> bool:
    """Whether who reads may call what is at this address: for templates, which offer nothing else."""
    viewer, found = current(), find_right(method, path)
    if viewer is None or found is None:
        return viewer is None
    return found.right.roles is None or allows(found.right, viewer)


def allows(right: Right, viewer: Viewer) -> bool:
    """Whether somebody who is signed in has a right."""
    return viewer.role in (right.roles or ()) and (viewer.approves or not right.approves)


def _by_method() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for method, pattern in sorted(RIGHTS, key=lambda of: [part.startswith("{") for part in of[1].split("/")]):
        found.setdefault(method, []).append((pattern, compile_path(pattern)[0]))
    return found


_PATTERNS = _by_method()
