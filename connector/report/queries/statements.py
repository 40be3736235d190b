"""The newest statements of the record store, voided ones too: every one for its operators, for an office
those of its people.

The record store's own look-up leaves voided statements out, as xAPI asks, and so cannot serve here.
Pages go by `seq`; a filter is turned into ids first, so that an index that ends in `seq` finds a page.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import ColumnElement, Connection, func, or_, select, true

from connector.report.errors import NotFound, UnknownFilter
from connector.report.queries.theirs import agents_of
from lrs.clock import from_micros, from_micros_or_none, to_micros
from lrs.tables import activity, agent, evidence, statement, verb
from lrs.values import is_uuid
from mappings.days import day_before, end_of_bangkok_day
from mappings.people import Scope

PAGE = 50
# More choices than this are no help in a list.
MOST_VERBS = 200
_TEXT = r"^[^\x00]*$"
# A form sends a field that is left empty as "".
_EMPTY = BeforeValidator(lambda value: None if value == "" else value)
_Day = Annotated[Annotated[date, Field(ge=date(1970, 1, 1))] | None, _EMPTY]
_Number = Annotated[Annotated[int, Field(ge=0, lt=2**63)] | None, _EMPTY]


class Filters(BaseModel):
    """What the address of the list says: an IRI, an id or a day of Bangkok each; "" or None for all.

    `before`: only statements with a smaller number than this, which is how pages go on.
    """

    model_config = ConfigDict(frozen=True)

    verb: str = Field(default="", pattern=_TEXT)
    activity: str = Field(default="", pattern=_TEXT)
    registration: str = Field(default="", pattern=_TEXT)
    since: _Day = None
    until: _Day = None
    before: _Number = None

    def on_from(self, before: int | None) -> dict[str, str]:
        """The fields of the page that begins below a number; None: of the first page."""
        fields = self.model_copy(update={"before": before}).model_dump(include=set(Filters.model_fields))
        return {name: str(value) for name, value in fields.items() if value not in ("", None)}


class Asked(Filters):
    """With what may identify a person, and so never stands in an address: an account's name or an e-mail."""

    account: str = Field(default="", pattern=_TEXT)


@dataclass(frozen=True, slots=True)
class Line:
    """One statement of the list. `object_name`: the activity's, or its IRI; `host`: the account's site."""

    seq: int
    statement_id: str
    stored: datetime
    voided: bool
    verb_iri: str
    object_type: str
    object_name: str
    activity_iri: str | None
    target_id: str | None
    actor: str
    host: str


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of the list; `before` is where the next one begins, None on the last."""

    rows: tuple[Line, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One statement as it is kept."""

    body: bytes
    stored: datetime
    voided_at: datetime | None


def read_statements(conn: Connection, scope: Scope | None, asked: Asked) -> Lines:
    """The page asked for, the last stored first; of the scope's people alone, None: of everybody."""
    kept = evidence.c
    page = (
        select(evidence)
        .where(*_conditions(conn, asked), _seen(scope))
        .order_by(kept.seq.desc())
        .limit(PAGE + 1)
        .subquery("page")
    )
    rows = conn.execute(
        select(
            page.c.seq,
            statement.c.id,
            page.c.stored,
            page.c.voided_at,
            verb.c.iri.label("verb_iri"),
            page.c.object_type,
            page.c.target_id,
            activity.c.iri.label("activity_iri"),
            activity.c.definition,
            agent.c.key,
            agent.c.home_page,
            agent.c.account_name,
        )
        .select_from(page)
        .join(statement, statement.c.seq == page.c.seq)
        .join(verb, verb.c.id == page.c.verb_id)
        .join(agent, agent.c.id == page.c.agent_id)
        .outerjoin(activity, activity.c.id == page.c.activity_id)
        .order_by(page.c.seq.desc())
    ).all()
    shown = tuple(_line(row) for row in rows[:PAGE])
    return Lines(shown, shown[-1].seq if len(rows) > PAGE else None)


def read_verbs(conn: Connection) -> list[str]:
    """The verbs that a filter offers."""
    return list(conn.execute(select(verb.c.iri).order_by(verb.c.iri).limit(MOST_VERBS)).scalars())


def last_number(conn: Connection) -> int:
    """How many statements there are: their numbers are given without gaps by one writer."""
    return conn.execute(select(func.max(statement.c.seq))).scalar() or 0


def read_shown(conn: Connection, scope: Scope | None, statement_id: str) -> Shown:
    """A statement, voided or not; of the scope's people alone, None: of everybody."""
    row = None
    if is_uuid(statement_id):
        row = conn.execute(
            select(statement.c.body, evidence.c.stored, evidence.c.voided_at)
            .join(evidence, evidence.c.seq == statement.c.seq)
            .where(statement.c.id == statement_id.lower(), _seen(scope))
        ).first()
    if row is None:
        raise NotFound("ไม่พบบันทึกหมายเลขนี้ในคลังข้อมูล")
    return Shown(bytes(row.body), from_micros(row.stored), from_micros_or_none(row.voided_at))


def _seen(scope: Scope | None) -> ColumnElement[bool]:
    return true() if scope is None else evidence.c.agent_id.in_(agents_of(scope))


# ---- filters ------------------------------------------------------------------------------------


def _conditions(conn: Connection, asked: Asked) -> Iterator[ColumnElement[bool]]:
    kept = evidence.c
    if asked.verb:
        yield kept.verb_id == _id_of(conn, verb, asked.verb)
    if asked.activity:
        yield kept.activity_id == _id_of(conn, activity, asked.activity)
    if asked.registration:
        if not is_uuid(asked.registration):
            raise UnknownFilter("รหัสการลงทะเบียนต้องเป็น UUID")
        yield kept.registration == asked.registration.lower()
    if asked.account:
        yield kept.agent_id.in_(_agents(conn, asked.account.strip()))
    if asked.since is not None:
        yield kept.seq > _last_on(conn, day_before(asked.since))
    if asked.until is not None:
        yield kept.seq <= _last_on(conn, asked.until)
    if asked.before is not None:
        yield kept.seq < asked.before


def _id_of(conn: Connection, table: Any, iri: str) -> int:
    """0, which is no row's id, where the store has not seen the IRI."""
    return conn.execute(select(table.c.id).where(table.c.iri == iri)).scalar() or 0


def _agents(conn: Connection, name: str) -> list[int]:
    """Accounts of that name on any site, and whoever has it for an e-mail."""
    account = agent.c.home_page.in_(list(_home_pages(conn))) & (agent.c.account_name == name)
    rows = conn.execute(select(agent.c.id).where(or_(account, agent.c.key == f"mbox:mailto:{name}")))
    return list(rows.scalars())


def _home_pages(conn: Connection) -> Iterator[str]:
    """Each once, by one step in the index: agents are many, their sites few."""
    page = conn.execute(select(func.min(agent.c.home_page))).scalar()
    while page is not None:
        yield page
        page = conn.execute(select(func.min(agent.c.home_page)).where(agent.c.home_page > page)).scalar()


def _last_on(conn: Connection, day: date) -> int:
    """The number of the last statement stored by the end of a day: numbers ascend with `stored`."""
    end = to_micros(end_of_bangkok_day(day))
    last = select(func.max(evidence.c.stored)).where(evidence.c.stored <= end).scalar_subquery()
    return conn.execute(select(func.max(evidence.c.seq)).where(evidence.c.stored == last)).scalar() or 0


# ---- rows ---------------------------------------------------------------------------------------


def _line(row: Any) -> Line:
    actor, host = _actor(row)
    return Line(
        seq=row.seq,
        statement_id=row.id,
        stored=from_micros(row.stored),
        voided=row.voided_at is not None,
        verb_iri=row.verb_iri,
        object_type=row.object_type,
        object_name=name_of(row.definition) or row.activity_iri or "",
        activity_iri=row.activity_iri,
        target_id=row.target_id,
        actor=actor,
        host=host,
    )


def _actor(row: Any) -> tuple[str, str]:
    """Who acted, as an account and its site, or by whatever else identifies; "" for an anonymous group."""
    if row.account_name is not None:
        return row.account_name, urlsplit(row.home_page).netloc or row.home_page
    kind, _, text = row.key.partition(":")
    return ("", "") if kind == "group" else (text.removeprefix("mailto:"), "")


def name_of(definition: bytes | None) -> str:
    """An activity's name in Thai, English or whatever there is."""
    names: dict[str, str] = (json.loads(definition).get("name") or {}) if definition else {}
    for language in ("th", "en"):
        for tag, name in names.items():
            if tag.lower().split("-")[0] == language:
                return name
    return next(iter(names.values()), "")
