"""`thaksa framework …` as an operator runs it, on both databases."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connector.cli import app
from mappings import shipped
from mappings.errors import MappingError
from mappings.framework import load_yaml

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
    assert [(one["valid_from"], one["state"]) for one in listed] == [
        ("2020-03-24", "beside it"),
        ("2026-05-01", "in force"),
    ]
    rows = [line.split() for line in thaksa("list").stdout.splitlines() if CODE in line]
    assert rows == [
        [CODE, "1", "2020-03-24", "beside", "it", "10", "6"],
        [CODE, "2", "2026-05-01", "in", "force", "8", "0"],
    ]

    found = json.loads(thaksa("diff", CODE, "1", "2", "--json").stdout)
    assert found["unmapped"] == ["D1.6"]
    assert {"old": "D1.3", "new": "C2", "relation": "same"} in found["crosswalk"]
    printed = thaksa("diff", CODE, "1", "2").stdout
    for line in ("competency removed", "D1.9", "C7", "merged", "split", "Nothing is said to follow D1.6."):
        assert line in printed
    assert "…" not in printed
    assert "has no crosswalk" in thaksa("diff", CODE, "2", "1").stdout
    assert "ask for the same" in thaksa("diff", CODE, "2", "2").stdout


def test_a_version_is_ended_and_lasts_again(thaksa: Thaksa) -> None:
    thaksa("load", SECOND)
    why = ("--by", "S. Jaidee", "--reason", "circular 12")
    said = thaksa("end", CODE, "1", "--on", "2026-04-30", *why).stdout
    assert said.startswith(f"{CODE} version 1 is in force up to 2026-04-30. The next")
    assert "Nothing changed" in thaksa("end", CODE, "1", "--on", "2026-04-30", *why).stdout
    assert f"{CODE} 1: in force from 2020-03-24 to 2026-04-30" in thaksa("diff", CODE, "1", "2").stdout
    said = thaksa("end", CODE, "2", "--on", "2026-05-31", *why).stdout
    assert "From the day after no framework is in force." in said
    listed = [line.split()[2:5] for line in thaksa("list").stdout.splitlines() if CODE in line]
    assert listed == [["2020-03-24", "2026-04-30", "ended"], ["2026-05-01", "2026-05-31", "ended"]]
    exported = thaksa("export", CODE, "1", "--format", "case").stdout
    assert json.loads(exported)["CFDocument"]["statusEndDate"] == "2026-04-30"
    assert "lasts. The next" in thaksa("end", CODE, "2", "--never", *why).stdout
    assert json.loads(thaksa("list", "--json").stdout)[1]["valid_to"] is None


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ((CODE, "1", "--on", "2020-01-01", "--reason", "x"), "begins on 2020-03-24, after the last day"),
        ((CODE, "9", "--on", "2026-01-01", "--reason", "x"), "version '9' is not loaded"),
        ((CODE, "1", "--reason", "x"), "give its last day, or --never"),
        ((CODE, "1", "--never", "--on", "2026-01-01", "--reason", "x"), "give its last day, or --never"),
        ((CODE, "1", "--never", "--reason", " "), "must not be empty"),
    ],
)
def test_an_end_that_cannot_be_is_refused(thaksa: Thaksa, words: tuple[str, ...], error: str) -> None:
    result = thaksa("end", *words, "--by", "S. Jaidee", fails=True)
    assert error in f"{result.output} {result.exception}"


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


@pytest.mark.parametrize("kind", ["moodle-csv", "case"])
def test_what_is_exported_is_imported(thaksa: Thaksa, tmp_path: Path, kind: str) -> None:
    file, back, yaml = tmp_path / "a.file", tmp_path / "b.file", tmp_path / "c.yaml"
    thaksa("load", SECOND)
    thaksa("export", CODE, "2", "--format", kind, "--out", file)
    same = thaksa("import", file, "--format", kind, "--like", CODE, "2")
    assert "version 2 is there already" in same.stdout

    thaksa("import", file, "--format", kind, "--like", CODE, "2", "--version", "3", "--out", yaml)
    assert [one["version"] for one in json.loads(thaksa("list", "--json").stdout)] == ["1", "2"]
    assert load_yaml(yaml.read_text(encoding="utf-8")).version == "3"

    third = ("--version", "3", "--valid-from", "2027-01-01")
    assert (
        "version 3 is loaded" in thaksa("import", file, "--format", kind, "--like", CODE, "2", *third).stdout
    )
    assert json.loads(thaksa("list", "--json").stdout)[2]["valid_from"] == "2027-01-01"
    thaksa("export", CODE, "3", "--format", kind, "--out", back)
    if kind == "moodle-csv":
        assert back.read_text(encoding="utf-8") == file.read_text(encoding="utf-8").replace(
            f"{CODE}/2", f"{CODE}/3"
        )


def test_yaml_is_the_very_file(thaksa: Thaksa) -> None:
    thaksa("load", SECOND)
    assert thaksa("export", CODE, "2").stdout == SECOND.read_text(encoding="utf-8")


def test_what_cannot_be_imported_or_written_says_why(thaksa: Thaksa, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("x,y\n1,2\n")
    bad = thaksa("import", file, "--format", "moodle-csv", "--like", CODE, "1", fails=True)
    assert str(bad.exception) == "a.csv: line 2: 2 columns where Moodle writes 14"
    nowhere = thaksa("export", CODE, "1", "--out", tmp_path / "no" / "where.yaml", fails=True)
    assert str(nowhere.exception) == "where.yaml: cannot be written: No such file or directory"
    moodle = SECOND.with_name("moodle-export.csv")
    unversioned = thaksa("import", moodle, "--format", "moodle-csv", "--like", CODE, "1", fails=True)
    assert str(unversioned.exception) == "moodle-export.csv: says no version: give it with --version"
