"""The whole service below a path of a public address, as a reverse proxy passes requests to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from connector.access.users import Place
from connector.serve import config_of
from connector.settings import Settings
from tests.access.conftest import PASSWORD, add_user
from tests.report.conftest import World, world

__all__ = ["world"]

BASE = "/thaksa"
PUBLIC = f"https://skills.example{BASE}"
CLIENT = "203.0.113.9"


@dataclass(frozen=True)
class Behind:
    """The service as a browser sees it through the proxy."""

    world: World
    settings: Settings
    client: TestClient

    def sign_in(self, name: str = "admin") -> None:
        answer = self.client.post(f"{BASE}/sign-in", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text


@pytest.fixture
def behind(world: World, tmp_path: Path) -> Iterator[Behind]:
    add_user(world.engine, "admin", Place("administrator"))
    settings = Settings(
        data=tmp_path,
        database_url=world.engine.url.render_as_string(hide_password=False),
        public_address=PUBLIC,
        trusted_proxies=("127.0.0.1", "10.1.0.0/16"),
        log_level="info",
        argon2_mebibytes=8,
        argon2_passes=1,
    )
    config = config_of(settings)
    config.load()
    told = {"X-Forwarded-For": f"198.51.100.66, {CLIENT}, 10.1.2.3", "X-Forwarded-Proto": "https"}
    with TestClient(
        config.loaded_app,
        base_url="https://skills.example",
        client=("127.0.0.1", 50000),
        headers=told,
        follow_redirects=False,
    ) as client:
        yield Behind(world, settings, client)
