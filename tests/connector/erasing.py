"""A person of whom every part of the database says something, to be erased."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from connector.completion import Fact, Learner, Observation
from connector.person_erasure import erase
from connector.platforms import Asked, Cursor
from connector.settings import Settings, load
from connector.tables_imports import claim, import_file, import_refusal, import_row
from lrs.clock import to_micros
from lrs.statement import Authority, prepare
from lrs.store import insert as store
from lrs.tables import metadata
from mappings.load import load_shipped
from mappings.national_ids import HashKey, HashKeys
from mappings.people import (
    AccountSeen,
    import_roster,
    import_units,
    link_accounts,
    observe_accounts,
)
from mappings.progress import rebuild
from mappings.stored_views import create_views
from mappings.tables import (
    change_log,
    person,
)
from tests.connector.syncing import a_course
from tests.kept import bring
from tests.mappings.world import BEGIN, HOME, NOW, UNITS, a_person, course_iri, send

KEYS = HashKeys(HashKey(b"a key for tests"))
ID = "1001000079196"
GIVEN, FAMILY, MAIL, USERNAME, SHOWN = "สมหญิง", "ใจงามยิ่ง", "somying@school.example", "somying.j", "Somying J."
ACCOUNT = "318843"
PERSONAL = (GIVEN, FAMILY, MAIL, USERNAME, SHOWN, ACCOUNT, KEYS.hash(ID).hmac, "R-4711", "CERT-99")
"""What must be nowhere afterwards."""


@dataclass(frozen=True)
class World:
    engine: Engine
    settings: Settings
    uuid: str
    other: str

    def erase(self, **options: Any) -> dict[str, int]:
        return dict(erase(self.settings, self.engine, self.uuid, NOW, "test", **options))

    def rows(self, *columns: Any) -> list[tuple[Any, ...]]:
        with self.engine.begin() as conn:
            return [tuple(row) for row in conn.execute(select(*columns))]

    def everything(self) -> str:
        """The whole database as a text, in an order of its own: rows written again may come in another."""
        with self.engine.begin() as conn:
            rows = [tuple(row) for table in metadata.sorted_tables for row in conn.execute(select(table))]
        return "\n".join(sorted(repr([_text(value) for value in row]) for row in rows))


def _text(value: Any) -> Any:
    return bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else value


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    uuids = bring(engine, _school)
    return World(engine, load({}, data=tmp_path), uuids[GIVEN], uuids["สมชาย"])


def _school(engine: Engine) -> dict[str, str]:
    with engine.begin() as conn:
        create_views(conn)
        load_shipped(conn, BEGIN, "test")
        import_units(conn, UNITS, BEGIN, "test")
        her = a_person(
            GIVEN, family_name=FAMILY, id_hmac=KEYS.hash(ID).hmac, email=MAIL, roster_id="R-4711",
            usernames={HOME: USERNAME}, position="ผู้อำนวยการโรงเรียน",
        )  # fmt: skip
        import_roster(conn, [her, a_person("สมชาย")], BEGIN, "test")
        seen = AccountSeen(HOME, ACCOUNT, SHOWN, KEYS.hash(ID).hmac, MAIL, USERNAME)
        observe_accounts(conn, [seen, AccountSeen(HOME, "5", "สมชาย ใจดี", "hash of สมชาย")], BEGIN)
        link_accounts(conn, BEGIN, "test")
        for name in (ACCOUNT, "5"):
            send(conn, name, 2)
        push(conn)
        uuids = {row.given_name: row.uuid for row in conn.execute(select(person))}
        _files(conn, conn.execute(select(person.c.id).where(person.c.uuid == uuids[GIVEN])).scalar_one())
        rebuild(conn, BEGIN)
    return uuids


def push(conn: Any) -> None:
    """What a plugin and a client send: with names, an e-mail for an actor, and a remark about her."""
    full_name = f"{GIVEN} {FAMILY}"
    by_account = {"account": {"homePage": HOME, "name": ACCOUNT}, "name": SHOWN}
    said: list[dict[str, Any]] = [
        {"actor": by_account, "context": {"instructor": {"mbox": f"mailto:{MAIL}", "name": full_name}}},
        {"actor": {"mbox": f"mailto:{MAIL.capitalize()}", "name": full_name}},
        {"actor": {"account": {"homePage": HOME, "name": USERNAME}}, "result": {"response": full_name}},
    ]
    authority = Authority({"account": {"homePage": HOME, "name": "logstore"}}, 2, frozenset({HOME}))
    for one in said:
        document = {"verb": {"id": "http://example.org/did"}, "object": {"id": course_iri(3)}, **one}
        store(conn, [prepare(document, version="1.0.3", authority=authority)], lambda: BEGIN)


def _files(conn: Any, person_id: int) -> None:
    at = to_micros(BEGIN)
    file = {
        "uuid": "f", "kind": "claims", "name": "c.xlsx", "digest": "0", "coverage": "part",
        "state": "applied", "staged_at": at, "staged_by": "test",
    }  # fmt: skip
    import_id = conn.execute(insert(import_file).values(file).returning(import_file.c.id)).scalar_one()
    row = {"import_id": import_id, "row": 2}
    payload = json.dumps({"email": MAIL}, ensure_ascii=False)
    conn.execute(insert(import_row).values(**row, payload=payload, state="applied", person_id=person_id))
    refused = {"column_title": "ชื่อ", "value": GIVEN, "reason": "ไม่พบ", "cells": f'["{GIVEN}", "{FAMILY}"]'}
    conn.execute(insert(import_refusal).values(**row, **refused))
    paper = {"code": "CERT-99", "url": "https://x.example/CERT-99", "state": "claimed", "claimed_at": at}
    conn.execute(insert(claim).values(**row, uuid="c", person_id=person_id, reason=f"ของ {GIVEN}", **paper))
    log = {"at": at, "by": "test", "action": "reject", "subject": "claim", "subject_id": "c"}
    conn.execute(insert(change_log).values(**log, detail=f"{GIVEN} ไม่มีใบประกาศ"))


class Shows:
    """A platform that shows learner and completion."""

    home_page = HOME

    def __init__(self, *learners: Learner) -> None:
        self._learners = learners

    def observe(self, cursor: Cursor | None, asked: Asked) -> Iterator[Observation | Cursor]:
        for learner in self._learners:
            yield Observation(a_course(3), learner, Fact.COMPLETED, at=BEGIN)
        yield Cursor(None, 1, 1)
