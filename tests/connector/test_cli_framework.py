"""`thaksa framework …` as an operator runs it, on both databases."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connector.cli import app
from mappings import shipped
from mappings.errors import MappingError

SECOND = Path(__file__).parents[1] / "fixtures/frameworks/seven-areas.yaml"
CODE = "otepc-w4-2563"


class Thaksa:
    """The command on one data folder and database."""

    def __init__(self, data: Path, database: str) -> None:
        self._environ = {"THAKSA_DATA": str(data), "THAKSA_DATABASE_URL": database}

    def __call__(self, *arguments: object, fails: bool = False) -> Result:
        words = ["framework", *map(str, arguments)]
        result = CliRunner().invoke(app, words, env=self._environ)
        assert (result.exit_code != 0) is fails, result.output
        return result


@pytest.fixture
def thaksa(tmp_path: Path, database_url: str) -> Thaksa:
    return Thaksa(tmp_path / "data", database_url)


def test_versions_are_loaded_listed_and_compared(thaksa: Thaksa) -> None:
    assert "otepc-w4-2563 version 2 is loaded: 8 competencies" in thaksa("load", SECOND).stdout
    assert "nothing changed" in thaksa("load", SECOND).stdout
    listed = json.loads(thaksa("list", "--json").stdout)
    assert [(one["version"], one["competencies"]) for one in listed] == [("1", 10), ("2", 8)]
    assert listed[1]["valid_from"] == "2026-05-01"
    rows = [line.split() for line in thaksa("list").stdout.splitlines() if CODE in line]
    assert rows == [
        [CODE, "1", "2020-03-24", "yes", "10", "6"],
        [CODE, "2", "2026-05-01", "yes", "8", "0"],
    ]

    found = json.loads(thaksa("diff", CODE, "1", "2", "--json").stdout)
    assert found["unmapped"] == ["D1.6"]
    assert {"old": "D1.3", "new": "C2", "relation": "same"} in found["crosswalk"]
    printed = thaksa("diff", CODE, "1", "2").stdout
    for line in ("competency removed", "D1.9", "C7", "merged", "split", "Nothing is said to follow D1.6."):
        assert line in printed
    assert "has no crosswalk" in thaksa("diff", CODE, "2", "1").stdout
    assert "ask for the same" in thaksa("diff", CODE, "2", "2").stdout


def test_a_fault_names_file_entry_field_and_line(thaksa: Thaksa, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(shipped.text(shipped.FRAMEWORK).replace("weight: 70", "weight: most"))
    failed = thaksa("load", bad, fails=True)
    assert isinstance(failed.exception, MappingError)
    assert str(failed.exception).startswith(
        "bad.yaml: learning_categories[0] (LC70): weight: must be a whole"
    )
    missing = thaksa("load", tmp_path / "none.yaml", fails=True)
    assert str(missing.exception) == "none.yaml: cannot be opened: No such file or directory"
    unknown = thaksa("diff", CODE, "1", "9", fails=True)
    assert "version '9' is not loaded (loaded: otepc-w4-2563 1)" in str(unknown.exception)
