"""Targets on the command line, on the schedule, on the status page, and in the settings."""

import json
import re
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from typer.testing import CliRunner

from connector.cli import app
from connector.forwarding.metrics import target_metrics
from connector.report.api import router_api
from connector.report.status_api import TargetOut
from connector.report.status_page import router_status
from connector.schedule import Told, schedule
from connector.settings import SettingsError
from mappings.load import load_shipped
from tests.durability.statements import completed
from tests.durability.waiting import wait_until
from tests.forwarding.conftest import NAME, START, Office

OPERATING = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
UNREACHABLE = '"http://127.0.0.1:9"'


@pytest.fixture
def command(office: Office, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("THAKSA_DATA", str(office.data))
    monkeypatch.setenv("THAKSA_DATABASE_URL", office.engine.url.render_as_string(hide_password=False))
    return CliRunner(env={"COLUMNS": "200"})


def test_the_commands(office: Office, command: CliRunner) -> None:
    bad = completed(context={"contextAgents": [context_agent()]})
    office.store(completed(), bad, version="2.0.0")
    office.settings()
    ran = command.invoke(app, ["forward", "run"])
    assert (ran.exit_code, ran.stdout) == (0, f"{NAME}: 1 sent, 1 not taken\n")
    [listed] = json.loads(command.invoke(app, ["forward", "list", "--json"]).output)
    assert (listed["state"], listed["waiting"], listed["dead"]) == ("idle", 0, 1)
    [dead] = json.loads(command.invoke(app, ["forward", "dead", NAME, "--json"]).output)
    assert (dead["statement"], dead["reason"]) == (bad["id"], "refused")
    retried = command.invoke(app, ["forward", "retry", NAME, "--statement", bad["id"]])
    assert "it says: 400:" in retried.output
    assert f"{NAME}: 0 taken, 1 not taken" in retried.output
    assert command.invoke(app, ["forward", "retry", NAME, "--everything"]).exit_code == 0
    assert office.state().waiting == 2


def test_a_failure_is_an_error(office: Office, command: CliRunner) -> None:
    office.options = {"endpoint": UNREACHABLE}
    office.settings()
    office.store(completed())
    ran = command.invoke(app, ["forward", "run", NAME])
    assert ran.exit_code == 1
    assert f"target {NAME}: 127.0.0.1:9: it cannot be reached" in ran.stderr
    assert "failing" in command.invoke(app, ["forward", "list"]).output


def test_an_unknown_target_is_named(office: Office, command: CliRunner) -> None:
    office.settings()
    for arguments in (["run", "x"], ["dead", "x"], ["retry", "x"]):
        ran = command.invoke(app, ["forward", *arguments])
        assert isinstance(ran.exception, SettingsError)
        assert str(ran.exception) == f"target 'x' is not in the settings (known: {NAME})"


def test_the_schedule_sends_and_says_what_is_missing(office: Office) -> None:
    ids = office.store(completed(), completed())
    settings = office.settings()
    secret = office.data / "secrets" / f"{NAME}.secret"
    secret.write_text("")
    run_schedule(office, lambda: office.state().error is not None)
    office.secret = ""
    assert office.state().error == f"target {NAME}: put its secret into the file {secret} (it is empty)"
    assert settings.forward_seconds == 15
    office.settings()
    # The settings may have changed: a new start tries again at once.
    run_schedule(office, lambda: office.state().waiting == 0)
    assert office.arrived(ids) == [True, True]


def run_schedule(office: Office, until: object) -> None:
    assert callable(until)
    stop = threading.Event()
    settings = office.settings_as_they_are()
    thread = threading.Thread(
        target=schedule,
        args=(settings, office.engine, stop, Told(lambda: None, lambda _: None)),
    )
    thread.start()
    try:
        wait_until(until)
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


def test_the_status_page_shows_the_queue_and_its_age(office: Office) -> None:
    with office.engine.begin() as conn:
        load_shipped(conn, START, "test")
    office.store(completed(), completed())
    office.run(endpoint=UNREACHABLE)
    office.wait(hours=5)
    page = shown(office)
    assert "127.0.0.1:9: it cannot be reached" in page
    assert "ส่งไม่สำเร็จ" in page
    assert "5 ชั่วโมงที่แล้ว" in page
    office.run()
    assert "ส่งครบแล้ว" in shown(office)


def test_the_metrics_tell_the_age_of_the_queue(office: Office) -> None:
    office.store(completed())
    office.run(endpoint=UNREACHABLE)
    office.wait(hours=2)
    with office.engine.begin() as conn:
        metrics = list(target_metrics(conn, office.settings_as_they_are().targets, office.now))
    assert {one.name.removeprefix("thaksa_forward_"): one.samples[0].value for one in metrics} == {
        "waiting": 1,
        "queue_age_seconds": 7200,
        "dead_letters": 0,
        "failures": 1,
        "stopped": 0,
    }
    documented = set(re.findall(r"^\| `(thaksa_forward_\w+)`", OPERATING, re.MULTILINE))
    assert documented == {one.name for one in metrics}


def test_the_api_tells_of_the_queue(office: Office) -> None:
    assert told(office) == {
        "name": NAME, "state": "idle", "waiting": 0, "waiting_is_more": False, "oldest_at": None,
        "age_seconds": 0.0, "dead_letters": 0, "failures": 0, "error": None, "next_try_at": None,
        "succeeded_at": None,
    }  # fmt: skip
    refused = completed(context={"contextAgents": [context_agent()]})
    office.store(completed(), refused, version="2.0.0")
    office.run()
    office.wait(hours=1)
    office.store(completed())
    office.run(endpoint=UNREACHABLE)
    office.wait(hours=2)
    found = told(office, endpoint=UNREACHABLE)
    assert (found["state"], found["waiting"]) == ("failing", 1)
    assert (found["dead_letters"], found["failures"]) == (1, 1)
    assert (found["oldest_at"], found["age_seconds"]) == ("2026-06-01T04:00:00Z", 7200.0)
    assert found["succeeded_at"] == "2026-06-01T03:00:00Z"
    assert found["error"].startswith("127.0.0.1:9: it cannot be reached")


def test_the_api_tells_no_secrets_of_targets(office: Office) -> None:
    office.run(endpoint=UNREACHABLE)
    said = orjson.dumps(told(office, endpoint=UNREACHABLE)).decode()
    assert office.server.key not in said
    assert office.server.secret not in said
    assert "http:" not in said


def test_the_example_of_a_target_is_what_it_may_be() -> None:
    [example] = TargetOut.model_json_schema()["examples"]
    assert TargetOut.model_validate(example).model_dump(mode="json") == example


def told(office: Office, **options: str) -> dict[str, Any]:
    office.options = options
    pages = FastAPI()
    targets = office.settings().targets
    pages.include_router(router_api(office.engine, lambda: office.now, targets=targets), prefix="/api/v1")
    answer = TestClient(pages).get("/api/v1/status")
    assert answer.status_code == 200
    [found] = answer.json()["targets"]
    assert isinstance(found, dict)
    return found


def shown(office: Office) -> str:
    pages = FastAPI()
    pages.include_router(router_status(office.engine, lambda: office.now, targets=office.settings().targets))
    answer = TestClient(pages).get("/status")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"endpoint": '"http://me:f00d@x"'}, "targets.ministry.endpoint: must be the site's address alone"),
        ({"key": '"a:b"'}, "targets.ministry.key: must be the key (user name) of the target's credential"),
        ({"secret": '"f00d"'}, "targets.ministry.secret: unknown setting: name the file that holds it"),
        ({"batch": "0"}, "targets.ministry.batch: must be 1 or more"),
        ({"statements": '"all"'}, "targets.ministry.statements: must be one of 'aggregates' or 'personal'"),
        ({"verb": '"x"'}, "targets.ministry.verb: unknown setting; did you mean verbs?"),
    ],
)
def test_mistakes_in_the_settings_are_named(office: Office, options: dict[str, str], said: str) -> None:
    office.options = options
    with pytest.raises(SettingsError) as caught:
        office.settings()
    assert said in str(caught.value)
    assert "f00d" not in str(caught.value)


def context_agent() -> dict[str, object]:
    """What 1.0.3 does not know."""
    return {"objectType": "contextAgent", "agent": {"mbox": "mailto:a@example.org"}}
