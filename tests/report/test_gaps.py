"""What the mappings leave out: on the page, from the API and on the command line."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select, update
from starlette.testclient import TestClient
from typer.testing import CliRunner

from connector.cli import app as command
from connector.report.gaps_api import router_gaps
from connector.report.mappings_page import router_mappings
from connector.report.queries.gaps import Gaps, read_gaps
from mappings import gap_counts, vocabulary
from mappings.days import bangkok_day
from mappings.framework_terms import end_framework
from mappings.gap_counts import keep_counts
from mappings.mapping_decisions import Decider, withdraw
from mappings.tables import course, mapping
from tests.mappings.world import NOW, course_iri, people_with_accounts, send, void

UNKNOWN = course_iri(99)


@pytest.fixture
def told(engine: Engine) -> Engine:
    """Two people have completed an unknown course, one of them twice; DL101 has completions, DL102 enrolments
    and poor evidence, the others nothing."""
    with engine.begin() as conn:
        people_with_accounts(conn, {"1": "ก", "2": "ข"})
        for account in ("1", "1", "2"):
            send(conn, account, 99)
        void(conn, send(conn, "2", 98), stored=NOW)
        send(conn, "1", 97, result={"success": False})
        send(conn, "1", 96, level=9)
        send(conn, "1", 2)
        send(conn, "1", 3, verb=vocabulary.REGISTERED)
        send(conn, "2", 3, level=3)
    return engine


def gaps(engine: Engine) -> Gaps:
    with engine.begin() as conn:
        return read_gaps(conn, NOW)


def idle(found: Gaps) -> dict[str, bool]:
    return {one.mapping.course.code: one.evident for one in found.idle}


def test_gaps_of_each_kind(told: Engine) -> None:
    found = gaps(told)
    assert [(one.activity_iri, one.learners, one.completions) for one in found.courses] == [(UNKNOWN, 2, 3)]
    assert found.courses_total == 1
    codes = {f"sample-dl10{number}" for number in (2, 3, 4, 5, 6)}
    assert idle(found) == {code: code == "sample-dl102" for code in codes}
    assert [(one.version, [item.code for item in one.items]) for one in found.uncovered] == [
        ("1", ["D1.6", "D1.7", "D1.9", "D2.0"])
    ]


def test_mappings_of_a_framework_that_has_ended_prove_nothing(told: Engine) -> None:
    with told.begin() as conn:
        last = bangkok_day(NOW) - timedelta(days=1)
        end_framework(conn, "otepc-w4-2563", "1", last, "test", NOW, "test")
    found = gaps(told)
    assert [one.activity_iri for one in found.courses] == [UNKNOWN, course_iri(2), course_iri(3)]
    assert (found.idle, found.uncovered) == ((), ())


def test_what_ends_is_a_gap_at_once(told: Engine) -> None:
    with told.begin() as conn:
        stands = select(mapping.c.id).join(course, course.c.id == mapping.c.course_id)
        first = conn.execute(stands.where(course.c.code == "sample-dl101")).scalar_one()
        withdraw(conn, first, "ผิด", Decider("ก", NOW))
    found = gaps(told)
    assert [(one.activity_iri, one.course_code, one.draft_id) for one in found.courses] == [
        (UNKNOWN, None, None),
        (course_iri(2), "sample-dl101", None),
    ]
    with told.begin() as conn:
        conn.execute(update(mapping).where(mapping.c.id == first).values(status="draft", ended_at=None))
    assert gaps(told).courses[1].draft_id == first
    assert found.uncovered[0].items[0].code == "D1.1"


def test_a_better_score_than_any_matches_nothing(told: Engine) -> None:
    with told.begin() as conn:
        send(conn, "1", 2, result={"score": {"scaled": 0.79}})
        conn.execute(update(mapping).values(score_at_least=0.8))
    assert idle(gaps(told))["sample-dl101"] is True
    with told.begin() as conn:
        conn.execute(update(mapping).values(score_at_least=0.79))
    assert "sample-dl101" not in idle(gaps(told))


def test_a_large_store_is_read_as_it_was_counted(told: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    live = gaps(told)
    monkeypatch.setattr(gap_counts, "FEW", 0)
    never = gaps(told)
    assert (never.counted_at, never.courses, never.idle) == (None, (), ())
    assert never.uncovered == live.uncovered
    counted = NOW - timedelta(hours=7)
    keep_counts(told, counted)
    keep_counts(told, counted)
    kept = gaps(told)
    assert (kept.courses, kept.idle, kept.counted_at) == (live.courses, live.idle, counted)


def test_page_api_and_command_say_the_same(told: Engine, database_url: str, tmp_path: Path) -> None:
    web = FastAPI()
    web.include_router(router_mappings(told, lambda: NOW))
    web.include_router(router_gaps(told, lambda: NOW), prefix="/api/v1")
    client = TestClient(web)
    page = client.get("/mappings/gaps").text
    assert UNKNOWN in page
    (link,) = re.findall(r'href="(/mappings/new\?activity=[^"]+)"', page)
    assert f'value="{UNKNOWN}"' in client.get(link.replace("&amp;", "&")).text
    answered = client.get("/api/v1/gaps").json()
    assert [(one["activity"], one["learners"]) for one in answered["courses"]] == [(UNKNOWN, 2)]
    environ = {"THAKSA_DATA": str(tmp_path / "data"), "THAKSA_DATABASE_URL": database_url}
    printed = json.loads(CliRunner().invoke(command, ["gaps", "--count", "--json"], env=environ).stdout)
    assert printed["courses"] == answered["courses"]
    assert printed["idle"] == answered["idle"]
    plain = CliRunner().invoke(command, ["gaps"], env=environ).stdout
    assert "2 accounts, 3 completions" in plain
    assert "otepc-w4-2563 version 1: D1.6 D1.7 D1.9 D2.0" in plain
