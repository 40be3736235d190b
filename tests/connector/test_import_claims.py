"""Certificates that people say they have: from pasted codes to decisions."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from connector.imports.certificate_codes import codes_of
from connector.imports.claim_store import counts
from connector.imports.claim_work import ClaimError, decide_claims, settle_claims
from connector.imports.errors import BadValueError
from connector.person_erasure import erase
from connector.settings import load
from connector.tables_imports import claim
from mappings.load import load_shipped
from mappings.progress import refresh
from mappings.tables import change_log, course_alias, mapping
from tests.connector.learning import (
    NOW,
    a_file,
    claims,
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
from tests.mappings.world import course_iri

SHEET = """
ประทับเวลา,อีเมล,รหัสเกียรติบัตร,หลักสูตร,วันที่สำเร็จ
x,kaew@school.example,"TM-001, |
https://certs.example/verify?code=tm-002",DL101,5 ก.ค. 2567
x,kwan@school.example,TM-001,DL101,5 ก.ค. 2567
x,kaew@school.example,tm-001.,DL101,5 ก.ค. 2567
x,kasem@school.example,"ABC-9, DEF-8",วิชาที่ไม่มีใครรู้จัก,
"""


def kept(engine: Engine) -> list[tuple[str, str, bool]]:
    """Code, state and whether it became a statement, of each claim."""
    with engine.begin() as conn:
        rows = conn.execute(select(claim).order_by(claim.c.id)).all()
    return [(row.code, row.state, row.statement_id is not None) for row in rows]


def uuid_of_claim(engine: Engine, code: str, nth: int = 0) -> str:
    with engine.begin() as conn:
        rows = conn.execute(select(claim.c.uuid).where(claim.c.code == code).order_by(claim.c.id)).all()
    return str(rows[nth].uuid)


def decide(engine: Engine, state: str, *uuids: str, course: str = "", reason: str = "checked") -> None:
    with engine.begin() as conn:
        decide_claims(conn, uuids, state, reason, setting(), course=course)
        refresh(conn, NOW)


def accept_level(engine: Engine, level: int) -> None:
    """Mappings accept this level from now on."""
    with engine.begin() as conn:
        conn.execute(mapping.update().values(level_at_most=level))


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("abc-123, ABC-124 | |\nABC-125", ["ABC-123", "ABC-124", "ABC-125"]),
        ("1. TM-2567/001\n2) TM-2567/002", ["TM-2567/001", "TM-2567/002"]),
        ("รหัส: CMU-0001 และ code:CMU-๐๐๐๒", ["CMU-0001", "CMU-0002"]),
        ("https://lms.example/certificates/0a1b2c3d", ["0A1B2C3D"]),
        ("https://c.example/certificate/ab12cd34/download?lang=th", ["AB12CD34"]),
        ("https://c.example/verify.php?id=77-X,https://c.example/x/77-Y.pdf", ["77-X", "77-Y"]),
    ],
)
def test_codes_are_found_however_they_are_pasted(cell: str, codes: list[str]) -> None:
    assert [one.code for one in codes_of(cell)] == codes


@pytest.mark.parametrize("cell", ["", "-", "สมชาย ใจดี", "somchai", "1001000079196"])
def test_what_is_no_code_is_refused(cell: str) -> None:
    with pytest.raises(BadValueError):
        codes_of(cell)


def test_claims_count_at_the_level_that_was_decided(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    accept_level(engine, 3)
    claims(engine, a_file(tmp_path, SHEET))
    assert kept(engine) == [
        ("TM-001", "claimed", True),
        ("TM-002", "claimed", False),
        ("TM-001", "duplicate", False),
        ("TM-001", "duplicate", False),
        ("ABC-9", "claimed", True),
        ("DEF-8", "claimed", True),
    ]
    # Two certificates of one course are one completion; a self-report is not enough for its mapping.
    told = current(engine)
    assert (told[0].level, told[0].activity, len(told)) == (4, course_iri(2), 3)
    assert events(engine, ids["แก้ว"]) == []
    decide(engine, "verified", uuid_of_claim(engine, "TM-002"))
    assert [one.level for one in current(engine)] == [4, 4, 3]
    assert [hours for _, hours in events(engine, ids["แก้ว"])] == [3.0]
    decide(engine, "rejected", uuid_of_claim(engine, "TM-002"), reason="not found at the platform")
    assert sorted(one.level for one in current(engine)) == [4, 4, 4]
    assert events(engine, ids["แก้ว"]) == []
    with engine.begin() as conn:
        row = conn.execute(select(claim).where(claim.c.code == "TM-002")).one()
        log = conn.execute(select(change_log).where(change_log.c.subject == "claim")).all()
    assert (row.state, row.decided_by, row.reason) == ("rejected", "test", "not found at the platform")
    assert [(one.action, one.detail) for one in log] == [
        ("verified", "checked"),
        ("rejected", "not found at the platform"),
    ]


def test_a_self_report_counts_where_a_mapping_accepts_it(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    accept_level(engine, 4)
    uuid = claims(engine, a_file(tmp_path, SHEET))
    assert [hours for _, hours in events(engine, ids["แก้ว"])] == [3.0]
    # Another row of hers says one of the codes too.
    take_back(engine, uuid, 2)
    assert [hours for _, hours in events(engine, ids["แก้ว"])] == [3.0]
    take_back(engine, uuid, 4)
    assert [hours for _, hours in events(engine, ids["ขวัญ"])] == [3.0]
    assert events(engine, ids["แก้ว"]) == []


def test_a_code_that_two_people_claim(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    accept_level(engine, 3)
    claims(engine, a_file(tmp_path, SHEET))
    first, other, again = (uuid_of_claim(engine, "TM-001", nth) for nth in range(3))
    with pytest.raises(ClaimError, match="the same code"):
        decide(engine, "verified", first, other)
    decide(engine, "verified", other)
    with pytest.raises(ClaimError, match="verified in another claim already"):
        decide(engine, "verified", first)
    assert [hours for _, hours in events(engine, ids["ขวัญ"])] == [3.0]
    decide(engine, "rejected", other)
    decide(engine, "rejected", first)
    # The first is out of the way: what was its duplicate is claimed again.
    assert kept(engine)[3][:2] == ("TM-001", "claimed")
    decide(engine, "verified", again)
    assert [hours for _, hours in events(engine, ids["แก้ว"])] == [3.0]
    assert events(engine, ids["ขวัญ"]) == []


def test_the_course_may_be_said_later(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    accept_level(engine, 3)
    claims(engine, a_file(tmp_path, SHEET))
    assert events(engine, ids["เกษม"]) == []
    before = [one for one in current(engine) if "certificates/" in one.activity]
    assert len(before) == 2
    assert "ABC-9" not in str(before)
    with pytest.raises(ClaimError, match="no course of the mappings"):
        decide(engine, "verified", uuid_of_claim(engine, "ABC-9"), course="nothing")
    decide(engine, "verified", uuid_of_claim(engine, "ABC-9"), course="DL102")
    assert [hours for _, hours in events(engine, ids["เกษม"])] == [3.0]
    assert len([one for one in current(engine) if "certificates/" in one.activity]) == 1


def test_importing_again_changes_nothing_and_files_that_grow_add_what_is_new(
    engine: Engine, tmp_path: Path
) -> None:
    people(engine)
    first = claims(engine, a_file(tmp_path, SHEET))
    held, before = kept(engine), written(engine)
    claims(engine, a_file(tmp_path, SHEET))
    assert (kept(engine), written(engine)) == (held, before)
    grown = SHEET + "x,kwan@school.example,NEW-77,DL103,5 ก.ค. 2567\n"
    second = claims(engine, a_file(tmp_path, grown, "grown.csv"))
    assert kept(engine)[: len(held)] == held
    assert [code for code, *_ in kept(engine)[len(held) :]] == ["NEW-77"]
    number = len(current(engine))
    # The first file's claims are the second's from now on.
    take_back(engine, first)
    assert len(current(engine)) == number
    take_back(engine, second)
    assert current(engine) == []
    with engine.begin() as conn:
        assert set(counts(conn).values()) == {0}


def test_errors_name_the_row(engine: Engine, tmp_path: Path) -> None:
    people(engine)
    rows = "อีเมล,เกียรติบัตร\nkaew@school.example,ไม่มี\nnobody@school.example,ABC-1\n"
    uuid = claims(engine, a_file(tmp_path, rows))
    assert refused(engine, uuid) == [
        (2, "เกียรติบัตร", "ไม่มี", "has no certificate code and no address"),
        (3, "อีเมล", "nobody@school.example", "nobody on the rosters is known by this"),
    ]


def test_a_course_without_an_activity_gets_one_of_ours_that_mapping_files_leave_alone(
    engine: Engine, tmp_path: Path
) -> None:
    people(engine)
    claims(engine, a_file(tmp_path, SHEET.replace("DL101", "CMU011")))
    iri = "https://w3id.org/thaksa/courses/thaimooc-cmu011"
    assert current(engine)[0].activity == iri
    with engine.begin() as conn:
        load_shipped(conn, NOW, "test")
        own = course_alias.c.activity_iri == iri
        assert conn.execute(select(course_alias.c.valid_to).where(own)).scalar_one() is None


def test_an_erased_person_s_statements_stay_and_can_be_taken_back(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    lists = [
        completions(engine, a_file(tmp_path, f"{title}\nอีเมล,หลักสูตร,วันที่สำเร็จ\n{rows}", f"{title}.csv"))
        for title, rows in (
            ("ก", "kaew@school.example,DL101,5 ก.ค. 2567\nkwan@school.example,DL101,5 ก.ค. 2567"),
            ("ข", "kaew@school.example,DL102,5 ก.ค. 2567\nkwan@school.example,DL102,5 ก.ค. 2567"),
        )
    ]
    sheet = claims(engine, a_file(tmp_path, SHEET))
    before = len(current(engine))
    uuid = uuid_of(engine, ids["แก้ว"])
    erase(load({}, data=tmp_path / "data"), engine, uuid, NOW, "test")
    assert len(current(engine)) == before
    assert not any(one.account == uuid for one in current(engine))
    take_back(engine, lists[0])
    assert len(current(engine)) == before - 2
    assert [one.activity for one in current(engine)].count(course_iri(3)) == 2
    with engine.begin() as conn:
        settle_claims(conn, ids.values(), setting())
    assert len(current(engine)) == before - 2
    take_back(engine, sheet)
    take_back(engine, lists[1])
    assert current(engine) == []
