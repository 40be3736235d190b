"""Rosters through the whole of an import: staged, checked, applied; on both databases."""

import csv
import tracemalloc
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, func, insert, select, update

from connector.imports import staging
from connector.imports.errors import ImportStateError
from connector.imports.import_files import DISCARDED, STAGED, Brought
from connector.imports.refusals import refusals, refused_csv
from connector.imports.roster_import import apply_roster, check_roster, stage_roster
from connector.imports.staging import discard
from connector.tables_imports import import_file, import_refusal
from lrs.clock import to_micros
from mappings.changes import Change, log_changes
from mappings.days import bangkok_day, day_before
from mappings.roster_changes import departing, group_counts
from mappings.tables import (
    change_log,
    group_assignment,
    identifier,
    membership,
    person,
    person_merge,
    staged_person,
    stale_person,
)
from mappings.tombstones import Tombstones, email_mark
from tests.connector.rosters import FIRST, OFFICE, SECOND, SITE, TERMS, Office, a_row, national_id, write
from tests.mappings.world import BEGIN, NOW

DAY = bangkok_day(NOW)
ID, ROSTER_ID, EMAIL, START = "เลขประจำตัวประชาชน", "รหัสบุคคล", "อีเมล", "วันที่บรรจุ"


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> Office:
    return Office(engine, tmp_path)


def people_tables(office: Office) -> list[list[Any]]:
    tables = (person, membership, group_assignment, identifier, change_log, stale_person)
    return [office.rows_of(table) for table in tables]


def reasons(office: Office, import_id: int) -> list[tuple[int, str, str]]:
    with office.engine.connect() as conn:
        return [(one.row, one.column, one.reason) for one in refusals(conn, import_id)]


def test_fifty_errors_in_ten_thousand_rows_and_nothing_half_applied(office: Office) -> None:
    wrong: list[dict[str, str]] = [
        {"รหัสโรงเรียน": "0199999999"},
        {ID: f"{national_id(1)[:-1]}x"},
        {EMAIL: "somebody at school"},
        {START: "31/2/2569"},
        {"ชื่อ-สกุล": "สมชาย"},
    ]
    rows = [
        a_row(f"สมชาย{n} ใจดี", **{ID: national_id(n), EMAIL: f"p{n}@x.example", START: "", "ลำดับ": str(n)})
        for n in range(10_000)
    ]
    bad = {n: wrong[n % 5] for n in range(7, 10_000, 201)}
    before = people_tables(office)
    import_id = office.stage(*({**row, **bad.get(n, {})} for n, row in enumerate(rows)))
    staged = office.file(import_id)
    assert people_tables(office) == before
    assert (staged.rows_total, staged.rows_refused, staged.added) == (10_000, 50, 9_950)
    found = reasons(office, import_id)
    assert [row for row, _, _ in found] == [n + 2 for n in bad]
    assert [column for _, column, _ in found] == [next(iter(one)) for one in bad.values()]

    office.apply(import_id)
    assert len(office.rows_of(person)) == 9_950
    with office.engine.connect() as conn:
        text = "".join(refused_csv(conn, import_id))
    mended = list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))
    assert [int(row["แถว"]) for row in mended] == [n + 2 for n in bad]
    assert office.bring(*({**row, **rows[int(row["แถว"]) - 2], "เหตุผล": ""} for row in mended)).added == 50
    assert office.bring(*rows).unchanged == 10_000


def test_a_reader_that_is_stopped_leaves_nothing(office: Office) -> None:
    path = write(office.folder / "roster.csv", [a_row(f"สมชาย{n} ใจดี") for n in range(5_000)])

    def stop(done: int, total: int) -> None:
        assert total >= 5_000
        if done > 3_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage_roster(office.engine, Brought("roster", path, "test"), TERMS, NOW, stop)
    for table in (import_file, import_refusal, staged_person, person):
        assert office.rows_of(table) == []


def test_memory_does_not_grow_with_the_file(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "_AT_ONCE", 200)

    def peak(people: int) -> int:
        rows = (
            a_row(f"สมชาย{n} ใจดี", **{ID: national_id(n), EMAIL: f"p{n}@x.example"}) for n in range(people)
        )
        path = write(office.folder / "roster.csv", rows)
        tracemalloc.start()
        stage_roster(office.engine, Brought("roster", path, "test", coverage="full"), TERMS, NOW)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    # The first fills caches. What is kept of a row anywhere would be a hundred octets at least: 0.3 MB.
    peak(4_000)
    assert peak(4_000) - peak(1_000) < 300_000


def test_what_a_killed_reader_left_is_swept_away(office: Office) -> None:
    office.stage(a_row())
    with office.engine.begin() as conn:
        conn.execute(update(import_file).values(state="reading"))
    later = NOW + timedelta(days=2)
    other = office.stage(a_row("สมหญิง ใจดี"), now=later)
    assert [row.id for row in office.rows_of(import_file)] == [other]
    assert {row.import_id for row in office.rows_of(staged_person)} == {other}
    office.stage(a_row(), now=later + timedelta(days=31))
    assert office.file(other).state == DISCARDED


def test_an_apply_that_fails_changes_nothing_and_can_be_tried_again(office: Office) -> None:
    import_id = office.stage(a_row())
    before = people_tables(office)
    with office.engine.connect() as conn, conn.begin() as transaction:
        apply_roster(conn, import_id, NOW, "test")
        transaction.rollback()
    assert people_tables(office) == before
    assert office.file(import_id).state == STAGED
    office.apply(import_id)
    assert office.posts() == {"สมชาย": ("s1", "ครู")}
    with pytest.raises(ImportStateError, match=r"roster\.csv: is applied, not staged"):
        office.apply(import_id)
    assert office.rows_of(staged_person) == []


def test_a_discarded_file_is_gone_but_on_record(office: Office) -> None:
    import_id = office.stage(a_row(), a_row("คนเดียว"))
    with office.engine.begin() as conn:
        discard(conn, import_id, NOW, "test", "wrong file")
    assert (office.file(import_id).state, office.file(import_id).reason) == ("discarded", "wrong file")
    for table in (staged_person, import_refusal, person):
        assert office.rows_of(table) == []


def test_the_same_file_twice_changes_nothing(office: Office) -> None:
    rows = [
        a_row(**{ID: national_id(1), ROSTER_ID: "R1", EMAIL: "a@x.example", "username moodle-main": "a"}),
        a_row("สมหญิง ใจดี", "ผู้อำนวยการโรงเรียน", SECOND, **{START: "1/5/2569"}),
    ]
    assert office.bring(*rows).added == 2
    before = people_tables(office)
    again = office.bring(*rows, full=True, now=NOW + timedelta(days=3))
    assert (again.added, again.changed, again.unchanged, again.departed) == (0, 0, 2, 0)
    assert people_tables(office) == before


def test_a_full_list_shows_who_left_and_then_ends_their_posts(office: Office) -> None:
    names = ("สมชาย", "สมหญิง", "สมศรี")
    office.bring(*(a_row(f"{name} ใจดี") for name in names), a_row("สมปอง ใจดี", unit=SECOND), now=BEGIN)
    import_id = office.stage(a_row("สมชาย ใจดี"), full=True)
    with office.engine.connect() as conn:
        leaving = departing(conn, import_id)
    assert [(one.given_name, one.unit_name) for one in leaving] == [
        ("สมศรี", "โรงเรียนหนึ่ง"),
        ("สมหญิง", "โรงเรียนหนึ่ง"),
    ]
    assert office.file(import_id).departed == 2
    assert set(office.posts()) == {*names, "สมปอง"}

    office.apply(import_id)
    assert set(office.posts()) == {"สมชาย", "สมปอง"}
    ended = {row.person_id: row.valid_to for row in office.rows_of(membership) if row.valid_to is not None}
    assert set(ended.values()) == {day_before(DAY)}
    groups = {row.person_id: row.valid_to for row in office.rows_of(group_assignment)}
    assert {key for key, last in groups.items() if last == day_before(DAY)} == set(ended)
    departed = [row for row in office.rows_of(change_log) if row.action == "depart"]
    uuids = {row.uuid for row in office.rows_of(person) if row.id in ended}
    assert {row.subject_id for row in departed} == uuids


def test_who_comes_back_is_the_same_person(office: Office) -> None:
    known = {ID: national_id(1)}
    office.bring(a_row(**known), a_row("สมหญิง ใจดี"), now=BEGIN)
    office.bring(a_row("สมหญิง ใจดี"), full=True)
    assert set(office.posts()) == {"สมหญิง"}
    back = office.bring(a_row(**known), now=NOW + timedelta(days=9))
    assert (back.added, back.changed) == (0, 1)
    assert set(office.posts()) == {"สมชาย", "สมหญิง"}
    assert len(office.rows_of(person)) == 2


def test_a_move_within_a_full_list_is_no_departure(office: Office) -> None:
    office.bring(a_row(**{ID: national_id(1)}), a_row("สมหญิง ใจดี"), now=BEGIN)
    moved = office.bring(a_row(unit=SECOND, **{ID: national_id(1)}), a_row("สมหญิง ใจดี"), full=True)
    assert (moved.changed, moved.unchanged, moved.departed) == (1, 1, 0)
    assert office.posts() == {"สมชาย": ("s2", "ครู"), "สมหญิง": ("s1", "ครู")}


def test_nobody_leaves_while_rows_are_refused(office: Office) -> None:
    office.bring(a_row(), a_row("สมหญิง ใจดี"), now=BEGIN)
    file = office.bring(a_row(), a_row("สมหญิง ใจดี", unit="0199999999"), full=True)
    assert (file.departed, file.options["held"], file.rows_refused) == (0, True, 1)
    assert set(office.posts()) == {"สมชาย", "สมหญิง"}
    unread = office.bring(a_row(), a_row("สมหญิง"), full=True)
    assert (unread.departed, unread.options["held"]) == (0, True)
    assert set(office.posts()) == {"สมชาย", "สมหญิง"}


def test_a_list_that_lets_too_many_leave_must_be_accepted(office: Office) -> None:
    office.bring(*(a_row(f"สมชาย{n} ใจดี") for n in range(60)), now=BEGIN)
    import_id = office.stage(a_row("สมชาย0 ใจดี"), full=True)
    with pytest.raises(ImportStateError, match="59 of 60 people would leave"):
        office.apply(import_id)
    assert len(office.posts()) == 60
    office.apply(import_id, accept_shrink=True)
    assert set(office.posts()) == {"สมชาย0"}


def test_people_of_offices_and_schools_in_one_file(office: Office) -> None:
    file = office.bring(
        a_row("นางสาวสมหญิง ใจดี", "ศึกษานิเทศก์", OFFICE),
        a_row("สมชาย ใจดี", "ครู", "โรงเรียน สอง"),
        a_row("สมศรี ใจดี", "ครู", "ไม่มีโรงเรียนนี้"),
    )
    assert (file.added, file.rows_refused) == (2, 1)
    assert office.posts() == {"สมหญิง": ("area", "ศึกษานิเทศก์"), "สมชาย": ("s2", "ครู")}


def test_units_by_their_name_where_there_is_no_code(office: Office) -> None:
    rows = [
        {"ชื่อ-สกุล": "สมชาย ใจดี", "โรงเรียน/หน่วยงาน": "โรงเรียนหนึ่ง"},
        {"ชื่อ-สกุล": "สมหญิง ใจดี", "โรงเรียน/หน่วยงาน": ""},
    ]
    import_id = office.stage(*rows)
    assert reasons(office, import_id) == [(3, "โรงเรียน/หน่วยงาน", "must not be empty")]
    office.apply(import_id)
    assert office.posts() == {"สมชาย": ("s1", "")}


def test_a_move_takes_effect_on_the_day_that_the_file_says(office: Office) -> None:
    office.bring(a_row(), now=BEGIN)
    office.bring(a_row(post="ครูชำนาญการ", **{START: "๑๖ พ.ค. ๒๕๖๙"}))
    old, new = office.rows_of(membership)
    assert (old.valid_to, new.valid_from, new.valid_to) == (date(2026, 5, 15), date(2026, 5, 16), None)
    # A first day before the post that is replaced is another's, as of somebody's first appointment.
    office.bring(a_row(post="ครูเชี่ยวชาญ", **{START: "16/5/2550"}))
    assert [row.valid_from for row in office.rows_of(membership)][2:] == [DAY]
    assert office.rows_of(membership)[1].valid_to == day_before(DAY)
    ahead = office.stage(a_row(**{START: "1/1/2570"}))
    assert reasons(office, ahead) == [(2, START, "is a day that is still to come")]


def test_identifiers_are_kept_and_end_when_they_change(office: Office) -> None:
    known = {ID: national_id(1), "ชื่อผู้ใช้ Moodle-Main": "somchai"}
    office.bring(a_row(**known, **{EMAIL: "Old@X.example", ROSTER_ID: "R-๑"}))
    first = {("email", "", "old@x.example"), ("roster", "", "R-1"), ("username", SITE, "somchai")}
    assert office.known_by() == first
    changed = office.bring(a_row(**known, **{EMAIL: "new@x.example", ROSTER_ID: ""}))
    assert changed.changed == 1
    assert office.known_by() == first - {("email", "", "old@x.example")} | {("email", "", "new@x.example")}
    (ended,) = [row for row in office.rows_of(identifier) if row.ended_at is not None]
    assert (ended.value, ended.ended_at) == ("old@x.example", to_micros(NOW))


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        ({ID: "1"}, {"name": "สมศักดิ์ ใหม่", "unit": SECOND, ID: "1"}, True),
        ({ROSTER_ID: "R1"}, {"name": "สมศักดิ์ ใหม่", "unit": SECOND, ROSTER_ID: "R1"}, True),
        ({EMAIL: "a@x.example"}, {"name": "สมศักดิ์ ใหม่", "unit": SECOND, EMAIL: "A@x.example"}, True),
        ({}, {"name": "นายสมชาย  ใจดี"}, True),
        ({ID: "1"}, {}, True),
        ({}, {ID: "1", ROSTER_ID: "R1"}, True),
        ({ROSTER_ID: "R1"}, {ID: "1"}, True),
        ({}, {"unit": SECOND}, False),
        ({ID: "1"}, {ID: "2"}, False),
        ({ROSTER_ID: "R1"}, {ROSTER_ID: "R2"}, False),
    ],
)
def test_whom_a_row_means(office: Office, before: dict[str, str], now: dict[str, str], same: bool) -> None:
    def row(said: dict[str, str]) -> dict[str, str]:
        return a_row(**{key: national_id(int(value)) if key == ID else value for key, value in said.items()})

    office.bring(row(before), now=BEGIN)
    assert office.bring(row(now)).added == (0 if same else 1)
    assert len(office.rows_of(person)) == (1 if same else 2)


def test_an_id_that_arrives_later_belongs_to_the_person(office: Office) -> None:
    office.bring(a_row(), now=BEGIN)
    office.bring(a_row(**{ID: national_id(1)}))
    (found,) = office.rows_of(person)
    assert (found.id_hmac, found.id_last4) == (TERMS.hash_keys.hash(national_id(1)).hmac, national_id(1)[-4:])


def test_a_name_does_not_take_whom_an_id_means(office: Office) -> None:
    """A namesake joins the school; the file names the one who was there by the roster's id."""
    office.bring(a_row(**{ROSTER_ID: "R1"}), now=BEGIN)
    file = office.bring(a_row(**{ROSTER_ID: "R1"}), a_row(**{ID: national_id(2)}))
    assert (file.added, file.unchanged, file.rows_refused) == (1, 1, 0)


def test_two_rows_that_claim_one_identity(office: Office) -> None:
    import_id = office.stage(
        a_row("หนึ่ง ใจดี", **{ID: national_id(1), ROSTER_ID: "R1"}),
        a_row("สอง ใจดี", **{ID: national_id(1)}),
        a_row("สาม ใจดี", **{ROSTER_ID: "R1"}),
        a_row("สี่ ใจดี", **{EMAIL: "a@x.example", "username": "u"}),
        a_row("ห้า ใจดี", **{EMAIL: "a@x.example"}),
        a_row("หก ใจดี", username="u"),
        a_row("หนึ่ง ใจดี"),
        a_row("เจ็ด ใจดี"),
        a_row("เจ็ด  ใจดี"),
    )
    twin = "another row has this name at this unit, and this one has no id"
    earlier = "is in an earlier row already"
    assert reasons(office, import_id) == [
        (3, ID, earlier),
        (4, ROSTER_ID, earlier),
        (6, EMAIL, earlier),
        (7, "username", earlier),
        (8, "ชื่อ-สกุล", twin),
        (10, "ชื่อ-สกุล", twin),
    ]
    assert office.file(import_id).added == 3


def test_ids_that_belong_to_others(office: Office) -> None:
    office.bring(
        a_row("หนึ่ง ใจดี", **{ID: national_id(1), ROSTER_ID: "R1", EMAIL: "one@x.example", "username": "one"}),
        a_row("สอง ใจดี", **{ID: national_id(2), ROSTER_ID: "R2", EMAIL: "two@x.example"}),
        a_row("สาม ใจดี", unit=SECOND, **{EMAIL: "three@x.example"}),
        now=BEGIN,
    )
    before = people_tables(office)
    import_id = office.stage(
        a_row("หนึ่ง ใจดี", **{ID: national_id(1), ROSTER_ID: "R2"}),
        a_row("สอง ใจดี", **{ID: national_id(2), EMAIL: "one@x.example"}),
        a_row("ใหม่ ใจดี", **{ID: national_id(3), ROSTER_ID: "R1"}),
        a_row("ใครไม่รู้ ใจดี", **{ID: national_id(4), "username": "one"}),
        a_row("สาม ใจดี", unit=SECOND, **{EMAIL: "three@x.example"}),
    )
    found = [(row, column) for row, column, _ in reasons(office, import_id)]
    assert found == [(2, ROSTER_ID), (3, EMAIL), (4, ID), (5, "username")]
    office.apply(import_id)
    assert people_tables(office) == before


def test_namesakes_without_an_id_are_not_guessed(office: Office) -> None:
    office.bring(a_row(**{ID: national_id(1)}), a_row(**{ID: national_id(2)}), now=BEGIN)
    import_id = office.stage(a_row())
    assert reasons(office, import_id) == [
        (2, "ชื่อ-สกุล", "several people at this unit have this name: give an id")
    ]


def test_columns_that_a_file_lacks_leave_what_is_known(office: Office) -> None:
    full = a_row(
        "นายสมชาย ใจดี", **{"วิทยฐานะ": "คศ.2", "สายงาน": "สายงานการสอน", "กลุ่ม": "T", ID: national_id(1)}
    )
    office.bring(full, now=BEGIN)
    before = office.rows_of(membership), office.rows_of(group_assignment)
    named = {"ชื่อ": "สมชาย", "นามสกุล": "ใจดี", "รหัสโรงเรียน": FIRST, EMAIL: "a@x.example"}
    assert office.bring(named).changed == 1
    assert (office.rows_of(membership), office.rows_of(group_assignment)) == before
    assert office.rows_of(person)[0].prefix_th == "นาย"


def test_a_name_without_honorific_takes_none_away(office: Office) -> None:
    office.bring(a_row("นางสาวสมหญิง ใจดี"), now=BEGIN)
    assert office.bring(a_row("สมหญิง ใจดี")).unchanged == 1
    assert office.bring(a_row("นางสมหญิง ใจดี")).changed == 1
    assert [row.prefix_th for row in office.rows_of(person)] == ["นาง"]


def test_whoever_was_merged_away_stands_for_the_other(office: Office) -> None:
    office.bring(a_row(**{ID: national_id(1)}), a_row("สมหญิง ใจดี", **{ID: national_id(2)}), now=BEGIN)
    first, second = (row.id for row in office.rows_of(person))
    with office.engine.begin() as conn:
        merged = {"from_id": second, "into_id": first, "reason": "one person"}
        conn.execute(insert(person_merge).values(**merged, recorded_at=1, recorded_by="test"))
    import_id = office.stage(a_row(**{ID: national_id(2)}))
    (row,) = office.rows_of(staged_person)
    assert row.person_id == first
    assert office.file(import_id).added == 0


def test_whoever_was_erased_is_left_out_and_holds_nobody_back(office: Office) -> None:
    office.bring(a_row(), a_row("สมหญิง ใจดี"), a_row("สมปอง ใจดี", unit=SECOND), now=BEGIN)
    hashed = Tombstones(b"key").hash(email_mark("gone@x.example"))
    office.terms = replace(TERMS, tombstones=Tombstones(b"key", frozenset({("email", hashed)})))
    rows = (a_row(), a_row("คนเดิม ใจดี", unit=SECOND, **{EMAIL: "Gone@x.example"}))
    import_id = office.stage(*rows, full=True)
    ((row, column, reason),) = reasons(office, import_id)
    assert (row, column, reason.partition(":")[0]) == (3, "ชื่อ-สกุล", "this person was erased on request")
    office.apply(import_id)
    assert set(office.posts()) == {"สมชาย", "สมปอง"}


def test_a_check_that_is_out_of_date_is_made_again(office: Office) -> None:
    office.bring(a_row(**{ID: national_id(1)}), now=BEGIN)
    import_id = office.stage(a_row(unit=SECOND, **{ID: national_id(1)}))
    with office.engine.begin() as conn:
        log_changes(conn, [Change("correct", "person", "somebody else", "name")], NOW, "test")
    office.apply(import_id)
    assert office.posts() == {"สมชาย": ("s2", "ครู")}

    import_id = office.stage(a_row(unit=FIRST, **{ID: national_id(1)}))
    office.bring(a_row(unit=FIRST, **{ID: national_id(1)}))
    with pytest.raises(ImportStateError, match="people have changed since it was checked"):
        office.apply(import_id)
    with office.engine.begin() as conn:
        check_roster(conn, import_id, NOW)
    assert office.file(import_id).unchanged == 1
    office.apply(import_id)


def test_groups_are_told_before_they_are_given(office: Office) -> None:
    posts = ("ครู", "ครู", "ศึกษานิเทศก์", "พนักงานราชการ", "นักบินอวกาศ")
    import_id = office.stage(*(a_row(f"สมชาย{n} ใจดี", post) for n, post in enumerate(posts)))
    with office.engine.connect() as conn:
        assert group_counts(conn, import_id) == {"S": 2, "A": 1, "-": 1, "": 1}


def test_no_national_id_in_the_clear_anywhere(office: Office) -> None:
    good, wrong = national_id(1), f"{national_id(2)[:-1]}{(int(national_id(2)[-1]) + 1) % 10}"
    rows = [
        a_row("หนึ่ง ใจดี", **{ID: good}),
        a_row("สอง ใจดี", **{ID: wrong}),
        a_row(f"สาม{good} ใจดี"),
        a_row("สี่ ใจดี", good),
        a_row("ห้า ใจดี", **{ROSTER_ID: good, "username": good, "หมายเหตุ": good}),
        a_row("หก ใจดี", unit="0199999999", **{ID: national_id(3)}),
    ]
    import_id = office.stage(*rows)
    assert office.file(import_id).rows_refused == 5
    everything = MetaData()
    everything.reflect(office.engine)
    with office.engine.connect() as conn:
        held = "".join(str(conn.execute(select(table)).all()) for table in everything.sorted_tables)
        held += "".join(refused_csv(conn, import_id))
    for number in (good, wrong, national_id(3)):
        assert number not in held
    with office.engine.connect() as conn:
        assert conn.execute(select(func.count()).select_from(staged_person)).scalar_one() == 2
