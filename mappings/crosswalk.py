"""What became of the competencies of an older framework version, as the newer one's file says it. Pure.

A crosswalk maps ids for readers and other systems. It moves no completion: what somebody completed stays
with the version that its mapping names.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from mappings.yaml_entry import Entry

Relation = Literal["same", "split", "merged", "regrouped"]


@dataclass(frozen=True, slots=True)
class Step:
    """One old competency and those that follow it; `place` is its entry, for errors."""

    old: str
    new: tuple[str, ...]
    place: Entry = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """An old code and a new one. `same`: one for one; `split`: the old one has others too; `merged`: the
    new one has others too; `regrouped`: both.
    """

    old: str
    new: str
    relation: Relation


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """From one older version, of this framework or of another."""

    framework: str
    version: str
    steps: tuple[Step, ...]
    place: Entry = field(compare=False, repr=False)

    def pairs(self) -> tuple[Pair, ...]:
        """Every pair once, in the file's order, with the relation that follows from all of them."""
        sources = Counter(new for step in self.steps for new in step.new)
        return tuple(
            Pair(step.old, new, _relation(len(step.new), sources[new]))
            for step in self.steps
            for new in step.new
        )


def parse_crosswalks(top: Entry, known: set[str]) -> tuple[Crosswalk, ...]:
    """The file's section `crosswalk`, if it has one; `known` are the competencies of this version."""
    found: list[Crosswalk] = []
    for entry in top.entries("crosswalk") if top.has("crosswalk") else ():
        entry.only("framework", "becomes")
        older = entry.entry("framework").only("id", "version")
        steps = tuple(_step(each, known) for each in entry.entries("becomes"))
        one = Crosswalk(older.text("id"), older.text("version"), steps, entry)
        if any((each.framework, each.version) == (one.framework, one.version) for each in found):
            raise entry.error("framework", "there is an earlier crosswalk from this version")
        for old, times in Counter(step.old for step in steps).items():
            if times > 1:
                raise entry.error("becomes", f"'{old}' is there twice")
        found.append(one)
    return tuple(found)


def _step(entry: Entry, known: set[str]) -> Step:
    entry.only("from", "to")
    step = Step(entry.text("from"), entry.texts("to"), entry)
    if not step.new:
        raise entry.error("to", "names none; leave out what nothing follows")
    for code in step.new:
        if code not in known:
            raise entry.error("to", f"'{code}' is not defined in this file")
    return step


def _relation(targets: int, sources: int) -> Relation:
    if targets == 1:
        return "same" if sources == 1 else "merged"
    return "split" if sources == 1 else "regrouped"
