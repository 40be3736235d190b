"""`thaksa schedule` as an operator runs it: processes that are killed, told to stop, or set up wrongly."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from connector.platforms.moodle.replay import Replay
from connector.settings import write_secret
from connector.tables import platform
from lrs.tables import evidence, verb
from mappings.vocabulary import COMPLETED
from tests.connector.conftest import RECORDING, TOKEN
from tests.connector.scheduling import runs_of
from tests.durability.waiting import wait_until
from tests.system.demo import ROOT, thaksa

COMPLETIONS = 135
START_SECONDS = 60


class Process:
    """`thaksa schedule` and the lines it has written to both streams."""

    def __init__(self, data: Path) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "connector", "schedule"],
            cwd=ROOT,
            env=os.environ | {"THAKSA_DATA": str(data), "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.lines.append(line)

    def says(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def send(self, number: int) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)

    def end(self, number: int) -> int:
        """Its exit status after the signal."""
        self.send(number)
        status = self._process.wait(30)
        self._reader.join()
        assert self._process.stdout
        self._process.stdout.close()
        return status

    @property
    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.lines if line.startswith("{")]


@contextmanager
def started(data: Path) -> Iterator[Process]:
    process = Process(data)
    try:
        yield process
    finally:
        process.end(signal.SIGKILL)


class GatedReplay(Replay):
    """The recorded site, which tells nothing of a learner until it is open."""

    def __init__(self) -> None:
        super().__init__(RECORDING, TOKEN)
        self.open = threading.Event()
        self.asked = threading.Event()

    def __enter__(self) -> "GatedReplay":
        super().__enter__()
        return self

    def answer(self, form: Mapping[str, str]) -> tuple[int, str, bytes]:
        if form["wsfunction"] == "core_enrol_get_users_courses":
            self.asked.set()
            self.open.wait(START_SECONDS)
        return super().answer(form)


@pytest.fixture
def site() -> Iterator[GatedReplay]:
    with GatedReplay() as site:
        yield site
        site.open.set()


@pytest.fixture
def data(tmp_path: Path, engine: Engine, site: GatedReplay) -> Path:
    """A data folder with that site as its platform."""
    data = tmp_path / "data"
    data.mkdir()
    url = engine.url.render_as_string(hide_password=False)
    toml = (
        f'database_url = "{url}"\n[platforms.site]\nkind = "moodle"\nurl = "{site.url}"\njitter_seconds = 0\n'
    )
    (data / "thaksa.toml").write_text(toml)
    write_secret(data / "secrets" / "site.token", TOKEN)
    return data


def completions(engine: Engine) -> int:
    query = select(func.count()).select_from(evidence).join(verb, verb.c.id == evidence.c.verb_id)
    with engine.begin() as conn:
        return conn.execute(query.where(verb.c.iri == COMPLETED)).scalar_one()


def test_another_takes_over_when_the_active_one_is_killed(
    engine: Engine, site: GatedReplay, data: Path
) -> None:
    with started(data) as first:
        assert site.asked.wait(START_SECONDS)
        with started(data) as second:
            wait_until(lambda: second.says("Another scheduler is active"), START_SECONDS)
            assert not second.says("every 15 min")
            assert first.end(signal.SIGKILL) == -signal.SIGKILL
            assert runs_of(engine, "site") == [(False, None)]
            site.open.set()
            wait_until(lambda: second.says('"event": "sync"'), START_SECONDS)
            assert second.end(signal.SIGTERM) == 0
    [(ended, error), good] = runs_of(engine, "site")
    assert (ended, good) == (True, (True, None))
    assert error is not None
    assert "ended without a word" in error
    assert completions(engine) == COMPLETIONS
    # Told once however long it waited, and the plan when it became the active one.
    assert sum("Another scheduler is active" in line for line in second.lines) == 1
    [plan] = [line for line in second.lines if "every 15 min, 360 where all is read" in line]
    assert "site" in plan
    assert "moodle" in plan
    assert "Bangkok" in plan
    [run] = [one for one in second.events if one["event"] == "sync"]
    assert (run["platform"], run["completions"]) == ("site", COMPLETIONS)
    assert {"learners", "courses", "written", "voided", "seconds", "next_run", "timestamp"} <= run.keys()
    assert not any(TOKEN in line for line in first.lines + second.lines)


def test_told_to_stop_it_ends_after_the_page(engine: Engine, site: GatedReplay, data: Path) -> None:
    with started(data) as process:
        assert site.asked.wait(START_SECONDS)
        process.send(signal.SIGTERM)
        wait_until(lambda: process.says('"event": "scheduler stops"'), START_SECONDS)
        site.open.set()
        assert process.end(signal.SIGTERM) == 0
    assert process.says('"event": "sync interrupted"')
    assert runs_of(engine, "site") == [(True, "interrupted")]
    with engine.begin() as conn:
        assert tuple(conn.execute(select(platform.c.failures, platform.c.paused_until)).one()) == (0, None)


def test_wrong_settings_are_all_told_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "thaksa.toml").write_text(
        '[platforms.a]\nkind = "moodle"\nurl = "http://a"\n[platforms.b]\nkind = "moodle"\nurl = "http://b"\n'
    )
    told = thaksa("schedule", data=tmp_path)
    assert told.returncode == 1
    assert [line for line in told.stderr.splitlines() if "token into the file" in line] == [
        f"{start}platform {name}: put its token into the file {tmp_path}/secrets/{name}.token "
        "(No such file or directory)"
        for start, name in (("thaksa: ", "a"), ("", "b"))
    ]
    (tmp_path / "thaksa.toml").write_text("prot = 1\nhots = 2\n")
    for command in ("schedule", "serve"):
        told = thaksa(command, data=tmp_path)
        assert told.returncode == 1
        assert told.stderr.splitlines() == [
            f"thaksa: {tmp_path}/thaksa.toml line 1: prot: unknown setting; did you mean port? "
            "(the names are in docs/settings.md)",
            f"{tmp_path}/thaksa.toml line 2: hots: unknown setting; did you mean host? "
            "(the names are in docs/settings.md)",
        ]
        assert not (tmp_path / "thaksa.db").exists()
