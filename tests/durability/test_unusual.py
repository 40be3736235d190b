"""JSON that is right, and that one library or database takes and another might not."""

import orjson
import pytest

from tests.durability.server import Server
from tests.durability.statements import completed

UNUSUAL = {
    "nul": rb'"\u0000"',
    "5,000 digits": b"1" * 5000,
    "minus nought": b"-0.0",
    "nearly nought": b"1e-999",
    "white space": b"\t[ ]\n",
    "beyond the first plane": rb'"\ud83d\ude00"',
    "not a character": rb'"\uffff"',
}


def test_in_an_extension(server: Server) -> None:
    for name, value in UNUSUAL.items():
        statement = completed(result={"extensions": {"https://moodle.example/x": "HERE"}})
        body = orjson.dumps(statement).replace(b'"HERE"', value)
        stored_or_refused(server, name, body)


@pytest.mark.parametrize("value", [r"\u0000", r"\ud83d\ude00", r"\uffff", "ำ" * 5000])
def test_in_names_that_are_looked_up(server: Server, value: str) -> None:
    """An account's name, an activity's id, a verb's id: text columns, where the rest are octets."""
    for wanted in ('"name":"1"', "id=1", "verbs/completed"):
        body = orjson.dumps(completed()).decode()
        assert wanted in body
        replaced = body.replace(wanted, wanted.rstrip('"') + value + '"' * wanted.endswith('"'))
        stored_or_refused(server, wanted, replaced.encode())


def stored_or_refused(server: Server, name: str, body: bytes) -> None:
    with server.connection() as connection:
        answer = connection.send("POST", "/xapi/statements", body, {"Content-Type": "application/json"})
        assert answer.status in (200, 400), (name, answer.body)
        if answer.status == 200:
            assert connection.get(statementId=answer.json()[0]).status == 200, name
