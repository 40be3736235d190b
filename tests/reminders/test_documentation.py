"""What docs/reminders.md shows exists."""

import re
from pathlib import Path

from connector.cli_reminders import app
from connector.reminders.states import State

PAGE = (Path(__file__).parents[2] / "docs" / "reminders.md").read_text(encoding="utf-8")


def test_all_states_and_no_others_are_explained() -> None:
    told = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(told))) == set(State)


def test_all_commands_are_shown() -> None:
    shown = set(re.findall(r"^thaksa reminders (\w+)", PAGE, re.MULTILINE))
    assert shown == {command.name for command in app.registered_commands}
