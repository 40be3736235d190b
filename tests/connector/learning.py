"""A school whose people bring completions, attendance and certificates, for tests of imports."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Engine, func, insert, select

from connector.imports.import_files import Brought, find
from connector.imports.learning import apply, withdraw
from connector.imports.learning_files import stage_attendance, stage_claims, stage_completions
from connector.imports.refusals import refusals
from connector.imports.settle import Setting, Settled
from lrs.clock import to_micros
from lrs.tables import evidence, statement
from mappings.load import load_shipped
from mappings.people import (
    AccountSeen,
    HashKey,
    HashKeys,
    import_roster,
    import_units,
    link_accounts,
    observe_accounts,
)
from mappings.progress import refresh
from mappings.stored_views import create_views
from mappings.tables import course, identifier, learning_event, person
from tests import kept
from tests.mappings.world import BEGIN, HOME, UNITS, a_person

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
OWN = "https://thaksa.example/people"
KEYS = HashKeys(HashKey(b"a key for tests"))
NATIONAL_IDS = {"แก้ว": "1001000079196", "ขวัญ": "1001000079200"}


class Told(NamedTuple):
    """A statement as the store holds it now."""

    account: str
    home_page: str
    activity: str
    verb: str
    level: int
    body: dict[str, Any]


def people(engine: Engine) -> dict[str, int]:
    """แก้ว, ขวัญ and เกษม at one school; given name -> person id. Only แก้ว has an account on the platform."""
    return kept.bring(engine, _people)


def _people(engine: Engine) -> dict[str, int]:
    with engine.begin() as conn:
        create_views(conn)
        load_shipped(conn, BEGIN, "test")
        import_units(conn, UNITS, BEGIN, "test")
        hashes = {name: KEYS.hash(digits).hmac for name, digits in NATIONAL_IDS.items()}
        names = ("แก้ว", "ขวัญ", "เกษม")
        rows = [a_person(name, id_hmac=hashes.get(name), row=row) for row, name in enumerate(names, start=2)]
        import_roster(conn, rows, BEGIN, "test")
        ids = {row.given_name: row.id for row in conn.execute(select(person))}
        _identify(conn, ids)
        observe_accounts(conn, [AccountSeen(HOME, "7", "แก้ว", hashes["แก้ว"], username="kaew")], BEGIN)
        link_accounts(conn, BEGIN, "test")
        refresh(conn, NOW)
    return ids


def _identify(conn: Connection, ids: dict[str, int]) -> None:
    known = (
        ("แก้ว", "email", "", "kaew@school.example"),
        ("ขวัญ", "email", "", "kwan@school.example"),
        ("เกษม", "email", "", "kasem@school.example"),
        ("ขวัญ", "roster", "", "R-2"),
        ("เกษม", "username", HOME, "kasem"),
    )
    conn.execute(
        insert(identifier),
        [
            {
                "person_id": ids[name],
                "kind": kind,
                "home_page": page,
                "value": value,
                "recorded_at": to_micros(BEGIN),
                "recorded_by": "test",
            }
            for name, kind, page, value in known
        ],
    )


def setting(now: datetime = NOW) -> Setting:
    return Setting(OWN, now, "test", lambda: now)


def a_file(folder: Path, text: str, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_text(text.strip() + "\n", encoding="utf-8")
    return path


def bring(
    engine: Engine,
    stage: Callable[..., int],
    path: Path,
    now: datetime = NOW,
    **options: Any,
) -> str:
    """Stage a file and apply it, as the command does; its UUID."""
    import_id = stage(engine, Brought("", path, "test"), setting(now), KEYS, **options)
    with engine.begin() as conn:
        apply(conn, import_id, setting(now))
        refresh(conn, now)
        return find(conn, import_id).uuid


def completions(engine: Engine, path: Path, now: datetime = NOW, **options: Any) -> str:
    return bring(engine, stage_completions, path, now, **({"headers": {}} | options))


def attendance(engine: Engine, path: Path, **event: str) -> str:
    return bring(engine, stage_attendance, path, event=event)


def claims(engine: Engine, path: Path, now: datetime = NOW) -> str:
    return bring(engine, stage_claims, path, now)


def take_back(engine: Engine, uuid: str, *rows: int, now: datetime = NOW) -> Settled:
    with engine.begin() as conn:
        settled = withdraw(conn, uuid, list(rows) or None, "a reason", setting(now))
        refresh(conn, now)
    return settled


def refused(engine: Engine, uuid: str) -> list[tuple[int, str, str, str]]:
    with engine.begin() as conn:
        found = refusals(conn, find(conn, uuid).id)
    return [(one.row, one.column, one.value, one.reason) for one in found]


def current(engine: Engine) -> list[Told]:
    """The statements that nobody voided and that void nothing, in the order stored."""
    with engine.begin() as conn:
        rows = conn.execute(
            select(statement.c.body, evidence.c.level)
            .join(evidence, evidence.c.seq == statement.c.seq)
            .where(evidence.c.voided_at.is_(None), evidence.c.object_type == "activity")
            .order_by(statement.c.seq)
        ).all()
    found = [(orjson.loads(row.body), row.level) for row in rows]
    return [
        Told(
            body["actor"]["account"]["name"],
            body["actor"]["account"]["homePage"],
            body["object"]["id"],
            body["verb"]["id"].rpartition("/")[2],
            level,
            body,
        )
        for body, level in found
    ]


def written(engine: Engine) -> int:
    """All statements, voided and voiding ones too."""
    with engine.begin() as conn:
        return conn.execute(select(func.count()).select_from(statement)).scalar_one()


def events(engine: Engine, person_id: int) -> list[tuple[str, float | None]]:
    """Title and hours of each learning event, as progress keeps them."""
    with engine.begin() as conn:
        rows = conn.execute(
            select(course.c.title_th, learning_event.c.hours)
            .join(course, course.c.id == learning_event.c.course_id)
            .where(learning_event.c.person_id == person_id)
            .order_by(course.c.title_th)
        )
        return [(row.title_th, row.hours) for row in rows]


def uuid_of(engine: Engine, person_id: int) -> str:
    with engine.begin() as conn:
        return str(conn.execute(select(person.c.uuid).where(person.c.id == person_id)).scalar_one())
