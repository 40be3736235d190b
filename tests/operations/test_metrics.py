"""/healthz, /readyz and /metrics."""

import re
import time
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, insert, text
from starlette.testclient import TestClient

from connector.access import tokens, users
from connector.app import create_app
from connector.operations.marks import MarkAges
from connector.operations.readiness import OK, Readiness, newest_revision
from connector.settings import PlatformSettings, Settings
from connector.tables import platform, sync_run
from lrs.clock import to_micros, utc_now
from lrs.credentials import create_credential
from lrs.database import connect
from mappings.stale import mark_persons
from mappings.tables import stale_person
from tests.connector.scheduling import running
from tests.durability.waiting import wait_until
from tests.lrs.statements import simple
from tests.mappings.world import NOW
from tests.operations.conftest import BASE, Behind

DOCS = Path(__file__).parents[2] / "docs" / "operating.md"
XAPI = {"X-Experience-API-Version": "1.0.3"}


def families(page: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Name of a sample -> its labels' values -> value."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


@pytest.fixture
def reading(behind: Behind) -> Any:
    """Reads the metrics with a token, as Prometheus does."""
    with behind.world.engine.begin() as conn:
        owner = users.find_user(conn, "admin")
        key = tokens.create_token(
            conn, behind.settings.secret("api tokens"), "prometheus", owner, ["metrics"], utc_now(), "test"
        )

    def read(of: str = "all") -> dict[str, dict[tuple[str, ...], float]]:
        answer = behind.client.get(f"{BASE}/metrics?of={of}", auth=key)
        assert answer.status_code == 200, answer.text
        return families(answer.text)

    return read


def test_metrics_follow_what_happens(behind: Behind, reading: Any) -> None:
    client, engine = behind.client, behind.world.engine
    with engine.begin() as conn:
        client_key = create_credential(
            conn,
            hash_key=behind.settings.secret("credentials"),
            name="one",
            scopes=["all"],
            now=utc_now(),
        )
        conn.execute(
            insert(platform).values(id=7, name="moodle", kind="moodle", home_page="https://m", failures=3)
        )
    before = reading()
    sent = [simple("42"), simple("43")]
    assert client.post(f"{BASE}/xapi/statements", json=sent, auth=client_key, headers=XAPI).status_code == 200
    assert client.put(f"{BASE}/xapi/statements/12", auth=client_key, headers=XAPI).status_code == 404
    client.post(f"{BASE}/sign-in", data={"name": "admin", "password": "wrong"})
    client.get(f"{BASE}/people/{behind.world.uuids['แก้ว']}")
    client.get(f"{BASE}/กขค")
    client.get(f"{BASE}/static/thaksa.css")
    after = reading()
    requests = after["thaksa_http_requests_total"]
    assert requests["POST", "/xapi/statements", "200"] == 1
    assert requests["PUT", "/xapi/other", "404"] == 1
    assert requests["GET", "/people/{uuid}", "303"] == 1
    assert requests["GET", "other", "404"] == 1
    assert requests["GET", "/static/{path:path}", "200"] == 1
    assert after["thaksa_http_request_seconds_count"]["POST", "/xapi/statements"] == 1
    assert sum(after["thaksa_statements_received_total"].values()) == 2
    assert after["thaksa_statements_stored_total"][()] == before["thaksa_statements_stored_total"][()] + 2
    assert after["thaksa_sign_in_failures_total"]["wrong",] == 1
    assert after["thaksa_sync_failures"]["moodle",] == 3
    assert after["thaksa_stale_marks"]["agent",] > before["thaksa_stale_marks"]["agent",]
    assert after["thaksa_http_requests_under_way"][()] == 1


def test_nothing_of_a_person_is_in_it(behind: Behind, reading: Any) -> None:
    uuid = behind.world.uuids["แก้ว"]
    behind.client.get(f"{BASE}/people/{uuid}")
    labels = {value for samples in reading().values() for values in samples for value in values}
    assert not {one for one in labels if uuid in one or re.search("[ก-๙]", one)}


def test_the_database_is_told_apart_from_the_process(reading: Any) -> None:
    both, process, database = reading(), reading("process"), reading("database")
    assert process.keys().isdisjoint(database)
    assert process.keys() | database.keys() >= both.keys()
    assert all(name.startswith("thaksa_") for name in both)


def test_every_metric_is_documented_and_nothing_else(behind: Behind, reading: Any) -> None:
    with behind.world.engine.begin() as conn:
        conn.execute(insert(platform).values(id=7, name="moodle", kind="moodle", home_page="https://m"))
    behind.client.get(f"{BASE}/healthz")
    told = set(re.findall(r"^\| `(thaksa_\w+)`", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    found = {re.sub("_(bucket|sum|count)$", "", name) for name in reading()}
    assert {one for one in found if not one.endswith("_created")} <= told
    # Those of targets, where there is one: tests/forwarding; of a scheduler, where one runs: below.
    missing = {one for one in told - found if not one.startswith(("thaksa_forward_", "thaksa_refresh_"))}
    assert missing <= {"thaksa_sync_age_seconds", "thaksa_statements_received_total"}


def test_who_may_read_them(behind: Behind) -> None:
    client = behind.client
    assert client.get(f"{BASE}/metrics").status_code == 303
    behind.sign_in()
    assert client.get(f"{BASE}/metrics").status_code == 200


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 303),
        ("127.0.0.1", {"Host": "skills.example"}, 303),
        ("203.0.113.9", {}, 303),
    ],
)
def test_this_machine_may_read_them_if_so_set(
    behind: Behind, client: str, headers: dict[str, str], status: int
) -> None:
    settings = behind.settings.model_copy(update={"metrics": "loopback"})
    near = TestClient(
        create_app(settings), base_url="http://127.0.0.1:8000", client=(client, 1), follow_redirects=False
    )
    assert near.get(f"{BASE}/metrics?of=process", headers=headers).status_code == status


def test_marks_age_from_when_they_were_first_seen() -> None:
    ages, second = MarkAges(), timedelta(seconds=1)
    assert ages.look("person", None, None, NOW) == 0
    assert ages.look("person", 5, 9, NOW) == 0
    assert ages.look("person", 5, 12, NOW + 10 * second) == 10
    assert ages.look("person", 9, 12, NOW + 20 * second) == 20
    assert ages.look("person", 10, 12, NOW + 30 * second) == 20, "seen first at the second look"
    assert ages.look("account", 1, 1, NOW + 30 * second) == 0, "another kind"
    assert ages.look("person", None, None, NOW + 40 * second) == 0
    assert ages.look("person", 13, 13, NOW + 50 * second) == 0


def test_sync_age_and_paused(behind: Behind, reading: Any) -> None:
    began = to_micros(utc_now() - timedelta(hours=1))
    with behind.world.engine.begin() as conn:
        conn.execute(
            insert(platform).values(
                id=7,
                name="moodle",
                kind="moodle",
                home_page="https://m",
                compared_until=began,
                paused_until=to_micros(utc_now() + timedelta(hours=1)),
            )
        )
        zero = dict.fromkeys(
            ("learners_seen", "courses_seen", "completions_seen", "statements_written", "statements_voided"),
            0,
        )
        conn.execute(insert(sync_run).values(platform_id=7, started_at=began, finished_at=began, **zero))
        conn.execute(insert(stale_person).values(person_id=1))
    found = reading()
    assert 3600 <= found["thaksa_sync_age_seconds"]["moodle",] < 3700
    assert found["thaksa_sync_paused"]["moodle",] == 1
    assert found["thaksa_stale_marks"]["person",] >= 1


def test_ready(behind: Behind) -> None:
    answer = behind.client.get(f"{BASE}/readyz")
    assert answer.status_code == 200
    assert set(answer.json()["checks"].values()) == {OK}


def test_not_ready_names_what_is_not(engine: Engine, tmp_path: Path) -> None:
    stopping = Event()
    readiness = Readiness(engine, stopping)
    stopping.set()
    assert readiness.checks()["process"] == "stopping"
    with engine.begin() as conn:
        old = conn.scalar(text("select version_num from alembic_version"))
        conn.execute(text("update alembic_version set version_num = '0001'"))
    assert readiness.checks()["schema"] == f"is 0001, needs {newest_revision()}"
    with engine.begin() as conn:
        conn.execute(text("update alembic_version set version_num = :old"), {"old": old})
    secret = "postgresql+psycopg://thaksa:f00dfeed@127.0.0.1:1/thaksa?connect_timeout=1"
    away = connect(secret)
    checks = Readiness(away).checks()
    assert (checks["database"], checks["schema"]) == ("does not answer", "unknown")
    assert "f00dfeed" not in str(checks)


def test_how_long_refreshes_take(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path / "shared",
        database_url=engine.url.render_as_string(hide_password=False),
        metrics="loopback",
        refresh_seconds=1,
    )
    with TestClient(create_app(settings), base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as near:

        def told() -> dict[str, dict[tuple[str, ...], float]]:
            return families(near.get("/metrics?of=database").text)

        def computed() -> float:
            return told().get("thaksa_refresh_people_count", {}).get(("refresh",), 0)

        assert "thaksa_refresh_seconds_count" not in told()
        began = time.time()
        with running(settings, engine):
            # The first look finds a new day, and nobody.
            wait_until(lambda: computed() == 1)
            with engine.begin() as conn:
                mark_persons(conn, [1, 2, 3])
            wait_until(lambda: computed() == 2)
        found = told()
    assert found["thaksa_refresh_people_sum"]["refresh",] == 3
    assert found["thaksa_refresh_seconds_count"]["refresh",] == 2
    assert 0 < found["thaksa_refresh_seconds_sum"]["refresh",] < time.time() - began
    assert began < found["thaksa_refresh_ended_at_seconds"]["refresh",] < time.time()
    told_of = re.findall(r"^\| `(thaksa_refresh_\w+)`", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    names = {re.sub("_(bucket|sum|count|created)$", "", one) for one in found}
    assert set(told_of) == {one for one in names if one.startswith("thaksa_refresh_")}


def test_settings_of_a_platform_never_synced(tmp_path: Path, behind: Behind) -> None:
    """It is told with no age: nothing was ever synced."""
    platforms = {"new": PlatformSettings(kind="moodle", url="https://new.example")}
    settings = Settings(**{**behind.settings.model_dump(), "platforms": platforms, "metrics": "loopback"})
    near = TestClient(create_app(settings), base_url="http://127.0.0.1", client=("127.0.0.1", 1))
    found = families(near.get(f"{BASE}/metrics?of=database").text)
    assert found["thaksa_sync_stale"] == {("new",): 0.0}
    assert "thaksa_sync_age_seconds" not in found
