"""What logstore_xapi sends for the recorded site: the shape of each event as recorded, filled in anew."""

import copy
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.testclient import TestClient

from connector.app import StoreFirst
from connector.platforms import PLATFORMS, Reading
from connector.platforms.moodle.replay import Replay
from connector.report.api import router_api
from connector.report.pages import router_pages
from connector.sync import SyncReport, sync
from lrs.api import create_lrs_app
from lrs.credentials import LEVELS, create_credential
from lrs.record_store import RecordStore
from lrs.statement import PROVES_NOTHING
from mappings.people import HashKey, HashKeys
from mappings.progress import refresh

FIXTURES = Path(__file__).parents[1] / "fixtures"
HOME = "http://127.0.0.1:8080"
TOKEN = "d0d0cafe" * 4
KEY = b"a key for tests"
KEYS = HashKeys(HashKey(KEY))
BEGIN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

Pair = tuple[int, int]
"""A learner's and a course's id."""


def recorded(number: int) -> dict[Pair, datetime]:
    """The completions that the `number`-th recording tells, with their times."""
    return dict(_recorded(number))


@cache
def _recorded(number: int) -> dict[Pair, datetime]:
    done: set[Pair] = set()
    times: dict[Pair, datetime] = {}
    with gzip.open(FIXTURES / "moodle" / f"site-{number}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for call in map(json.loads, lines):
            params, body = call["params"], call["body"]
            if call["function"] == "core_enrol_get_users_courses" and isinstance(body, list):
                done |= {(params["userid"], row["id"]) for row in body if row.get("completed")}
            if "completionstatus" in body:
                met = [one["timecompleted"] or 0 for one in body["completionstatus"]["completions"]]
                pair = params["userid"], params["courseid"]
                times[pair] = datetime.fromtimestamp(max(met, default=0), UTC)
    return {pair: times[pair] for pair in sorted(done)}


def shapes() -> dict[str, dict[str, Any]]:
    """The statement recorded of each event."""
    return copy.deepcopy(_shapes())


@cache
def _shapes() -> dict[str, dict[str, Any]]:
    path = FIXTURES / "logstore_xapi" / "shapes.jsonl.gz"
    lines = gzip.decompress(path.read_bytes()).splitlines()
    return {one["shape"]: one["statement"] for one in map(json.loads, lines)}


def shape(event: str) -> dict[str, Any]:
    """A copy of the first shape whose name begins so."""
    return copy.deepcopy(
        next(one for name, one in _shapes().items() if name.partition("_")[2].startswith(event))
    )


def course_completed(user: int, course: int, at: datetime) -> dict[str, Any]:
    """The event course_completed."""
    return at_time(about(shape("core.event.course_completed"), user, f"/course/view.php?id={course}"), at)


def about(statement: dict[str, Any], user: int, path: str) -> dict[str, Any]:
    """The same event, of this learner and this page of the site."""
    statement["actor"] = {"name": "ชื่อ สกุล", "account": {"homePage": HOME, "name": str(user)}}
    statement["object"]["id"] = HOME + path
    return statement


def at_time(statement: dict[str, Any], at: datetime) -> dict[str, Any]:
    """The same event at a time, to the second as the plugin tells it."""
    return {**statement, "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000Z"}


def completed_at_site(number: int) -> list[dict[str, Any]]:
    """All that the site completed, as the plugin sends it: at the time of the event, half a minute late."""
    return [course_completed(*pair, at + timedelta(seconds=30)) for pair, at in recorded(number).items()]


@dataclass
class Lab:
    """A service with a clock of its own: syncs of the recorded site, pushes, the API's answers."""

    engine: Engine
    now: datetime = BEGIN
    level: str = "platform-export"
    _store: RecordStore = field(init=False)
    client: TestClient = field(init=False)
    _auth: tuple[str, str] = field(init=False)

    def __post_init__(self) -> None:
        clock = self._tell
        self._store = create_lrs_app(self.engine, hash_key=KEY, clock=clock, prefix="/xapi")
        app = FastAPI()
        app.include_router(router_api(self.engine, clock), prefix="/api/v1")
        app.include_router(router_pages(self.engine, clock))
        self.client = TestClient(StoreFirst(app, "/xapi", self._store))
        self._auth = self.credential("logstore", [HOME])

    def _tell(self) -> datetime:
        return self.now

    def credential(self, name: str, home_pages: list[str] | None) -> tuple[str, str]:
        """As `thaksa credential create` makes it for these home pages."""
        with self.engine.begin() as conn:
            return create_credential(
                conn,
                hash_key=KEY,
                name=name,
                scopes=["statements/write"],
                now=self.now,
                level=LEVELS[self.level] if home_pages else PROVES_NOTHING,
                home_pages=home_pages,
            )

    def close(self) -> None:
        """Writes what is queued."""
        self._store.close()

    def later(self, **by: float) -> None:
        """Time passes."""
        self.now += timedelta(**by)

    def push(self, *statements: dict[str, Any], auth: tuple[str, str] | None = None) -> None:
        """One batch, as the plugin posts it."""
        answer = self.client.post(
            "/xapi/statements",
            json=list(statements),
            headers={"X-Experience-API-Version": "1.0.3"},
            auth=auth or self._auth,
        )
        assert answer.status_code == 200, answer.text

    def sync(self, number: int, reading: Reading | None = None) -> SyncReport:
        """The `number`-th recording of the site, an hour later."""
        self.later(hours=1)
        with Replay(FIXTURES / "moodle" / f"site-{number}.jsonl.gz", TOKEN) as replay:
            platform = PLATFORMS["moodle"](
                url=replay.url, token=TOKEN, hash_keys=KEYS, reading=reading or Reading()
            )
            return sync(self.engine, platform, name="moodle", kind="moodle", now=self.now, clock=self._tell)

    def refresh(self) -> None:
        """Computes what changed."""
        with self.engine.begin() as conn:
            refresh(conn, self.now)

    def get(self, path: str) -> Any:
        """An answer of the report API."""
        answer = self.client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def completions(self) -> int:
        """Current completions, as the status tells them."""
        number: int = self.get("status")["current_completions"]
        return number


def open_lab(engine: Engine, level: str = "platform-export") -> Iterator[Lab]:
    """For fixtures."""
    lab = Lab(engine, level=level)
    yield lab
    lab.close()
