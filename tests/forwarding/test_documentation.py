"""What docs/forwarding.md shows exists."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from connector.cli import app

PAGE = (Path(__file__).parents[2] / "docs" / "forwarding.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """Every `thaksa forward …`, in blocks and within lines."""
    fenced = re.findall(r"^(thaksa [^#\n]+)", PAGE, re.MULTILINE)
    return sorted({one.strip() for one in fenced} | set(re.findall(r"`(thaksa forward [^`]+)`", PAGE)))


@pytest.mark.parametrize("text", commands())
def test_commands_exist_with_their_options(text: str) -> None:
    command: Any = typer.main.get_command(app)
    words = shlex.split(text)[1:]
    while isinstance(command, TyperGroup):
        command = command.commands[words.pop(0)]
    assert command.make_context("thaksa", words)
