"""`thaksa import completions | attendance | claims | list | withdraw` as an operator runs them."""

import re
from pathlib import Path

import pytest

from mappings import shipped
from tests.connector.learning import a_file
from tests.system.demo import thaksa


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    for kind, sample in (("units", shipped.SAMPLE_UNITS), ("roster", shipped.SAMPLE_ROSTER)):
        done = thaksa("import", kind, str(shipped.path(sample)), data=folder)
        assert done.returncode == 0, done.stderr
    return folder


def test_a_list_with_a_saved_preset_and_back_again(data: Path, tmp_path: Path) -> None:
    text = "Citizen,Kurs,Ende\n1001000079196,DL101,5 ก.ค. 2567\n1,DL101,5 ก.ค. 2567\n"
    path = a_file(tmp_path, text)
    columns = ("--column", "national_id=Citizen", "--column", "course=Kurs", "--column", "completed_on=Ende")
    looked = thaksa("import", "completions", str(path), *columns, "--dry-run", data=data)
    assert "Nothing was imported" in looked.stdout
    refused = thaksa("import", "completions", str(path), "--preset", "none", data=data)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "preset none: is none of completions; none is saved yet" in refused.stderr
    done = thaksa("import", "completions", str(path), *columns, "--save-preset", "kurse", data=data)
    assert "must have 13 digits" in done.stderr
    again = thaksa("import", "completions", str(path), "--preset", "kurse", data=data)
    assert again.returncode == 1
    assert "0 added, 0 changed" in again.stdout
    listed = thaksa("import", "list", data=data)
    assert "completions" in listed.stdout
    uuid = re.findall(r"Import (\S+)\.", done.stdout)[0]
    back = thaksa("import", "withdraw", uuid, "--reason", "a test", data=data)
    assert (back.returncode, back.stderr) == (0, "")
    twice = thaksa("import", "withdraw", uuid, "--reason", "a test", data=data)
    assert "is withdrawn, not applied" in twice.stderr
