"""Lists of completions: from the file to statements and hours, and back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from connector.completion import Fact
from connector.imports.errors import ImportFileError, ImportStateError
from connector.imports.import_files import Brought, find
from connector.imports.learning import apply
from connector.imports.learning_files import stage_completions
from connector.imports.refusals import refused_csv
from connector.report.queries.reconciliation import read_reconciliation
from connector.tables_imports import import_file
from lrs.clock import to_micros
from lrs.tables import evidence
from mappings.progress import refresh
from mappings.tables import change_log, competency_state, learning_event
from tests.connector.learning import (
    KEYS,
    NOW,
    OWN,
    a_file,
    completions,
    current,
    events,
    people,
    refused,
    setting,
    take_back,
    uuid_of,
    written,
)
from tests.connector.syncing import Said, run, say
from tests.mappings.world import HOME, course_iri

LIST = """
อีเมล,หลักสูตร,วันที่สำเร็จ,คะแนน,สถานะ
kaew@school.example,DL101,5 ก.ค. 2567,85,ผ่าน
kwan@school.example,sample-dl102,2024-07-06,17/20,passed
"""
TITLES = ("การใช้งานคอมพิวเตอร์", "การใช้งานอินเทอร์เน็ต")


def test_rows_become_statements_without_names(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    uuid = completions(engine, a_file(tmp_path, LIST), platform=HOME)
    kaew, kwan = current(engine)
    assert (kaew.account, kaew.home_page, kaew.activity, kaew.level) == ("7", HOME, course_iri(2), 2)
    assert (kwan.account, kwan.home_page, kwan.activity) == (uuid_of(engine, ids["ขวัญ"]), OWN, course_iri(3))
    assert kaew.body["result"] == {"completion": True, "score": {"scaled": 0.85}}
    assert datetime.fromisoformat(kaew.body["timestamp"]) == datetime(2024, 7, 4, 17, tzinfo=UTC)
    assert kwan.body["context"]["extensions"] == {
        "https://w3id.org/thaksa/extensions/import": uuid,
        "https://w3id.org/thaksa/extensions/row": 3,
    }
    assert "school.example" not in str(current(engine))
    assert events(engine, ids["แก้ว"]) == [(TITLES[0], 3.0)]
    assert events(engine, ids["ขวัญ"]) == [(TITLES[1], 3.0)]


def test_the_same_file_again_and_the_same_rows_in_another_count_once(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    path = a_file(tmp_path, LIST)
    first = completions(engine, path)
    before = written(engine)
    completions(engine, path)
    second = completions(engine, a_file(tmp_path, f"ผู้เรียนที่ผ่าน\n{LIST}", "other.csv"))
    third = completions(engine, a_file(tmp_path, LIST.replace("85", "85.0"), "third.csv"))
    assert written(engine) == before
    # A row that other files say too goes on counting until the last of them is taken back.
    for uuid, hours in ((first, [3.0]), (second, [3.0]), (third, [])):
        take_back(engine, uuid)
        assert [one for _, one in events(engine, ids["แก้ว"])] == hours
    assert current(engine) == []


def test_taking_back_voids_and_another_import_is_a_new_occurrence(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    path = a_file(tmp_path, LIST)
    uuid = completions(engine, path)
    before = {one.body["id"] for one in current(engine)}
    assert take_back(engine, uuid, 2).voided == 1
    assert events(engine, ids["แก้ว"]) == []
    assert events(engine, ids["ขวัญ"]) == [(TITLES[1], 3.0)]
    with pytest.raises(ImportStateError, match="nothing to take back"):
        take_back(engine, uuid, 2)
    again = completions(engine, path)
    assert events(engine, ids["แก้ว"]) == [(TITLES[0], 3.0)]
    after = {one.body["id"] for one in current(engine)}
    assert len(before & after) == 1
    take_back(engine, uuid)
    take_back(engine, again)
    assert current(engine) == []
    with engine.begin() as conn:
        log = conn.execute(select(change_log).where(change_log.c.action == "withdraw")).all()
        state = conn.execute(
            select(import_file.c.state, import_file.c.reason).where(import_file.c.uuid == uuid)
        )
        assert tuple(state.one()) == ("withdrawn", "a reason")
    assert [(row.subject, row.subject_id, row.detail) for row in log] == [
        ("import_row", f"{uuid} 2", "a reason"),
        ("import_file", uuid, "a reason"),
        ("import_file", again, "a reason"),
    ]


def test_a_later_list_corrects_an_earlier_one(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    first = completions(engine, a_file(tmp_path, LIST))
    better = completions(engine, a_file(tmp_path, LIST.replace(",85,", ",90,"), "better.csv"))
    kaew = current(engine)[-1]
    assert kaew.body["result"]["score"] == {"scaled": 0.9}
    assert len(current(engine)) == 2
    failed = completions(engine, a_file(tmp_path, LIST.replace("85,ผ่าน", "20,ไม่ผ่าน"), "failed.csv"))
    assert events(engine, ids["แก้ว"]) == []
    take_back(engine, failed)
    assert [one.body["result"] for one in current(engine) if one.body["result"]["score"]["scaled"] == 0.9]
    take_back(engine, better)
    assert events(engine, ids["แก้ว"]) == [(TITLES[0], 3.0)]
    take_back(engine, first)
    assert current(engine) == []


def test_each_wrong_row_is_named_and_the_others_count(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    rows = """
    เลขประจำตัวประชาชน,E-mail Address,Course Name,Date Completed,Grade,Status
    1001000079196,,DL101,5 ก.ค. 2567,,
    1001000079197,,DL101,5 ก.ค. 2567,,
    ,nobody@school.example,DL101,5 ก.ค. 2567,,
    1001000079196,kwan@school.example,DL101,5 ก.ค. 2567,,
    ,kwan@school.example,DL999,5 ก.ค. 2567,,
    ,kwan@school.example,DL101,5 ก.ค. 2599,,
    ,kwan@school.example,DL101,,,
    ,kwan@school.example,DL101,5 ก.ค. 2567,120,
    ,kwan@school.example,DL101,5 ก.ค. 2567,,อาจจะ
    ,,DL101,5 ก.ค. 2567,,
    """.replace("    ", "")
    uuid = completions(engine, a_file(tmp_path, rows))
    assert len(current(engine)) == 1
    assert refused(engine, uuid) == [
        (3, "เลขประจำตัวประชาชน", "xxxxxxxxxxx97", "the last digit does not fit the others: a slip in typing"),
        (4, "E-mail Address", "nobody@school.example", "nobody on the rosters is known by this"),
        (5, "E-mail Address", "kwan@school.example", "is another person's than the row's national_id"),
        (6, "Course Name", "DL999", "no course of the mappings has this label, code or activity"),
        (7, "Date Completed", "5 ก.ค. 2599", "is a day that has not come yet"),
        (8, "Date Completed", "", "must not be empty"),
        (9, "Grade", "120", "is more than the highest score 100"),
        (10, "Status", "อาจจะ", "says neither yes nor no: write ผ่าน or ไม่ผ่าน"),
        (11, "เลขประจำตัวประชาชน", "", "must not be empty: nothing else in the row says who it is"),
    ]
    assert events(engine, ids["แก้ว"]) == [(TITLES[0], 3.0)]
    with engine.begin() as conn:
        text = "".join(refused_csv(conn, find(conn, uuid).id))
    assert "1001000079196" not in text
    assert "DL999" in text


def test_one_course_for_all_rows_headers_of_ones_own_and_usernames(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    text = "Konto,Course,Ende\nkasem,anything,2024-07-05 14:30\nkaew,anything,5/7/2567\n"
    headers = {"username": "Konto", "completed_on": "Ende", "course": "none"}
    path = a_file(tmp_path, text)
    with pytest.raises(ImportFileError, match="lacks course"):
        completions(engine, path, platform=HOME, headers=headers)
    uuid = completions(engine, path, platform=HOME, headers=headers, course=course_iri(2))
    assert refused(engine, uuid) == []
    assert {one.account for one in current(engine)} == {uuid_of(engine, ids["เกษม"]), "7"}
    with pytest.raises(ImportFileError, match="column colour: is none of"):
        completions(engine, path, headers={"colour": "x"})


def test_nothing_is_half_applied(engine: Engine, tmp_path: Path) -> None:
    people(engine)
    before = written(engine)
    path = a_file(tmp_path, LIST)
    import_id = stage_completions(engine, Brought("", path, "test"), setting(), KEYS, headers={})
    with engine.connect() as conn:
        apply(conn, import_id, setting())
        conn.rollback()
    assert written(engine) == before
    with engine.begin() as conn:
        staged = find(conn, import_id)
        assert (staged.state, staged.added, staged.changed, staged.unchanged) == ("staged", 2, 0, 0)
        apply(conn, import_id, setting())
        with pytest.raises(ImportStateError, match="is applied, not staged"):
            apply(conn, import_id, setting())
    assert written(engine) == before + 2


def test_a_completion_that_the_platform_took_back_stays_so(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    completions(engine, a_file(tmp_path, LIST), platform=HOME)
    with engine.begin() as conn:
        at = conn.execute(select(evidence.c.stored)).scalars().first()
        conn.execute(evidence.update().where(evidence.c.agent_id.is_not(None)).values(voided_at=at))
    before = written(engine)
    completions(engine, a_file(tmp_path, LIST), NOW + timedelta(days=1), platform=HOME)
    assert written(engine) == before
    assert ids


def test_competencies_follow_the_level_that_their_mapping_asks(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    completions(engine, a_file(tmp_path, LIST))
    with engine.begin() as conn:
        states = conn.execute(
            select(competency_state.c.level).where(
                competency_state.c.person_id == ids["แก้ว"], competency_state.c.state == 2
            )
        ).all()
    assert [row.level for row in states] == [2]


def test_ten_thousand_rows_with_fifty_errors(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    courses = [f"DL10{number}" for number in range(1, 5)]
    wrong = set(range(100, 10_100, 200))
    rows = [
        f"{'nobody' if row in wrong else 'kwan'}@school.example,{courses[row % 4]},5 ก.ค. 2567"
        for row in range(2, 10_002)
    ]
    uuid = completions(engine, a_file(tmp_path, "\n".join(["อีเมล,หลักสูตร,วันที่สำเร็จ", *rows])))
    found = refused(engine, uuid)
    assert [row for row, *_ in found] == sorted(wrong)
    assert len(events(engine, ids["ขวัญ"])) == len(courses)


def test_a_file_s_completion_beside_the_platform_s_own(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    completions(engine, a_file(tmp_path, LIST), platform=HOME)
    run(engine, Said(say(7, Fact.COMPLETED, at=NOW)))
    told = [one for one in current(engine) if one.activity == course_iri(2)]
    assert [(one.account, one.level) for one in told] == [("7", 2), ("7", 1)]
    with engine.begin() as conn:
        refresh(conn, NOW)
        (at,) = conn.execute(
            select(learning_event.c.completed_at).where(learning_event.c.person_id == ids["แก้ว"])
        ).scalars()
        report = read_reconciliation(conn, NOW)
    assert (events(engine, ids["แก้ว"]), at) == ([(TITLES[0], 3.0)], to_micros(NOW))
    # What files say is no platform's pull or push.
    assert [(one.home_page, one.accounts.pull_only) for one in report.platforms] == [(HOME, 1)]
    # "Not completed" takes back what the platform contradicts, whoever told it.
    run(engine, Said(say(7, Fact.NOT_COMPLETED)), NOW + timedelta(days=1))
    assert not [one for one in current(engine) if one.activity == course_iri(2) and one.verb == "completed"]
    again = completions(engine, a_file(tmp_path, LIST), NOW + timedelta(days=2), platform=HOME)
    assert events(engine, ids["แก้ว"]) == []
    assert again
