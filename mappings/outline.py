"""What every format of other systems says of a framework: its titles and the tree of its competencies. Pure.

Groups, stages, requirements, learning categories and days of validity are ours alone. An outline that was
read takes them from a framework that is there (`completed`), and nothing is ever matched by its name.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date

from mappings.crosswalk import Crosswalk
from mappings.errors import MappingError
from mappings.framework import Competency, Framework, Named, Requirement, load_yaml
from mappings.framework_yaml import dump_yaml


@dataclass(frozen=True, slots=True)
class OutlineItem:
    """A dimension (`parent` empty) or a competency; `place` is where it was read, for errors."""

    code: str
    parent: str
    name_th: str
    name_en: str
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Outline:
    """One version of a framework as other systems know it; `version` None where the file has none.

    Items stand in the framework's order, each behind its parent. A competency that has no parent stands
    for a dimension of its own with the same code.
    """

    code: str
    version: str | None
    title_th: str
    title_en: str
    items: tuple[OutlineItem, ...]

    @classmethod
    def of(cls, framework: Framework) -> "Outline":
        """The outline of a framework."""
        items: list[OutlineItem] = []
        for dimension in framework.dimensions:
            inside = [each for each in framework.competencies if each.dimension == dimension.code]
            items.append(OutlineItem(dimension.code, "", dimension.name_th, dimension.name_en))
            alone = (dimension.code, dimension.name_th, dimension.name_en)
            if [(each.code, each.name_th, each.name_en) for each in inside] != [alone]:
                items += [
                    OutlineItem(each.code, dimension.code, each.name_th, each.name_en) for each in inside
                ]
        return cls.checked(
            framework.name(),
            code=framework.code,
            version=framework.version,
            title_th=framework.title_th,
            title_en=framework.title_en,
            items=tuple(items),
        )

    @classmethod
    def checked(
        cls,
        source: str,
        *,
        code: str,
        version: str | None,
        title_th: str,
        title_en: str,
        items: tuple[OutlineItem, ...],
    ) -> "Outline":
        """An outline whose tree is whole and has two levels; MappingError says what is not."""
        tops = {each.code for each in items if not each.parent}
        for each in items:
            where = each.place or f"{source}: {each.code}"
            if not each.code or not each.name_th:
                raise MappingError(f"{where}: needs an id and a name")
            if each.parent and each.parent not in tops:
                known = each.parent in {one.code for one in items}
                why = "lies on a third level; two can be told apart" if known else "is not in the file"
                raise MappingError(f"{where}: the parent '{each.parent}' {why}")
        for one, times in Counter(each.code for each in items).items():
            if times > 1:
                raise MappingError(f"{source}: the id '{one}' is there {times} times")
        if not code or not items:
            raise MappingError(f"{source}: a framework needs an id and at least one competency")
        return cls(code, version, title_th, title_en, items)

    def completed(
        self,
        like: Framework,
        *,
        version: str,
        valid_from: date,
        crosswalks: tuple[Crosswalk, ...] | None = None,
    ) -> Framework:
        """The framework that has this outline, and groups, stages and categories as `like`.

        `crosswalks` None: those of `like` if it is this very version.

        A requirement of `like` that asks for all of its competencies asks for all of these; one that asks
        for some keeps them by their codes, and is refused if a code is here no more. Raises MappingError.
        """
        dimensions, competencies = self._levels()
        same = (like.code, like.version) == (self.code, version)
        codes = tuple(each.code for each in competencies)
        found = replace(
            like,
            code=self.code,
            version=version,
            title_th=self.title_th,
            title_en=self.title_en,
            valid_from=valid_from,
            valid_to=like.valid_to if same else None,
            dimensions=dimensions,
            competencies=competencies,
            requirements=tuple(_requirement(each, like, codes) for each in like.requirements),
            crosswalks=(like.crosswalks if same else ()) if crosswalks is None else crosswalks,
        )
        return load_yaml(dump_yaml(found), f"{self.code} version {version}")

    def _levels(self) -> tuple[tuple[Named, ...], tuple[Competency, ...]]:
        parents = {each.parent for each in self.items}
        dimensions: list[Named] = []
        competencies: list[Competency] = []
        for top in (each for each in self.items if not each.parent):
            dimensions.append(Named(top.code, top.name_th, top.name_en))
            inside = (
                [each for each in self.items if each.parent == top.code] if top.code in parents else [top]
            )
            for each in inside:
                place = len(competencies) + 1
                competencies.append(Competency(each.code, top.code, place, each.name_th, each.name_en))
        return tuple(dimensions), tuple(competencies)


def _requirement(one: Requirement, like: Framework, codes: tuple[str, ...]) -> Requirement:
    if set(one.competencies) == {each.code for each in like.competencies}:
        same = set(one.competencies) == set(codes)
        return one if same else replace(one, competencies=codes)
    for code in one.competencies:
        if code not in codes:
            raise MappingError(
                f"{like.name()} requires '{code}' of some groups, and it is not in the file: write the YAML"
            )
    return one
