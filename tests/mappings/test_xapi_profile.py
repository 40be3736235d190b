"""The xAPI Profile keeps the rules of the Profile Specification 1.0, and describes every word of ours."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from mappings import shipped, vocabulary
from mappings.framework import load_yaml
from mappings.xapi_profile import CONTEXT, PROFILE, VERSION, build_profile, category_iri, find_concept

PART = "http://adlnet.gov/expapi/activities/cmi.interaction"
CATEGORIES = load_yaml(shipped.text(shipped.FRAMEWORK)).categories
BUILT = build_profile(CATEGORIES, [PART, vocabulary.BADGE])
CONCEPTS = {one["id"]: one for one in BUILT["concepts"]}

_LABELLED = {"id", "type", "inScheme", "prefLabel", "definition"}
_RELATIONS = {
    "deprecated",
    "broader",
    "broadMatch",
    "narrower",
    "narrowMatch",
    "related",
    "relatedMatch",
    "exactMatch",
}
_EXTENSION = {
    "deprecated",
    "recommendedActivityTypes",
    "recommendedVerbs",
    "context",
    "schema",
    "inlineSchema",
}
_TEMPLATE = {
    "deprecated", "allowedSolo", "verb", "objectActivityType", "contextGroupingActivityType",
    "contextParentActivityType", "contextOtherActivityType", "contextCategoryActivityType",
    "attachmentUsageType", "objectStatementRefTemplate", "contextStatementRefTemplate", "rules",
}  # fmt: skip
_RULE = {"location", "selector", "presence", "any", "all", "none", "scopeNote"}


def values(of: Any) -> Iterator[Any]:
    yield of
    for each in of.values() if isinstance(of, dict) else of if isinstance(of, list) else ():
        yield from values(each)


def language_map(value: Any) -> bool:
    return bool(value) and all(tag in ("en", "th") and isinstance(text, str) for tag, text in value.items())


def test_the_head_is_as_the_specification_has_it() -> None:
    assert BUILT["@context"] == CONTEXT == "https://w3id.org/xapi/profiles/context"
    assert (BUILT["id"], BUILT["type"]) == (PROFILE, "Profile")
    assert BUILT["conformsTo"] == "https://w3id.org/xapi/profiles#1.0"
    assert language_map(BUILT["prefLabel"])
    assert language_map(BUILT["definition"])
    (version,) = BUILT["versions"]
    assert version["id"] == VERSION != PROFILE
    assert datetime.fromisoformat(version["generatedAtTime"]).tzinfo is not None
    assert BUILT["author"] == {"type": "Organization", "name": "Thaksa"}


def test_nothing_is_null_or_empty() -> None:
    assert not [each for each in values(BUILT) if each is None or each in ("", {}, [])]


def test_every_id_is_there_once_and_in_this_version() -> None:
    everything = [*BUILT["concepts"], *BUILT["templates"]]
    ids = [each["id"] for each in everything]
    assert len(set(ids) | {PROFILE, VERSION}) == len(ids) + 2
    assert {each["inScheme"] for each in everything} == {VERSION}
    assert all(":" in each and " " not in each for each in ids)


@pytest.mark.parametrize("concept", BUILT["concepts"], ids=lambda one: one["id"])
def test_a_concept_has_the_fields_of_its_type(concept: dict[str, Any]) -> None:
    kind, fields = concept["type"], concept.keys()
    if kind == "Activity":
        assert fields == {"id", "type", "inScheme", "activityDefinition"}
        definition = concept["activityDefinition"]
        assert definition["@context"] == "https://w3id.org/xapi/profiles/activity-context"
        assert CONCEPTS[definition["type"]]["type"] == "ActivityType"
        assert language_map(definition["name"])
        assert language_map(definition["description"])
        return
    assert fields >= _LABELLED
    assert language_map(concept["prefLabel"])
    assert language_map(concept["definition"])
    if kind in ("Verb", "ActivityType"):
        assert fields - _LABELLED <= _RELATIONS
    else:
        assert kind in ("ContextExtension", "ResultExtension")
        assert fields - _LABELLED <= _EXTENSION
        assert json.loads(concept["inlineSchema"])["type"] in ("string", "integer")


@pytest.mark.parametrize("template", BUILT["templates"], ids=lambda one: one["id"])
def test_a_template_has_the_fields_of_a_template(template: dict[str, Any]) -> None:
    assert template["type"] == "StatementTemplate"
    assert template.keys() >= _LABELLED
    assert template.keys() - _LABELLED <= _TEMPLATE
    assert CONCEPTS[template["verb"]]["type"] == "Verb"
    assert CONCEPTS[template["objectActivityType"]]["type"] == "ActivityType"
    for rule in template["rules"]:
        assert rule.keys() <= _RULE
        assert rule.keys() & {"presence", "any", "all", "none"}
        assert rule.get("presence", "included") in ("included", "excluded", "recommended")
        assert rule["location"].startswith("$.")
        assert "?" not in rule["location"]


def test_templates_can_be_told_apart() -> None:
    pairs = [(each["verb"], each["objectActivityType"]) for each in BUILT["templates"]]
    assert len(set(pairs)) == len(pairs)


def test_every_word_of_the_vocabulary_is_described() -> None:
    """A word that is added to the vocabulary is described, or is named here as none of a statement's."""
    homes = {vocabulary.OURS, vocabulary.PEOPLE}
    constants = {
        iri
        for name, value in vars(vocabulary).items()
        if name.isupper()
        for iri in (value if isinstance(value, tuple) else (value,))
        if isinstance(iri, str) and "://" in iri
    }
    assert len(constants) > 15
    assert constants - homes <= CONCEPTS.keys()


def test_the_kinds_are_those_of_their_iris() -> None:
    kinds = {"verb": "Verb", "activit": "ActivityType", "extensions": ("ContextExtension", "ResultExtension")}
    for iri, one in CONCEPTS.items():
        for part, kind in kinds.items():
            if f"/{part}" in iri and "/categories/" not in iri:
                assert one["type"] in kind, iri


def test_learning_categories_are_activities() -> None:
    assert [CONCEPTS[category_iri(each.code)]["activityDefinition"]["name"]["en"] for each in CATEGORIES] == [
        f"{each.name_en} ({each.weight})" for each in CATEGORIES
    ]
    assert category_iri("LC70") == "https://w3id.org/thaksa/categories/LC70"


def test_types_of_parts_are_named_once() -> None:
    assert CONCEPTS[PART]["prefLabel"] == {"en": "cmi interaction"}
    assert CONCEPTS[vocabulary.BADGE]["prefLabel"]["en"] == "badge"


def test_a_concept_by_itself_has_the_context() -> None:
    found = find_concept(BUILT, vocabulary.CERTIFICATE)
    assert found == {"@context": CONTEXT, **CONCEPTS[vocabulary.CERTIFICATE]}
    assert find_concept(BUILT, VERSION) is find_concept(BUILT, PROFILE) is BUILT
    assert find_concept(BUILT, f"{vocabulary.OURS}nothing") is None
