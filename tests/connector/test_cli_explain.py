"""`thaksa explain`: the chain on the command line."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from mappings.tables import mapping, person
from tests.mappings.world import BEGIN, minutes, people_with_accounts, send, void
from tests.system.demo import thaksa


@pytest.fixture
def sent(engine: Engine) -> str:
    """A completion that was taken back a minute later; its statement's id."""
    with engine.begin() as conn:
        people_with_accounts(conn, {"11": "สมชาย"})
        statement_id = send(conn, "11", 2, level=2)
        void(conn, statement_id, stored=BEGIN + minutes(1))
    return statement_id


def test_the_chain_before_and_after_it_breaks(
    engine: Engine, sent: str, database_url: str, tmp_path: Path
) -> None:
    def told(*arguments: str) -> str:
        run = thaksa("explain", *arguments, data=tmp_path / "data", THAKSA_DATABASE_URL=database_url)
        assert run.returncode == 0, run.stderr
        return run.stdout

    with engine.begin() as conn:
        uuid = conn.execute(select(person.c.uuid)).scalar_one()
    before = told(uuid, "D1.1", "--as-of", "2026-03-01", "--known-at", "2026-03-01T10:00:30+07:00")
    assert before.splitlines()[0] == "D1.1: complete"
    assert "as of 2026-03-01, as known at 2026-03-01T03:00:30.000000Z" in before
    assert "required by otepc-w4-2563 version " in before
    assert "mapped by sample-dl101 " in before
    assert f"proven by statement {sent} on http://127.0.0.1:8080 at 2026-03-01T03:00:00" in before
    after = told(uuid, "D1.1")
    assert after.splitlines()[0] == "D1.1: not started"
    assert "would count: sample-dl101 " in after
    assert "as sample-dl101: it was voided" in after
    found = json.loads(told(uuid, "D1.1", "--json"))
    assert (found["state"], found["proof"], found["person"]) == ("not_started", None, uuid)
    assert [one["whys"] for one in found["tried"]] == [["voided"]]
    assert found["tried"][0]["said"]["voided_at"] == "2026-03-01T03:01:00.000000Z"
    with engine.begin() as conn:
        conn.execute(update(mapping).values(status="draft"))
    assert "missing: no course with an approved mapping covers it" in told(uuid, "D1.1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nobody", "D1.1"), "person nobody: not found"),
        (("nobody", "D1.1", "--known-at", "yesterday"), "yesterday: no moment such as"),
        (("nobody", "D1.1", "--as-of", "2999-01-01"), "2999-01-01: is a day that is still to come"),
        (("nobody", "D1.1", "--known-at", "2026-03-01T10:00"), "say of which time zone"),
    ],
)
def test_what_cannot_be_explained_is_one_line(
    database_url: str, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    run = thaksa("explain", *arguments, data=tmp_path / "data", THAKSA_DATABASE_URL=database_url)
    assert run.returncode != 0
    assert message in run.stderr
    assert "Traceback" not in run.stderr
