"""What is told of requests and errors: ids and routes, nothing of a person."""

import json
import logging
from typing import Any
from urllib.parse import quote

import pytest
import structlog

from connector import logs
from connector.platforms import PlatformError
from lrs.clock import utc_now
from lrs.credentials import create_credential
from tests.access.conftest import PASSWORD
from tests.lrs.statements import simple
from tests.operations.conftest import BASE, CLIENT, Behind
from tests.operations.test_base_path import crawl
from tests.report.conftest import PEOPLE

XAPI = {"X-Experience-API-Version": "1.0.3"}


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines since the last call."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_walk_through_all_pages_tells_nothing_of_persons(
    behind: Behind, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info")
    client, name, uuid = behind.client, PEOPLE[0][0], behind.world.uuids["แก้ว"]
    with behind.world.engine.begin() as conn:
        now, hash_key = utc_now(), behind.settings.secret("credentials")
        key, secret = create_credential(conn, hash_key=hash_key, name="one", scopes=["all"], now=now)
    client.post(f"{BASE}/sign-in", data={"name": "somchai@example.org", "password": "secret-word"})
    behind.sign_in()
    client.get(f"{BASE}/people?search={quote(name)}&q={quote(name)}")
    client.get(f"{BASE}/{quote(name)}/somchai@example.org")
    client.post(f"{BASE}/xapi/statements", json=simple("42"), auth=(key, secret), headers=XAPI)
    client.get(f"{BASE}/xapi/{quote(name)}", auth=(key, secret), headers=XAPI)
    crawl(behind)
    text = capsys.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    assert len(lines) > 40
    assert {"/people/{uuid}", "other", "/xapi/statements", "/xapi/other"} <= {one["route"] for one in lines}
    assert all(set(one) >= {"method", "route", "status", "seconds", "request_id"} for one in lines)
    names = {given for given, *_ in PEOPLE} | set(behind.world.uuids.values())
    for private in (*names, "ใจดี", "somchai", "secret-word", PASSWORD, uuid, key, secret, CLIENT, "search"):
        assert private not in text
        assert quote(private) not in text


def test_a_request_has_an_id_that_the_proxy_knows(behind: Behind, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    given = "0F3b6c00-1111-2222-3333-444455556666"
    answer = behind.client.get(f"{BASE}/healthz", headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"] == given
    [line] = told(capsys)
    assert (line["request_id"], line["route"], line["status"]) == (given, "/healthz", 200)
    for wrong in ("1234567890123", "somchai", "a" * 65, "<script>alert(1)</script>"):
        answer = behind.client.get(f"{BASE}/healthz", headers={"X-Request-ID": wrong})
        assert len(answer.headers["x-request-id"]) == 32
        assert told(capsys)[0]["request_id"] == answer.headers["x-request-id"]


def test_errors_tell_their_place_and_not_their_text(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning")
    logs.REQUEST_ID.set("")
    try:
        raise PlatformError("สมชาย ใจดี")
    except PlatformError as error:
        structlog.get_logger().error("job failed", exc_info=True)
        logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=error)
        logging.getLogger("urllib3").warning("Retrying %r", "/accounts?username=somchai")
    lines = told(capsys)
    assert [one["event"] for one in lines] == ["job failed", "Exception in ASGI application", "Retrying %r"]
    assert {one["error"] for one in lines[:2]} == {"PlatformError"}
    assert all("test_errors_tell_their_place" in one["places"][0] for one in lines[:2])
    assert "สมชาย" not in str(lines)


def test_levels_and_forms(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("error", "console")
    logging.getLogger("uvicorn.error").warning("left out")
    structlog.get_logger().warning("left out")
    structlog.get_logger().error("shown", platform="moodle")
    logs.configure("error")
    logs.configure("error")
    logging.getLogger("uvicorn.error").error("once")
    text = capsys.readouterr().err
    assert "left out" not in text
    assert "shown" in text.splitlines()[0]
    assert "platform=moodle" in text.splitlines()[0]
    assert text.count("once") == 1
