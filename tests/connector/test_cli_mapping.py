"""`thaksa mapping …` as an operator runs it, and docs/mappings.md."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main
from sqlalchemy import Engine
from typer.core import TyperGroup
from typer.testing import CliRunner, Result

from connector.cli import app
from mappings import shipped
from mappings.errors import MappingError
from tests.mappings.world import people_with_accounts, send

PAGE = (Path(__file__).parents[2] / "docs" / "mappings.md").read_text(encoding="utf-8")


class Thaksa:
    """The command on one data folder and database."""

    def __init__(self, data: Path, database: str) -> None:
        self._environ = {"THAKSA_DATA": str(data), "THAKSA_DATABASE_URL": database}

    def __call__(self, *words: object, fails: bool = False) -> Result:
        result = CliRunner().invoke(app, [str(word) for word in words], env=self._environ)
        assert (result.exit_code != 0) is fails, result.output
        return result

    def listed(self, *options: str) -> dict[str, dict[str, Any]]:
        found = json.loads(self("mapping", "list", "--json", *options).stdout)
        return {one["course"]["code"]: one for one in found}


@pytest.fixture
def thaksa(engine: Engine, tmp_path: Path, database_url: str) -> Thaksa:
    with engine.begin() as conn:
        people_with_accounts(conn, {"1": "ก"})
        send(conn, "1", 52)
    return Thaksa(tmp_path / "data", database_url)


def test_mappings_are_listed_shown_approved_and_ended(thaksa: Thaksa, tmp_path: Path) -> None:
    (draft,) = thaksa.listed("--status", "draft").values()
    refused = thaksa("mapping", "approve", draft["id"], "--reference", "x", "--by", "ก", fails=True)
    assert isinstance(refused.exception, MappingError)
    assert "give competencies before" in str(refused.exception)
    file = tmp_path / "mine.yaml"
    text = (
        shipped.text(shipped.MAPPINGS[0]).replace("sample-", "mine-").replace("view.php?id=", "view.php?id=5")
    )
    file.write_text(text.replace("status: approved", "status: draft", 1))
    thaksa("import", "mappings", file)
    mapping = thaksa.listed("--text", "mine-dl101")["mine-dl101"]
    assert (mapping["state"], mapping["recorded_by"]) == ("draft", "thaksa import")
    assert (
        "Approved as"
        in thaksa("mapping", "approve", mapping["id"], "--reference", "มติ 3", "--by", "ครูใหญ่").stdout
    )
    approved = thaksa.listed()["mine-dl101"]
    assert (approved["state"], approved["approved_by"], approved["reference"]) == (
        "in force",
        "ครูใหญ่",
        "มติ 3",
    )
    shown = thaksa("mapping", "show", approved["id"]).stdout
    for line in (
        "proves D1.1 การใช้งานคอมพิวเตอร์",
        "people with evidence of it: 1",
        "approved by ครูใหญ่, reference มติ 3",
    ):
        assert line in shown
    end = ("mapping", "end", approved["id"], "--reason", "เลิกสอน", "--by", "ข")
    assert "counts up to 2026-09-30" in thaksa(*end, "--last-day", "2026-09-30").stdout
    again = thaksa(*end, fails=True)
    assert "was changed or ended by ข" in str(again.exception)
    file.write_text(text.replace("hours: 3\n", "hours: 5\n", 1))
    said = thaksa("import", "mappings", file).stdout
    assert "mine-dl101: the file takes the place of what ข decided on" in said


def test_there_is_no_such_mapping(thaksa: Thaksa) -> None:
    for words in (("show", 999), ("end", 999, "--reason", "x", "--by", "ก")):
        assert str(thaksa("mapping", *words, fails=True).exception) == "mapping 999: there is none"
    assert thaksa("mapping", "end", 1, "--reason", " ", "--by", "ก", fails=True).exit_code == 2


def commands() -> list[str]:
    """Every `thaksa …` of the page, in its block and within lines."""
    (block,) = re.findall(r"^```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    lines = [line.partition("#")[0].strip() for line in block.splitlines()]
    return sorted({*lines, *re.findall(r"`(thaksa [^`]+)`", PAGE)})


@pytest.mark.parametrize("text", commands())
def test_commands_exist_with_their_options(text: str) -> None:
    command: Any = typer.main.get_command(app)
    words = shlex.split(text)[1:]
    while isinstance(command, TyperGroup):
        command = command.commands[words.pop(0)]
    assert command.make_context("thaksa", words)
