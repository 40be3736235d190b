"""A framework as 1EdTech CASE 1.1 says it: a document, its items, and what relates them. Pure.

Identifiers are UUIDs (version 5) over codes and versions: every installation gives the same ones. Groups,
requirements and learning categories have no place in CASE. Field names and types: REST/JSON binding 1.0.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from mappings.crosswalk import Crosswalk, Relation, Step
from mappings.errors import MappingError
from mappings.framework import Framework
from mappings.outline import Outline, OutlineItem
from mappings.vocabulary import OURS
from mappings.yaml_entry import Entry

PATH = "ims/case/v1p1"
_NAMESPACE = uuid5(NAMESPACE_URL, f"{OURS}case")
# A merged competency is wholly in the new one; of a split one each new competency has a part.
_ASSOCIATIONS: Mapping[Relation, str] = {
    "same": "exactMatchOf",
    "merged": "replacedBy",
    "split": "isRelatedTo",
    "regrouped": "isRelatedTo",
}


def document_id(code: str, version: str) -> UUID:
    """The CFDocument and CFPackage of a version."""
    return uuid5(_NAMESPACE, f"document {code} {version}")


def item_id(code: str, version: str, item: str) -> UUID:
    """The CFItem of a dimension or competency."""
    return uuid5(_NAMESPACE, f"item {code} {version} {item}")


@dataclass(frozen=True, slots=True)
class CasePackage:
    """One version as CASE. `base` is the address that `/ims/case/v1p1` lies under, `changed` when the
    version was loaded; `others` are the versions that its crosswalks name.
    """

    framework: Framework
    changed: datetime
    base: str
    others: Sequence[Framework] = ()

    def package(self) -> dict[str, Any]:
        """CFPackage."""
        return {"CFDocument": self.document(), "CFItems": self.items(), "CFAssociations": self.associations()}

    def document(self) -> dict[str, Any]:
        """CFPckgDocument."""
        one = self.framework
        document = {
            **self._place("CFDocuments", document_id(one.code, one.version)),
            "caseVersion": "1.1",
            "creator": one.issuer_th,
            "title": one.title_th,
            "lastChangeDateTime": self._changed(),
            "description": one.title_en,
            "language": "th",
            "version": one.version,
            "adoptionStatus": "Adopted",
            "statusStartDate": str(one.valid_from),
            "notes": one.document_no,
        }
        return document if one.valid_to is None else document | {"statusEndDate": str(one.valid_to)}

    def items(self) -> list[dict[str, Any]]:
        """CFPckgItem of each dimension, then of its competencies."""
        one = self.framework
        competencies = {each.code for each in one.competencies}
        return [
            {
                **self._place("CFItems", item_id(one.code, one.version, each.code)),
                "fullStatement": each.name_th,
                "CFItemType": "Competency" if each.code in competencies else "Dimension",
                "humanCodingScheme": each.code,
                "abbreviatedStatement": each.name_en,
                "language": "th",
                "lastChangeDateTime": self._changed(),
            }
            for each in Outline.of(one).items
        ]

    def associations(self) -> list[dict[str, Any]]:
        """CFPckgAssociation: what lies under what, in order; then what became of older competencies."""
        return [*self._children(), *self._crosswalk()]

    def standalone(self, kind: str, found: dict[str, Any]) -> dict[str, Any]:
        """A document, item or association as it is outside of its package."""
        one = self.framework
        if kind == "CFDocuments":
            link = self._link("CFPackages", document_id(one.code, one.version), one.title_th)
            return found | {"CFPackageURI": link}
        return found | {
            "CFDocumentURI": self._link("CFDocuments", document_id(one.code, one.version), one.title_th)
        }

    def _children(self) -> Iterator[dict[str, Any]]:
        one = self.framework
        document = self._link("CFDocuments", document_id(one.code, one.version), one.title_th)
        outline = {each.code: each for each in Outline.of(one).items}
        places: dict[str, int] = {}
        for each in outline.values():
            places[each.parent] = places.get(each.parent, 0) + 1
            parent = self._item_link(one, outline[each.parent]) if each.parent else document
            found = self._association("isChildOf", self._item_link(one, each), parent)
            yield found | {"sequenceNumber": places[each.parent]}

    def _crosswalk(self) -> Iterator[dict[str, Any]]:
        one = self.framework
        names = {(each.code, each.version): each for each in self.others}
        new = {each.code: each for each in Outline.of(one).items}
        for crosswalk in one.crosswalks:
            older = names.get((crosswalk.framework, crosswalk.version))
            if older is None:
                continue
            old = {each.code: each for each in Outline.of(older).items}
            for pair in crosswalk.pairs():
                ends = self._item_link(older, old[pair.old]), self._item_link(one, new[pair.new])
                yield self._association(_ASSOCIATIONS[pair.relation], *ends)

    def _association(self, kind: str, origin: dict[str, str], destination: dict[str, str]) -> dict[str, Any]:
        ends = f"{origin['identifier']} {destination['identifier']}"
        return {
            **self._place("CFAssociations", uuid5(_NAMESPACE, f"association {kind} {ends}")),
            "associationType": kind,
            "originNodeURI": origin | {"targetType": "CASE"},
            "destinationNodeURI": destination | {"targetType": "CASE"},
            "lastChangeDateTime": self._changed(),
        }

    def _item_link(self, framework: Framework, item: OutlineItem) -> dict[str, str]:
        return self._link("CFItems", item_id(framework.code, framework.version, item.code), item.name_th)

    def _link(self, kind: str, identifier: UUID, title: str) -> dict[str, str]:
        return {"title": title, **self._place(kind, identifier)}

    def _place(self, kind: str, identifier: UUID) -> dict[str, str]:
        return {"identifier": str(identifier), "uri": f"{self.base}{PATH}/{kind}/{identifier}"}

    def _changed(self) -> str:
        return self.changed.astimezone(UTC).isoformat(timespec="seconds")


def from_case(text: str, source: str, code: str) -> Outline:
    """The outline in a CFPackage, ours or another's; CASE has no code of the framework, so it is given.

    Items keep their `humanCodingScheme` as code. Raises MappingError.
    """
    package = _parse(text, source)
    document, items = package["CFDocument"], {each["identifier"]: each for each in package.get("CFItems", [])}
    children: dict[str, list[tuple[int, str]]] = {}
    for each in package.get("CFAssociations", []):
        if each["associationType"] == "isChildOf":
            parent, child = each["destinationNodeURI"]["identifier"], each["originNodeURI"]["identifier"]
            if child not in items:
                raise MappingError(
                    f"{source}: an association names the item {child}, which is not in the file"
                )
            children.setdefault(parent, []).append((each.get("sequenceNumber", 0), child))
    found: list[OutlineItem] = []
    for top in _ordered(children, document["identifier"]):
        found.append(_outline_item(items[top], "", source))
        for inner in _ordered(children, top):
            if inner in children:
                raise MappingError(f"{source}: item {inner}: has a third level; two can be told apart")
            found.append(_outline_item(items[inner], items[top].get("humanCodingScheme", ""), source))
    if len(found) != len(items):
        raise MappingError(f"{source}: {len(items)} items, of which {len(found)} lie under the document")
    return Outline.checked(
        source,
        code=code,
        version=document.get("version"),
        title_th=document["title"],
        title_en=document.get("description") or document["title"],
        items=tuple(found),
    )


def crosswalks_from_case(text: str, source: str, known: Sequence[Framework]) -> tuple[Crosswalk, ...]:
    """What the package says of competencies of `known` versions; others' items are not told of."""
    package = _parse(text, source)
    codes = {each["identifier"]: each.get("humanCodingScheme", "") for each in package.get("CFItems", [])}
    found = []
    for older in known:
        old = {str(item_id(older.code, older.version, each.code)): each.code for each in older.competencies}
        targets: dict[str, list[str]] = {}
        for each in package.get("CFAssociations", []):
            ends = each["originNodeURI"]["identifier"], each["destinationNodeURI"]["identifier"]
            if each["associationType"] in _ASSOCIATIONS.values() and ends[0] in old and ends[1] in codes:
                targets.setdefault(old[ends[0]], []).append(codes[ends[1]])
        place = Entry(source, f"crosswalk from {older.name()}", {})
        steps = tuple(Step(code, tuple(new), place) for code, new in targets.items())
        if steps:
            found.append(Crosswalk(older.code, older.version, steps, place))
    return tuple(found)


def _parse(text: str, source: str) -> dict[str, Any]:
    try:
        package = json.loads(text)
        fields = [package["CFDocument"]["identifier"], package["CFDocument"]["title"]]
        for each in package.get("CFItems", []):
            fields += [each["identifier"], each["fullStatement"]]
        for each in package.get("CFAssociations", []):
            ends = each["originNodeURI"]["identifier"], each["destinationNodeURI"]["identifier"]
            fields += [each["associationType"], *ends]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MappingError(f"{source}: is no CFPackage of CASE: {type(error).__name__} {error}") from error
    if not all(isinstance(each, str) for each in fields):
        raise MappingError(f"{source}: is no CFPackage of CASE: a field that holds text does not")
    return dict(package)


def _ordered(children: Mapping[str, list[tuple[int, str]]], parent: str) -> list[str]:
    return [child for _, child in sorted(children.get(parent, []), key=lambda one: one[0])]


def _outline_item(item: Mapping[str, Any], parent: str, source: str) -> OutlineItem:
    name = item["fullStatement"]
    place = f"{source}: item {item['identifier']}"
    return OutlineItem(
        item.get("humanCodingScheme", ""), parent, name, item.get("abbreviatedStatement") or name, place
    )
