"""The service hands its settings to the record store and to the pages."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from connector.app import create_app
from connector.settings import Settings
from connector.upgrade import upgrade
from lrs.clock import utc_now
from lrs.credentials import create_credential
from lrs.database import connect


def client(tmp_path: Path, **chosen: Any) -> TestClient:
    settings = Settings(data=tmp_path, access="open", xapi_default_version="1.0.3", **chosen)
    engine = connect(settings.database)
    upgrade(engine, utc_now())
    with engine.begin() as conn:
        credential = create_credential(
            conn, hash_key=settings.secret("credentials"), name="one", scopes=["all"], now=utc_now()
        )
    engine.dispose()
    client = TestClient(create_app(settings), base_url="http://127.0.0.1")
    client.auth = credential
    return client


@pytest.mark.parametrize(
    ("chosen", "body", "status", "said"),
    [
        ({"statements_per_request": 2}, b"[{},{},{}]", 413, "2 statements"),
        ({"body_mebibytes": 1}, b"[" + b" " * 2**20 + b"]", 413, "1048576 octets"),
        ({"json_depth": 10}, b"[" * 11 + b"]" * 11, 400, "10 levels"),
    ],
)
def test_limits(tmp_path: Path, chosen: dict[str, int], body: bytes, status: int, said: str) -> None:
    with client(tmp_path, **chosen) as service:
        answer = service.post("/xapi/statements", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert said in answer.json()["error"]


def test_pages_ask_for_the_host_and_the_store_for_a_credential(tmp_path: Path) -> None:
    with client(tmp_path) as service:
        elsewhere = {"Host": "evil.example"}
        assert service.get("/", headers=elsewhere).status_code == 400
        assert service.get("/").headers["Content-Security-Policy"]
        assert service.get("/xapi/statements").status_code == 200
        service.auth = None  # type: ignore[assignment]  # httpx takes it; its annotation does not say so
        assert service.get("/xapi/statements").status_code == 401
        assert service.get("/xapi/nothing").status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 405),
        ({"Origin": "http://127.0.0.1"}, 405),
        ({}, 405),
    ],
)
def test_forms_come_from_our_own_pages(tmp_path: Path, headers: dict[str, str], status: int) -> None:
    with client(tmp_path) as service:
        assert service.post("/people", headers=headers).status_code == status
        assert service.get("/healthz", headers=headers).status_code == 200


_A_COMMAND = """
import sys
from connector.cli import main
sys.argv = ["thaksa", "sync", "--help"]
try:
    main()
finally:
    assert "connector.app" not in sys.modules
"""


def test_a_command_that_serves_nothing_does_not_wait_for_the_application() -> None:
    """Loading it takes as long as all else that a command loads."""
    subprocess.run([sys.executable, "-c", _A_COMMAND], check=True, capture_output=True)
