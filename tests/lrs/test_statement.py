"""What is kept of a statement. What it may look like: tests/lrs/data."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.clock import to_iso, to_micros
from lrs.comparison import fingerprint
from lrs.errors import BadStatement
from lrs.statement import Authority, Prepared, prepare
from lrs.validation import VERSIONS

from .conftest import HOME_PAGE, NOW
from .data.cases import AUTHORITY, MBOX, UUID, substatement
from .statements import COURSE, full, simple, voiding


def ready(raw: object, version: str = "1.0.3") -> Prepared:
    return prepare(raw, version=version, authority=AUTHORITY)


def kept(one: Prepared, stored: datetime = NOW) -> dict[str, Any]:
    """What is stored, as parsed JSON."""
    body: dict[str, Any] = orjson.loads(one.body(stored))
    return body


class TestKept:
    def test_what_the_store_assigns(self) -> None:
        one = ready(simple(authority=MBOX, stored="2001-01-01T00:00:00Z"))
        body = kept(one)
        assert body["id"] == one.id
        assert body["stored"] == body["timestamp"] == to_iso(NOW)
        assert one.timestamp is None
        assert body["authority"] == AUTHORITY.agent
        assert body["version"] == "1.0.0"
        assert kept(ready(simple(), "2.0.0"))["version"] == "2.0.0"

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
        assert [(iri, orjson.loads(text)) for iri, text in one.definitions] == [
            (COURSE, full()["object"]["definition"])
        ]
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

    @pytest.mark.parametrize(
        ("score", "share"),
        [
            ({"scaled": 0.22, "raw": 61, "min": 0, "max": 100}, 0.61),
            ({"scaled": -0.333334, "raw": 3.33333, "min": 0, "max": 10}, 0.333333),
            ({"scaled": -1, "raw": 0, "min": 0, "max": 10}, 0.0),
            ({"scaled": 1, "raw": 10, "min": 0, "max": 10}, 1.0),
            ({"scaled": 0.61, "raw": 61, "min": 0, "max": 100}, 0.61),
            ({"scaled": 0.7, "raw": 61, "min": 0, "max": 100}, 0.7),
            ({"scaled": 0.22, "raw": 61, "min": -100, "max": 100}, 0.22),
            ({"scaled": 0, "raw": 0, "min": 0, "max": 0}, 0.0),
            ({"scaled": 0.22}, 0.22),
            ({"raw": 88}, None),
        ],
    )
    def test_a_score_that_is_spread_over_both_signs_is_read_as_a_share(
        self, score: dict[str, float], share: float | None
    ) -> None:
        assert ready(simple(result={"score": score})).score_scaled == pytest.approx(share, abs=1e-5)

    def test_level_is_the_authoritys_for_its_home_pages_only(self) -> None:
        nobody = Authority(MBOX, 1, None)
        assert prepare(simple(), version="1.0.3", authority=nobody).level == 9
        assert ready(simple(actor=MBOX)).level == 9
        assert ready(simple(actor={"account": {"homePage": "https://x.example", "name": "42"}})).level == 9

    def test_an_anonymous_group_is_known_by_its_members(self) -> None:
        other = {"openid": "https://example.org/b"}
        one = ready(simple(actor={"objectType": "Group", "member": [MBOX, other]}))
        two = ready(simple(actor={"objectType": "Group", "name": "x", "member": [other, MBOX]}))
        assert one.actor == two.actor


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
    again = ready(kept(one), version)
    later = datetime(2026, 2, 3, tzinfo=UTC)
    assert fingerprint(kept(again, later)) == fingerprint(kept(one)) == fingerprint(raw)
    assert again.id == one.id
    assert again.timestamp == (to_micros(NOW) if one.timestamp is None else one.timestamp)


@given(_json | st.dictionaries(st.sampled_from(["actor", "verb", "object", "id", "result"]), _json))
def test_anything_else_is_refused_and_never_crashes(raw: object) -> None:
    with pytest.raises(BadStatement):
        ready(raw)
