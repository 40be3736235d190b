"""Month-ends that are closed answer as they were known then, and again where something came to be known."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from typer.testing import CliRunner

from connector.cli import app
from connector.report.asked_times import AskedTimes
from connector.report.queries.basis import read_basis, root_scope
from connector.report.queries.kept import kept_closing
from connector.report.queries.learning import compute_split, read_split
from connector.report.queries.overview import compute_overview, read_overview
from lrs.clock import utc_now
from lrs.database import read_only
from mappings.closings import close_months, month_end
from mappings.corrections import Correction, move
from mappings.errors import MappingError
from mappings.framework_terms import end_framework
from mappings.tables import change_log, closing, unit, unit_item_count
from tests.mappings.world import BEGIN, NOW, send
from tests.report.conftest import World, web

APRIL, MAY = date(2026, 4, 30), date(2026, 5, 31)
LATER = NOW + timedelta(hours=1)


def total(
    engine: Engine, as_of: date, known_at: datetime | None = None, now: datetime = LATER
) -> tuple[datetime | None, int, int]:
    """What was known, people and completions: answered from a closing, and the same as counted anew."""
    with read_only(engine).begin() as conn:
        basis = read_basis(conn, root_scope(conn), now, times=AskedTimes(as_of, known_at))
        assert kept_closing(conn, basis) is not None
        found = read_overview(conn, basis)
        assert found == compute_overview(conn, basis)
        assert read_split(conn, basis).hours == pytest.approx(compute_split(conn, basis).hours)
    return basis.known_at, found.total.persons, sum(one.complete for one in found.total.items)


def test_month_ends_are_closed_once_and_again_when_something_is_learnt(world: World) -> None:
    engine = world.engine
    assert close_months(engine, None, NOW) == [date(2026, 3, 31), APRIL, MAY]
    assert close_months(engine, None, NOW + timedelta(minutes=1)) == []
    first = total(engine, APRIL)
    with engine.begin() as conn:
        # A sync that is late: it bears on May alone.
        send(
            conn,
            "2",
            3,
            at=datetime.combine(MAY, BEGIN.time(), BEGIN.tzinfo),
            stored=NOW + timedelta(minutes=2),
        )
    assert close_months(engine, None, LATER) == [MAY]
    _, persons, completions = total(engine, MAY, NOW)
    assert total(engine, MAY) == (LATER, persons, completions + 1)
    assert total(engine, APRIL) == first


def test_a_month_that_was_counted_wrongly_is_closed_anew(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = world.engine
    monkeypatch.setenv("THAKSA_DATA", str(tmp_path))
    monkeypatch.setenv("THAKSA_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    close_months(engine, None, NOW)
    right, april = total(engine, MAY), total(engine, APRIL)
    with engine.begin() as conn:
        number = conn.execute(select(closing.c.id).where(closing.c.as_of_day == MAY)).scalar_one()
        wrong = update(unit_item_count).where(unit_item_count.c.closing_id == number)
        assert conn.execute(wrong.values(complete=unit_item_count.c.complete + 7)).rowcount > 0
    reported = kept(engine, MAY, NOW)
    assert reported > right[2]
    assert close_month("2026-05").startswith("Nothing to close: what is kept holds.")
    assert close_month("2026-05", "--anew").startswith("Closed: 2026-05.")
    # It answers from now on; whoever asks with the moment of before gets what was reported then.
    assert total(engine, MAY, now=utc_now())[1:] == right[1:]
    assert kept(engine, MAY, NOW) == reported
    assert total(engine, APRIL) == april
    with engine.begin() as conn:
        logged = select(change_log.c.by, change_log.c.subject, change_log.c.subject_id)
        done = conn.execute(logged.where(change_log.c.action == "close anew")).all()
    assert done == [("thaksa close-month", "month", "2026-05")]


def close_month(*words: str) -> str:
    """What the command says."""
    done = CliRunner().invoke(app, ["close-month", *words])
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


def kept(engine: Engine, as_of: date, known_at: datetime) -> int:
    """Completions as the closing of that very pair of times tells them."""
    with read_only(engine).begin() as conn:
        basis = read_basis(conn, root_scope(conn), utc_now(), times=AskedTimes(as_of, known_at))
        assert kept_closing(conn, basis) is not None
        return sum(one.complete for one in read_overview(conn, basis).total.items)


def test_a_move_of_today_changes_no_month_end(world: World) -> None:
    engine = world.engine
    close_months(engine, None, NOW)
    with engine.begin() as conn:
        to = conn.execute(select(unit.c.id).where(unit.c.uid == "s9")).scalar_one()
        today = Correction("test", date(2026, 6, 1), LATER, "test")
        move(conn, world.uuids["แก้ว"], to, today)
    assert close_months(engine, None, LATER) == []
    with engine.begin() as conn:
        move(conn, world.uuids["เกษม"], to, Correction("test", MAY, LATER, "test"))
    assert close_months(engine, None, LATER + timedelta(minutes=1)) == [MAY]
    assert total(engine, MAY, now=LATER + timedelta(hours=1))[1] == 4


def test_a_framework_that_ended_in_may_changes_may_alone(world: World) -> None:
    engine = world.engine
    close_months(engine, None, NOW)
    before = {day: total(engine, day) for day in (APRIL, MAY)}
    assert before[MAY][2] > 0
    with engine.begin() as conn:
        end_framework(conn, "otepc-w4-2563", "1", date(2026, 5, 15), "replaced", LATER, "test")
    assert close_months(engine, None, LATER) == [MAY]
    assert total(engine, APRIL) == before[APRIL]
    assert total(engine, MAY)[2] == 0
    assert total(engine, MAY, known_at=NOW) == before[MAY]


def test_only_months_that_are_over(engine: Engine) -> None:
    assert month_end("2026-05", NOW) == MAY
    with pytest.raises(MappingError, match="not over yet"):
        month_end("2026-06", NOW)
    with pytest.raises(MappingError, match="write a year and a month"):
        month_end("May", NOW)


def test_the_api_tells_months_in_a_row(world: World) -> None:
    close_months(world.engine, [APRIL, MAY], NOW)
    client = web(world.engine, now=LATER)
    months = client.get("/api/v1/aggregates", params={"by": "month", "unit": "area-1"}).json()["rows"]
    assert [one["as_of"] for one in months] == ["2026-04-30", "2026-05-31"]
    asked = {"unit": "area-1", "as_of": "2026-05-31"}
    school = client.get("/api/v1/aggregates", params={"by": "school", **asked}).json()
    line = {name: value for name, value in months[1].items() if name not in ("as_of", "known_at")}
    assert line == {name: school["total"][name] for name in line}
    assert months[1]["known_at"] == school["known_at"]
    before = client.get("/api/v1/aggregates", params={"by": "month", "as_of": "2026-04-30"}).json()
    assert len(before["rows"]) == 1
