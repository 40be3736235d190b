"""A framework version is ended, at a moment, and lasts again: what was known before stays as it was."""

from collections import Counter
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, select

from connector.report.asked_times import AskedTimes
from connector.report.queries.basis import read_basis, root_scope
from mappings import shipped
from mappings.days import bangkok_day
from mappings.framework import load_yaml
from mappings.framework_terms import end_framework
from mappings.frameworks import read_all_frameworks, read_framework
from mappings.load import load_framework
from mappings.progress import refresh
from mappings.tables import change_log
from tests.mappings.world import BEGIN, NOW, minutes, people_with_accounts, send

CODE = "otepc-w4-2563"
TODAY, LATER = bangkok_day(NOW), NOW + minutes(10)


def end(conn: Connection, last: date | None, now: datetime) -> bool:
    return end_framework(conn, CODE, "1", last, "circular 12", now, "S. Jaidee")


def states(conn: Connection, known_at: datetime | None = None, now: datetime = LATER) -> Counter[int]:
    """Of today, or as was known then: state -> how many."""
    basis = read_basis(conn, root_scope(conn), now, times=AskedTimes(None, known_at))
    found = Counter(conn.execute(select(basis.states.c.state)).scalars().all())
    assert not found or basis.framework_id is not None
    return found


def test_an_end_has_a_moment_of_knowledge_of_its_own(engine: Engine) -> None:
    with engine.begin() as conn:
        people_with_accounts(conn, {"11": "สมชาย"})
        send(conn, "11", 2)
        refresh(conn, NOW)
        before = states(conn)
        assert before == {2: 1}
        assert end(conn, TODAY - timedelta(days=1), NOW + minutes(1)) is True
        assert states(conn) == before  # until the next refresh computes
        assert refresh(conn, NOW + minutes(2)) == 1
        assert states(conn) == {}
        assert states(conn, NOW) == before
        assert end(conn, None, NOW + minutes(3)) is True
        assert refresh(conn, NOW + minutes(4)) == 1
        assert states(conn) == before
        assert states(conn, NOW + minutes(2)) == {}
        log = conn.execute(select(change_log).where(change_log.c.action == "end")).all()
    assert [(row.by, row.subject) for row in log] == [("S. Jaidee", "framework")] * 2
    assert log[0].detail == f"{CODE} version 1: last day none -> 2026-05-31: circular 12"


def test_it_ends_at_midnight_without_another_word(engine: Engine) -> None:
    with engine.begin() as conn:
        people_with_accounts(conn, {"11": "สมชาย"})
        send(conn, "11", 2)
        end(conn, TODAY, NOW)
        refresh(conn, NOW)
        assert states(conn) == {2: 1}
        assert refresh(conn, NOW + timedelta(days=1)) == 1
        assert states(conn, now=NOW + timedelta(days=1)) == {}


def test_exports_say_when_it_ends_and_are_the_same_version(engine: Engine) -> None:
    text = shipped.text(shipped.FRAMEWORK)
    with engine.begin() as conn:
        load_framework(conn, load_yaml(text), BEGIN, "test")
        end(conn, TODAY, NOW)
        assert end(conn, TODAY, LATER) is False
        ended = read_framework(conn, CODE, "1")
        assert ended.valid_to == load_yaml(ended.text).valid_to == TODAY
        assert read_all_frameworks(conn) == ((ended, NOW),)
        for same in (text, ended.text):
            assert load_framework(conn, load_yaml(same), LATER, "test") is False
        end(conn, None, LATER)
        assert read_framework(conn, CODE, "1").text == text
