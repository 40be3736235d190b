"""xAPI Data 2 and 4: what a statement may look like, in both versions, and what is kept of it."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.clock import to_iso, to_micros
from lrs.errors import BadStatement
from lrs.statement import Authority, Prepared, prepare
from lrs.validation import VERSIONS

from .conftest import HOME_PAGE, NOW
from .statements import COURSE, full, simple, voiding

AUTHORITY = Authority({"mbox": "mailto:lrs@example.org"}, 2, frozenset({HOME_PAGE}), 7)
MBOX = {"mbox": "mailto:a@example.org"}
GROUP = {"objectType": "Group", "member": [MBOX]}
UUID = "fdb0b6d0-7a1e-4c44-8a3f-3f1c2d3e4f50"
REMOVED: Any = object()


def ready(raw: object, version: str = "1.0.3", stored: datetime = NOW) -> Prepared:
    return prepare(raw, version=version, authority=AUTHORITY, stored=stored)


def at(path: str, value: Any) -> dict[str, Any]:
    """The full statement with the value at a dotted path."""
    statement = full()
    *parents, last = path.split(".")
    inner: Any = statement
    for name in parents:
        inner = inner[int(name)] if isinstance(inner, list) else inner.setdefault(name, {})
    if value is REMOVED:
        del inner[last]
    elif isinstance(inner, list):
        inner[int(last)] = value
    else:
        inner[last] = value
    return statement


def substatement(**changes: Any) -> dict[str, Any]:
    return simple(object={"objectType": "SubStatement", **simple(), **changes})


@pytest.mark.parametrize("version", VERSIONS)
class TestAccepted:
    @pytest.mark.parametrize(
        "statement",
        [
            full(),
            simple(),
            voiding(UUID),
            simple(actor={"mbox_sha1sum": "a" * 40}),
            simple(actor={"openid": "https://example.org/me", "name": ""}),
            simple(actor=GROUP),
            simple(actor={"objectType": "Group", **MBOX}),
            simple(object={"objectType": "Agent", **MBOX}),
            simple(object=GROUP),
            simple(object={"objectType": "StatementRef", "id": UUID}),
            substatement(),
            substatement(timestamp="2026-01-01T00:00:00Z", result={}, context={}, attachments=[]),
            substatement(object={"objectType": "Agent", **MBOX}),
            at("authority", {"objectType": "Group", "member": [MBOX, {"openid": "https://a.b/"}]}),
            at("version", "1.0.9"),
            at("version", "1.0"),
            at("stored", "2026-01-01T00:00:00Z"),
            at("context.contextActivities.other", [{"id": COURSE}, {"id": COURSE}]),
            at("result.extensions", {}),
            at("result.score", {}),
            at("verb.display", {}),
            at("attachments", []),
        ],
    )
    def test_statement(self, version: str, statement: dict[str, Any]) -> None:
        assert orjson.loads(ready(statement, version).body)["object"]

    @pytest.mark.parametrize(
        "duration",
        ["PT0S", "P1Y", "P3Y1M29DT4H35M59.14S", "PT1H0M0.1S", "P4W", "PT16559.14S", "P1DT12H", "PT0,5H"],
    )
    def test_duration(self, version: str, duration: str) -> None:
        ready(at("result.duration", duration), version)

    @pytest.mark.parametrize(
        "timestamp",
        [
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.123456789Z",
            "2026-01-01T07:00:00+07:00",
            "2026-01-01T00:00:00-05:30",
            "20260101T000000Z",
            "9998-01-01T00:00:00Z",
        ],
    )
    def test_timestamp(self, version: str, timestamp: str) -> None:
        ready(at("timestamp", timestamp), version)

    @pytest.mark.parametrize(
        "tag", ["th", "en-US", "zh-Hant-TW", "sr-Latn", "de-1996", "x-klingon", "i-navajo", "und", "es-419"]
    )
    def test_language(self, version: str, tag: str) -> None:
        ready(at("verb.display", {tag: "x"}), version)

    @pytest.mark.parametrize(
        "definition",
        [
            {"interactionType": "choice", "choices": [{"id": "a", "description": {"en": "A"}}, {"id": "b"}]},
            {"interactionType": "true-false", "correctResponsesPattern": ["true"]},
            {"interactionType": "matching", "source": [{"id": "a"}], "target": [{"id": "a"}]},
            {"interactionType": "performance", "steps": []},
            {"interactionType": "likert", "scale": [{"id": "1"}]},
            {"moreInfo": "https://example.org/more", "description": {"th": "ก"}},
            {},
        ],
    )
    def test_definition(self, version: str, definition: dict[str, Any]) -> None:
        ready(at("object.definition", definition), version)


REFUSED = [
    # Data 2.2: types, null, names
    ("actor", REMOVED),
    ("verb", REMOVED),
    ("object", REMOVED),
    ("actor.name", None),
    ("verb.display.en", None),
    ("context.registration", None),
    ("object.definition.moreInfo", None),
    ("result", None),
    ("Actor", MBOX),
    ("unknown", 1),
    ("actor.Name", "x"),
    ("verb.name", "x"),
    ("result.score.percent", 1),
    ("context.user", "x"),
    ("object.definition.title", "x"),
    # 2.4.1
    ("id", 12345),
    ("id", ""),
    ("id", "AA97B177-9383-4934-8543-0F91A7A028368"),
    ("id", "MA97B177-9383-4934-8543-0F91A7A02836"),
    ("id", "{fdb0b6d0-7a1e-4c44-8a3f-3f1c2d3e4f50}"),
    ("id", "fdb0b6d07a1e4c448a3f3f1c2d3e4f50"),
    # 2.4.2
    ("actor", []),
    ("actor", {}),
    ("actor", {"objectType": "agent", **MBOX}),
    ("actor", {"objectType": "Activity", "id": COURSE}),
    ("actor", {"objectType": [], **MBOX}),
    ("actor.mbox", "mailto:a@example.org"),
    ("actor", {"mbox": "a@example.org"}),
    ("actor", {"mbox": "mailto:a"}),
    ("actor", {"mbox_sha1sum": "g" * 40}),
    ("actor", {"openid": "me"}),
    ("actor.account.homePage", "moodle"),
    ("actor.account.homePage", REMOVED),
    ("actor.account.name", REMOVED),
    ("actor.account.name", 42),
    ("actor.account.id", "42"),
    ("actor.member", [MBOX]),
    ("actor", {"objectType": "Group"}),
    ("actor", {"objectType": "Group", "member": []}),
    ("actor", {"objectType": "Group", "member": MBOX}),
    ("actor", {"objectType": "Group", "member": [GROUP]}),
    ("actor", {"objectType": "Group", **MBOX, "openid": "https://a.b/"}),
    # 2.4.3
    ("verb", "completed"),
    ("verb.id", REMOVED),
    ("verb.id", "completed"),
    ("verb.id", "ab=c://should.fail.com"),
    ("verb.id", "https://example.org/a b"),
    ("verb.display", "completed"),
    ("verb.display", {"english_language": "x"}),
    ("verb.display", {"a12345": "x"}),
    ("verb.display", {"": "x"}),
    # 2.4.4
    ("object", {}),
    ("object.objectType", "activity"),
    ("object.objectType", None),
    ("object.id", ""),
    ("object.id", 7),
    ("object.definition", "x"),
    ("object.definition.name", 1),
    ("object.definition.description", "x"),
    ("object.definition.type", "course"),
    ("object.definition.moreInfo", "more"),
    ("object.definition.extensions", {"key": 1}),
    ("object.definition.extensions", []),
    ("object.definition.interactionType", "multiple"),
    ("object.definition.choices", [{"id": "a"}]),
    ("object.definition.correctResponsesPattern", ["a"]),
    ("object.definition", {"interactionType": "choice", "choices": [{"id": "a"}, {"id": "a"}]}),
    ("object.definition", {"interactionType": "choice", "choices": [{"description": {}}]}),
    ("object.definition", {"interactionType": "choice", "choices": {"id": "a"}}),
    ("object.definition", {"interactionType": "choice", "correctResponsesPattern": [1]}),
    ("object", {"objectType": "StatementRef"}),
    ("object", {"objectType": "StatementRef", "id": "x"}),
    ("object", {"objectType": "StatementRef", "id": UUID, "definition": {}}),
    ("object", {"objectType": "SubStatement", **simple(), "id": UUID}),
    ("object", {"objectType": "SubStatement", **simple(), "stored": "2026-01-01T00:00:00Z"}),
    ("object", {"objectType": "SubStatement", **simple(), "version": "1.0.0"}),
    ("object", {"objectType": "SubStatement", **simple(), "authority": MBOX}),
    ("object", {"objectType": "SubStatement", **simple(), "verb": {}}),
    ("object", {"objectType": "SubStatement", **substatement()}),
    ("object", {"objectType": "SubStatement", "actor": MBOX, "verb": {"id": COURSE}}),
    # 2.4.5
    ("result", []),
    ("result.success", "true"),
    ("result.completion", 1),
    ("result.response", 1),
    ("result.score", 1),
    ("result.score.scaled", "0.5"),
    ("result.score.scaled", True),
    ("result.score.scaled", 1.01),
    ("result.score.scaled", -1.01),
    ("result.score.raw", 101),
    ("result.score.raw", -1),
    ("result.score.min", 200),
    ("result.extensions", {"https://example.org/a b": 1}),
    *(("result.duration", bad) for bad in ("", "P", "PT", "P1H", "PA1H0M0S", "1H", "P4W1D", "PT1H1Y", 3600)),
    # 2.4.6
    ("context.registration", "x"),
    ("context.instructor", {}),
    ("context.team", MBOX),
    ("context.contextActivities", []),
    ("context.contextActivities.similar", []),
    ("context.contextActivities.parent", "x"),
    ("context.contextActivities.parent", [{"objectType": "Agent", **MBOX}]),
    ("context.revision", 4),
    ("context.platform", {}),
    ("context.language", "english_language"),
    ("context.statement", {"id": UUID}),
    ("context.statement", {"objectType": "Statement", "id": UUID}),
    # 2.4.7, 2.4.8, 4.5
    *(
        (name, bad)
        for name in ("timestamp", "stored")
        for bad in ("should fail", "01/011/2015", "2026-13-01T00:00:00Z", "2026-01-01", 1767225600, "")
    ),
    *(("timestamp", f"2008-09-15T15:53:00.601{zone}") for zone in ("-00", "-0000", "-00:00", "+7", "z")),
    ("timestamp", "0001-01-01T00:00:00+07:00"),
    # 2.4.9
    ("authority", {"objectType": "Group", "member": [MBOX]}),
    ("authority", {"objectType": "Group", "member": [MBOX, MBOX, MBOX]}),
    ("authority", "x"),
    # 2.4.10
    *(("version", bad) for bad in ("", "1", "0.9.9", "1.1.0", "1.0.", 1.0, "2.1.0")),
    # 2.4.11
    ("attachments", {}),
    ("attachments.0.usageType", "certificate"),
    ("attachments.0.usageType", REMOVED),
    ("attachments.0.display", REMOVED),
    ("attachments.0.display", {"something": "x"}),
    ("attachments.0.contentType", "pdf"),
    ("attachments.0.contentType", REMOVED),
    ("attachments.0.length", "27"),
    ("attachments.0.length", 27.5),
    ("attachments.0.length", -1),
    ("attachments.0.sha2", "x"),
    ("attachments.0.sha2", REMOVED),
    ("attachments.0.fileUrl", "file"),
    ("attachments.0.description", "x"),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("path", "value"), REFUSED)
def test_refused(version: str, path: str, value: Any) -> None:
    with pytest.raises(BadStatement, match=r"^statement.*\(xAPI Data [\d.]+\)$"):
        ready(at(path, value), version)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("raw", [None, 1, "x", [], {}, [simple()]])
def test_not_a_statement(version: str, raw: object) -> None:
    with pytest.raises(BadStatement):
        ready(raw, version)


def test_the_message_names_path_and_section_and_quotes_nothing_personal() -> None:
    with pytest.raises(BadStatement) as refusal:
        ready(substatement(context={"instructor": {"mbox": "somchai@example.org"}}))
    assert refusal.value.message == (
        "statement.object.context.instructor.mbox must be a mailto: address (xAPI Data 2.4.2.3)"
    )


@pytest.mark.parametrize("name", ["revision", "platform"])
def test_revision_and_platform_are_for_activities(name: str) -> None:
    agent = {"objectType": "Agent", **MBOX}
    for statement in (
        simple(object=agent, context={name: "x"}),
        substatement(object=agent, context={name: "x"}),
    ):
        with pytest.raises(BadStatement, match=rf"context\.{name} is for activities only"):
            ready(statement)


def test_voiding_needs_a_statement_reference() -> None:
    with pytest.raises(BadStatement, match="must be a StatementRef"):
        ready(voiding(UUID, object={"id": COURSE}))


AGENTS = {"objectType": "contextAgent", "agent": MBOX, "relevantTypes": ["https://example.org/type"]}
GROUPS = {"objectType": "contextGroup", "group": GROUP}


class TestVersion2:
    def test_context_agents_and_groups(self) -> None:
        statement = at("context.contextAgents", [AGENTS])
        statement["context"]["contextGroups"] = [GROUPS]
        ready(statement, "2.0.0")
        with pytest.raises(BadStatement, match="contextAgents"):
            ready(statement, "1.0.3")

    @pytest.mark.parametrize(
        ("name", "bad"),
        [
            ("contextAgents", AGENTS),
            ("contextAgents", [{**AGENTS, "objectType": "Agent"}]),
            ("contextAgents", [{**AGENTS, "agent": {}}]),
            ("contextAgents", [{**AGENTS, "agent": GROUP}]),
            ("contextAgents", [{**AGENTS, "relevantTypes": []}]),
            ("contextAgents", [{**AGENTS, "relevantTypes": ["abc"]}]),
            ("contextAgents", [{"objectType": "contextAgent"}]),
            ("contextGroups", [{**GROUPS, "group": MBOX}]),
            ("contextGroups", [{**GROUPS, "objectType": "contextAgent"}]),
            ("contextGroups", [{**GROUPS, "extra": 1}]),
        ],
    )
    def test_refused(self, name: str, bad: Any) -> None:
        with pytest.raises(BadStatement):
            ready(at(f"context.{name}", bad), "2.0.0")

    def test_timestamps_are_converted_to_utc(self) -> None:
        kept = orjson.loads(ready(at("timestamp", "2026-01-01T07:00:00.5+07:00"), "2.0.0").body)
        assert kept["timestamp"] == "2026-01-01T00:00:00.500000Z"
        with pytest.raises(BadStatement, match="with a zone"):
            ready(at("timestamp", "2026-01-01T07:00:00"), "2.0.0")
        assert ready(at("timestamp", "2026-01-01T00:00:00")).timestamp == to_micros(
            datetime(2026, 1, 1, tzinfo=UTC)
        )

    def test_version(self) -> None:
        assert orjson.loads(ready(simple(), "2.0.0").body)["version"] == "2.0.0"
        assert orjson.loads(ready(at("version", "2.0.0"), "2.0.0").body)["version"] == "2.0.0"
        with pytest.raises(BadStatement):
            ready(at("version", "2.0.0"), "1.0.3")


class TestKept:
    def test_what_the_store_assigns(self) -> None:
        one = ready(simple(authority=MBOX, stored="2001-01-01T00:00:00Z"))
        kept = orjson.loads(one.body)
        assert kept["id"] == one.id
        assert kept["stored"] == kept["timestamp"] == to_iso(NOW)
        assert (one.stored, one.timestamp, one.timestamp_given) == (to_micros(NOW), to_micros(NOW), False)
        assert kept["authority"] == AUTHORITY.agent
        assert kept["version"] == "1.0.0"

    def test_the_given_statement_is_not_changed(self) -> None:
        given_ = full()
        ready(given_, "2.0.0")
        assert given_ == full()

    def test_evidence(self) -> None:
        one = ready(full())
        assert one.actor.key == "account:https://moodle.example 42"
        assert (one.actor.home_page, one.actor.account_name) == (HOME_PAGE, "42")
        assert (one.object_type, one.activity_iri) == ("activity", COURSE)
        assert one.activity_type == "http://adlnet.gov/expapi/activities/course"
        assert orjson.loads(one.definition or b"") == full()["object"]["definition"]
        assert one.registration == full()["context"]["registration"]
        assert (one.success, one.completion, one.score_scaled, one.progress) == (True, True, 0.8, 0.75)
        assert one.timestamp == to_micros(datetime(2026, 1, 1, 3, tzinfo=UTC))
        assert (one.level, one.credential_id, one.voids) == (2, 7, False)

    def test_other_objects(self) -> None:
        void = ready(voiding(UUID.upper()))
        assert (void.voids, void.object_type, void.target_id) == (True, "statement", UUID)
        agent = ready(simple(object={"objectType": "Agent", **MBOX}))
        assert (agent.object_type, agent.activity_iri) == ("agent", None)
        assert agent.object_agent is not None
        assert agent.object_agent.key == "mbox:mailto:a@example.org"
        sub = ready(substatement())
        assert (sub.object_type, sub.activity_iri, sub.target_id) == ("substatement", None, None)

    @pytest.mark.parametrize(
        ("value", "progress"),
        [
            (0, 0.0),
            (0.5, 0.5),
            (1, 1.0),
            (2, 0.02),
            (100, 1.0),
            (101, None),
            (-1, None),
            ("50", None),
            (True, None),
        ],
    )
    def test_progress(self, value: object, progress: float | None) -> None:
        iri = "https://w3id.org/xapi/cmi5/result/extensions/progress"
        assert ready(simple(result={"extensions": {iri: value}})).progress == progress

    def test_level_is_the_authoritys_for_its_home_pages_only(self) -> None:
        nobody = Authority(MBOX, 1, None)
        assert prepare(simple(), version="1.0.3", authority=nobody, stored=NOW).level == 9
        assert ready(simple(actor=MBOX)).level == 9
        assert ready(simple(actor={"account": {"homePage": "https://x.example", "name": "42"}})).level == 9

    def test_an_anonymous_group_is_known_by_its_members(self) -> None:
        other = {"openid": "https://example.org/b"}
        one = ready(simple(actor={"objectType": "Group", "member": [MBOX, other]}))
        two = ready(simple(actor={"objectType": "Group", "name": "x", "member": [other, MBOX]}))
        assert one.actor == two.actor


class TestSameStatement:
    """Data 2.3.2: what does not make two statements differ, and what does."""

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("id", "00000000-7a1e-4c44-8a3f-3f1c2d3e4f50"),
            ("stored", "2001-01-01T00:00:00Z"),
            ("authority", MBOX),
            ("version", "1.0.1"),
            ("verb.display", REMOVED),
            ("object.definition", REMOVED),
            ("object.objectType", REMOVED),
            ("actor.objectType", REMOVED),
            ("result.duration", "PT90M"),
            ("result.duration", "PT01H30M00.004S"),
            ("result.score.raw", 80.0),
            ("context.registration", full()["context"]["registration"].upper()),
            ("context.contextActivities.parent", [{"id": "https://moodle.example"}]),
        ],
    )
    def test_same(self, path: str, value: Any) -> None:
        assert ready(at(path, value)).fingerprint == ready(full()).fingerprint

    def test_order_of_members_and_attachments(self) -> None:
        other = {"openid": "https://example.org/b"}
        attachments = [full()["attachments"][0], {**full()["attachments"][0], "length": 28}]

        def with_order(step: int) -> Prepared:
            group = {"objectType": "Group", "member": [MBOX, other][::step]}
            return ready(full(actor=group, attachments=attachments[::step]))

        assert with_order(1).fingerprint == with_order(-1).fingerprint

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("actor.name", "Another"),
            ("actor.account.name", "43"),
            ("verb.id", "https://example.org/v"),
            ("object.id", "https://example.org/a"),
            ("result", REMOVED),
            ("result.success", False),
            ("result.score.scaled", 0.81),
            ("result.duration", "PT1H31M"),
            ("result.extensions", {"https://example.org/": [1, 2]}),
            ("context.platform", "moodle"),
            ("attachments", []),
        ],
    )
    def test_different(self, path: str, value: Any) -> None:
        assert ready(at(path, value)).fingerprint != ready(full()).fingerprint

    def test_lists_in_extensions_keep_their_order(self) -> None:
        one, two = (
            ready(simple(result={"extensions": {"https://example.org/": order}}))
            for order in ([1, 2], [2, 1])
        )
        assert one.fingerprint != two.fingerprint


# ---- any statement ------------------------------------------------------------------------------

_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=8,
)
_iris = st.integers(0, 10**6).map(lambda n: f"https://example.org/{n}")
_extensions = st.dictionaries(_iris, _json, max_size=3)
_languages = st.dictionaries(st.sampled_from(["th", "en-US", "und"]), _text, max_size=3)
_agents = st.one_of(
    st.fixed_dictionaries({"mbox": st.just("mailto:a@example.org")}, optional={"name": _text}),
    st.fixed_dictionaries({"account": st.fixed_dictionaries({"homePage": _iris, "name": _text})}),
)
_groups = st.fixed_dictionaries(
    {"objectType": st.just("Group"), "member": st.lists(_agents, min_size=1, max_size=3)}
)
_definitions = st.fixed_dictionaries(
    {}, optional={"name": _languages, "description": _languages, "type": _iris, "extensions": _extensions}
)
_activities = st.fixed_dictionaries({"id": _iris}, optional={"definition": _definitions})
_moments = st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1)).map(to_iso)  # noqa: DTZ001
_results = st.fixed_dictionaries(
    {},
    optional={
        "success": st.booleans(),
        "completion": st.booleans(),
        "response": _text,
        "duration": st.integers(0, 10**6).map(lambda n: f"PT{n / 100}S"),
        "score": st.fixed_dictionaries({}, optional={"scaled": st.floats(-1, 1)}),
        "extensions": _extensions,
    },
)
_contexts = st.fixed_dictionaries(
    {},
    optional={
        "registration": st.uuids().map(str),
        "instructor": _agents | _groups,
        "team": _groups,
        "contextActivities": st.dictionaries(
            st.sampled_from(["parent", "grouping", "category", "other"]),
            _activities | st.lists(_activities, max_size=2),
        ),
        "extensions": _extensions,
    },
)
_inner = {
    "actor": _agents | _groups,
    "verb": st.fixed_dictionaries({"id": _iris}, optional={"display": _languages}),
}
_optional = {"result": _results, "context": _contexts, "timestamp": _moments}
_substatements = st.fixed_dictionaries(
    {"objectType": st.just("SubStatement"), **_inner, "object": _activities}, optional=_optional
)
_references = st.fixed_dictionaries({"objectType": st.just("StatementRef"), "id": st.uuids().map(str)})
statements = st.fixed_dictionaries(
    {**_inner, "object": _activities | _groups | _substatements | _references},
    optional={"id": st.uuids().map(str), **_optional},
)


@settings(max_examples=300)
@given(statements, st.sampled_from(VERSIONS))
def test_what_is_kept_is_the_same_statement_again(raw: dict[str, Any], version: str) -> None:
    # As it crosses the wire.
    raw = orjson.loads(orjson.dumps(raw))
    one = ready(raw, version)
    again = ready(orjson.loads(one.body), version, datetime(2026, 2, 3, tzinfo=UTC))
    assert again.fingerprint == one.fingerprint
    assert again.id == one.id
    assert again.timestamp == one.timestamp
    if "id" in raw:
        assert ready(raw, version).fingerprint == one.fingerprint


@given(_json | st.dictionaries(st.sampled_from(["actor", "verb", "object", "id", "result"]), _json))
def test_anything_else_is_refused_and_never_crashes(raw: object) -> None:
    with pytest.raises(BadStatement):
        ready(raw)
