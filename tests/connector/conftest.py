"""A recorded Moodle site, and a client of it that does not wait between attempts."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.platforms.moodle.client import Client
from connector.platforms.moodle.platform import Moodle
from connector.platforms.moodle.replay import Replay
from mappings.people import HashKey, HashKeys

FIXTURES = Path(__file__).parents[1] / "fixtures" / "moodle"
RECORDING = FIXTURES / "site-1.jsonl.gz"
ERRORS = {
    (one["function"], one["case"]): one
    for one in map(json.loads, (FIXTURES / "errors.jsonl").read_text(encoding="utf-8").splitlines())
}
"""Every error that was recorded, by function and case: {"status", "body"}, the body as text."""
TOKEN = "d0d0cafe" * 4
HASH_KEYS = HashKeys(HashKey(b"a key for tests"))


@pytest.fixture
def replay() -> Iterator[Replay]:
    with Replay(RECORDING, TOKEN) as running:
        yield running


@pytest.fixture
def client(replay: Replay) -> Client:
    return Client(replay.url, TOKEN, sleep=lambda _: None)


@pytest.fixture
def moodle(client: Client) -> Moodle:
    return Moodle(client, HASH_KEYS)
