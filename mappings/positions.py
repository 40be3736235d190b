"""From a post to its group (M, A, S, T, or none): a table of exact names in an order of precedence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from mappings import shipped
from mappings.errors import MappingError
from mappings.thai_text import arabic_digits, normalise
from mappings.yaml_entry import Entry

OUTSIDE = "outside"
"""In the table, instead of a group: outside the framework."""

ANY = ""
"""Instead of a line or a post: every one."""

PostKey = tuple[str, str]
"""Line and position of a post, spelt for matching."""


def post_key(line: str, position: str) -> PostKey:
    """A post in one spelling, for matching alone: Thai writes without spaces, and its digits in two ways."""
    return _key(line), _key(position)


def _key(text: str) -> str:
    return arabic_digits(normalise(text)).replace(" ", "").casefold()


@dataclass(frozen=True, slots=True)
class Rule:
    """Posts of one group, under a name; `group` is M, A, S, T, or None: outside the framework."""

    name: str
    group: str | None


@dataclass(frozen=True, slots=True)
class Positions:
    """`posts`: a post, perhaps with ANY, -> the index of its rule. Of rules that hold the first decides."""

    rules: tuple[Rule, ...]
    posts: Mapping[PostKey, int]

    def rule(self, line: str, position: str) -> Rule | None:
        """The rule that decides about a post on a line; None where none knows it."""
        on, post = post_key(line, position)
        holding = [self.posts[key] for key in ((on, post), (on, ANY), (ANY, post)) if key in self.posts]
        return self.rules[min(holding)] if holding else None


def parse_positions(text: str, source: str) -> Positions:
    """The table in a YAML text. Raises MappingError, also where a rule names a post twice."""
    top = Entry.parse(text, source).only("precedence", "posts")
    rules = [_rule(entry) for entry in top.entries("precedence")]
    order = {rule.name: index for index, rule in enumerate(rules)}
    if len(order) != len(rules):
        raise top.error("precedence", "a rule is there twice")
    said: set[tuple[int, PostKey]] = set()
    found: dict[PostKey, int] = {}
    for entry in top.entries("posts"):
        index = order[entry.choice("rule", tuple(order))]
        for key in _posts(entry):
            if (index, key) in said:
                raise _twice(entry, key)
            said.add((index, key))
            found[key] = min(index, found.get(key, index))
    return Positions(tuple(rules), found)


def _rule(entry: Entry) -> Rule:
    group = entry.only("rule", "group").choice("group", ("M", "A", "S", "T", OUTSIDE))
    return Rule(entry.text("rule"), None if group == OUTSIDE else group)


def _posts(entry: Entry) -> Iterator[PostKey]:
    """What an entry names, each post with its endings."""
    entry.only("rule", "lines", "positions", "endings", "alone")
    if not (entry.has("lines") or entry.has("positions")):
        raise entry.error("positions", "is missing, and so is lines")
    lines = entry.texts("lines") if entry.has("lines") else (ANY,)
    positions = list(_with_endings(entry)) if entry.has("positions") else [ANY]
    for line in lines:
        for position in positions:
            yield post_key(line, position)


def _with_endings(entry: Entry) -> Iterator[str]:
    endings = entry.texts("endings") if entry.has("endings") else ()
    for position in entry.texts("positions"):
        if entry.flag("alone", default=True):
            yield position
        for ending in endings:
            yield position + ending


def _twice(entry: Entry, key: PostKey) -> MappingError:
    return entry.error("positions", f"'{key[1] or key[0]}' is in this rule twice")


@cache
def shipped_positions() -> Positions:
    """The table that comes with the product."""
    return parse_positions(shipped.text(shipped.POSITIONS), shipped.POSITIONS)
