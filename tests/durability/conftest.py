"""A running service on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.durability.server import Installation, Server, install


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Installation:
    return install(tmp_path / "data", database_url)


@pytest.fixture
def server(installation: Installation) -> Iterator[Server]:
    with installation.running() as server:
        yield server
