"""Kept counts say what counting everybody says, after whatever has happened."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Table, delete, event, insert, select, text, update

from connector.report.errors import NotFound
from connector.report.queries.basis import Basis, narrowed, read_basis, root_scope
from connector.report.queries.kept import kept_closing
from connector.report.queries.learning import compute_split, read_split
from connector.report.queries.overview import compute_overview, read_overview
from lrs.database import read_only
from mappings import counted, shares, vocabulary
from mappings.corrections import Correction, move, retire
from mappings.days import bangkok_day
from mappings.erase import erase_person
from mappings.errors import DecisionError, MappingError
from mappings.framework_terms import end_framework
from mappings.group_assignments import assign
from mappings.held_person import read_held
from mappings.merges import merge, split
from mappings.people import UnitRow, import_roster, import_units
from mappings.progress import rebuild, refresh
from mappings.remembered import change
from mappings.stale import mark_persons
from mappings.tables import (
    closing,
    counted_learning,
    membership,
    person,
    person_merge,
    unit,
    unit_count,
    unit_item_count,
    unit_learning_count,
)
from mappings.tables import counted as counted_table
from mappings.tombstones import read_tombstones
from tests.mappings.world import NOW, a_person, send, void
from tests.report.conftest import UNITS, World

PERSONS, PLACES = st.integers(0, 7), st.integers(0, 6)


class History:
    """What happens to a world, each a day or no time after the last; nothing here counts."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.now = NOW
        self._sent: list[str] = []

    def person(self, number: int) -> Any:
        rows = self.conn.execute(select(person.c.id, person.c.uuid).order_by(person.c.id)).all()
        return rows[number % len(rows)]

    def unit(self, number: int) -> int:
        units = self.conn.execute(select(unit.c.id).order_by(unit.c.id)).scalars().all()
        return int(units[number])

    def why(self) -> Correction:
        return Correction("test", bangkok_day(self.now), self.now, "test")

    def moves(self, who: int, to: int) -> None:
        move(self.conn, self.person(who).uuid, self.unit(to), self.why())

    def works_there_too(self, who: int, to: int) -> None:
        one, day = self.person(who), bangkok_day(self.now)
        post = {"person_id": one.id, "unit_id": self.unit(to), "valid_from": day}
        self.conn.execute(insert(membership).values(**post, recorded_at=0, recorded_by="test"))
        mark_persons(self.conn, [one.id])

    def retires(self, who: int, _: int) -> None:
        retire(self.conn, self.person(who).uuid, self.why())

    def is_assigned(self, who: int, group: int) -> None:
        """For two days only."""
        day = bangkok_day(self.now)
        chosen = ("M", "A", "S", "T", None, None, "T")[group]
        last = day + timedelta(days=1)
        assign(self.conn, self.person(who).uuid, chosen, "test", day, last, self.now, "test")

    def completes(self, account: int, course: int) -> None:
        sent = send(self.conn, str(1 + account), 2 + course, at=self.now, stored=self.now)
        self._sent.append(sent)

    def begins(self, account: int, course: int) -> None:
        verb = vocabulary.REGISTERED
        send(self.conn, str(1 + account), 2 + course, verb=verb, at=self.now, stored=self.now)

    def takes_back(self, _who: int, _to: int) -> None:
        if self._sent:
            void(self.conn, self._sent.pop(), stored=self.now)

    def merges(self, one: int, other: int) -> None:
        merge(self.conn, self.person(one).id, self.person(other).id, "test", self.now, "test")

    def splits(self, _one: int, _other: int) -> None:
        for merge_id in self.conn.execute(select(person_merge.c.id)).scalars().all()[-1:]:
            split(self.conn, merge_id, "test", self.now, "test")

    def is_erased(self, who: int, _: int) -> None:
        known = read_held(self.conn, self.person(who).uuid)
        erase_person(self.conn, known, read_tombstones(self.conn, b"test"), self.now, "test")

    def school_moves(self, school: int, area: int) -> None:
        parent = ("area-1", "area-2", "obec", "elsewhere")[area % 4]
        row = [one for one in UNITS if one.kind == "school"][school % 4]
        import_units(self.conn, [UnitRow(row.uid, row.kind, row.name_th, parent, row.code, 2)], self.now, "t")

    def joins(self, number: int, to: int) -> None:
        school = f"010000000{(1, 2, 3, 9)[to % 4]}"
        row = a_person(f"ใหม่{number}", group=("S", "M", None)[to % 3], unit_code=school)
        import_roster(self.conn, [row], self.now, "test")

    def framework_ends(self, before: int, after: int) -> None:
        """Or lasts again."""
        last = bangkok_day(self.now) + timedelta(days=after - 1) if before < 6 else None
        end_framework(self.conn, "otepc-w4-2563", "1", last, "test", self.now, "test")

    def days_pass(self, days: int, _: int) -> None:
        self.now += timedelta(days=days)


DEEDS: tuple[Callable[[History, int, int], None], ...] = (
    History.moves,
    History.works_there_too,
    History.retires,
    History.is_assigned,
    History.completes,
    History.completes,
    History.begins,
    History.takes_back,
    History.merges,
    History.splits,
    History.is_erased,
    History.school_moves,
    History.joins,
    History.framework_ends,
    History.days_pass,
)


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    deeds=st.lists(st.tuples(st.sampled_from(DEEDS), PERSONS, PLACES), min_size=4, max_size=8),
    most_rows=st.sampled_from([2, 400]),
)
def test_after_any_history(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    deeds: list[tuple[Callable[[History, int, int], None], int, int]],
    most_rows: int,
) -> None:
    monkeypatch.setattr(counted, "MOST_ROWS", most_rows)
    with world.engine.connect() as conn:
        history = History(conn)
        rebuild(conn, history.now)
        for number, (deed, one, other) in enumerate(deeds):
            history.now += timedelta(minutes=1)
            try:
                with conn.begin_nested():
                    deed(history, one, other)
            except (DecisionError, MappingError):
                continue
            if number % 2:
                refresh(conn, history.now)
        refresh(conn, history.now)
        _agree(conn, history.now)
        kept = _rows(conn)
        rebuild(conn, history.now)
        assert kept == _rows(conn)
        conn.rollback()


@pytest.mark.parametrize(("count", "most_rows"), [(2, 400), (3, 2)])
def test_several_connections_count_as_one_does(
    world: World, monkeypatch: pytest.MonkeyPatch, count: int, most_rows: int
) -> None:
    """Whoever has several posts, in parts of the tree of their own, as well; and they mend what is wrong."""
    monkeypatch.setattr(shares, "_TOGETHER", 1)
    monkeypatch.setattr(counted, "MOST_ROWS", most_rows)
    with world.engine.begin() as conn:
        history = History(conn)
        for who, to in ((0, 3), (1, 4), (2, 5), (3, 6)):
            history.works_there_too(who, to)
        history.joins(1, 2)
        history.completes(1, 1)
        history.begins(2, 2)
        rebuild(conn, history.now)
        expected = _rows(conn)
        for table in (unit_count, unit_item_count, counted_table):
            first = conn.execute(select(table)).first()
            assert first
            conn.execute(delete(table).where(*(table.c[key] == first._mapping[key] for key in _key(table))))
        conn.execute(update(unit_learning_count).values(events=77))
        conn.execute(delete(counted_learning))
        conn.execute(insert(unit_count).values(closing_id=0, unit_id=1, row_id=999, group_code="T", **ALL))
        assert expected != _rows(conn)
    with world.engine.begin() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text(f"set local max_parallel_workers_per_gather = {count}"))
        rebuild(conn, history.now, beside=world.engine)
        assert expected == _rows(conn)
        _agree(conn, history.now)


def test_what_comes_during_a_rebuild_is_counted_by_the_next_refresh(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By none of its connections: they would not agree on it."""
    if world.engine.dialect.name == "sqlite":
        pytest.skip("one writes at a time")
    monkeypatch.setattr(shares, "_TOGETHER", 1)
    came: list[str] = []

    def told(stage: str, done: int, _total: int) -> None:
        if stage == "compared" and done and not came:
            came.append(stage)
            with world.engine.begin() as conn:
                History(conn).moves(0, 4)
                History(conn).joins(1, 2)

    with world.engine.begin() as conn:
        rebuild(conn, NOW)
        before = _rows(conn)
    with world.engine.begin() as conn:
        rebuild(conn, NOW, told=told, beside=world.engine)
        assert came
        assert before == _rows(conn)
    with world.engine.begin() as conn:
        assert refresh(conn, NOW) == 2
        assert before != _rows(conn)
        _agree(conn, NOW)


ALL = {"persons": 9, "all_complete": 9}


def _key(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _agree(conn: Connection, now: datetime) -> None:
    """Both roads, for each unit."""
    top = root_scope(conn)
    for uid in ("", "area-1", "area-2", "s1", "s3"):
        try:
            basis = read_basis(conn, narrowed(conn, top, uid), now)
        except NotFound:
            # Moved out of what is seen.
            continue
        assert kept_closing(conn, basis) is not None
        assert read_overview(conn, basis) == compute_overview(conn, basis)
        assert _split(conn, basis) == pytest.approx(_split(conn, basis, compute_split))


def _split(conn: Connection, basis: Basis, read: Any = read_split) -> list[float]:
    found = read(conn, basis)
    return [
        float(number)
        for one in found.shares
        for number in (one.hours, one.events, one.events_without_hours, one.sample)
    ]


def _rows(conn: Connection) -> dict[str, set[Any]]:
    """Without those that say nothing."""
    return {
        table.name: {
            tuple(row)
            for row in conn.execute(select(table))
            if any(value for value, column in zip(row, table.c, strict=True) if not column.primary_key)
        }
        for table in (unit_count, unit_item_count, unit_learning_count, counted_table, counted_learning)
    }


def test_at_midnight_only_whose_post_or_group_turns_is_counted_anew(world: World) -> None:
    """In one transaction: a reader sees the day before or the new one."""
    today = bangkok_day(NOW)
    tomorrow, later = today + timedelta(days=1), NOW + timedelta(days=1)
    changed = []
    with world.engine.begin() as conn:
        assign(conn, world.uuids["แก้ว"], "T", "test", tomorrow, None, NOW, "test")
        last = {"valid_to": today}
        kasem = select(person.c.id).where(person.c.uuid == world.uuids["เกษม"]).scalar_subquery()
        change(conn, membership, membership.c.person_id == kasem, last, NOW, "test")
        refresh(conn, NOW)
    with world.engine.connect() as conn, conn.begin():
        event.listen(
            conn, "after_cursor_execute", lambda _c, _r, said, *_: changed.append(" ".join(said.split()))
        )
        assert refresh(conn, later) == 2
        assert groups(world, later) == ({"M": 1, "A": 1, "S": 2, "T": 1}, today)
    assert groups(world, later) == ({"M": 0, "A": 1, "S": 1, "T": 2}, tomorrow)
    assert not [said for said in changed if said.startswith("DELETE FROM unit_count")]
    with world.engine.begin() as conn:
        kept = _rows(conn)
        rebuild(conn, later)
        assert kept == _rows(conn)


def groups(world: World, now: datetime) -> tuple[dict[str, int], date]:
    """How many people are in each group, from kept counts, and of which day they are."""
    with read_only(world.engine).begin() as conn:
        basis = read_basis(conn, root_scope(conn), now)
        assert kept_closing(conn, basis) is not None
        return {one.key: one.persons for one in read_overview(conn, basis).groups}, basis.as_of


def test_moved_units_are_counted_before_kept_counts_are_shown(world: World) -> None:
    with world.engine.begin() as conn:
        row = UnitRow("s3", "school", "โรงเรียนสาม", "area-1", "0100000003", 7)
        import_units(conn, [row], NOW, "test")
        basis = read_basis(conn, root_scope(conn), NOW)
        assert kept_closing(conn, basis) is None
        assert read_overview(conn, basis).total.persons == 5
        refresh(conn, NOW)
        basis = read_basis(conn, narrowed(conn, root_scope(conn), "area-1"), NOW)
        assert kept_closing(conn, basis) is not None
        assert read_overview(conn, basis).total.persons == 5
        assert conn.execute(select(closing.c.id)).scalars().all() == [0]
