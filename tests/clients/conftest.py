"""One running service a database for all these tests; each test speaks of people of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import postgres_clone
from tests.durability.server import Server, install


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("service")
    for url in databases(request, folder):
        with install(folder / "data", url).running() as server:
            yield server


def databases(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{folder / 'thaksa.db'}"
    else:
        yield from postgres_clone(request.getfixturevalue("postgres_url"))
