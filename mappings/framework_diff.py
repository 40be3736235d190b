"""What two versions of a framework have in common, and what not. Pure."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from mappings.crosswalk import Pair
from mappings.framework import Framework

Kind = Literal["competency", "requirement", "category"]
Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs. A competency: its code and names. A requirement: stage and group, and the codes
    that are asked for in one version alone. A category: its code, weight and modes. `old` or `new` is empty
    where there is nothing of it.
    """

    kind: Kind
    change: Change
    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class FrameworkDiff:
    """`crosswalk` is what the newer version's file says of the older one; `unmapped` what it leaves out.
    `old_days` and `new_days`: the first and the last day of each, None where it lasts.
    """

    differences: tuple[Difference, ...]
    crosswalk: tuple[Pair, ...]
    unmapped: tuple[str, ...]
    old_days: tuple[date, date | None]
    new_days: tuple[date, date | None]


def compare(old: Framework, new: Framework) -> FrameworkDiff:
    """From the older version to the newer; competencies are known by their codes, never by their names."""
    pairs = tuple(
        pair
        for crosswalk in new.crosswalks
        if (crosswalk.framework, crosswalk.version) == (old.code, old.version)
        for pair in crosswalk.pairs()
    )
    followed = {pair.old for pair in pairs}
    differences = (
        *_differences("competency", _competencies(old), _competencies(new)),
        *_requirement_differences(_requirements(old), _requirements(new)),
        *_differences("category", _categories(old), _categories(new)),
    )
    unmapped = tuple(each.code for each in old.competencies if each.code not in followed) if pairs else ()
    days = (old.valid_from, old.valid_to), (new.valid_from, new.valid_to)
    return FrameworkDiff(differences, pairs, unmapped, *days)


def _differences(kind: Kind, old: Mapping[str, str], new: Mapping[str, str]) -> list[Difference]:
    names = [*old, *(name for name in new if name not in old)]
    return [
        Difference(kind, _change(name, old, new), name, old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name) != new.get(name)
    ]


def _change(name: str, old: Container[str], new: Container[str]) -> Change:
    if name not in old:
        return "added"
    return "changed" if name in new else "removed"


def _competencies(one: Framework) -> dict[str, str]:
    return {each.code: f"{each.name_th} ({each.name_en})" for each in one.competencies}


def _requirement_differences(
    old: Mapping[str, tuple[str, ...]], new: Mapping[str, tuple[str, ...]]
) -> list[Difference]:
    names = [*old, *(name for name in new if name not in old)]
    alone = [(name, _alone(name, old, new), _alone(name, new, old)) for name in names]
    return [
        Difference("requirement", _change(name, old, new), name, gone, come)
        for name, gone, come in alone
        if gone or come
    ]


def _alone(name: str, here: Mapping[str, tuple[str, ...]], there: Mapping[str, tuple[str, ...]]) -> str:
    return ", ".join(code for code in here.get(name, ()) if code not in there.get(name, ()))


def _requirements(one: Framework) -> dict[str, tuple[str, ...]]:
    return {f"{each.stage} {group}": each.competencies for each in one.requirements for group in each.groups}


def _categories(one: Framework) -> dict[str, str]:
    return {each.code: f"{each.weight}: {', '.join(each.modes)}" for each in one.categories}
