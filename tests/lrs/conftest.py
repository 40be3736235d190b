"""A record store on each database, with a credential, and a client that speaks to it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from lrs.api import create_lrs_app
from lrs.credentials import create_credential
from lrs.record_store import RecordStore

HASH_KEY = b"k" * 32
HOME_PAGE = "https://moodle.example"
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture
def credential(engine: Engine) -> tuple[str, str]:
    return make_credential(engine, "all")


def make_credential(engine: Engine, *scopes: str) -> tuple[str, str]:
    with engine.begin() as conn:
        return create_credential(
            conn,
            hash_key=HASH_KEY,
            name="+".join(scopes),
            scopes=scopes,
            level=1,
            home_pages=[HOME_PAGE],
            now=NOW,
        )


@pytest.fixture
def app(engine: Engine) -> Iterator[RecordStore]:
    app = create_lrs_app(engine, hash_key=HASH_KEY)
    yield app
    app.close()


@pytest.fixture
def client(app: RecordStore, credential: tuple[str, str]) -> TestClient:
    client = TestClient(app)
    client.auth = credential
    client.headers["X-Experience-API-Version"] = "1.0.3"
    return client


@pytest.fixture
def make_client(engine: Engine, credential: tuple[str, str]) -> Iterator[Callable[..., TestClient]]:
    """Makes clients, which name no version, of stores with other settings."""
    apps = []

    def make(**settings: Any) -> TestClient:
        apps.append(create_lrs_app(engine, hash_key=HASH_KEY, **settings))
        client = TestClient(apps[-1])
        client.auth = credential
        return client

    yield make
    for app in apps:
        app.close()
