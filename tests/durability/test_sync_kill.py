"""A sync that is killed at any point, and run again, leaves the statements of one that was left in peace."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import make_url, select

from connector.platforms.moodle.replay import Replay
from connector.settings import FILE, write_secret
from lrs.database import connect, read_only
from lrs.tables import statement
from tests.conftest import postgres_clone
from tests.system.demo import RECORDING, ROOT

TOKEN = "d0d0cafe" * 4
CURRENT = {1: 135, 2: 121, 3: 136}
POINTS, LONG_POINTS = 6, 50
SECONDS = 120
# Pages are small, so that there are several of them.
SYNC = """
import signal
# Whoever starts the tests in the background has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
from connector.platforms.moodle import sweep
sweep.LEARNERS_A_PAGE = 7
from connector.cli import main
main()
"""
# Times of these are the moment of the pass, which no two runs share.
OF_THE_PASS = ("registered", "voided")

Statements = Mapping[str, Mapping[str, Any]]
Clone = Callable[[str], AbstractContextManager[str]]


class Site(Replay):
    """A recorded site that does something when a call arrives: the number of the call, from 1, is told."""

    def __init__(self, number: int, on_call: Callable[[int], None] = lambda _: None) -> None:
        super().__init__(RECORDING.with_name(f"site-{number}.jsonl.gz"), TOKEN)
        self.on_call = on_call
        self.arrived: list[float] = []
        self._lock = threading.Lock()

    def answer(self, form: Mapping[str, str]) -> tuple[int, str, bytes]:
        with self._lock:
            self.arrived.append(time.monotonic())
            number = len(self.arrived)
        self.on_call(number)
        return super().answer(form)


@dataclass(frozen=True)
class Lab:
    """A data folder, and how to copy a database."""

    data: Path
    clone: Clone

    @contextmanager
    def syncing(self, site: Replay, url: str) -> Iterator["subprocess.Popen[str]"]:
        """A started `thaksa sync`."""
        self.data.mkdir(exist_ok=True)
        toml = f'[platforms.moodle]\nkind = "moodle"\nurl = "{site.url}"\n'
        (self.data / FILE).write_text(toml, encoding="utf-8")
        write_secret(self.data / "secrets" / "moodle.token", TOKEN)
        process = subprocess.Popen(
            [sys.executable, "-c", SYNC, "sync", "moodle"],
            cwd=ROOT,
            env=os.environ | {"THAKSA_DATA": str(self.data), "THAKSA_DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def sync(self, site: Replay, url: str) -> None:
        """A whole one."""
        with self.syncing(site, url) as process:
            said, complained = process.communicate(timeout=SECONDS)
            assert process.returncode == 0, said + complained


@pytest.fixture(params=["sqlite", "postgresql"])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Lab:
    if request.param == "sqlite":
        return Lab(tmp_path / "data", SqliteFiles(tmp_path).clone)
    server = request.getfixturevalue("postgres_url")
    return Lab(
        tmp_path / "data", contextmanager(lambda url: postgres_clone(server, str(make_url(url).database)))
    )


@pytest.fixture
def empty(request: pytest.FixtureRequest, lab: Lab) -> str:
    """The URL of a database with the schema."""
    if request.node.callspec.params["lab"] == "sqlite":
        return f"sqlite:///{request.getfixturevalue('sqlite_template')}"
    url = make_url(request.getfixturevalue("postgres_url")).set(database="template_thaksa")
    return url.render_as_string(hide_password=False)


class SqliteFiles:
    """Copies of databases in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0

    @contextmanager
    def clone(self, url: str) -> Iterator[str]:
        self._number += 1
        path = self._folder / f"{self._number}.db"
        with (
            closing(sqlite3.connect(make_url(url).database or "")) as old,
            closing(sqlite3.connect(path)) as new,
        ):
            old.backup(new)
        yield f"sqlite:///{path}"


@dataclass(frozen=True)
class Peaceful:
    """A database in which a recording was synced in peace, when calls arrived meanwhile and when it ended."""

    url: str
    arrived: list[float]
    ended: float


def test_killed_and_run_again(lab: Lab, empty: str, long: bool) -> None:
    killed = 0
    with ExitStack() as stack:
        before = empty
        for number in (1, 2, 3):
            peaceful = stack.enter_context(synced(lab, before, number))
            expected = statements(peaceful.url)
            assert len(completions(expected)) == CURRENT[number]
            for seed in range(number - 1, LONG_POINTS if long else POINTS, 3):
                point = choose(random.Random(seed), peaceful)
                with lab.clone(before) as url:
                    killed += kill(lab, url, number, point)
                    with Site(number) as site:
                        lab.sync(site, url)
                    assert statements(url) == expected, f"recording {number}, killed at {point}"
            before = peaceful.url
    assert killed > 0


@contextmanager
def synced(lab: Lab, before: str, number: int) -> Iterator[Peaceful]:
    with lab.clone(before) as url:
        with Site(number) as site:
            lab.sync(site, url)
        yield Peaceful(url, site.arrived, time.monotonic())


@dataclass(frozen=True)
class Point:
    """So many seconds after a call arrived."""

    call: int
    seconds: float


def choose(chance: random.Random, peaceful: Peaceful) -> Point:
    """Anywhere from the first call to the end, with as many points after the last call as before it."""
    arrived = [*peaceful.arrived, peaceful.ended]
    last = len(arrived) - 1
    call = chance.choice([chance.randint(1, last), last])
    return Point(call, chance.uniform(0, arrived[call] - arrived[call - 1]))


def kill(lab: Lab, url: str, number: int, point: Point) -> bool:
    """kill -9. False where the process was through before, being faster than in peace."""
    started = threading.Event()
    process: subprocess.Popen[str]

    def on_call(call: int) -> None:
        if call == point.call:
            assert started.wait(SECONDS)
            threading.Timer(point.seconds, process.kill).start()

    with Site(number, on_call) as site, lab.syncing(site, url) as process:
        started.set()
        process.communicate(timeout=SECONDS)
        assert process.returncode in (0, -signal.SIGKILL)
        return process.returncode != 0


def statements(url: str) -> Statements:
    """All of them by id, without `stored`, and with a pass's moment told by its place among the passes."""
    engine = connect(url)
    with read_only(engine).begin() as conn:
        bodies = [orjson.loads(body) for body in conn.execute(select(statement.c.body)).scalars()]
    engine.dispose()
    moments = sorted({one["timestamp"] for one in bodies if verb(one) in OF_THE_PASS})
    for one in bodies:
        del one["stored"]
        with suppress(ValueError):
            one["timestamp"] = f"pass {moments.index(one['timestamp'])}"
    return {one["id"]: one for one in bodies}


def verb(one: Mapping[str, Any]) -> str:
    return str(one["verb"]["id"]).rpartition("/")[2]


def completions(found: Statements) -> list[str]:
    voided = {one["object"]["id"] for one in found.values() if verb(one) == "voided"}
    return [id_ for id_, one in found.items() if verb(one) == "completed" and id_ not in voided]


def test_second_process_is_refused(lab: Lab, empty: str) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def wait(_: int) -> None:
        inside.set()
        go_on.wait(SECONDS)

    with lab.clone(empty) as url, Site(1, wait) as site, lab.syncing(site, url) as first:
        assert inside.wait(SECONDS)
        with lab.syncing(site, url) as second:
            _, complained = second.communicate(timeout=SECONDS)
        go_on.set()
        first.communicate(timeout=SECONDS)
        assert (first.returncode, second.returncode) == (0, 1)
        assert complained.count("\n") == 1
        assert "sync:moodle: another process is at it already" in complained
        assert len(completions(statements(url))) == CURRENT[1]


def test_interrupted_in_one_line(lab: Lab, empty: str) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def wait(call: int) -> None:
        if call == 30:
            inside.set()
            go_on.wait(SECONDS)

    with lab.clone(empty) as url, Site(1, wait) as site, lab.syncing(site, url) as process:
        assert inside.wait(SECONDS)
        process.send_signal(signal.SIGINT)
        go_on.set()
        _, complained = process.communicate(timeout=SECONDS)
        assert process.returncode == 130
        assert complained.count("\n") == 1
        assert "moodle: interrupted" in complained
