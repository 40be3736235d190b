"""Data 2.2, 2.4.1, 2.4.7, 2.4.8, 2.4.10, 2.4.11 and 4: the rest of a statement, and its simple values."""

from math import inf, nan
from typing import Any

import pytest

from lrs.errors import BadStatement
from lrs.statement import prepare

from ..statements import full, simple
from .cases import (
    AUTHORITY,
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
)


@both_versions
class TestFormatting:
    """Data 2.2."""

    @pytest.mark.parametrize("raw", [None, 1, "x", [], {}, [simple()], True])
    def test_a_statement_is_an_object(self, version: str, raw: object) -> None:
        with pytest.raises(BadStatement, match=r"^statement must"):
            prepare(raw, version=version, authority=AUTHORITY)

    @pytest.mark.parametrize("name", ["actor", "verb", "object"])
    def test_needs(self, version: str, name: str) -> None:
        refuse(at(name, REMOVED), version, name)

    @pytest.mark.parametrize("name", [*full(), "stored", "authority", "version"])
    def test_no_null_but_in_extensions(self, version: str, name: str) -> None:
        refuse(at(name, None), version, name)

    @pytest.mark.parametrize("name", ["Actor", "OBJECT", "unknown", "contextAgents", "", "id\x00"])
    def test_no_other_property(self, version: str, name: str) -> None:
        with pytest.raises(BadStatement, match=r"^statement has no property .* \(xAPI Data 2\.4\)$"):
            prepare(full(**{name: MBOX}), version=version, authority=AUTHORITY)

    def test_the_order_of_properties_is_free(self, version: str) -> None:
        assert accept(dict(reversed(full().items())), version)["id"] == full()["id"]

    def test_numbers_keep_their_precision(self, version: str) -> None:
        extensions = {IRI: [1.1234567890123457, 2**53, -0.1, 123456.789]}
        assert accept(at("result.extensions", extensions), version)["result"]["extensions"] == extensions


@both_versions
class TestId:
    """Data 2.4.1 and 4.4."""

    def test_case_does_not_matter(self, version: str) -> None:
        assert accept(at("id", UUID.upper()), version)["id"] == UUID

    @pytest.mark.parametrize(
        "bad",
        [
            12345,
            {},
            "",
            "AA97B177-9383-4934-8543-0F91A7A028368",
            "MA97B177-9383-4934-8543-0F91A7A02836",
            "{fdb0b6d0-7a1e-4c44-8a3f-3f1c2d3e4f50}",
            "urn:uuid:fdb0b6d0-7a1e-4c44-8a3f-3f1c2d3e4f50",
            "fdb0b6d07a1e4c448a3f3f1c2d3e4f50",
            UUID + "\n",
        ],
    )
    def test_refused(self, version: str, bad: Any) -> None:
        refuse(at("id", bad), version, "id")


@both_versions
class TestMoments:
    """Data 2.4.7, 2.4.8 and 4.5."""

    @pytest.mark.parametrize(
        "moment",
        [
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.123456789Z",
            "2026-01-01T07:00:00+07:00",
            "2026-01-01T00:00:00-05:30",
            "2008-09-15T15:53:00.601+00:00",
            "9998-01-01T00:00:00Z",
            "2026-01-01T00:00:00." + "1" * 5000 + "Z",
        ],
    )
    def test_accepted(self, version: str, moment: str) -> None:
        assert accept(at("timestamp", moment), version)
        assert accept(inside("timestamp", moment), version)
        assert accept(at("stored", moment), version)

    @pytest.mark.parametrize(
        "bad",
        [
            "should fail",
            "01/011/2015",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-01-01T25:00:00Z",
            "2026-01-01",
            "2026-01-01 00:00:00Z",
            "2008-09-15T15:53:00.601-00",
            "2008-09-15T15:53:00.601-0000",
            "2008-09-15T15:53:00.601-00:00",
            "2008-09-15T15:53:00.601+7",
            "2008-09-15T15:53:00.601z",
            "0001-01-01T00:00:00+07:00",
            "2026-01-01T00:00:00Z\n",
            "",
            1767225600,
            {},
        ],
    )
    def test_refused(self, version: str, bad: Any) -> None:
        refuse_everywhere("timestamp", bad, version)
        refuse(at("stored", bad), version, "stored")


@pytest.mark.parametrize("moment", ["20260101T000000Z", "2026-01-01T00:00Z", "2026-01-01T07:00:00"])
def test_2_wants_rfc_3339(moment: str) -> None:
    """IEEE 9274.1.1 4.2.7; 1.0.3 takes what ISO 8601 allows."""
    accept(at("timestamp", moment), "1.0.3")
    refuse_everywhere("timestamp", moment, "2.0.0")


def test_2_converts_to_utc() -> None:
    """IEEE 9274.1.1 4.2.7."""
    local = "2026-01-01T07:00:00.5+07:00"
    assert accept(at("timestamp", local), "2.0.0")["timestamp"] == "2026-01-01T00:00:00.500000Z"
    assert accept(inside("timestamp", local), "2.0.0")["object"]["timestamp"] == "2026-01-01T00:00:00.500000Z"
    assert accept(at("timestamp", local), "1.0.3")["timestamp"] == local


@both_versions
class TestVersion:
    """Data 2.4.10."""

    @pytest.mark.parametrize("good", ["1.0", "1.0.0", "1.0.3", "1.0.9"])
    def test_kept(self, version: str, good: str) -> None:
        assert accept(at("version", good), version)["version"] == good

    @pytest.mark.parametrize("bad", ["", "1", "0.9.9", "1.1.0", "1.0.", "2.1.0", "x", 1.0, {}])
    def test_refused(self, version: str, bad: Any) -> None:
        refuse(at("version", bad), version, "version")


@pytest.mark.parametrize("new", ["2.0", "2.0.0", "2.0.1"])
def test_2_is_no_version_of_1(new: str) -> None:
    assert accept(at("version", new), "2.0.0")["version"] == new
    refuse(at("version", new), "1.0.3", "version")


@both_versions
class TestAttachments:
    """Data 2.4.11."""

    @pytest.mark.parametrize(
        ("name", "bad"),
        [
            *each("usageType display contentType length sha2", REMOVED),
            *each("usageType", "certificate", "", 1, None),
            *each("display description", "x", 1, None, {"a12345": "x"}),
            *each("contentType", "pdf", "", "a b/c", 1, None),
            *each("length", "27", 27.5, -1, True, None),
            *each("sha2", "x", "", "a" * 63, "g" * 64, 1, None),
            *each("fileUrl", "file", "", 1, None),
            ("unknown", 1),
        ],
    )
    def test_refused(self, version: str, name: str, bad: Any) -> None:
        refuse_everywhere(f"attachments.0.{name}", bad, version)

    @pytest.mark.parametrize("bad", [{}, "x", None, [1], [None], full()["attachments"][0]])
    def test_an_array_of_objects(self, version: str, bad: Any) -> None:
        refuse_everywhere("attachments", bad, version)

    @pytest.mark.parametrize(
        "kind", ["text/plain; charset=utf-8", "application/vnd.ms-excel", "image/svg+xml"]
    )
    def test_content_types(self, version: str, kind: str) -> None:
        assert accept(at("attachments.0.contentType", kind), version)

    def test_none(self, version: str) -> None:
        assert accept(at("attachments", []), version)["attachments"] == []


EXTENDED = ("object.definition.extensions", "result.extensions", "context.extensions")


@both_versions
@pytest.mark.parametrize("path", EXTENDED)
class TestExtensions:
    """Data 4.1."""

    @pytest.mark.parametrize(
        "value", [None, "", {}, [], 0, False, {"a": [None, {"": {"id": 1}}]}, "x" * 100_000]
    )
    def test_values_are_anything(self, version: str, path: str, value: Any) -> None:
        outer, _, last = path.rpartition(".")
        kept: Any = accept(at(path, {IRI: value}), version)
        for name in outer.split("."):
            kept = kept[name]
        assert kept[last] == {IRI: value}
        assert accept(inside(path, {IRI: value}), version)

    def test_empty(self, version: str, path: str) -> None:
        assert accept(at(path, {}), version)

    @pytest.mark.parametrize("bad", ["x", 1, [], None, {"key": 1}, {"": 1}, {"a b:c": 1}, {f"{IRI}\x00": 1}])
    def test_refused(self, version: str, path: str, bad: Any) -> None:
        refuse_everywhere(path, bad, version)


MAPS = ("verb.display", "object.definition.name", "object.definition.description", "attachments.0.display")


@both_versions
class TestLanguageMaps:
    """Data 4.2: RFC 5646."""

    @pytest.mark.parametrize(
        "tag",
        [
            "th",
            "en-US",
            "EN-us",
            "zh-Hant-TW",
            "sr-Latn",
            "de-1996",
            "x-klingon",
            "i-navajo",
            "und",
            "es-419",
            "sl-rozaj-biske",
            "de-DE-u-co-phonebk",
            "zh-min-nan",
        ],
    )
    def test_accepted(self, version: str, tag: str) -> None:
        for path in MAPS:
            assert accept(at(path, {tag: "x"}), version)
            assert accept(inside(path, {tag: "x"}), version)
        assert accept(at("context.language", tag), version)["context"]["language"] == tag

    @pytest.mark.parametrize(
        "tag",
        ["", "a", "a12345", "english_language", "en-", "-en", "en_US", "en--US", "ไทย", "en\n", "a" * 9],
    )
    def test_refused(self, version: str, tag: str) -> None:
        for path in MAPS:
            refuse_everywhere(path, {tag: "x"}, version)
        refuse_everywhere("context.language", tag, version)


@both_versions
class TestHostileValues:
    """What no client sends by accident is refused as any other mistake is."""

    @pytest.mark.parametrize(
        ("path", "bad"),
        [
            ("result.score.raw", nan),
            ("result.score.max", inf),
            ("result.score.min", -inf),
            ("result.score.raw", 10**400),
            ("result.extensions", {IRI: 10**400}),
            ("result.response", "\ud800"),
            ("result.extensions", {IRI: {"\ud800": 1}}),
            ("actor.account.name", "a\x00b"),
            ("object.id", f"{IRI}\x00"),
            ("object.id", IRI + "x" * 100_000),
            ("actor.account.name", "x" * 100_000),
            ("verb.display", {"e" * 100_000: "x"}),
            ("context.language", "en-" + "a-" * 100_000),
            ("result.duration", "P" + "1" * 100_000),
            ("id", "0" * 100_000),
        ],
    )
    def test_refused(self, version: str, path: str, bad: Any) -> None:
        with pytest.raises(BadStatement) as refusal:
            prepare(at(path, bad), version=version, authority=AUTHORITY)
        assert len(refusal.value.message) < 300

    def test_a_message_quotes_nothing_personal(self, version: str) -> None:
        with pytest.raises(BadStatement) as refusal:
            prepare(inside("context.instructor", {"mbox": "somchai@x"}), version=version, authority=AUTHORITY)
        assert refusal.value.message == (
            "statement.object.context.instructor.mbox must be a mailto: address (xAPI Data 2.4.2.3)"
        )
