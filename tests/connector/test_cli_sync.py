"""`thaksa sync` as an operator runs it, on the recorded site."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from connector.platforms.moodle.replay import Replay
from connector.settings import FILE, write_secret
from connector.tables import sync_run
from lrs.database import connect, read_only
from tests.connector.conftest import FIXTURES, TOKEN
from tests.connector.syncing import stored
from tests.system.demo import thaksa


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("moodle", "broken"):
        write_secret(folder / "secrets" / f"{name}.token", TOKEN)
    return folder


@pytest.fixture(params=[1])
def site(request: pytest.FixtureRequest, data: Path) -> Iterator[Replay]:
    with Replay(FIXTURES / f"site-{request.param}.jsonl.gz", TOKEN) as replay:
        point_at(data, replay)
        yield replay


def point_at(data: Path, replay: Replay, more: str = "") -> None:
    toml = f'[platforms.moodle]\nkind = "moodle"\nurl = "{replay.url}"\n{more}'
    (data / FILE).write_text(toml, encoding="utf-8")


def statements(data: Path) -> int:
    engine = connect(f"sqlite:///{data / 'thaksa.db'}")
    number = stored(engine)
    engine.dispose()
    return number


def test_looking_first_then_one_course_then_all(data: Path, site: Replay) -> None:
    looked = thaksa("sync", "moodle", "--dry-run", data=data)
    assert looked.returncode == 0, looked.stderr
    assert "DL103" in looked.stdout
    assert "take back 0 completions" in looked.stdout
    assert statements(data) == 0
    one = thaksa("sync", "moodle", "--course", "DL103", "--course", "5", data=data)
    assert "moodle: 2 courses, " in one.stdout
    everything = thaksa("sync", data=data)
    assert "135 completions; " in everything.stdout
    assert thaksa("sync", "moodle", "--full", data=data).stdout.endswith("0 statements written, 0 voided.\n")


def test_what_would_be_taken_back(data: Path, site: Replay) -> None:
    thaksa("sync", data=data)
    before = statements(data)
    with Replay(FIXTURES / "site-2.jsonl.gz", TOKEN) as later:
        point_at(data, later, "shrink_at_least = 10\nshrink_share = 0.1\n")
        looked = thaksa("sync", "moodle", "--dry-run", data=data)
        assert "take back 15 completions" in looked.stdout
        assert "15 of 135 completions of courses would be taken back" in looked.stdout
        assert statements(data) == before
        refused = thaksa("sync", "moodle", data=data)
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert "moodle: 15 of 136 completions of courses would be taken back, more than 14" in refused.stderr
        accepted = thaksa("sync", "moodle", "--accept-shrink", data=data)
        assert accepted.stdout.endswith("0 statements written, 15 voided.\n")


def test_one_platform_fails_and_the_others_are_synced(data: Path, site: Replay) -> None:
    point_at(data, site, '[platforms.broken]\nkind = "moodle"\nurl = "http://127.0.0.1:9"\n')
    both = thaksa("sync", data=data)
    assert both.returncode == 1
    assert both.stderr.count("\n") == 1
    assert "127.0.0.1:9" in both.stderr
    assert "moodle: 7 courses, 60 learners, 135 completions" in both.stdout
    engine = connect(f"sqlite:///{data / 'thaksa.db'}")
    with read_only(engine).begin() as conn:
        assert len(conn.execute(select(sync_run)).all()) == 2
    engine.dispose()
