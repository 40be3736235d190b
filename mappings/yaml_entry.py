"""Reading YAML with errors a person can act on: every complaint names the file, entry, field and line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from mappings.errors import MappingError

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML was built without libyaml, which reads ten times as fast
    from yaml import SafeLoader  # type: ignore[assignment]

_ABSENT = object()


class _Fields(dict[str, Any]):
    """A mapping that knows the lines it was written on: its own, and those of its fields."""

    line = 0
    lines: Mapping[str, int] = {}


class _Loader(SafeLoader):
    """Plain YAML, but for a field that is there twice: the former would be lost in silence."""


def _construct_fields(loader: _Loader, node: yaml.MappingNode) -> _Fields:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        if str(key.value) in lines:
            problem = f"'{key.value}' is there twice"
            raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        lines[str(key.value)] = key.start_mark.line + 1
    values = loader.construct_mapping(node, deep=True)
    fields = _Fields({str(name): value for name, value in values.items()})
    fields.line, fields.lines = node.start_mark.line + 1, lines
    return fields


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_fields)


def read_text(path: Path) -> str:
    """The text of a file of rules; MappingError says if it is missing or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise MappingError(f"{path.name}: cannot be opened: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise MappingError(f"{path.name}: is not UTF-8 text") from error


@dataclass(frozen=True, slots=True)
class Entry:
    """A YAML mapping, with the place it was found at: `source` is a file's name, `where` a path in it."""

    source: str
    where: str
    fields: Mapping[str, Any]

    @classmethod
    def parse(cls, text: str, source: str) -> "Entry":
        """The top of a YAML document."""
        try:
            top = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
        except (yaml.YAMLError, ValueError) as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None)
            line = f" (line {mark.line + 1})" if mark else ""
            why = f": {problem}" if problem else ""
            raise MappingError(f"{source}: not readable as YAML{why}{line}") from error
        if not isinstance(top, dict):
            raise MappingError(f"{source}: a mapping of sections is expected at the top")
        return cls(source, "top", top)

    def error(self, field: str, reason: str) -> MappingError:
        """The error to raise for a field of this entry."""
        return MappingError(f"{self.source}: {self.where}: {field}: {reason}{self._line(field)}")

    def only(self, *allowed: str) -> "Entry":
        """This entry, if it has no other fields: a misspelt one would be ignored in silence."""
        for field in self.fields:
            if field not in allowed:
                raise self.error(str(field), f"unknown field; known are {', '.join(allowed)}")
        return self

    def has(self, field: str) -> bool:
        """Whether the field is there and not null."""
        return self.fields.get(field) is not None

    def text(self, field: str) -> str:
        """A text that is not empty."""
        value = self._value(field, str, "a text")
        if not value.strip():
            raise self.error(field, "must not be empty")
        return str(value)

    def text_or_none(self, field: str) -> str | None:
        """A text, or None where the field is absent or null."""
        return self.text(field) if self.has(field) else None

    def choice(self, field: str, allowed: tuple[str, ...]) -> str:
        """One of the allowed words."""
        value = self.text(field)
        if value not in allowed:
            raise self.error(field, f"'{value}' is not one of {', '.join(allowed)}")
        return value

    def integer(self, field: str) -> int:
        """A whole number."""
        return int(self._value(field, int, "a whole number"))

    def number_or_none(self, field: str) -> float | None:
        """A number, or None where the field is absent or null."""
        return float(self._value(field, int | float, "a number")) if self.has(field) else None

    def flag(self, field: str, default: bool) -> bool:
        """true or false."""
        return bool(self._value(field, bool, "true or false")) if self.has(field) else default

    def day(self, field: str) -> date:
        """A day, written 2020-03-24."""
        value: date = self._value(field, date, "a day such as 2020-03-24")
        if isinstance(value, datetime):
            raise self.error(field, "must be a day without a time")
        return value

    def day_or_none(self, field: str) -> date | None:
        """A day, or None where the field is absent or null."""
        return self.day(field) if self.has(field) else None

    def texts(self, field: str) -> tuple[str, ...]:
        """A list of texts, none twice."""
        values = self._value(field, list, "a list")
        for value in values:
            if not isinstance(value, str) or not value.strip():
                raise self.error(field, f"{value!r} is not a text")
            if values.count(value) > 1:
                raise self.error(field, f"'{value}' is there twice")
        return tuple(values)

    def entry(self, field: str) -> "Entry":
        """The mapping under a field."""
        return Entry(self.source, self._inner(field), self._value(field, dict, "a mapping"))

    def entries(self, field: str) -> Iterator["Entry"]:
        """The mappings in a list, each named by its `id` where it has one."""
        for index, value in enumerate(self._value(field, list, "a list")):
            place = f"{self._inner(field)}[{index}]"
            if not isinstance(value, dict):
                raise MappingError(f"{self.source}: {place}: a mapping is expected")
            name = value.get("id")
            yield Entry(self.source, f"{place} ({name})" if isinstance(name, str) else place, value)

    def _line(self, field: str) -> str:
        """Where the field is, or else the entry that lacks it."""
        if not isinstance(self.fields, _Fields):
            return ""
        return f" (line {self.fields.lines.get(field, self.fields.line)})"

    def _inner(self, field: str) -> str:
        return field if self.where == "top" else f"{self.where}.{field}"

    def _value(self, field: str, kind: Any, expected: str) -> Any:
        value = self.fields.get(field, _ABSENT)
        if value is _ABSENT or value is None:
            raise self.error(field, "is missing")
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.error(field, f"must be {expected}")
        return value
