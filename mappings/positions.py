"""From a post to its group (M, A, S, T): a table of exact names, and nothing cleverer."""

from dataclasses import dataclass
from functools import cache

from mappings import shipped
from mappings.thai_text import arabic_digits, normalise
from mappings.yaml_entry import Entry


def post_key(line: str, position: str) -> tuple[str, str]:
    """A post in one spelling, for matching alone: Thai writes without spaces, and its digits in two ways."""
    return _key(line), _key(position)


def _key(text: str) -> str:
    return arabic_digits(normalise(text)).replace(" ", "").casefold()


@dataclass(frozen=True, slots=True)
class Positions:
    """(line or "", position), both normalised -> group."""

    groups: dict[tuple[str, str], str]

    def group(self, line: str, position: str) -> str | None:
        """The group of a post on a line; None where the table does not know it."""
        post = normalise(position)
        return self.groups.get((normalise(line), post)) or self.groups.get(("", post))


def parse_positions(text: str, source: str) -> Positions:
    """The table in a YAML text. Raises MappingError, also where one post has two groups."""
    found: dict[tuple[str, str], str] = {}
    for entry in Entry.parse(text, source).only("positions").entries("positions"):
        entry.only("group", "line", "positions")
        group, line = entry.choice("group", ("M", "A", "S", "T")), normalise(entry.text_or_none("line") or "")
        for position in entry.texts("positions"):
            if found.setdefault((line, normalise(position)), group) != group:
                raise entry.error("positions", f"'{position}' has another group above")
    return Positions(found)


@cache
def shipped_positions() -> Positions:
    """The table that comes with the product."""
    return parse_positions(shipped.text(shipped.POSITIONS), shipped.POSITIONS)
