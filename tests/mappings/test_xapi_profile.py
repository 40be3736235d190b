"""The xAPI Profile keeps the rules of the specification 1.0, and knows every word of the vocabulary."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from mappings import shipped, vocabulary
from mappings.framework import load_yaml
from mappings.xapi_profile import CONTEXT, COURSE, PROFILE, VERSION, build_profile, category_iri, find_concept

PART = "http://adlnet.gov/expapi/activities/cmi.interaction"
CATEGORIES = load_yaml(shipped.text(shipped.FRAMEWORK)).categories
BUILT = build_profile(CATEGORIES, [PART, COURSE])
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
    "deprecated", "verb", "objectActivityType", "contextGroupingActivityType",
    "contextParentActivityType", "contextOtherActivityType", "contextCategoryActivityType",
    "attachmentUsageType", "objectStatementRefTemplate", "contextStatementRefTemplate", "rules",
}  # fmt: skip
_RULE = {"location", "selector", "presence", "any", "all", "none"}


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
    assert "verbs/" in template["verb"] or "verb/" in template["verb"]
    assert not {"objectStatementRefTemplate", "objectActivityType"} <= template.keys()
    for rule in template.get("rules", ()):
        assert rule.keys() <= _RULE
        assert rule.keys() & {"presence", "any", "all", "none"}
        assert rule.get("presence", "included") in ("included", "excluded", "recommended")
        assert rule["location"].startswith("$.")
        assert "?" not in rule["location"]


def test_templates_can_be_told_apart() -> None:
    parts = ("verb", "objectActivityType", "contextParentActivityType")
    determining = [json.dumps([each.get(part) for part in parts]) for each in BUILT["templates"]]
    assert len(set(determining)) == len(determining)


def test_no_word_of_others_is_defined_again() -> None:
    """Specification 1.0, 7.0: no concept that another profile defines."""
    assert all(iri.startswith(vocabulary.OURS) for iri in CONCEPTS)


def test_every_word_of_the_vocabulary_is_defined_or_used() -> None:
    """A word that is added to the vocabulary gets a concept or a template, or is no word of a statement's."""
    homes = {vocabulary.OURS, vocabulary.PEOPLE, vocabulary.UNITS}
    constants = {
        iri
        for name, value in vars(vocabulary).items()
        if name.isupper()
        for iri in (value if isinstance(value, tuple) else (value,))
        if isinstance(iri, str) and "://" in iri
    }
    assert len(constants) > 15
    texts = [each for each in values([BUILT["concepts"], BUILT["templates"]]) if isinstance(each, str)]
    known = {iri for each in texts for iri in (re.findall(r"'(\w+://[^']+)'", each) or [each])}
    assert constants - homes <= known


def test_concepts_of_ours_have_the_kinds_of_their_iris() -> None:
    kinds = {vocabulary.CERTIFICATE: "ActivityType", vocabulary.ROW_EXTENSION: "ContextExtension"}
    assert {iri: CONCEPTS[iri]["type"] for iri in kinds} == kinds


def test_learning_categories_are_activities() -> None:
    assert [CONCEPTS[category_iri(each.code)]["activityDefinition"]["name"]["en"] for each in CATEGORIES] == [
        f"{each.name_en} ({each.weight})" for each in CATEGORIES
    ]
    assert category_iri("LC70") == "https://w3id.org/thaksa/categories/LC70"


def test_types_of_parts_are_those_of_the_platforms() -> None:
    (template,) = [each for each in BUILT["templates"] if "contextParentActivityType" in each]
    assert template["rules"][-1]["any"] == sorted([PART, COURSE])
    assert [
        each for each in build_profile(CATEGORIES)["templates"] if "contextParentActivityType" in each
    ] == []


def test_a_concept_by_itself_has_the_context() -> None:
    found = find_concept(BUILT, vocabulary.CERTIFICATE)
    assert found == {"@context": CONTEXT, **CONCEPTS[vocabulary.CERTIFICATE]}
    assert find_concept(BUILT, VERSION) is find_concept(BUILT, PROFILE) is BUILT
    assert find_concept(BUILT, f"{vocabulary.OURS}nothing") is None
