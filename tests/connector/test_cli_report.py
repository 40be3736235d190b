"""`thaksa progress`: the numbers of the report API on the command line."""

import json
from pathlib import Path

from sqlalchemy import Engine

from mappings.progress import refresh
from tests.mappings.world import NOW, people_with_accounts, send
from tests.system.demo import thaksa


def test_counts_of_a_day_as_they_were_known(engine: Engine, database_url: str, tmp_path: Path) -> None:
    def told(*arguments: str) -> str:
        run = thaksa("progress", *arguments, data=tmp_path / "data", THAKSA_DATABASE_URL=database_url)
        assert run.returncode == 0, run.stderr
        return run.stdout

    with engine.begin() as conn:
        people_with_accounts(conn, {"11": "สมชาย"})
        send(conn, "11", 2, stored=NOW)
        refresh(conn, NOW)
    asked = ("--as-of", "2026-05-31", "--by", "competency", "--known-at")
    before = told(*asked, "2026-06-01T09:00:00+07:00").splitlines()
    assert before[0] == "as of 2026-05-31, as known at 2026-06-01T02:00:00.000000Z"
    assert before[1].startswith("D1.1: 0 of 1 ")
    after = json.loads(told(*asked, "2026-06-01T10:00:00+07:00", "--json"))
    assert (after["rows"][0]["complete"], after["as_of"]) == (1, "2026-05-31")
    refused = thaksa(
        "progress", "--as-of", "2999-01-01", data=tmp_path / "data", THAKSA_DATABASE_URL=database_url
    )
    assert refused.returncode != 0
    assert "as_of is a day that is still to come" in refused.stderr
