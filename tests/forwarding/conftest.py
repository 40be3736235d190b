"""A second Thaksa as the target, in a process of its own, and stores that forward to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.forwarding.forward import Forwarder, Report
from connector.forwarding.states import TargetQueue, targets_state
from connector.settings import FILE, Settings, load, write_secret
from lrs.database import read_only
from lrs.statement import Authority, prepare
from lrs.store import insert
from tests.durability.server import Server, install

CREDENTIAL = Authority({"account": {"homePage": "https://w3id.org/thaksa/credential", "name": "k"}}, 9, None)
MOST_AT_ONCE = 5
START = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
NAME = "ministry"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """It takes few statements at once and no large attachments."""
    data = tmp_path_factory.mktemp("target")
    (data / FILE).write_text(f"statements_per_request = {MOST_AT_ONCE}\nattachment_mebibytes = 1\n")
    with install(data, f"sqlite:///{data / 'thaksa.db'}").running() as server:
        yield server


@dataclass
class Office:
    """The store that forwards; its clock is turned by hand."""

    engine: Engine
    data: Path
    server: Server
    now: datetime = START
    options: dict[str, str] = field(default_factory=dict)
    secret: str = ""

    def settings(self) -> Settings:
        """One target, with these options (TOML values) beyond what it needs."""
        endpoint = f'"{self.server.endpoint}"'
        key = f'"{self.server.key}"'
        chosen = {"endpoint": endpoint, "key": key, "statements": '"personal"'} | self.options
        lines = [f"{name} = {value}" for name, value in chosen.items()]
        (self.data / FILE).write_text("\n".join([f"[targets.{NAME}]", *lines]), encoding="utf-8")
        write_secret(self.data / "secrets" / f"{NAME}.secret", self.secret or self.server.secret)
        return self.settings_as_they_are()

    def settings_as_they_are(self) -> Settings:
        """Those that were written last."""
        return load({}, data=self.data, database_url=self.engine.url.render_as_string(hide_password=False))

    def forwarder(self) -> Forwarder:
        return Forwarder(self.settings(), self.engine, NAME, lambda: self.now)

    def run(self, **options: str) -> Report:
        self.options = options
        return self.forwarder().run()

    def store(
        self, *statements: dict[str, Any], version: str = "1.0.3", by: Authority = CREDENTIAL
    ) -> list[str]:
        ready = [prepare(one, version=version, authority=by) for one in statements]
        with self.engine.begin() as conn:
            return insert(conn, ready, lambda: self.now)

    def state(self) -> TargetQueue:
        with read_only(self.engine).begin() as conn:
            [found] = targets_state(conn, self.settings_as_they_are().targets, self.now)
        return found

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)

    def arrived(self, ids: Sequence[str]) -> list[bool]:
        """Whether each is there and holds."""
        with self.server.connection() as connection:
            return [connection.get(statementId=one).status == 200 for one in ids]

    def order(self, ids: Sequence[str]) -> list[str]:
        """Those of the ids that hold at the target, in the order in which it stored them."""
        with self.server.connection() as connection:
            answer = connection.get(ascending="true", limit=500).json()
            found = [one["id"] for one in answer["statements"]]
            while answer["more"]:
                answer = connection.send("GET", answer["more"]).json()
                found += [one["id"] for one in answer["statements"]]
        return [one for one in found if one in set(ids)]


@pytest.fixture
def office(engine: Engine, tmp_path: Path, server: Server) -> Office:
    return Office(engine, tmp_path, server)
