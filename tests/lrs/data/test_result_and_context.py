"""Data 2.4.5, 2.4.6 and 4.6, IEEE 9274.1.1 4.2.2.4 and 4.2.2.5: results and contexts."""

from math import inf, nan
from typing import Any

import pytest

from .cases import (
    AGENT,
    GROUP,
    IRI,
    MBOX,
    UUID,
    accept,
    at,
    both_versions,
    each,
    inside,
    refuse_everywhere,
)

ACTIVITIES = ("parent", "grouping", "category", "other")
CONTEXT_AGENT: dict[str, Any] = {"objectType": "contextAgent", "agent": MBOX, "relevantTypes": [IRI]}
CONTEXT_GROUP: dict[str, Any] = {"objectType": "contextGroup", "group": GROUP, "relevantTypes": [IRI]}


@both_versions
class TestResult:
    """Data 2.4.5."""

    @pytest.mark.parametrize(
        ("path", "bad"),
        [
            *each("result", "x", 1, [], None),
            ("result.unknown", 1),
            *each("result.success result.completion", "true", 1, {}, None),
            *each("result.response", 1, {}, True),
            *each("result.extensions", "x", 1, [], None, {"key": 1}, {"": 1}),
        ],
    )
    def test_refused(self, version: str, path: str, bad: Any) -> None:
        refuse_everywhere(path, bad, version)

    def test_may_be_empty(self, version: str) -> None:
        assert accept(at("result", {}), version)["result"] == {}


@both_versions
class TestScore:
    """Data 2.4.5.1."""

    @pytest.mark.parametrize(
        "score",
        [
            {},
            {"scaled": 1.0},
            {"scaled": -1},
            {"raw": 10**6},
            {"raw": 5, "min": 5, "max": 6.5},
            {"min": -3},
            {"max": 0},
            # As Moodle grades what is worth nothing.
            {"raw": 0, "min": 0, "max": 0},
        ],
    )
    def test_accepted(self, version: str, score: dict[str, Any]) -> None:
        assert accept(at("result.score", score), version)["result"]["score"] == score
        assert accept(inside("result.score", score), version)

    @pytest.mark.parametrize(
        "bad",
        [
            "x",
            1,
            [],
            None,
            {"percent": 1},
            *({name: bad} for name, bad in each("scaled raw min max", "1", True, {}, None, nan, inf)),
            {"scaled": 1.01},
            {"scaled": -1.00001},
            {"raw": 101, "max": 100},
            {"raw": -1, "min": 0},
            {"min": 2, "max": 1},
        ],
    )
    def test_refused(self, version: str, bad: Any) -> None:
        refuse_everywhere("result.score", bad, version)


@both_versions
class TestDuration:
    """Data 4.6: ISO 8601:2004 4.4.3.2, never 4.4.3.3."""

    @pytest.mark.parametrize(
        "duration",
        [
            "PT0S",
            "P1Y",
            "P3Y1M29DT4H35M59.14S",
            "PT1H0M0.1S",
            "P4W",
            "PT16559.14S",
            "P1DT12H",
            "PT0,5H",
            "P1DT12H36M0.12567S",
        ],
    )
    def test_accepted_and_kept_as_it_is(self, version: str, duration: str) -> None:
        assert accept(at("result.duration", duration), version)["result"]["duration"] == duration
        assert accept(inside("result.duration", duration), version)

    @pytest.mark.parametrize(
        "bad",
        [
            "",
            "P",
            "PT",
            "P1H",
            "PA1H0M0S",
            "1H",
            "P4W1D",
            "PT1H1Y",
            "P1D1Y",
            "PT1S1H",
            "P0003-06-04T12:30:05",
            "P00030604T123005",
            "pt1h",
            "-PT1H",
            3600,
            {},
            None,
        ],
    )
    def test_refused(self, version: str, bad: Any) -> None:
        refuse_everywhere("result.duration", bad, version)


@both_versions
class TestContext:
    """Data 2.4.6."""

    @pytest.mark.parametrize(
        ("path", "bad"),
        [
            *each("context", "x", 1, [], None),
            ("context.unknown", 1),
            *each("context.registration", "x", "", 1, {}, UUID + "0", UUID.replace("f", "g"), None),
            *each("context.revision context.platform", 1, {}, None),
            *each("context.language", "english_language", "a12345", "", 1, {}, None),
            *each(
                "context.statement",
                UUID,
                {"id": UUID},
                {"objectType": "Statement", "id": UUID},
                {"objectType": "StatementRef"},
                {"objectType": "StatementRef", "id": UUID + "0"},
                {"objectType": "StatementRef", "id": UUID.replace("f", "g")},
                {"objectType": "StatementRef", "id": 1},
            ),
            *each("context.extensions", "x", 1, [], None, {"key": 1}),
        ],
    )
    def test_refused(self, version: str, path: str, bad: Any) -> None:
        refuse_everywhere(path, bad, version)

    def test_may_be_empty(self, version: str) -> None:
        assert accept(at("context", {}), version)["context"] == {}


@both_versions
class TestContextActivities:
    """Data 2.4.6.2."""

    @pytest.mark.parametrize("name", ACTIVITIES)
    def test_one_becomes_an_array(self, version: str, name: str) -> None:
        activity = {"objectType": "Activity", "id": IRI, "definition": {"name": {"en": "x"}}}
        for given in (activity, [activity]):
            kept = accept(at("context.contextActivities", {name: given}), version)
            assert kept["context"]["contextActivities"] == {name: [activity]}
            kept = accept(inside("context.contextActivities", {name: given}), version)["object"]
            assert kept["context"]["contextActivities"] == {name: [activity]}

    @pytest.mark.parametrize(
        "bad",
        [
            "x",
            1,
            None,
            {},
            {"id": "x"},
            [{}],
            ["x"],
            AGENT,
            [AGENT],
            {"objectType": "StatementRef", "id": UUID},
        ],
    )
    @pytest.mark.parametrize("name", ACTIVITIES)
    def test_refused(self, version: str, name: str, bad: Any) -> None:
        refuse_everywhere(f"context.contextActivities.{name}", bad, version)

    @pytest.mark.parametrize("bad", ["x", 1, [], None, {"similar": []}, {"Parent": []}])
    def test_only_these_four(self, version: str, bad: Any) -> None:
        refuse_everywhere("context.contextActivities", bad, version)


def _bad_context_actors(name: str, kind: str, good: dict[str, Any], other: dict[str, Any]) -> list[Any]:
    return [
        good,
        "x",
        None,
        [None],
        [{}],
        [{"objectType": name}],
        [{kind: good[kind]}],
        [{**good, "objectType": "Agent"}],
        [{**good, "objectType": name.lower()}],
        [{**good, kind: {}}],
        [{**good, kind: {"key": "x"}}],
        [{**good, kind: other}],
        [{**good, "extra": 1}],
        [{**good, "relevantTypes": []}],
        [{**good, "relevantTypes": IRI}],
        [{**good, "relevantTypes": ["abc"]}],
        [{**good, "relevantTypes": [1]}],
    ]


class TestContextAgentsAndGroups:
    """IEEE 9274.1.1 4.2.2.5."""

    @pytest.mark.parametrize(
        ("name", "given"),
        [
            ("contextAgents", []),
            ("contextAgents", [CONTEXT_AGENT, CONTEXT_AGENT]),
            ("contextAgents", [{"objectType": "contextAgent", "agent": AGENT}]),
            ("contextGroups", [CONTEXT_GROUP]),
            ("contextGroups", [{"objectType": "contextGroup", "group": {"objectType": "Group", **MBOX}}]),
        ],
    )
    def test_new_in_2(self, name: str, given: Any) -> None:
        assert accept(at(f"context.{name}", given), "2.0.0")["context"][name] == given
        assert accept(inside(f"context.{name}", given), "2.0.0")
        refuse_everywhere(f"context.{name}", given, "1.0.3")

    @pytest.mark.parametrize(
        ("name", "bad"),
        [
            *each("contextAgents", *_bad_context_actors("contextAgent", "agent", CONTEXT_AGENT, GROUP)),
            *each("contextGroups", *_bad_context_actors("contextGroup", "group", CONTEXT_GROUP, AGENT)),
        ],
    )
    def test_refused(self, name: str, bad: Any) -> None:
        refuse_everywhere(f"context.{name}", bad, "2.0.0")
