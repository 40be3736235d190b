"""Files that are handed in: read in their turn, gone from the disk afterwards, whatever happens."""

import io
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, select

from connector.imports.desk import STOPPED, Desk, safe_name
from connector.imports.errors import ImportFileError
from connector.imports.import_files import Brought, ImportFile, find
from connector.imports.kinds import ImportKind
from connector.imports.promised import expect
from connector.imports.staging import Progress
from connector.imports.unit_import import apply_units, check_staged_units, stage_units
from connector.tables_imports import import_row
from tests.mappings.world import NOW

FILE = "uid,kind,name_th\nobec,obec,สพฐ.\n"
Stage = Callable[[Engine, Brought, datetime, Progress], int]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "uploads"


@pytest.fixture
def desk(engine: Engine, folder: Path) -> Iterator[Callable[..., Desk]]:
    opened: list[Desk] = []

    def make(stage: Stage = stage_units) -> Desk:
        kind = ImportKind("units", "หน่วยงาน", "แห่ง", stage, check_staged_units, apply_units)
        opened.append(Desk(engine, folder, {"units": kind}, lambda: NOW))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def hand_in(desk: Desk, text: str = FILE, name: str = "units.csv") -> str:
    return desk.bring(Brought("units", Path(name), "page", name), io.BytesIO(text.encode()))


def file_of(engine: Engine, uuid: str) -> ImportFile:
    with engine.begin() as conn:
        return find(conn, uuid)


def read(engine: Engine, uuid: str) -> ImportFile:
    """The file once it is not being read any more."""
    for _ in range(500):
        if (file := file_of(engine, uuid)).state != "reading":
            return file
        time.sleep(0.02)
    raise AssertionError("still being read")


def gone(folder: Path) -> bool:
    for _ in range(100):
        if not list(folder.iterdir()):
            return True
        time.sleep(0.02)
    return False


def test_a_file_is_read_and_leaves_the_disk(engine: Engine, folder: Path, desk: Callable[..., Desk]) -> None:
    file = read(engine, hand_in(desk()))
    assert (file.state, file.name, file.rows_total, file.added) == ("staged", "units.csv", 1, 1)
    assert gone(folder)


def test_nobody_else_can_read_it_meanwhile(engine: Engine, folder: Path, desk: Callable[..., Desk]) -> None:
    modes: list[int] = []

    def look(engine: Engine, brought: Brought, now: datetime, progress: Progress) -> int:
        for path in (folder, brought.path.parent, brought.path):
            modes.append(stat.S_IMODE(path.stat().st_mode))
        return stage_units(engine, brought, now, progress)

    assert read(engine, hand_in(desk(look))).state == "staged"
    assert modes == [0o700, 0o700, 0o600]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("uid,kind\n", "units.csv: the first row lacks name_th"),
        ("\x00\x81", "units.csv: the first row lacks"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    engine: Engine, folder: Path, desk: Callable[..., Desk], text: str, reason: str
) -> None:
    file = read(engine, hand_in(desk(), text))
    assert (file.state, (file.reason or "")[: len(reason)]) == ("failed", reason)
    assert gone(folder)


def test_a_fault_of_ours_quotes_nothing(
    engine: Engine, folder: Path, desk: Callable[..., Desk], capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(*_about: object) -> int:
        raise RuntimeError("สมชาย ใจดี 1001000079196")

    file = read(engine, hand_in(desk(break_down)))
    assert file.state == "failed"
    assert "bring the file again" in (file.reason or "")
    assert gone(folder)
    out = "".join(capsys.readouterr())
    assert "RuntimeError" in out
    assert "1001000079196" not in out + (file.reason or "")


def test_files_are_read_one_after_another(engine: Engine, desk: Callable[..., Desk]) -> None:
    go, began = Event(), []

    def wait(engine: Engine, brought: Brought, now: datetime, progress: Progress) -> int:
        began.append(brought.uuid)
        go.wait(10)
        return stage_units(engine, brought, now, progress)

    our_desk = desk(wait)
    first, second = hand_in(our_desk), hand_in(our_desk)
    time.sleep(0.1)
    assert began == [first]
    assert file_of(engine, second).state == "reading"
    go.set()
    assert (read(engine, first).state, read(engine, second).state) == ("staged", "staged")


def test_a_service_that_stops_says_so_on_the_page(
    engine: Engine, folder: Path, desk: Callable[..., Desk]
) -> None:
    reading = Event()

    def slow(engine: Engine, brought: Brought, now: datetime, progress: Progress) -> int:
        def report(done: int, total: int) -> None:
            reading.set()
            time.sleep(0.3)
            progress(done, total)

        return stage_units(engine, brought, now, report)

    our_desk = desk(slow)
    uuid = hand_in(our_desk)
    assert reading.wait(10)
    our_desk.close()
    file = file_of(engine, uuid)
    assert (file.state, file.reason) == ("failed", STOPPED)
    assert gone(folder)
    with engine.begin() as conn:
        assert conn.execute(select(import_row)).all() == []


KILLED = """
import fcntl, os, sys, time
lock = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(lock, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(60)
"""


def test_what_a_killed_service_left_is_thrown_away_at_the_next_start(
    engine: Engine, folder: Path, desk: Callable[..., Desk]
) -> None:
    with engine.begin() as conn:
        ours, theirs = (expect(conn, Brought("units", Path(name), "page"), NOW) for name in ("a", "b"))
    for uuid in (ours, theirs):
        (folder / uuid).mkdir(parents=True)
        (folder / uuid / "units.csv").write_text(FILE)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder / theirs)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        desk()
        assert [one.name for one in folder.iterdir()] == [theirs]
        assert (file_of(engine, ours).state, file_of(engine, ours).reason) == ("failed", STOPPED)
        assert file_of(engine, theirs).state == "reading"
        process.kill()
    desk()
    assert list(folder.iterdir()) == []
    assert file_of(engine, theirs).state == "failed"


def test_names_that_would_be_paths_are_not(engine: Engine, folder: Path, desk: Callable[..., Desk]) -> None:
    assert safe_name("C:\\ครู\\รายชื่อ.xlsx") == "รายชื่อ.xlsx"
    assert safe_name("../../etc/passwd") == "passwd"
    assert safe_name("..") == safe_name("") == safe_name("a/") == "file"
    assert safe_name(".hidden\n.csv") == "hidden.csv"
    assert len(safe_name(f"{'ก' * 300}.xlsx").encode()) < 130
    assert read(engine, hand_in(desk(), name="../../x.csv")).name == "x.csv"


def test_progress_is_told_and_then_replaced_by_the_result(engine: Engine, desk: Callable[..., Desk]) -> None:
    seen: list[int] = []

    def look(engine: Engine, brought: Brought, now: datetime, progress: Progress) -> int:
        progress(17, 100)
        seen.append(file_of(engine, brought.uuid).rows_total)
        raise ImportFileError("enough")

    assert read(engine, hand_in(desk(look))).state == "failed"
    assert seen == [17]
