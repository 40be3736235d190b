"""A small organisation with known numbers, and clients of the pages and the API on it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, Engine, select
from starlette.testclient import TestClient

from connector.report.accounts_page import router_accounts
from connector.report.api import router_api
from connector.report.merge_page import router_merges
from connector.report.pages import router_pages
from connector.report.people_page import router_people_search
from connector.report.queries.basis import Basis, narrowed, read_basis, root_scope
from connector.report.status_page import router_status
from connector.report.syncs import Watched
from connector.report.unfinished_page import router_unfinished
from lrs.database import read_only
from mappings import vocabulary
from mappings.load import load_shipped
from mappings.people import (
    AccountSeen,
    UnitRow,
    import_roster,
    import_units,
    link_accounts,
    observe_accounts,
)
from mappings.progress import rebuild
from mappings.stored_views import create_views
from mappings.tables import person
from tests.kept import bring
from tests.mappings.world import BEGIN, HOME, NOW, a_person, send, void

UNITS = (
    UnitRow("obec", "obec", "สพฐ.", None, None, 2),
    UnitRow("area-1", "area_office", "สพป.หนึ่ง", "obec", "9901", 3),
    UnitRow("area-2", "area_office", "สพป.สอง", "obec", "9902", 4),
    UnitRow("s1", "school", "โรงเรียนหนึ่ง", "area-1", "0100000001", 5),
    UnitRow("s2", "school", "โรงเรียนสอง", "area-1", "0100000002", 6),
    UnitRow("s3", "school", "โรงเรียนสาม", "area-2", "0100000003", 7),
    UnitRow("elsewhere", "obec", "องค์กรอื่น", None, None, 8),
    UnitRow("s9", "school", "โรงเรียนเก้า", "elsewhere", "0100000009", 9),
)
INJECTION = "<script>alert(1)</script>"
# given name, school's number, group as a roster says it
PEOPLE = (
    ("แก้ว", 1, "S"),
    ("เกษม", 1, "M"),
    ("กาญจนา", 1, "S"),
    ("ขวัญ", 2, "T"),
    ("ลูกจ้าง", 1, "-"),
    ("ปริศนา", 1, None),
    (INJECTION, 3, "A"),
    ("คนไกล", 9, "S"),
)
ACCOUNTS = {"1": "แก้ว", "2": "เกษม", "3": "กาญจนา", "9": "คนไกล", "6": "ปริศนา"}
DL101, DL102 = 2, 3


@dataclass(frozen=True)
class World:
    """The organisation: who has which uuid, and the statements that were sent."""

    engine: Engine
    uuids: dict[str, str]
    statements: dict[str, str]


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine, *bring(engine, _small_organisation))


def _small_organisation(engine: Engine) -> tuple[dict[str, str], dict[str, str]]:
    with engine.begin() as conn:
        _organisation(conn)
        statements = _statements(conn)
        rebuild(conn, NOW)
        return {row.given_name: row.uuid for row in conn.execute(select(person))}, statements


def _organisation(conn: Connection) -> None:
    create_views(conn)
    load_shipped(conn, BEGIN, "test")
    import_units(conn, UNITS, BEGIN, "test")
    rows = [
        a_person(
            name,
            family_name="ใจดี",
            group=group,
            unit_code=f"010000000{school}",
            position="ช่างซ่อม" if group is None else "ครู",
        )
        for name, school, group in PEOPLE
    ]
    import_roster(conn, rows, BEGIN, "test")
    observe_accounts(
        conn,
        [AccountSeen(HOME, account, name, f"hash of {name}") for account, name in ACCOUNTS.items()],
        BEGIN,
    )
    link_accounts(conn, BEGIN, "test")


def _statements(conn: Connection) -> dict[str, str]:
    sent = {
        "แก้ว": send(conn, "1", DL101),
        "เกษม": send(conn, "2", DL101, verb=vocabulary.REGISTERED),
        "กาญจนา": send(conn, "3", DL102),
        "voided": send(conn, "3", DL101),
        "คนไกล": send(conn, "9", DL101),
        "ปริศนา": send(conn, "6", DL101),
    }
    void(conn, sent["voided"], stored=BEGIN)
    return sent


def web(engine: Engine, *, now: datetime = NOW, watched: Mapping[str, Watched] | None = None) -> TestClient:
    """The pages and the API at a moment, with these platforms in the settings."""
    app = FastAPI()
    app.include_router(router_api(engine, lambda: now, watched), prefix="/api/v1")
    app.include_router(router_unfinished(engine, lambda: now))
    app.include_router(router_pages(engine, lambda: now))
    app.include_router(router_people_search(engine, lambda: now))
    app.include_router(router_accounts(engine, lambda: now))
    app.include_router(router_merges(engine, lambda: now))
    app.include_router(router_status(engine, lambda: now, watched))
    return TestClient(app)


@pytest.fixture
def client(world: World) -> TestClient:
    return web(world.engine)


@pytest.fixture
def conn(world: World) -> Iterator[Connection]:
    with read_only(world.engine).connect() as conn:
        yield conn


def basis_of(conn: Connection, uid: str = "") -> Basis:
    return read_basis(conn, narrowed(conn, root_scope(conn), uid), NOW)
