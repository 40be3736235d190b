"""Communication 2.1.3, IEEE 9274.1.1 4.1.6.1: the formats `ids` and `canonical`."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from lrs.formats import accepted_languages, activity_iris, canonical, ids

from .data.cases import GROUP, MBOX, UUID, substatement
from .statements import COMPLETED, COURSE, full, simple, voiding

NAMED = {"name": "A", **MBOX}
ACTIVITY = {
    "objectType": "Activity",
    "id": COURSE,
    "definition": {
        "type": "http://adlnet.gov/expapi/activities/course",
        "name": {"en-GB": "name", "en-US": "name", "th": "ชื่อ"},
        "description": {"en-GB": "about", "th": "เกี่ยวกับ"},
        "interactionType": "choice",
        "choices": [{"id": "a", "description": {"en-GB": "A", "th": "ก"}}],
        "extensions": {"https://example.org/x": {"name": {"en": "kept", "th": "ไว้"}}},
    },
}


class TestIds:
    def test_only_what_identifies(self) -> None:
        context = {"instructor": full()["context"]["instructor"]}
        small = ids(full(authority={"objectType": "Agent", **NAMED}, context=context))
        account = {"objectType": "Agent", "account": full()["actor"]["account"]}
        assert small["actor"] == account
        assert small["authority"] == {"objectType": "Agent", **MBOX}
        assert small["verb"] == {"id": COMPLETED}
        assert small["object"] == {"id": COURSE}
        assert small["result"] == full()["result"]
        assert small["context"] == {"instructor": {"mbox": "mailto:teacher@example.org"}}

    def test_groups(self) -> None:
        anonymous = {"objectType": "Group", "name": "g", "member": [NAMED, {"openid": "a:b", "name": "B"}]}
        small = ids(simple(actor=anonymous, object={"objectType": "Group", **NAMED, "member": [NAMED]}))
        assert small["actor"] == {"objectType": "Group", "member": [MBOX, {"openid": "a:b"}]}
        assert small["object"] == {"objectType": "Group", **MBOX}

    def test_context(self) -> None:
        context = {
            "contextActivities": {"parent": [ACTIVITY], "other": []},
            "contextAgents": [{"objectType": "contextAgent", "agent": NAMED, "relevantTypes": ["a:b"]}],
            "contextGroups": [{"objectType": "contextGroup", "group": {**GROUP, "name": "g"}}],
            "language": "th",
        }
        assert ids(simple(context=context))["context"] == {
            "contextActivities": {"parent": [{"id": COURSE}], "other": []},
            "contextAgents": [{"objectType": "contextAgent", "agent": MBOX, "relevantTypes": ["a:b"]}],
            "contextGroups": [{"objectType": "contextGroup", "group": GROUP}],
            "language": "th",
        }

    def test_substatement(self) -> None:
        verb = {"id": COMPLETED, "display": {"en": "x"}}
        inner = ids(substatement(actor={**GROUP, "name": "g"}, verb=verb, object=ACTIVITY))["object"]
        assert inner["objectType"] == "SubStatement"
        assert (inner["actor"], inner["verb"], inner["object"]) == (GROUP, {"id": COMPLETED}, {"id": COURSE})

    def test_statement_reference(self) -> None:
        assert ids(voiding(UUID))["object"] == {"objectType": "StatementRef", "id": UUID}


def canonically(statement: dict[str, Any], header: str) -> dict[str, Any]:
    return canonical(statement, {}, accepted_languages(header))


class TestCanonical:
    def test_one_language_in_each_map(self) -> None:
        verb = {"id": COMPLETED, "display": {"en-GB": "completed", "th": "เรียนจบ"}}
        statement = simple(actor=NAMED, verb=verb, object=ACTIVITY, context={"platform": "x"})
        found = canonically(statement, "th")
        assert found["actor"] == NAMED
        assert found["verb"] == {"id": COMPLETED, "display": {"th": "เรียนจบ"}}
        definition = ACTIVITY["definition"]
        assert isinstance(definition, dict)
        assert found["object"] == {
            **ACTIVITY,
            "definition": {
                **definition,
                "name": {"th": "ชื่อ"},
                "description": {"th": "เกี่ยวกับ"},
                "choices": [{"id": "a", "description": {"th": "ก"}}],
            },
        }

    def test_context_and_substatement(self) -> None:
        context = {"contextActivities": {"category": [ACTIVITY]}}
        found = canonically(substatement(object=ACTIVITY, context=context), "en-gb")["object"]
        (category,) = found["context"]["contextActivities"]["category"]
        assert category["definition"]["name"] == {"en-GB": "name"}
        assert found["object"]["definition"]["name"] == {"en-GB": "name"}

    def test_the_stores_own_definition(self) -> None:
        own = {COURSE: {"name": {"en": "own"}}}
        context = {"contextActivities": {"parent": [{"id": COURSE}], "other": [{"id": "a:b"}]}}
        for statement in (full(context=context), substatement(context=context)["object"]):
            found = canonical(statement, own, [])
            assert found["object"]["definition"] == own[COURSE]
            assert found["context"]["contextActivities"]["parent"][0]["definition"] == own[COURSE]
            assert found["context"]["contextActivities"]["other"] == [{"id": "a:b"}]

    def test_the_given_statement_is_not_changed(self) -> None:
        given = simple(object=ACTIVITY)
        canonically(given, "th")
        ids(given)
        assert given == simple(object=ACTIVITY)

    @pytest.mark.parametrize(
        ("header", "tags", "best"),
        [
            ("", "en th", "en"),
            ("th", "en th", "th"),
            ("th-TH", "en th", "th"),
            ("en", "th en-US", "en-US"),
            ("EN-us", "th en-US", "en-US"),
            ("en-GB", "en-US th", "en-US"),
            ("en-GB", "en en-GB", "en-GB"),
            ("en", "en-US en", "en"),
            ("fr", "en th", "en"),
            ("fr, th;q=0.5, en;q=0.4", "en th", "th"),
            ("en;q=0.3, th ; q=0.8", "en th", "th"),
            ("th;q=0.5, en", "th en", "en"),
            ("en, th", "th en", "en"),
            ("*;q=0.1, th;q=0.2", "en th", "th"),
            ("*, en;q=0", "en th", "th"),
            ("en;q=0", "en th", "th"),
            ("en-GB;q=0, en", "en-GB en-US", "en-US"),
            ("en;q=0.2, en-US", "en-GB en-US", "en-US"),
            ("zh-Hant-TW", "zh zh-Hant", "zh-Hant"),
            ("th;q=nonsense, en;q=2, ;, q, en-US", "th en-US", "en-US"),
            ("e", "th en", "th"),
        ],
    )
    def test_the_readers_languages(self, header: str, tags: str, best: str) -> None:
        """RFC 2616 14.4, applied to each map by itself."""
        display = {tag: tag for tag in tags.split()}
        found = canonically(simple(verb={"id": COMPLETED, "display": display}), header)
        assert found["verb"]["display"] == {best: best}


def test_activities_that_have_definitions() -> None:
    statement = full(context={"contextActivities": {"parent": [{"id": "a:b"}]}})
    assert list(activity_iris(statement)) == [COURSE, "a:b"]
    inner = substatement(context={"contextActivities": {"other": [{"id": "c:d"}]}})
    assert list(activity_iris(inner)) == [COURSE, "c:d"]
    assert list(activity_iris(voiding(UUID))) == []


class TestOverHttp:
    def test_formats(self, client: TestClient) -> None:
        client.post("/statements", json=full(object=ACTIVITY))
        asked = {"statementId": full()["id"]}
        accept = {"Accept-Language": "en-GB"}
        exact = client.get("/statements", params=asked, headers=accept).json()
        assert exact["object"] == ACTIVITY
        small = client.get("/statements", params={**asked, "format": "ids"}).json()
        assert small["object"] == {"id": COURSE}
        found = client.get("/statements", params={**asked, "format": "canonical"}, headers=accept).json()
        assert found["verb"]["display"] == {"en": "completed"}
        assert found["object"]["definition"]["name"] == {"en-GB": "name"}
        listed = client.get("/statements", params={"format": "canonical"}, headers=accept).json()
        assert listed["statements"] == [found]
