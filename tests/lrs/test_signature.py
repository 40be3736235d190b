"""Data 2.6 (2.0.0: 4.2.6): signed statements."""

from copy import deepcopy
from typing import Any

import orjson
import pytest

from lrs.errors import BadStatement, TooLarge
from lrs.signature import MOST_OCTETS, check, check_size

from .signing import attachment, certificate, elliptic_key, rsa_key, sign
from .statements import full

VERSIONS = ("1.0.3", "2.0.0")


def signed(**changes: Any) -> dict[str, Any]:
    """A statement as it is received: with its signature among the attachments."""
    statement = full(**changes)
    statement["attachments"] = [*statement.get("attachments", ()), attachment(b"the signature")]
    return statement


def accept(token: bytes, statement: dict[str, Any], version: str) -> None:
    check(token, statement, version, 100)


def refused(token: bytes, statement: dict[str, Any] | None = None, version: str = "1.0.3") -> str:
    with pytest.raises(BadStatement) as caught:
        accept(token, statement or signed(), version)
    assert caught.value.message.startswith("is a signature that ")
    assert caught.value.message.endswith("(xAPI Data 2.6)")
    return caught.value.message


@pytest.mark.parametrize("version", VERSIONS)
class TestAlgorithm:
    @pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
    def test_allowed(self, version: str, algorithm: str) -> None:
        accept(sign(full(), algorithm=algorithm), signed(), version)

    @pytest.mark.parametrize(
        ("algorithm", "key"),
        [("HS256", "s" * 64), ("PS256", rsa_key()), ("ES256", elliptic_key()), ("none", None)],
    )
    def test_others_are_refused(self, version: str, algorithm: str, key: Any) -> None:
        token = sign(full(), algorithm=algorithm, key=key)
        assert "uses none of RS256, RS384, RS512" in refused(token, version=version)


class TestForm:
    @pytest.mark.parametrize(
        "token",
        [
            b"",
            b"text",
            b"a.b",
            b"a.b.c",
            orjson.dumps({"payload": "", "signatures": []}),
            b"\xff.\xff.\xff",
            sign(full()) + b"!",
            sign(full()).rpartition(b".")[0],
            sign(full()) + b".more",
        ],
    )
    def test_no_compact_jws(self, token: bytes) -> None:
        assert "is not a compact JSON web signature (RFC 7515)" in refused(token)

    def test_without_the_signature_itself(self) -> None:
        assert "is empty" in refused(sign(full()).rpartition(b".")[0] + b".")

    def test_an_unknown_critical_header(self) -> None:
        assert "is not a compact" in refused(sign(full(), crit=["x"], x=1))

    def test_size(self) -> None:
        check_size(MOST_OCTETS)
        with pytest.raises(TooLarge, match=r"Data 2\.6"):
            check_size(MOST_OCTETS + 1)


class TestPayload:
    """The complete statement before the signature was added."""

    @pytest.mark.parametrize("payload", [b"", b"{'a': 1}", b"\xff", orjson.dumps(full())[:-1]])
    def test_is_json(self, payload: bytes) -> None:
        assert "has a payload that cannot be read: " in refused(sign(payload))

    @pytest.mark.parametrize("payload", [b"[]", b"null", b"{}", orjson.dumps([full()])])
    def test_is_a_statement(self, payload: bytes) -> None:
        assert "signs no statement: payload" in refused(sign(payload))

    def test_is_not_nested_without_end(self) -> None:
        deep = b'{"a":' * 900 + b"1" + b"}" * 900
        statement = orjson.dumps(full(result={"extensions": {"https://example.org/deep": 0}}))
        assert "more than 100 levels" in refused(sign(statement.replace(b'deep":0', b'deep":' + deep)))

    def test_names_nothing_twice(self) -> None:
        twice = orjson.dumps(full())[:-1] + b',"actor":{"mbox":"mailto:other@example.org"}}'
        assert "twice" in refused(sign(twice))

    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize(
        "changes",
        [
            {"actor": {"mbox": "mailto:other@example.org"}},
            {"verb": {"id": "https://example.org/other"}},
            {"object": {"id": "https://example.org/other"}},
            {"result": {"success": False}},
            {"context": {}},
            {"id": "00000000-7a1e-4c44-8a3f-3f1c2d3e4f50"},
            {"timestamp": "2026-01-01T10:00:00.001+07:00"},
            {"attachments": []},
        ],
    )
    def test_of_another_statement(self, version: str, changes: dict[str, Any]) -> None:
        assert "signs another statement" in refused(sign(full(**changes)), signed(), version)

    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("name", ["id", "timestamp"])
    def test_without_what_a_store_assigns(self, version: str, name: str) -> None:
        statement = full()
        del statement[name]
        accept(sign(statement), signed(), version)

    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize(
        "changes",
        [
            {"id": full()["id"].upper()},
            {"stored": "2026-01-01T10:00:00Z"},
            {"version": "1.0.1"},
            {"authority": {"mbox": "mailto:other@example.org"}},
            {"timestamp": "2026-01-01T03:00:00Z"},
            {"timestamp": "2026-01-01T10:00:00.0009+07:00"},
        ],
    )
    def test_differences_that_a_store_makes(self, version: str, changes: dict[str, Any]) -> None:
        accept(sign(full(**changes)), signed(), version)

    def test_context_activities_may_stand_alone_or_in_an_array(self) -> None:
        alone, arrays = full(), signed()
        arrays["context"]["contextActivities"]["parent"] = [alone["context"]["contextActivities"]["parent"]]
        accept(sign(alone), arrays, "1.0.3")

    def test_durations_are_compared_to_a_hundredth_of_a_second(self) -> None:
        """2.0.0: 4.2.7, durations."""
        short, exact, other = ({"duration": f"P1DT12H36M0.{n}S"} for n in ("12", "1237", "13"))
        accept(sign(full(result=short)), signed(result=exact), "2.0.0")
        assert "signs another statement" in refused(sign(full(result=short)), signed(result=other), "2.0.0")

    def test_other_signatures_do_not_count(self) -> None:
        twice = signed()
        twice["attachments"].append(attachment(b"a second signature"))
        once = signed()
        accept(sign(full()), twice, "1.0.3")
        accept(sign(once), twice, "1.0.3")
        nothing_else = deepcopy(once)
        nothing_else["attachments"] = once["attachments"][1:]
        bare = full()
        del bare["attachments"]
        accept(sign(bare), nothing_else, "1.0.3")


class TestCertificate:
    """The header's x5c (RFC 7515 4.1.6)."""

    def test_of_the_key(self) -> None:
        accept(sign(full(), x5c=[certificate(rsa_key())]), signed(), "1.0.3")

    def test_chain(self) -> None:
        root = rsa_key("root")
        chain = [certificate(rsa_key(), root, issuer_name="root"), certificate(root, name="root")]
        accept(sign(full(), x5c=chain), signed(), "1.0.3")

    def test_of_another_key(self) -> None:
        token = sign(full(), x5c=[certificate(rsa_key("other"))])
        assert "was not made with the key of its certificate" in refused(token)

    def test_a_payload_changed_after_signing(self) -> None:
        header, _, signature = sign(full(), x5c=[certificate(rsa_key())]).split(b".")
        changed = sign(full(result={"success": False})).split(b".")[1]
        token = b".".join((header, changed, signature))
        assert "was not made with the key" in refused(token, signed(result={"success": False}))

    @pytest.mark.parametrize(
        "chain",
        [
            [],
            "text",
            {},
            [1],
            ["!"],
            ["AAAA"],
            [certificate(rsa_key()), certificate(rsa_key("other"), name="other")],
            [
                certificate(rsa_key(), rsa_key("other"), issuer_name="root"),
                certificate(rsa_key(), name="root"),
            ],
            [certificate(rsa_key(), name="self")] * 11,
        ],
    )
    def test_no_chain(self, chain: object) -> None:
        assert "has an x5c header that is no chain of certificates" in refused(sign(full(), x5c=chain))

    def test_without_an_rsa_key(self) -> None:
        token = sign(full(), x5c=[certificate(elliptic_key())])
        assert "has a certificate without an RSA key" in refused(token)

    def test_a_key_that_is_too_short(self) -> None:
        """RFC 7518 3.3: 2048 bits or more."""
        weak = rsa_key("weak", 1024)
        with pytest.warns(UserWarning, match="2048"):
            token = sign(full(), key=weak, x5c=[certificate(weak)])
        refused(token)
