"""Pull and push side by side as JSON: numbers only, never a person."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from connector.report.queries.reconciliation import read_reconciliation
from connector.report.sides import CourseSides, Kind, PlatformSides, Some
from lrs.clock import Clock, utc_now
from lrs.database import read_only


class SomeOut(BaseModel):
    """How many completions, and when the first and the last of them was."""

    count: int
    oldest: datetime | None
    newest: datetime | None


class SidesOut(BaseModel):
    """The completions of accounts in courses, each once."""

    both: SomeOut
    pull_only: SomeOut
    push_only: SomeOut = Field(
        description="the platform does not show the learner there: nothing is taken back"
    )
    unconfirmed: SomeOut = Field(description="pushed since `confirmed_to`")
    contradicted: SomeOut = Field(description="pushed before it, and the platform says: not completed")


class CourseSidesOut(SidesOut):
    """One course."""

    course_id: str | None = Field(description="the platform's own id; null: syncs have not seen the course")
    shortname: str
    title: str


class AccountSidesOut(BaseModel):
    """Accounts with a completion, each once."""

    both: int
    pull_only: int
    push_only: int
    unknown: int = Field(description="pushed, and never seen by a sync")
    usernames: int = Field(description="the same, under the username of an account that syncs did see")


class PlatformSidesOut(BaseModel):
    """One site; `name` null: it is not one we synchronise."""

    name: str | None
    home_page: str
    confirmed_to: datetime | None = Field(description="when the last pass that went well began")
    received: datetime | None = Field(description="when the newest pushed completion was stored")
    courses: list[CourseSidesOut]
    accounts: AccountSidesOut
    unproven: int = Field(description="pushed completions that prove nothing")


class ReconciliationOut(BaseModel):
    """All sites at one moment."""

    at: datetime
    platforms: list[PlatformSidesOut]


def router_reconciliation(engine: Engine, clock: Clock = utc_now) -> APIRouter:
    """The route /reconciliation."""
    router = APIRouter()
    reader = read_only(engine)

    @router.get("/reconciliation", summary="What syncs and the plugins of the sites tell, side by side")
    def reconciliation() -> ReconciliationOut:
        with reader.begin() as conn:
            report = read_reconciliation(conn, clock())
        return ReconciliationOut(at=report.at, platforms=[_platform(one) for one in report.platforms])

    return router


def as_json(one: PlatformSides) -> dict[str, Any]:
    """A site as the API answers it."""
    return _platform(one).model_dump(mode="json")


def _platform(one: PlatformSides) -> PlatformSidesOut:
    accounts = one.accounts
    return PlatformSidesOut(
        name=one.name,
        home_page=one.home_page,
        confirmed_to=one.confirmed_to,
        received=one.received,
        courses=list(_courses(one.courses)),
        accounts=AccountSidesOut(
            both=accounts.both,
            pull_only=accounts.pull_only,
            push_only=accounts.push_only,
            unknown=accounts.unknown,
            usernames=accounts.usernames,
        ),
        unproven=one.unproven,
    )


def _courses(courses: Iterable[CourseSides]) -> Iterable[CourseSidesOut]:
    for one in courses:
        yield CourseSidesOut(
            course_id=one.external_id,
            shortname=one.shortname,
            title=one.title,
            both=_some(one.of(Kind.BOTH)),
            pull_only=_some(one.of(Kind.PULL_ONLY)),
            push_only=_some(one.of(Kind.PUSH_ONLY)),
            unconfirmed=_some(one.of(Kind.UNCONFIRMED)),
            contradicted=_some(one.of(Kind.CONTRADICTED)),
        )


def _some(some: Some) -> SomeOut:
    return SomeOut(count=some.count, oldest=some.oldest, newest=some.newest)
