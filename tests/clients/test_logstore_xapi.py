"""Moodle's plugin logstore_xapi 5.0.1, from posts recorded on a Moodle 4.5.

It takes any answer but 200 for a failure and lays the whole batch aside for good, so 200 it must be. It
sends no statement ids, escapes as PHP does, and posts an empty array when it has nothing to say. All people
in the recordings are invented.
"""

import gzip
import http.client
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.durability.server import Answer, Server
from tests.system.demo import ROOT

RECORDED = ROOT / "tests" / "fixtures" / "logstore_xapi"
POSTS = sorted((RECORDED / "posts").iterdir())


def as_the_plugin(server: Server, body: bytes) -> Answer:
    """Posts with the headers that were recorded, and no others."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.putrequest("POST", "/xapi/statements", skip_accept_encoding=True)
    connection.putheader("Accept", "*/*")
    for name, value in server.headers.items():
        connection.putheader(name, value)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return Answer(answer.status, dict(answer.getheaders()), content)


def stored(server: Server, id_: str) -> dict[str, Any]:
    with server.connection() as connection:
        statement: dict[str, Any] = connection.get(statementId=id_).json()
    return statement


def php(value: object) -> bytes:
    """JSON as PHP's json_encode writes it."""
    return json.dumps(value, separators=(",", ":")).replace("/", r"\/").encode()


def shapes() -> dict[str, dict[str, Any]]:
    """One statement of each shape the plugin makes, by the event it comes from."""
    lines = gzip.decompress((RECORDED / "shapes.jsonl.gz").read_bytes()).splitlines()
    return {one["shape"]: one["statement"] for one in map(orjson.loads, lines)}


def answered(sent: dict[str, Any]) -> dict[str, Any]:
    """Without the response of a question left unanswered, which the plugin sends as null."""
    result = {name: value for name, value in sent.get("result", {}).items() if value is not None}
    return {**sent, "result": result} if "result" in sent else sent


def kept(sent: dict[str, Any], found: dict[str, Any]) -> bool:
    """Whether the store answers what was sent, beside what it adds itself."""
    return {name: found.get(name) for name in sent.keys() - {"timestamp"}} == {
        name: value for name, value in sent.items() if name != "timestamp"
    }


@pytest.mark.parametrize("post", POSTS, ids=lambda path: path.name)
def test_recorded_post(server: Server, post: Path) -> None:
    body = gzip.decompress(post.read_bytes())
    sent = orjson.loads(body)
    answer = as_the_plugin(server, body)
    assert (answer.status, len(answer.json())) == (200, len(sent)), answer.body
    assert len(set(answer.json())) == len(sent)
    for id_, one in list(zip(answer.json(), sent, strict=True))[::25]:
        assert kept(one, stored(server, id_))


def test_each_shape_alone(server: Server) -> None:
    answers = {name: as_the_plugin(server, php([one])) for name, one in shapes().items()}
    assert len(answers) == 177
    assert {name: answer.body for name, answer in answers.items() if answer.status != 200} == {}
    for name, one in shapes().items():
        assert kept(answered(one), stored(server, answers[name].json()[0])), name


def test_all_shapes_at_once(server: Server) -> None:
    answer = as_the_plugin(server, php(list(shapes().values())))
    assert (answer.status, len(answer.json())) == (200, 177)


def test_nothing_to_say(server: Server) -> None:
    answer = as_the_plugin(server, b"[]")
    assert (answer.status, answer.body) == (200, b"[]")


def test_sent_again(server: Server) -> None:
    """Without ids the same events are new statements; what matters to Moodle is that they are taken."""
    body = gzip.decompress(POSTS[0].read_bytes())
    first, second = as_the_plugin(server, body), as_the_plugin(server, body)
    assert (first.status, second.status) == (200, 200)
    assert set(first.json()).isdisjoint(second.json())
