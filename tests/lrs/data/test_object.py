"""Data 2.4.3 and 2.4.4, IEEE 9274.1.1 4.2.2.2 and 4.2.2.3: verbs, activities and other objects."""

from typing import Any

import pytest

from ..statements import COURSE, full, simple, voiding
from .cases import (
    AGENT,
    GROUP,
    IRI,
    MBOX,
    REMOVED,
    UUID,
    accept,
    at,
    both_versions,
    each,
    inside,
    refuse,
    refuse_everywhere,
    substatement,
)

NOT_IRIS: tuple[Any, ...] = (
    "completed",
    "ab=c://should.fail.com",
    "https://example.org/a b",
    "",
    "//a.b/c",
    1,
    {},
    [],
    None,
)
NOT_LANGUAGE_MAPS: tuple[Any, ...] = (
    "completed",
    1,
    [],
    None,
    {"en": 1},
    {"en": None},
    {"a12345": "x"},
    {"": "x"},
)
COMPONENTS = ("choices", "scale", "source", "target", "steps")
INTERACTIONS: dict[str, dict[str, Any]] = {
    "true-false": {"correctResponsesPattern": ["true"]},
    "choice": {"choices": [{"id": "a", "description": {"en": "A"}}, {"id": "b"}]},
    "fill-in": {"correctResponsesPattern": ["Bob"]},
    "long-fill-in": {"correctResponsesPattern": ["{case_matters=false}{lang=en}To"]},
    "matching": {"source": [{"id": "a"}], "target": [{"id": "a"}]},
    "performance": {"steps": [{"id": "a"}]},
    "sequencing": {"choices": [{"id": "a"}]},
    "likert": {"scale": [{"id": "1"}]},
    "numeric": {"correctResponsesPattern": ["4[:]"]},
    "other": {"correctResponsesPattern": ["(35.9,-86.8)"]},
}


@both_versions
class TestVerb:
    """Data 2.4.3."""

    @pytest.mark.parametrize(
        ("path", "bad"),
        [
            *each("verb", "completed", 1, [], None, {}),
            ("verb.id", REMOVED),
            ("verb.name", "x"),
            ("verb.Id", IRI),
            *each("verb.id", *NOT_IRIS),
            *each("verb.display", *NOT_LANGUAGE_MAPS),
        ],
    )
    def test_refused(self, version: str, path: str, bad: Any) -> None:
        refuse_everywhere(path, bad, version)

    def test_display_may_be_left_out(self, version: str) -> None:
        assert accept(at("verb.display", REMOVED), version)["verb"] == {"id": full()["verb"]["id"]}
        assert accept(at("verb.display", {}), version)["verb"]["display"] == {}


@both_versions
class TestActivity:
    """Data 2.4.4.1."""

    @pytest.mark.parametrize(
        ("path", "bad"),
        [
            *each("object", "x", 1, [], None, {}),
            *each("object.objectType", "activity", "Statement", 1, {}, None),
            *each("object.id", REMOVED, *NOT_IRIS),
            ("object.name", "x"),
            *each("object.definition", "x", 1, [], None),
            ("object.definition.title", "x"),
            *each("object.definition.type object.definition.moreInfo", *NOT_IRIS),
            *each("object.definition.name object.definition.description", *NOT_LANGUAGE_MAPS),
        ],
    )
    def test_refused(self, version: str, path: str, bad: Any) -> None:
        refuse_everywhere(path, bad, version)

    @pytest.mark.parametrize(
        "definition", [{}, {"name": {"th": "ก"}}, {"description": {}}, {"type": IRI}, {"moreInfo": IRI}]
    )
    def test_definition(self, version: str, definition: dict[str, Any]) -> None:
        assert accept(at("object.definition", definition), version)["object"]["definition"] == definition
        assert accept(inside("object.definition", definition), version)

    def test_activity_is_what_no_type_means(self, version: str) -> None:
        assert accept(at("object.objectType", REMOVED), version)["object"]["id"] == COURSE


@both_versions
class TestInteraction:
    """Data 2.4.4.1, interaction activities."""

    @pytest.mark.parametrize("kind", INTERACTIONS)
    def test_types(self, version: str, kind: str) -> None:
        definition = {"interactionType": kind, **INTERACTIONS[kind]}
        assert accept(at("object.definition", definition), version)["object"]["definition"] == definition
        assert accept(inside("object.definition", definition), version)

    @pytest.mark.parametrize("bad", ["multiple", "Choice", "", IRI, 1, {}, None])
    def test_type_refused(self, version: str, bad: Any) -> None:
        refuse_everywhere("object.definition.interactionType", bad, version)

    @pytest.mark.parametrize("name", ["correctResponsesPattern", *COMPONENTS])
    def test_parts_need_a_type(self, version: str, name: str) -> None:
        refuse_everywhere(f"object.definition.{name}", [], version)

    @pytest.mark.parametrize("bad", [{}, "x", 1, None, [1], [{}], [None]])
    def test_pattern_refused(self, version: str, bad: Any) -> None:
        definition = {"interactionType": "fill-in", "correctResponsesPattern": bad}
        refuse_everywhere("object.definition", definition, version)

    @pytest.mark.parametrize("name", COMPONENTS)
    @pytest.mark.parametrize(
        "bad",
        [
            {"id": "a"},
            "x",
            ["a"],
            [{}],
            [{"id": 1}],
            [{"description": {"en": "a"}}],
            [{"id": "a", "description": "x"}],
            [{"id": "a", "description": {"a12345": "x"}}],
            [{"id": "a", "name": "x"}],
        ],
    )
    def test_component_refused(self, version: str, name: str, bad: Any) -> None:
        refuse_everywhere("object.definition", {"interactionType": "other", name: bad}, version)


@both_versions
class TestOtherObjects:
    """Data 2.4.4.2 and 2.4.4.3."""

    @pytest.mark.parametrize(
        "thing",
        [
            AGENT,
            GROUP,
            {"objectType": "Group", **MBOX},
            {"objectType": "StatementRef", "id": UUID},
            {"objectType": "StatementRef", "id": UUID.upper()},
        ],
    )
    def test_accepted(self, version: str, thing: dict[str, Any]) -> None:
        assert accept(simple(object=thing), version)["object"] == thing
        assert accept(substatement(object=thing), version)["object"]["object"] == thing

    @pytest.mark.parametrize(
        "bad",
        [
            MBOX,
            {"objectType": "StatementRef"},
            {"objectType": "StatementRef", "id": "x"},
            {"objectType": "StatementRef", "id": 1},
            {"objectType": "StatementRef", "id": UUID, "definition": {}},
            {"objectType": "statementref", "id": UUID},
            {"objectType": "statementRef", "id": UUID},
        ],
    )
    def test_refused(self, version: str, bad: dict[str, Any]) -> None:
        refuse(simple(object=bad), version, "object")
        refuse(substatement(object=bad), version, "object.object")

    @pytest.mark.parametrize("name", ["revision", "platform"])
    def test_revision_and_platform_are_for_activities(self, version: str, name: str) -> None:
        """Data 2.4.6."""
        for thing in (AGENT, GROUP, {"objectType": "StatementRef", "id": UUID}):
            refuse(simple(object=thing, context={name: "x"}), version, f"context.{name}")
            refuse(substatement(object=thing, context={name: "x"}), version, f"object.context.{name}")
        refuse({**substatement(), "context": {name: "x"}}, version, f"context.{name}")


@both_versions
class TestSubStatement:
    """Data 2.4.4.3."""

    def test_accepted(self, version: str) -> None:
        assert accept(inside("timestamp", "2026-01-01T00:00:00Z"), version)["object"]["result"]
        assert accept(substatement(result={}, context={}, attachments=[]), version)

    @pytest.mark.parametrize(
        ("name", "bad"),
        [
            ("id", UUID),
            ("stored", "2026-01-01T00:00:00Z"),
            ("version", "1.0.0"),
            ("authority", MBOX),
            ("objectType", "Substatement"),
            ("unknown", 1),
            ("object", {"objectType": "SubStatement", **simple()}),
        ],
    )
    def test_refused(self, version: str, name: str, bad: Any) -> None:
        refuse(substatement(**{name: bad}), version, f"object.{name}")

    @pytest.mark.parametrize("name", ["actor", "verb", "object"])
    def test_needs(self, version: str, name: str) -> None:
        statement = substatement()
        del statement["object"][name]
        refuse(statement, version, "object")


@both_versions
class TestVoiding:
    """Data 2.3.2."""

    def test_accepted(self, version: str) -> None:
        assert accept(voiding(UUID), version)["object"] == {"objectType": "StatementRef", "id": UUID}

    @pytest.mark.parametrize("thing", [{"id": IRI}, AGENT, {"objectType": "SubStatement", **simple()}])
    def test_needs_a_statement_reference(self, version: str, thing: dict[str, Any]) -> None:
        refuse(voiding(UUID, object=thing), version, "object")
