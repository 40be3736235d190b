"""What is done with one person leaves no personal data in logs, in addresses or in the log of changes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from connector.completion import Learner
from connector.person_erasure import erase_returned
from connector.person_export import write_export
from connector.report.person_forms import router_person_forms
from connector.without_erased import WithoutErased
from mappings.tables import change_log
from tests.connector.erasing import (
    ACCOUNT,
    FAMILY,
    GIVEN,
    ID,
    KEYS,
    MAIL,
    PERSONAL,
    SHOWN,
    USERNAME,
    Shows,
    World,
    push,
    world,
)
from tests.connector.syncing import run
from tests.mappings.world import HOME, NOW

__all__ = ["world"]

NEW_NAME = "นามใหม่เอี่ยม"
FORMS: tuple[tuple[str, dict[str, str]], ...] = (
    ("name", {"prefix": "นาง", "given_name": GIVEN, "family_name": NEW_NAME}),
    ("name", {"prefix": "นาง", "given_name": GIVEN, "family_name": ""}),
    ("unit", {"unit": "0100000002", "day": "1/6/2569"}),
    ("post", {"position": "ครู", "rank": "คศ.2", "day": "1/6/2569"}),
    ("end", {"last_day": "1/6/2569"}),
)


def traces(world: World) -> tuple[Sequence[Mapping[str, Any]], list[str]]:
    """All flows, one after another: what was logged, and the addresses that were asked for and answered."""
    app = FastAPI()
    app.include_router(router_person_forms(world.engine, lambda: NOW))
    client, addresses = TestClient(app, follow_redirects=False), []
    with structlog.testing.capture_logs() as logs:
        for form, fields in FORMS:
            answer = client.post(f"/people/{world.uuid}/{form}", data={"reason": "คำสั่ง", **fields})
            addresses += [str(answer.url), answer.headers.get("location", "")]
        with world.engine.begin() as conn:
            write_export(conn, world.uuid, NOW, lambda _: None)
        world.erase(dry_run=True)
        world.erase()
        shown = Learner(HOME, ACCOUNT, SHOWN, KEYS.hash(ID).hmac, MAIL, USERNAME)
        key = world.settings.secret("tombstones")
        run(world.engine, WithoutErased(Shows(shown), world.engine, key), NOW)
        with world.engine.begin() as conn:
            push(conn)
        erase_returned(world.settings, world.engine)
    return logs, addresses


def test_logs_and_addresses_name_nobody(world: World, engine: Engine) -> None:
    logs, addresses = traces(world)
    events = {one["event"] for one in logs}
    assert {"person erased", "learners erased before", "erased accounts came back"} <= events
    text = json.dumps([logs, addresses], ensure_ascii=False, default=str)
    secret = (*PERSONAL, NEW_NAME, FAMILY, ID)
    assert [one for one in secret if one in text] == []
    with engine.begin() as conn:
        changes = "\n".join(str(tuple(row)) for row in conn.execute(select(change_log)))
    assert [one for one in secret if one in changes] == []
