"""The whole service with users on the small organisation of tests/report."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from connector.access import users
from connector.access.passwords import Passwords
from connector.access.users import Place
from connector.app import create_app
from connector.settings import Settings
from lrs.clock import utc_now
from tests.report.conftest import World, world

__all__ = ["world"]

PASSWORD = "ยาวพอสำหรับการทดสอบ"
CHEAP = Passwords(8, 1)
KEPT = CHEAP.hash(PASSWORD)
PLACES = {
    "admin": Place("administrator"),
    "analyst": Place("analyst"),
    "office1": Place("office_coordinator", "area-1"),
    "office2": Place("office_coordinator", "area-2"),
    "school1": Place("school_coordinator", "s1"),
}


@dataclass(frozen=True)
class Service:
    """The running service and whoever uses it."""

    world: World
    settings: Settings
    app: ASGIApp

    def client(self) -> TestClient:
        """A browser that has been nowhere."""
        return TestClient(self.app, base_url="http://127.0.0.1", follow_redirects=False)

    def signed_in(self, name: str, client: TestClient | None = None) -> TestClient:
        client = client or self.client()
        answer = client.post("/sign-in", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client


def add_user(engine: Engine, name: str, place: Place, *, must_change: bool = False) -> str:
    with engine.begin() as conn:
        uuid = users.create_user(conn, name, "", place, KEPT, utc_now(), "test")
        if not must_change:
            users.set_password(
                conn, users.find_user_of(conn, uuid), KEPT, utc_now(), "test", must_change=False
            )
    return uuid


@pytest.fixture
def service(world: World, tmp_path: Path) -> Iterator[Service]:
    with open_service(world, tmp_path) as service:
        yield service


@contextmanager
def open_service(world: World, folder: Path, **more: Any) -> Iterator[Service]:
    """With a user of every role, and these settings."""
    for name, place in PLACES.items():
        add_user(world.engine, name, place)
    add_user(world.engine, "learner", Place("learner", person_uuid=world.uuids["แก้ว"]))
    url = world.engine.url.render_as_string(hide_password=False)
    settings = Settings(data=folder, database_url=url, argon2_mebibytes=8, argon2_passes=1, **more)
    app = create_app(settings)
    # Its end closes what it has opened.
    with TestClient(app):
        yield Service(world, settings, app)


def token_of(page: str) -> str:
    """The token in the forms of a page."""
    found = set(re.findall(r'<input type="hidden" name="csrf" value="([0-9a-f]{64})">', page))
    assert len(found) == 1, found
    return str(found.pop())
