"""The files that operators copy: real programs accept them, and what they name exists."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from connector.cli import app
from connector.settings import load

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("thaksa-*"))
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def test_the_page_names_every_file() -> None:
    assert {path.name for path in DEPLOY.iterdir()} == set(re.findall(r"\]\(deploy/([\w.-]+)\)", OPERATING))


def test_units_call_commands_that_there_are() -> None:
    known = {one.name or getattr(one.callback, "__name__", "") for one in app.registered_commands}
    for name in UNITS:
        called = re.findall(r"bin/thaksa (\w+)", (DEPLOY / name).read_text(encoding="utf-8"))
        assert set(called) <= known
        assert called or name.endswith(".timer")


def test_the_settings_that_the_proxy_needs_load(tmp_path: Path) -> None:
    head = (DEPLOY / "nginx.conf").read_text(encoding="utf-8").partition("upstream")[0]
    settings = re.findall(r"^#   (\w+ = .*)$", head, re.MULTILINE)
    (tmp_path / "thaksa.toml").write_text("\n".join(settings))
    loaded = load({}, data=tmp_path)
    assert loaded.trusted_proxies == ("127.0.0.1",)
    assert f"location {loaded.base_path}/ " in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """With programs and users of this machine in place of an installation's."""
    for name in UNITS:
        unit = (DEPLOY / name).read_text(encoding="utf-8")
        unit = unit.replace("/opt/thaksa/.venv/bin/thaksa", "/bin/true").replace("User=thaksa", "User=root")
        (tmp_path / name).write_text(unit.replace("Group=thaksa", "Group=root").replace("/opt/thaksa", "/"))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert "thaksa-" not in checked.stderr, checked.stderr


@pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx here")
def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=obec.example"),
            *("-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "pem")),
        ],
        capture_output=True,
        check=True,
    )
    server = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    server = server.replace("/etc/ssl/obec.example.pem", str(tmp_path / "pem"))
    server = server.replace("/etc/ssl/obec.example.key", str(tmp_path / "key"))
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/errors; events {{}} http {{ {server} }}"
    )
    checked = subprocess.run(
        ["nginx", "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr
