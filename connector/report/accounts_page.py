"""The pages of accounts: whose they are, what waits for a decision, and the forms that decide.

Names are searched for by forms that post: they must not stand in addresses.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, Engine

from connector.access.viewer import acting, sees_all
from connector.report.errors import NotFound, WrongForm
from connector.report.form_fields import Text, required
from connector.report.page_router import page_router
from connector.report.pages import render
from connector.report.queries.accounts import (
    read_account,
    read_accounts_page,
    read_counts,
    require_names,
    search_unlinked,
)
from connector.report.queries.basis import read_times, root_scope
from connector.report.queries.found_people import find_persons
from connector.report.queries.person_accounts import read_links, read_person
from connector.report.queries.theirs import accounts_seen
from connector.report.queries.unknown_actors import (
    read_unknown_actor,
    read_unknown_actors,
    read_unknown_platforms,
)
from connector.report.queries.waiting import read_candidates, read_conflicts, read_proposals
from connector.report.thai import LINK_METHODS
from lrs.clock import Clock, utc_now
from lrs.database import read_only
from mappings import link_decisions
from mappings.accounts import account_of_actor
from mappings.conflicts import count_conflicts
from mappings.days import bangkok_day
from mappings.errors import DecisionError
from mappings.links import wait_for_linkers
from mappings.people import AccountCounts, Scope
from mappings.proposals import count_proposals

Decision = Literal["link", "refuse", "keep", "nobody", "unlink"]
WHY = {
    "not_linked": "บัญชีนี้ไม่ได้เชื่อมโยงกับผู้ใดแล้ว",
    "linked": "บัญชีนี้เชื่อมโยงกับบุคคลนี้อยู่ กรุณายกเลิกการเชื่อมโยงแทน",
    "no_account": "ผู้เรียนรายนี้ไม่ได้ระบุบัญชี จึงเชื่อมโยงไม่ได้",
    "erased": "ข้อมูลของบุคคลนี้ถูกลบแล้ว",
    "shared": "บัญชีนี้ชี้ถึงบุคคลนอกขอบเขตของท่านด้วย กรุณาตัดสินเฉพาะบุคคลของท่าน (ใช่ หรือ ไม่ใช่) ที่เหลือให้ผู้ดูแลระบบตัดสิน",
    "own": "บัญชีนี้แทนตัวบุคคลในไฟล์ที่นำเข้า หากผิดคนให้ถอนไฟล์นั้น",
}

_OURS = re.compile(r"/(?:accounts|people)(?:/[\w-]+)*")
"""Where a decision may lead back to."""


@dataclass(frozen=True, slots=True)
class _Basis:
    """What each page stands on; `day` is today, on which e-mails and usernames must be somebody's; `waiting`:
    accounts to be decided on, linked ones too."""

    scope: Scope
    day: date
    as_of: date
    known_at: datetime | None
    counts: AccountCounts
    waiting: int


def router_accounts(engine: Engine, clock: Clock = utc_now) -> APIRouter:
    """The routes at /accounts."""
    pages = _Pages(engine, clock)
    return page_router(
        {
            "/accounts": pages.accounts,
            "/accounts/conflicts": pages.conflicts,
            "/accounts/proposals": pages.proposals,
            "/accounts/unknown": pages.unknown,
            "/accounts/unknown/{agent_id}": pages.actor,
            "/accounts/{account_id}": pages.account,
        },
        {
            "/accounts/search": pages.search,
            "/accounts/unknown/{agent_id}/people": pages.actor,
            "/accounts/unknown/{agent_id}/decisions": pages.decide_actor,
            "/accounts/{account_id}/people": pages.account,
            "/accounts/{account_id}/decisions": pages.decide,
        },
    )


class _Pages:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def accounts(self, after: int = 0) -> Response:
        with self._reading() as (conn, basis):
            accounts = read_accounts_page(conn, basis.scope, after)
        return _render(basis, "accounts.html", "unlinked", accounts=accounts, found=None, words="", sought="")

    def search(self, words: Text = "") -> Response:
        with self._reading() as (conn, basis):
            accounts = read_accounts_page(conn, basis.scope)
            found = search_unlinked(conn, basis.scope, words)
        shown = {"accounts": accounts, "found": found, "words": words, "sought": "" if sees_all() else words}
        return _render(basis, "accounts.html", "unlinked", **shown)

    def conflicts(self, after: int = 0) -> Response:
        with self._reading() as (conn, basis):
            page = read_conflicts(conn, basis.scope, basis.day, after)
        return _render(basis, "account_conflicts.html", "conflicts", page=page)

    def proposals(self, after: int = 0) -> Response:
        with self._reading() as (conn, basis):
            page = read_proposals(conn, basis.scope, after)
            total = count_proposals(conn, accounts_seen(basis.scope))
        return _render(basis, "account_proposals.html", "proposals", page=page, total=total)

    def unknown(self, after: int = 0) -> Response:
        with self._reading() as (conn, basis):
            platforms = read_unknown_platforms(conn, basis.scope)
            page = read_unknown_actors(conn, basis.scope, after)
        return _render(basis, "unknown_actors.html", "unknown", page=page, platforms=platforms)

    def account(self, account_id: int, words: Text = "", sought: Text = "") -> Response:
        """`sought`: the exact e-mail or username by which the account was found."""
        with self._reading() as (conn, basis):
            shown = read_account(conn, basis.scope, account_id, sought)
            candidates = read_candidates(conn, basis.scope, account_id, basis.day)
            links = read_links(conn, basis.scope, account_id)
            found = find_persons(conn, basis.scope, words)
        return _render(
            basis,
            "account.html",
            "unlinked",
            account=shown,
            forms=f"/accounts/{account_id}",
            candidates=candidates,
            links=links,
            found=found,
            words=words,
            sought=sought,
        )

    def actor(self, agent_id: int, words: Text = "") -> Response:
        with self._reading() as (conn, basis):
            shown = read_unknown_actor(conn, basis.scope, agent_id)
            found = find_persons(conn, basis.scope, words)
        return _render(
            basis,
            "account.html",
            "unknown",
            account=shown,
            forms=f"/accounts/unknown/{agent_id}",
            candidates=(),
            links=[],
            found=found,
            words=words,
            sought="",
        )

    def decide(
        self,
        account_id: int,
        decision: Annotated[Decision, Form()],
        person: Text = "",
        reason: Text = "",
        back: Text = "",
        sought: Text = "",
    ) -> Response:
        with self._engine.begin() as conn:
            wait_for_linkers(conn)
            read_account(conn, root_scope(conn), account_id, sought)
            self._decide(conn, account_id, decision, person, reason)
            left = not self._is_seen(conn, account_id)
        return _back("/accounts" if left and not back else back or f"/accounts/{account_id}")

    def decide_actor(self, agent_id: int, person: Text = "", reason: Text = "") -> Response:
        with self._engine.begin() as conn:
            read_unknown_actor(conn, root_scope(conn), agent_id)
            account_id = account_of_actor(conn, agent_id, self._clock())
            self._decide(conn, account_id, "link", person, reason)
        return _back(f"/accounts/{account_id}")

    def _decide(
        self, conn: Connection, account_id: int, decision: Decision, person: str, reason: str
    ) -> None:
        scope, now = root_scope(conn), self._clock()
        require_names(scope)
        try:
            if decision in ("link", "refuse"):
                of = read_person(conn, scope, required(person, "กรุณาเลือกบุคคล")).id
                decide = link_decisions.link if decision == "link" else link_decisions.refuse
                decide(conn, account_id, of, now, acting(), reason.strip())
            elif decision == "unlink":
                why = required(reason, "กรุณาระบุเหตุผลที่ยกเลิกการเชื่อมโยง")
                link_decisions.unlink(conn, account_id, now, acting(), why)
            else:
                self._must_be_theirs(conn, scope, account_id, decision)
                settle = link_decisions.keep if decision == "keep" else link_decisions.leave_unlinked
                settle(conn, account_id, now, acting(), reason.strip())
        except DecisionError as error:
            raise WrongForm(WHY.get(error.why, "ไม่สามารถบันทึกการตัดสินนี้ได้")) from None

    def _must_be_theirs(self, conn: Connection, scope: Scope, account_id: int, decision: Decision) -> None:
        """An office refuses an account for nobody else's people; it may keep one that is its own."""
        candidates = read_candidates(conn, scope, account_id, bangkok_day(self._clock()))
        others = any(one.person is None and one.methods for one in candidates)
        kept = decision == "keep" and link_decisions.open_link(conn, account_id) is not None
        if others and not kept and not sees_all():
            raise DecisionError("shared", f"account {account_id} points at people of others too")

    @staticmethod
    def _is_seen(conn: Connection, account_id: int) -> bool:
        with suppress(NotFound):
            return bool(read_account(conn, root_scope(conn), account_id))
        return False

    @contextmanager
    def _reading(self) -> Iterator[tuple[Connection, _Basis]]:
        now = self._clock()
        with read_only(self._engine).begin() as conn:
            scope = root_scope(conn)
            seen = None if sees_all() else accounts_seen(scope)
            numbers = (read_counts(conn, scope), count_conflicts(conn, seen))
            yield conn, _Basis(scope, bangkok_day(now), *read_times(conn, now), *numbers)


def _render(basis: _Basis, template: str, tab: str, **values: Any) -> Response:
    times = {"as_of": basis.as_of, "known_at": basis.known_at}
    numbers = {"counts": basis.counts, "waiting": basis.waiting}
    return render(template, tab=tab, methods=LINK_METHODS, **times, **numbers, **values)


def _back(path: str) -> Response:
    """To a page of ours; what else a form names leads to the accounts."""
    return RedirectResponse(path if _OURS.fullmatch(path) else "/accounts", status_code=303)
