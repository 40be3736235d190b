"""A recorded Moodle site, and a client of it that does not wait between attempts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.platforms.moodle.client import Client
from connector.platforms.moodle.platform import Moodle
from connector.platforms.moodle.replay import Replay

FIXTURES = Path(__file__).parents[1] / "fixtures" / "moodle"
RECORDING = FIXTURES / "site-1.jsonl.gz"
ERRORS = FIXTURES / "errors"
TOKEN = "d0d0cafe" * 4
HASH_KEY = b"a key for tests"


@pytest.fixture
def replay() -> Iterator[Replay]:
    with Replay(RECORDING, TOKEN) as running:
        yield running


@pytest.fixture
def client(replay: Replay) -> Client:
    return Client(replay.url, TOKEN, sleep=lambda _: None)


@pytest.fixture
def moodle(client: Client) -> Moodle:
    return Moodle(client, HASH_KEY)
