"""docs/analysts.md: its examples run, and its tables are those that are published."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Thread

import pytest
import uvicorn

from connector.access import tokens, users
from connector.report.published import TABLES, publish_months
from lrs.clock import utc_now
from mappings.closings import close_months
from tests.access.conftest import Service

PAGE = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text(encoding="utf-8")


@pytest.fixture
def environment(service: Service) -> Iterator[dict[str, str]]:
    """Of a running service with a month that is published, and a token."""
    close_months(service.world.engine, [date(2026, 5, 31)], utc_now())
    publish_months(service.world.engine, 5, utc_now())
    with service.world.engine.begin() as conn:
        user = users.find_user(conn, "analyst")
        secrets = service.settings.secret("api tokens")
        key, secret = tokens.create_token(conn, secrets, "one", user, ("aggregates",), utc_now(), "test")
    server = uvicorn.Server(uvicorn.Config(service.app, port=0, log_level="error", lifespan="off"))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield {**os.environ, "THAKSA": f"http://127.0.0.1:{port}", "KEY": key, "SECRET": secret}
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_examples_run(environment: dict[str, str]) -> None:
    (script,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    ran = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    (commands,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    said = subprocess.run(["bash", "-ec", commands], env=environment, capture_output=True, check=True).stdout
    assert b'"months":[{"as_of":"2026-05-31"' in said
    assert "สพป.หนึ่ง".encode() in said


def test_the_tables_are_those_that_are_published() -> None:
    assert tuple(re.findall(r"^\| `([\w-]+)` \|", PAGE, re.MULTILINE)) == TABLES
