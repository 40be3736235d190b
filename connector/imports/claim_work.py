"""What becomes of claims: statements at the level that somebody decided, voided where it was rejected.

ClaimError   a decision that contradicts another one; the message says which
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection

from connector.completion import Imported
from connector.imports.claim_store import (
    CLAIMED,
    REJECTED,
    VERIFIED,
    Claim,
    claims_where,
    decide,
    hand_over,
    release_duplicates,
)
from connector.imports.settle import CLAIMS, SELF_REPORT, VERIFIED_CERTIFICATE, Setting, Settled, settle
from connector.imports.voucher_store import wait_for_others
from connector.imports.vouchers import Voucher
from lrs.clock import from_micros
from mappings.days import start_of_bangkok_day
from mappings.known_courses import Courses, KnownCourse, add_own_activities
from mappings.own_accounts import uuids_of
from mappings.vocabulary import CERTIFICATE, COMPLETED, COURSE_TYPES, OURS, certificate_activity

_LEVELS = {CLAIMED: SELF_REPORT, VERIFIED: VERIFIED_CERTIFICATE}


class ClaimError(Exception):
    """A decision that cannot be taken; `why` is one word for it."""

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message)
        self.why = why


def decide_claims(
    conn: Connection,
    uuids: Collection[str],
    state: str,
    reason: str,
    setting: Setting,
    *,
    course: str = "",
) -> Settled:
    """Verify or reject claims, all or none. `course`: what the certificates are of, by code or label; empty:
    as the claims say. Raises ClaimError."""
    wait_for_others(conn)
    claims = claims_where(conn, uuids=uuids)
    _check(conn, claims, uuids, state, reason)
    course_id = _course(conn, course, setting.now)
    for one in claims:
        decide(conn, one, state, course_id, setting.now, setting.by, reason)
    persons = {one.person_id for one in claims}
    if state == REJECTED:
        persons |= release_duplicates(conn, [one.id for one in claims])
    return settle_claims(conn, persons, setting)


def _check(
    conn: Connection, claims: Collection[Claim], uuids: Collection[str], state: str, reason: str
) -> None:
    if not claims and not uuids:
        raise ClaimError("none", "no claim was chosen")
    if len(claims) != len(set(uuids)) or not all(one.stands for one in claims):
        raise ClaimError("gone", "a claim is not there any more: its row was taken back; load the page again")
    if not reason.strip():
        raise ClaimError("reason", "a decision needs its reason")
    if state not in (VERIFIED, REJECTED):
        raise ClaimError("state", "a claim is verified or rejected")
    if state == VERIFIED:
        _check_single(conn, claims)


def _check_single(conn: Connection, claims: Collection[Claim]) -> None:
    """A certificate is one person's, and counts once."""
    codes = [one.code for one in claims]
    if len(codes) != len(set(codes)):
        raise ClaimError("twice", "two of these claims have the same code: only one of them can be verified")
    chosen = {one.id for one in claims}
    for other in claims_where(conn, codes=codes):
        if other.state == VERIFIED and other.stands and other.id not in chosen:
            raise ClaimError("taken", "this code is verified in another claim already: reject that one first")


def _course(conn: Connection, name: str, now: datetime) -> int | None:
    if not name:
        return None
    found = Courses(conn, now).find(name)
    if isinstance(found, str):
        raise ClaimError("course", found)
    return found.id


def settle_claims(
    conn: Connection, persons: Collection[int], setting: Setting, statement_ids: Iterable[str | None] = ()
) -> Settled:
    """Bring the statements of these persons to what their claims say now. `statement_ids`: others that may
    stand no more."""
    courses = Courses(conn, setting.now)
    uuids = uuids_of(conn, persons)
    claims = claims_where(conn, persons=persons)
    counting = [one for one in claims if one.stands and one.state in _LEVELS and not one.is_erased]
    known = [courses.of(one.course_id) for one in counting if one.course_id is not None]
    add_own_activities(conn, known, setting.now, setting.by)
    vouchers = [
        _voucher(one, uuids[one.person_id], setting, courses.of(one.course_id) if one.course_id else None)
        for one in counting
    ]
    kept = {one.statement_id for one in claims if one.stands and one.is_erased}
    ids = {*statement_ids, *(one.statement_id for one in claims)} - kept
    return settle(conn, CLAIMS, vouchers, ids, setting)


def _voucher(one: Claim, account: str, setting: Setting, course: KnownCourse | None) -> Voucher:
    level = _LEVELS[one.state]
    iri = course.activity_iri if course else certificate_activity(one.code)
    day = one.completed_on
    said = Imported(
        kind=CLAIMS,
        home_page=setting.home_page,
        account_name=account,
        verb_iri=COMPLETED,
        activity_iri=iri,
        activity_type=COURSE_TYPES[0] if course else CERTIFICATE,
        title=course.title if course and iri.startswith(OURS) else "",
        at=from_micros(one.claimed_at) if day is None else start_of_bangkok_day(day),
        grade=None,
        hours=None,
        file=one.file,
        row=one.row,
    )
    # The better level speaks, then the claim that was made first.
    return Voucher(one.source, (one.person_id, iri), (-level, -one.id), said, level, one.statement_id)


def withdraw_claims(conn: Connection, persons: Collection[int], setting: Setting) -> Settled:
    """What follows for claims once rows of these persons were taken back."""
    wait_for_others(conn)
    before = claims_where(conn, persons=persons)
    gone = [one for one in before if not one.stands]
    moved = hand_over(conn, gone)
    heirs = release_duplicates(conn, [one.id for one in gone if one.id not in moved])
    return settle_claims(conn, {*persons, *heirs}, setting, [one.statement_id for one in before])
