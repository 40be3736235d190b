"""A TOML file that can say on which line a value of it stands.

The grammar is Python's own reader's: a value begins on the line after the longest readable beginning of the
file that does not hold it yet.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Place = tuple[str | int, ...]
"""The keys, and the numbers within lists, that lead to a value."""


@dataclass(frozen=True, slots=True)
class TomlFile:
    """What a file holds; nothing where there is no file."""

    path: Path
    text: str
    values: Mapping[str, Any]

    def lines(self, places: Collection[Place]) -> dict[Place, int]:
        """The line, from 1, on which each value begins; where it is missing, the innermost table that should
        hold it."""
        found = dict.fromkeys(places, (0, 1))
        for line, values in _beginnings(self.text):
            for place, (depth, _) in found.items():
                if (reached := _depth(values, place)) > depth:
                    found[place] = reached, line
        return {place: line for place, (_, line) in found.items()}


def read_toml(path: Path) -> TomlFile:
    """The file at `path`, with or without byte order mark; raises OSError and ValueError."""
    if not path.exists():
        return TomlFile(path, "", {})
    text = path.read_text(encoding="utf-8-sig")
    return TomlFile(path, text, tomllib.loads(text))


def _beginnings(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The values after each line that ends one, with the line on which that one began."""
    lines = text.split("\n")
    began = 0
    for end, last in enumerate(lines, 1):
        if _says_nothing(last):
            continue
        try:
            values = tomllib.loads("\n".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            # In the middle of a value of several lines.
            continue
        while _says_nothing(lines[began]):
            began += 1
        yield began + 1, values
        began = end


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _depth(values: Any, place: Sequence[str | int]) -> int:
    """How many keys of the place are there."""
    for depth, key in enumerate(place):
        try:
            values = values[key]
        except (KeyError, IndexError, TypeError):
            return depth
    return len(place)
