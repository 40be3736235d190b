"""Each mistake of an operator is one line that says what to do, a non-zero exit, and changes nothing."""

import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.platforms.moodle.replay import Replay
from connector.settings import write_secret
from tests.system.demo import RECORDING, thaksa


@pytest.fixture
def moodle() -> Iterator[Replay]:
    with Replay(RECORDING, "right") as replay:
        yield replay


@pytest.fixture
def data(tmp_path: Path, moodle: Replay) -> Path:
    point_at(tmp_path, moodle.url, token="right")
    return tmp_path


def point_at(data: Path, url: str, token: str) -> None:
    (data / "thaksa.toml").write_text(f'[platforms.site]\nkind = "moodle"\nurl = "{url}"\n')
    write_secret(data / "secrets" / "site.token", token)


def statements(data: Path) -> int:
    with sqlite3.connect(data / "thaksa.db") as conn:
        count: int = conn.execute("select count(*) from statement").fetchone()[0]
    conn.close()
    return count


def refused(data: Path, *arguments: str, **environ: str) -> str:
    ran = thaksa(*arguments, data=data, **environ)
    assert ran.returncode != 0
    lines = ran.stderr.strip().splitlines()
    assert len(lines) == 1, ran.stderr
    assert lines[0].startswith("thaksa: ")
    return lines[0]


def test_wrong_token(data: Path, moodle: Replay) -> None:
    point_at(data, moodle.url, token="wrong")
    assert "token" in refused(data, "sync")
    assert statements(data) == 0


def test_dead_host(data: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    point_at(data, url, token="right")
    assert url.removeprefix("http://") in refused(data, "sync")
    assert statements(data) == 0


def test_moodle_in_maintenance(data: Path, moodle: Replay) -> None:
    moodle.maintenance = True
    assert "maintenance" in refused(data, "sync")
    assert statements(data) == 0


def test_missing_and_broken_mapping_file(data: Path) -> None:
    assert "nowhere.yaml" in refused(data, "import", "mappings", "nowhere.yaml")
    broken = data / "broken.yaml"
    broken.write_text("courses: [\n")
    assert "broken.yaml" in refused(data, "import", "mappings", str(broken))


def test_missing_and_wrong_import_files(data: Path) -> None:
    assert "nowhere.csv" in refused(data, "import", "units", "nowhere.csv")
    wrong = data / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    assert "wrong.csv" in refused(data, "import", "roster", str(wrong))


def test_unknown_setting(data: Path) -> None:
    assert "THAKSA_COLOUR" in refused(data, "serve", THAKSA_COLOUR="red")


def test_port_in_use(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"port {port} is in use" in refused(data, "serve", "--port", port)
    assert not (data / "thaksa.db").exists()


def test_address_that_others_could_reach(data: Path) -> None:
    assert "loopback only" in refused(data, "serve", "--host", "0.0.0.0")


def test_unusable_database(data: Path) -> None:
    url = "sqlite:////nowhere/at/all.db"
    assert "database" in refused(data, "upgrade", THAKSA_DATABASE_URL=url)


def test_unknown_platform(data: Path) -> None:
    assert "'other' is not in the settings" in refused(data, "sync", "other")


def test_a_folder_of_somebodys_own_is_no_demonstration(data: Path) -> None:
    before = (data / "thaksa.toml").read_text()
    assert "--data" in refused(data, "demo", "--recording", str(RECORDING), "--port", "0")
    assert (data / "thaksa.toml").read_text() == before


def test_credentials_that_cannot_be_made(data: Path) -> None:
    make = ("credential", "create", "--name", "reader", "--scope")
    assert "statements/read" in refused(data, *make, "everything")
    assert thaksa(*make, "statements/read", data=data).returncode == 0
    assert "'reader' already" in refused(data, *make, "statements/read")


def test_every_refused_row_of_an_import_is_named_and_the_others_are_taken(data: Path) -> None:
    units = data / "units.csv"
    units.write_text(
        "uid,kind,name_th,parent_uid,code\n"
        "top,obec,สพฐ. (ทดสอบ),,\n"
        "a,castle,ปราสาท,top,\n"
        "b,school,โรงเรียนลอย,nowhere,1\n"
        "c,area_office,สพป.ทดสอบ,top,2\n"
    )
    ran = thaksa("import", "units", str(units), data=data)
    assert ran.returncode == 1
    assert "2 added" in ran.stdout
    assert "2 refused" in ran.stderr
    assert "castle" in ran.stderr
    assert "nowhere" in ran.stderr
    assert "0 added, 0 changed, 2 unchanged" in thaksa("import", "units", str(units), data=data).stdout
