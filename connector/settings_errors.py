"""What is wrong with settings: a line for each mistake, which names where it stands and what to do.

No value is ever quoted: it may be a token that was put into the wrong place.
"""

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from pydantic import ValidationError

from connector.toml_file import Place, TomlFile

PREFIX = "THAKSA_"


class SettingsError(Exception):
    """Settings that cannot be used; a line for the operator for each mistake."""


class Problem(NamedTuple):
    """A mistake: the place of the setting, and what is wrong with it."""

    place: Place
    message: str


class Sources(NamedTuple):
    """Where settings come from: names given as options, names of variables, and the file."""

    options: Collection[str]
    variables: Collection[str]
    file: TomlFile


Names = Callable[[Place], Collection[str]]
"""The settings that a place knows, by their last key."""

_MESSAGES: Mapping[str, str] = {
    "missing": "is missing",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": "must be text in quotes",
    "model_type": "must be a table: [{table}.NAME]",
    "dict_type": "must be tables: [{table}.NAME]",
    "tuple_type": "must be a list",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than_equal": "must be {le:g} or less",
    "string_pattern_mismatch": "must be letters, digits, - and _ alone, as it names files too",
    "literal_error": "must be one of {expected}",
    "value_error": "{error}",
}
_HINTS = {
    "token": "name the file or the variable that holds it, with token_file or token_env",
    "secret": "name the file that holds it, with secret_file",
}


def problems_of(error: ValidationError, names: Names) -> list[Problem]:
    """Each mistake that the models found."""
    return [_problem(one, names) for one in error.errors(include_url=False, include_input=False)]


def told(problems: Collection[Problem], sources: Sources) -> str:
    """A line for each, those of the file in its order."""
    lines = sources.file.lines([one.place for one in problems])
    return "\n".join(
        f"{_where(one.place, sources, lines)}: {one.message}"
        for one in sorted(problems, key=lambda one: (lines[one.place], [str(key) for key in one.place]))
    )


def unknown(name: str, known: Collection[str]) -> str:
    """What is said of a name that means nothing."""
    if name in _HINTS:
        return f"unknown setting: {_HINTS[name]}"
    near = get_close_matches(name, known, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"unknown setting{meant} (the names are in docs/settings.md)"


def _problem(error: Any, names: Names) -> Problem:
    place: Place = error["loc"]
    if place[-1] == "[key]":
        place = place[:-1]
    if error["type"] == "extra_forbidden":
        return Problem(place, unknown(str(place[-1]), names(place)))
    message = _MESSAGES.get(error["type"])
    filled = {"table": place[0], **error.get("ctx", {})}
    return Problem(place, message.format_map(filled) if message else error["msg"])


def _where(place: Place, sources: Sources, lines: Mapping[Place, int]) -> str:
    name = str(place[0])
    if name in sources.options:
        return f"--{name.replace('_', '-')}"
    if name in sources.variables:
        return f"{PREFIX}{name.upper()}"
    return f"{sources.file.path} line {lines[place]}: {'.'.join(str(key) for key in place)}"
