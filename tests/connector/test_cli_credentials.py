"""`thaksa credential …` in this process, on a data folder of its own."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from connector.cli import app
from connector.cli_credentials import Level
from connector.settings import load
from lrs.auth import Authenticator
from lrs.credentials import LEVELS
from lrs.database import connect
from lrs.errors import LrsError
from tests.lrs.test_auth import basic

VERB = "http://adlnet.gov/expapi/verbs/completed"
HOME_PAGES = ["https://a.example", "https://b.example"]


def run(data: Path, *arguments: str) -> str:
    """What one command prints."""
    result = CliRunner(env={"COLUMNS": "40"}).invoke(app, ["credential", *arguments, "--data", str(data)])
    if isinstance(result.exception, LrsError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def create(data: Path, name: str, *options: str) -> dict[str, str]:
    made: dict[str, str] = json.loads(run(data, "create", "--name", name, "--json", *options))
    return made


def listed(data: Path) -> dict[str, Any]:
    return {one["name"]: one for one in json.loads(run(data, "list", "--json"))}


def test_what_is_created_is_listed_without_its_secret(tmp_path: Path) -> None:
    assert "credential create" in run(tmp_path, "list")
    pusher = create(
        tmp_path, "pusher", "--scope", "define", "--scope", "statements/write",
        "--home-page", HOME_PAGES[1], "--home-page", HOME_PAGES[0], "--level", "platform-export",
    )  # fmt: skip
    reader = create(
        tmp_path, "reader", "--scope", "statements/read", "--read-verb", VERB, "--read-authority", "pusher",
        "--read-authority", '{"mbox": "mailto:office@example.org"}', "--read-activity", HOME_PAGES[0],
    )  # fmt: skip
    found = listed(tmp_path)
    assert found["pusher"].pop("created")
    assert found["pusher"] == {
        "name": "pusher",
        "key": pusher["key"],
        "scopes": ["statements/write", "define"],
        "homePages": HOME_PAGES,
        "level": "platform-export",
        "readFilter": None,
        "lastUsed": None,
        "revoked": None,
    }
    assert found["reader"]["readFilter"] == {
        "verbs": [VERB],
        "activities": [HOME_PAGES[0]],
        "authorities": [
            f"account:https://w3id.org/thaksa/credential {pusher['key']}",
            "mbox:mailto:office@example.org",
        ],
    }
    table = run(tmp_path, "list")
    for shown in (
        "pusher",
        pusher["key"],
        reader["key"],
        "statements/write",
        *HOME_PAGES,
        "platform-export",
        VERB,
    ):
        assert shown in table
    for output in (table, run(tmp_path, "list", "--json")):
        assert pusher["secret"] not in output
        assert reader["secret"] not in output


def test_every_level_can_be_chosen() -> None:
    assert get_args(Level) == tuple(LEVELS)


def test_a_secret_is_shown_once_and_holds(tmp_path: Path) -> None:
    output = run(tmp_path, "create", "--name", "x", "--scope", "all")
    key, secret = (line.split()[1] for line in output.splitlines()[:2])
    assert "not shown again" in output
    settings = load(data=tmp_path)
    engine = connect(settings.database)
    authenticator = Authenticator(engine, settings.secret("credentials"))
    assert authenticator.authenticate(basic(f"{key}:{secret}")).scopes == {"all"}
    authenticator.close()
    engine.dispose()
    assert listed(tmp_path)["x"]["lastUsed"] is not None


def test_revoking(tmp_path: Path) -> None:
    create(tmp_path, "pusher", "--scope", "all")
    assert "'pusher' is revoked" in run(tmp_path, "revoke", "--name", "pusher")
    assert listed(tmp_path)["pusher"]["revoked"] is not None
    with pytest.raises(LrsError, match="'pusher' is revoked already"):
        run(tmp_path, "revoke", "--name", "pusher")
    with pytest.raises(LrsError, match="no credential named 'nobody'"):
        run(tmp_path, "revoke", "--name", "nobody")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scope", "write"], "unknown scope 'write'"),
        (["--scope", "all", "--level", "certificate"], "level means nothing"),
        (["--scope", "all", "--home-page", "https://a.example"], "level is needed"),
        (["--scope", "all", "--read-authority", "nobody"], "no credential named 'nobody'"),
        (["--scope", "all", "--read-authority", "{"], "authority: not an agent"),
        (["--scope", "all", "--read-authority", "{}"], "authority: not an agent"),
        (["--scope", "all", "--read-verb", "completed"], "'completed' is not an absolute IRI"),
    ],
)
def test_a_mistake_is_one_clear_line_and_changes_nothing(
    tmp_path: Path, options: list[str], said: str
) -> None:
    with pytest.raises(LrsError) as caught:
        run(tmp_path, "create", "--name", "x", *options)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    engine = create_engine(f"sqlite:///{tmp_path / 'thaksa.db'}")
    with engine.connect() as conn:
        assert conn.execute(text("select count(*) from credential")).scalar_one() == 0
    engine.dispose()
