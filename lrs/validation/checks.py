"""How rules are put together: each takes a value of parsed JSON and raises Broken, or does nothing.

What a statement costs to check is most of what it costs to take in, so a rule is told nothing of where
it stands: the path is put together only for a value that fails, step by step on the way out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lrs.errors import BadStatement
from lrs.values import Check, broken

Rule = Callable[[Any], None]


class Broken(Exception):
    """A value breaks the specification; `steps` lead to it from the value that was checked first."""

    def __init__(self, problem: str, section: str, step: str = "") -> None:
        super().__init__(problem)
        self._problem = problem
        self._section = section
        self._steps = [step]

    def under(self, step: str) -> None:
        """The value is reached by this step (".name" or "[0]")."""
        self._steps.append(step)

    def told(self, name: str) -> BadStatement:
        """The error for the sender, where `name` is what the value checked first goes by."""
        return broken(name + "".join(reversed(self._steps)), self._problem, self._section)


def named(check: Rule) -> Check:
    """The same check for a value that the caller names; it raises BadStatement."""

    def check_named(value: Any, path: str) -> None:
        try:
            check(value)
        except Broken as error:
            raise error.told(path) from None

    return check_named


def shape(
    section: str,
    properties: Mapping[str, Rule],
    required: Sequence[str] = (),
    also: Rule | None = None,
) -> Rule:
    """An object with these properties only, the required ones present, that meets `also` as a whole."""
    check_of = dict(properties).get

    def check(value: Any) -> None:
        if not isinstance(value, dict):
            raise Broken("must be an object", section)
        unknown = None
        try:
            for name, item in value.items():
                one = check_of(name)
                if one is None:
                    unknown = name
                    break
                one(item)
        except Broken as error:
            error.under(f".{name}")
            raise
        if unknown is not None:
            raise Broken(f"has no property {unknown[:80]!r}", section)
        for name in required:
            if name not in value:
                raise Broken(f"must have the property {name!r}", section)
        if also is not None:
            also(value)

    return check


def array(section: str, item: Rule, least: int = 0, also: Rule | None = None) -> Rule:
    """An array of such items that meets `also` as a whole."""

    def check(value: Any) -> None:
        if not isinstance(value, list):
            raise Broken("must be an array", section)
        if len(value) < least:
            raise Broken(f"must have at least {least} item", section)
        index = 0
        try:
            for one in value:
                item(one)
                index += 1
        except Broken as error:
            error.under(f"[{index}]")
            raise
        if also is not None:
            also(value)

    return check


def one_of(section: str, *choices: str) -> Rule:
    """One of these strings."""
    problem = "must be " + " or ".join(map(repr, choices))

    def check(value: Any) -> None:
        if not isinstance(value, str) or value not in choices:
            raise Broken(problem, section)

    return check


def by_type(section: str, kinds: Mapping[str, Rule], default: str) -> Rule:
    """The check that belongs to the object's `objectType`."""
    problem = "must be " + " or ".join(map(repr, kinds))

    def check(value: Any) -> None:
        kind = value.get("objectType", default) if isinstance(value, dict) else default
        one = kinds.get(kind) if isinstance(kind, str) else None
        if one is None:
            raise Broken(problem, section, ".objectType")
        one(value)

    return check
