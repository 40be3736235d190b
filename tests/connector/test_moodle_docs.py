"""docs/moodle.md: what it tells an administrator to run and to write is there, and is all that is needed."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import requests
import typer.main
from typer.core import TyperGroup

from connector.cli import app
from connector.platforms import Verdict
from connector.platforms.moodle.errors import not_an_answer, refused, unreachable
from connector.settings import FILE, load
from connector.sync import Options
from connector.take_backs import Numbers

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "moodle.md").read_text(encoding="utf-8")
PLUGIN = ROOT / "connector" / "platforms" / "moodle" / "plugin" / "local_thaksa"
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [text for name, text in fenced if name == language]


def commands() -> list[str]:
    """Every `thaksa …` with arguments, in blocks and within lines."""
    lines = [line.partition("#")[0].strip() for block in blocks("") for line in block.splitlines()]
    within = re.findall(r"`(thaksa [^`]+)`", PAGE + OPERATING)
    return sorted({one for one in [*lines, *within] if one.startswith("thaksa ")})


@pytest.mark.parametrize("text", commands())
def test_commands_exist_with_their_options(text: str) -> None:
    command: Any = typer.main.get_command(app)
    arguments = shlex.split(text)[1:]
    while isinstance(command, TyperGroup):
        name = arguments.pop(0)
        assert name in command.commands, f"there is no command {name!r}"
        command = command.commands[name]
    assert command.make_context("thaksa", [one for one in arguments if one != "…"])


def test_what_a_newcomer_needs_is_among_them() -> None:
    names = " ".join(commands())
    for needed in (
        "platform check",
        "sync obec-moodle --dry-run",
        "credential create",
        "reconcile",
        "schedule",
    ):
        assert needed in names


@pytest.mark.parametrize("text", blocks("toml"))
def test_settings_load(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    settings = load({}, data=tmp_path)
    assert settings.platforms
    secret = tmp_path / "secrets" / "obec-moodle.token"
    secret.parent.mkdir()
    secret.write_text("d0d0cafe\n", encoding="utf-8")
    assert settings.platform_token("obec-moodle") == "d0d0cafe"
    assert "data/secrets/obec-moodle.token" in PAGE


def test_capabilities_are_those_of_the_role() -> None:
    allowed = set(re.findall(r"<allow>(.*?)</allow>", (PLUGIN / "role.xml").read_text(encoding="utf-8")))
    told = set(re.findall(r"`([a-z]+/[a-z0-9]+:[a-z]+)`", PAGE))
    assert {one for one in allowed if not one.startswith("mod/")} - told == set()
    assert told - allowed == {"moodle/site:viewuseridentity"}


def test_functions_are_those_of_the_service() -> None:
    service = (PLUGIN / "db" / "services.php").read_text(encoding="utf-8").partition("$services")[2]
    functions = set(re.findall(r"'((?:core|gradereport)_\w+)'", service))
    assert functions
    assert {one for one in functions if f"`{one}`" not in PAGE} == set()


def messages() -> str:
    """All that can be said of a site."""
    codes = re.findall(r'^    "([a-z]+)": ', (PLUGIN.parents[1] / "errors.py").read_text(), re.MULTILINE)
    assert len(codes) > 20
    said = [str(refused("x", "FUNCTION", {"errorcode": code})) for code in codes]
    table = {"errorcode": "invalidrecord", "message": "external_functions"}
    said.append(str(refused("x", "FUNCTION", table)))
    for status in (301, 403, 503, 429):
        response = requests.Response()
        response.status_code, response._content = status, b""
        said.append(str(not_an_answer("x", "FUNCTION", response)))
    for error in (requests.exceptions.SSLError(), requests.Timeout()):
        said.append(str(unreachable("x", error)))
    said += [(PLUGIN.parents[1] / name).read_text(encoding="utf-8") for name in ("doctor.py", "probes.py")]
    said.append(str(Options().refusal("x", Numbers(60, 0), Numbers(100, 0))))
    return "\n".join(said)


def test_what_it_explains_is_what_is_said() -> None:
    wrong = PAGE.partition("## When something is wrong")[2]
    told = re.findall(r"^\| `(.*?)` \|", wrong, re.MULTILINE)
    assert len(told) > 12
    said = messages()
    assert [one for one in told if not re.search(re.escape(one).replace("…", ".*"), said)] == []


def test_the_doctor_s_states_are_explained() -> None:
    table = PAGE.partition("| state | meaning |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(.*?)` \|", table, re.MULTILINE) == [one.value for one in Verdict]


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
