"""Communication 1.4, Data 2.2: JSON as clients send it, and how much of it."""

import json
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from starlette.testclient import TestClient

from lrs.api import create_lrs_app
from lrs.errors import BadRequest, TooLarge
from lrs.json_input import MOST_CONTAINERS, MOST_DEPTH, parse
from lrs.record_store import RecordStore
from lrs.service import Limits

from .conftest import HASH_KEY
from .statements import simple

DEPTH = 20


def nested(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = {"a": value} if level % 2 else [value, "x"]
    return value


@pytest.mark.parametrize(
    "body",
    [
        b"1",
        b'"x"',
        b"[]",
        b'{"a":{"b":1},"c":{"b":[{"b":1},{"b":2}]}}',
        b'{"\\ud83d\\ude00":"\\u0000"}',
        b'{"a":"\\"a\\":\\"a\\":"}',
        b'{"a" : 1,\n"b"\t:2}',
        b'{"a":"\\u0022:"}',
        '{"ก":[1e308, -0.0, 0.1, 12345678901234567890]}'.encode(),
    ],
)
def test_json(body: bytes) -> None:
    assert parse(body, DEPTH) == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{}{}",
        b"{'a':1}",
        b"[1,]",
        b"NaN",
        b"[Infinity]",
        b'{"a":-Infinity}',
        b"1e400",
        b"-1e400",
        b"1" * 400,
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'{"\\udc00":1}',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b"\x00",
    ],
)
def test_not_json(body: bytes) -> None:
    with pytest.raises(BadRequest, match="not valid JSON in UTF-8"):
        parse(body, DEPTH)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":1}',
        b'{"b":{"a":1,"c":0,"a":2}}',
        b'[{"a" :1,"a"  :2}]',
        b'{"a":1,"\\u0061":2}',
        b'{"x":"\\":","a":1,"a":2}',
    ],
)
def test_a_name_twice_in_an_object(body: bytes) -> None:
    with pytest.raises(BadRequest, match="an object has the property 'a' twice"):
        parse(body, DEPTH)


def test_depth() -> None:
    assert parse(orjson.dumps(nested(DEPTH)), DEPTH) == nested(DEPTH)
    for body in (
        orjson.dumps(nested(DEPTH + 1)),
        orjson.dumps([*range(1000), nested(DEPTH)]),
        b"[" * 1023 + b"]" * 1023,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 100_000,
    ):
        with pytest.raises(BadRequest, match=f"more than {DEPTH} levels"):
            parse(body, DEPTH)


@pytest.mark.parametrize("extra", [5, 50, 500])
def test_the_most_that_can_be_written(extra: int) -> None:
    assert parse(orjson.dumps(nested(MOST_DEPTH)), MOST_DEPTH) == nested(MOST_DEPTH)
    levels = MOST_DEPTH + extra
    with pytest.raises(BadRequest, match=f"more than {MOST_DEPTH} levels"):
        parse(b"[" * levels + b"]" * levels, MOST_DEPTH)


_json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text('a":\\ '),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('a":\\ '), inner),
)


@given(_json, st.sampled_from([None, (", ", " : "), (",", "\n:")]))
def test_whatever_the_spacing(value: Any, separators: tuple[str, str] | None) -> None:
    assert parse(json.dumps(value, separators=separators).encode(), 50) == value


class TestOverHttp:
    @pytest.fixture
    def app(self, engine: Engine) -> Iterator[RecordStore]:
        limits = Limits(body_octets=100_000, batch_statements=3, json_depth=DEPTH)
        app = create_lrs_app(engine, hash_key=HASH_KEY, limits=limits)
        yield app
        app.close()

    @pytest.mark.parametrize(
        "value",
        ["NaN", "1e400", "9" * 400, '"\\ud800"', "[" * 10_000 + "]" * 10_000, "[" * DEPTH + "]" * DEPTH],
    )
    def test_in_an_extension(self, client: TestClient, value: str) -> None:
        body = orjson.dumps(simple(result={"extensions": {"https://example.org/x": "VALUE"}})).decode()
        headers = {"Content-Type": "application/json"}
        answer = client.post("/statements", content=body.replace('"VALUE"', value), headers=headers)
        assert answer.status_code == 400
        assert client.get("/statements").json()["statements"] == []

    def test_a_property_twice(self, client: TestClient) -> None:
        body = orjson.dumps(simple()).replace(b'{"actor"', b'{"verb":{},"actor"', 1)
        headers = {"Content-Type": "application/json"}
        answer = client.post("/statements", content=body, headers=headers)
        assert (answer.status_code, "'verb' twice" in answer.text) == (400, True)

    def test_the_size_of_a_batch(self, client: TestClient) -> None:
        """Communication 2.1.2."""
        assert client.post("/statements", json=[simple()] * 3).status_code == 200
        answer = client.post("/statements", json=[simple()] * 4)
        assert (answer.status_code, "3 statements" in answer.text) == (413, True)

    def test_the_size_of_a_body(self, client: TestClient) -> None:
        answer = client.post("/statements", json=simple(result={"response": "x" * 100_000}))
        assert (answer.status_code, "100000 octets" in answer.text) == (413, True)


def test_many_small_things() -> None:
    """Each costs twenty times its two octets."""
    most = b"[%b]" % b",".join([b"[]"] * (MOST_CONTAINERS - 1))
    assert len(parse(most, DEPTH)) == MOST_CONTAINERS - 1
    with pytest.raises(TooLarge, match="500000"):
        parse(b"[[],%b" % most[1:], DEPTH)
