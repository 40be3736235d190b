"""The pages of course mappings, and what decisions on them do to the numbers, at once and exactly."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from connector.report.mappings_page import router_mappings
from connector.same_origin import SameOrigin
from lrs.clock import to_micros
from mappings.days import bangkok_day
from mappings.explain import explain
from mappings.explain_rows import read_competency, read_facts
from mappings.progress import refresh
from mappings.tables import (
    change_log,
    competency,
    competency_state,
    course,
    course_alias,
    mapping,
    person,
    stale_person,
)
from mappings.times import Times
from tests.kept import bring
from tests.mappings.world import HOME, NOW, course_iri, people_with_accounts, send

NEW_COURSE = 99
DAY = timedelta(days=1)
FORM = {
    "activity": course_iri(NEW_COURSE),
    "title": "การรู้เท่าทันสื่อ",
    "competency": ["D1.9"],
    "verb": ["http://adlnet.gov/expapi/verbs/completed"],
    "progress_verb": ["http://adlnet.gov/expapi/verbs/registered"],
    "delivery": "online_self_paced",
    "level": "2",
    "valid_from": "1/1/2569",
    "by": "ครูใหญ่",
}


class Pages:
    """The pages at a moment that tests move on, and the numbers behind them."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.now = engine, NOW
        app = FastAPI()
        app.include_router(router_mappings(engine, lambda: self.now))
        app.add_middleware(SameOrigin)
        self.client = TestClient(app, follow_redirects=False)

    def post(self, path: str, form: dict[str, Any]) -> int:
        """The mapping that a form that is taken leads to."""
        answer = self.client.post(path, data=form)
        assert answer.status_code == 303, answer.text
        return int(answer.headers["location"].rpartition("/")[2])

    def refused(self, path: str, form: dict[str, Any]) -> tuple[int, str]:
        answer = self.client.post(path, data=form)
        return answer.status_code, answer.text

    def text(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def tick(self, days: float = 1) -> dict[str, set[str]]:
        """The next refresh; who is complete in what by then."""
        self.now += days * DAY
        with self.engine.begin() as conn:
            refresh(conn, self.now)
            rows = conn.execute(
                select(person.c.given_name, competency.c.code)
                .join(competency_state, competency_state.c.person_id == person.c.id)
                .join(competency, competency.c.id == competency_state.c.competency_id)
                .where(competency_state.c.state == 2)
            ).all()
        return {name: {row.code for row in rows if row.given_name == name} for name, _ in rows}

    def marked(self) -> set[str]:
        """Who is going to be computed anew."""
        with self.engine.begin() as conn:
            names = select(person.c.given_name).where(person.c.id.in_(select(stale_person.c.person_id)))
            return set(conn.execute(names).scalars())

    def sample(self, code: str = "sample-dl101") -> int:
        """The version that stands of a course's mapping."""
        with self.engine.begin() as conn:
            stands = select(mapping.c.id).join(course, course.c.id == mapping.c.course_id)
            approved = (mapping.c.status == "approved") & mapping.c.ended_at.is_(None)
            found: int = conn.execute(stands.where(course.c.code == code, approved)).scalar_one()
            return found


@pytest.fixture
def pages(engine: Engine) -> Pages:
    """ก has completed DL101 and an unknown course, ข the unknown one by another name, ค DL102."""
    bring(engine, _three_people)
    return Pages(engine)


def _three_people(engine: Engine) -> None:
    with engine.begin() as conn:
        people_with_accounts(conn, {"1": "ก", "2": "ข", "3": "ค"})
        send(conn, "1", 2)
        send(conn, "1", NEW_COURSE)
        send(conn, "2", NEW_COURSE + 1)
        send(conn, "3", 3)
        refresh(conn, NOW)


def test_from_a_draft_to_an_approval(pages: Pages) -> None:
    draft = pages.post("/mappings", FORM)
    assert pages.marked() <= {"ก"}
    assert pages.tick() == {"ก": {"D1.1"}, "ค": {"D1.2"}}
    assert "ร่าง ยังไม่นับ" in pages.text(f"/mappings/{draft}")
    status, text = pages.refused(f"/mappings/{draft}/approve", {"by": "ครูใหญ่", "reference": " "})
    assert (status, "เอกสารอ้างอิง" in text) == (422, True)
    assert pages.refused(f"/mappings/{draft}/approve", {"by": "", "reference": "มติ 3"})[0] == 422
    approved = pages.post(f"/mappings/{draft}/approve", {"by": "ครูใหญ่", "reference": "มติ 3", "over": "0"})
    assert pages.marked() == {"ก"}
    assert pages.tick() == {"ก": {"D1.1", "D1.9"}, "ค": {"D1.2"}}
    shown = pages.text(f"/mappings/{approved}")
    assert "อนุมัติ ใช้อยู่" in shown
    assert "<strong>1</strong> คน" in shown
    assert "อนุมัติโดย ครูใหญ่" in shown
    status, text = pages.refused(f"/mappings/{draft}/approve", {"by": "ข", "reference": "x"})
    assert (status, "ฉบับล่าสุด" in text) == (409, True)
    with pages.engine.begin() as conn:
        log = conn.execute(
            select(change_log).where(change_log.c.subject == "mapping").order_by(change_log.c.id)
        )
        mine = [(row.action, row.subject_id, row.by) for row in log if row.by == "ครูใหญ่"]
    assert mine == [("add", str(draft), "ครูใหญ่"), ("approve", str(approved), "ครูใหญ่")]


def test_an_incomplete_draft_is_not_approved(pages: Pages) -> None:
    draft = pages.post("/mappings", FORM | {"competency": []})
    status, text = pages.refused(f"/mappings/{draft}/approve", {"by": "ก", "reference": "x"})
    assert (status, "ยังไม่ครบ" in text) == (409, True)
    status, text = pages.refused("/mappings", FORM | {"competency": [], "then": "approve", "hours": "9 ชม"})
    assert status == 422
    for words in ("เลือกทักษะอย่างน้อยหนึ่งข้อ", "ระบุเอกสารอ้างอิง", "ชั่วโมงต้องเป็นตัวเลข", 'value="9 ชม"'):
        assert words in text


def test_a_change_counts_from_now_on_and_is_known_from_now_on(pages: Pages) -> None:
    before = pages.sample()
    form = FORM | {"competency": ["D1.3"], "reference": "คำสั่ง 9", "then": "approve", "hours": ""}
    after = pages.post(f"/mappings/{before}/edit", form)
    assert pages.marked() == {"ก"}
    assert pages.tick() == {"ก": {"D1.3"}, "ค": {"D1.2"}}
    with pages.engine.begin() as conn:
        old, new = (
            conn.execute(select(mapping).where(mapping.c.id == each)).one() for each in (before, after)
        )
    assert (old.status, old.ended_at, old.ended_by, old.hours) == ("approved", to_micros(NOW), "ครูใหญ่", 3)
    assert (new.line_id, new.recorded_at, new.ended_at, new.hours) == (before, to_micros(NOW), None, None)
    assert "ไม่ทราบ" in pages.text(f"/mappings/{after}")


def test_a_draft_beside_an_approved_mapping_replaces_it_when_approved(pages: Pages) -> None:
    before = pages.sample()
    draft = pages.post(f"/mappings/{before}/edit", FORM | {"competency": ["D1.3"]})
    assert (pages.marked(), pages.tick()["ก"]) == (set(), {"D1.1"})
    status, text = pages.refused(f"/mappings/{before}/edit", FORM | {"title": "x"})
    assert (status, "มีร่างที่รอแทน" in text) == (409, True)
    seen = {"by": "ครูใหญ่", "reference": "มติ 4", "over": str(before)}
    until = {"kind": "until", "last_day": "30/9/2569", "reason": "หมดสัญญา", "by": "ข"}
    pages.post(f"/mappings/{before}/end", until)
    assert pages.refused(f"/mappings/{draft}/approve", seen)[0] == 409
    at_once = FORM | {"then": "approve", "reference": "มติ 4", "over": str(before)}
    status, text = pages.refused(f"/mappings/{draft}/edit", at_once)
    assert (status, f'name="over" value="{pages.sample()}"' in text) == (409, True)
    pages.post(f"/mappings/{draft}/approve", seen | {"over": str(pages.sample())})
    assert pages.tick()["ก"] == {"D1.3"}


def test_an_end_has_a_day_or_takes_back(pages: Pages) -> None:
    first = pages.sample()
    last_day = (NOW + DAY).date()
    until = {"kind": "until", "last_day": last_day.isoformat(), "reason": "เลิกสอน", "by": "ครูใหญ่"}
    assert pages.refused(f"/mappings/{first}/end", until | {"last_day": "1/1/2560"})[0] == 409
    assert pages.refused(f"/mappings/{first}/end", until | {"kind": ""})[0] == 422
    second = pages.post(f"/mappings/{first}/end", until)
    assert pages.tick(0.5)["ก"] == {"D1.1"}
    assert "ก" not in pages.tick(2)
    assert "พ้นวันสุดท้าย" in pages.text(f"/mappings/{second}")
    wrong = {"kind": "wrong", "reason": "คนละวิชา", "by": "ครูใหญ่"}
    third = pages.sample("sample-dl102")
    pages.post(f"/mappings/{third}/end", wrong)
    assert pages.marked() == {"ค"}
    assert pages.tick() == {}
    assert "คนละวิชา" in pages.text(f"/mappings/{third}")
    assert f'href="/mappings/{third}"' in pages.text("/mappings?status=ended")
    assert f'href="/mappings/{third}"' not in pages.text("/mappings")


def test_everybody_under_every_name_is_computed_anew_and_nobody_else(pages: Pages) -> None:
    draft = pages.post("/mappings", FORM)
    with pages.engine.begin() as conn:
        code = conn.execute(select(course.c.code).where(course.c.title_th == FORM["title"])).scalar_one()
    pages.post("/mappings", FORM | {"course": code, "activity": course_iri(NEW_COURSE + 1), "title": "รุ่น 2"})
    pages.tick()
    pages.post(f"/mappings/{draft}/approve", {"by": "ครูใหญ่", "reference": "มติ 3"})
    assert pages.marked() == {"ก", "ข"}
    assert pages.tick() == {"ก": {"D1.1", "D1.9"}, "ข": {"D1.9"}, "ค": {"D1.2"}}
    with pages.engine.begin() as conn:
        assert conn.execute(select(course_alias.c.id).where(course_alias.c.label == "รุ่น 2")).scalar_one()
    taken = FORM | {"course": "sample-dl101"}
    assert pages.refused("/mappings", taken)[0] == 409


def test_several_courses_that_all_have_to_be_done(pages: Pages) -> None:
    form = FORM | {"activity": "", "title": "ชุดพื้นฐาน", "parts": "sample-dl101\r\nDL102\r\n"}
    draft = pages.post("/mappings", form)
    approved = pages.post(f"/mappings/{draft}/approve", {"by": "ก", "reference": "มติ 3"})
    assert pages.marked() == {"ก", "ค"}
    with pages.engine.begin() as conn:
        send(conn, "1", 3)
    assert pages.tick() == {"ก": {"D1.1", "D1.2", "D1.9"}, "ค": {"D1.2"}}
    shown = pages.text(f"/mappings/{approved}")
    assert "ต้องเรียนครบทุกหลักสูตร" in shown
    assert "sample-dl102" in shown
    assert pages.refused("/mappings", form | {"parts": "sample-dl101\nno such"})[0] == 409
    assert pages.refused("/mappings", form | {"parts": "sample-dl101"})[0] == 422


def test_the_second_of_two_editors_loses_nothing(pages: Pages) -> None:
    draft = pages.post("/mappings", FORM)
    theirs = pages.post(f"/mappings/{draft}/edit", FORM | {"competency": ["D1.2"], "by": "ข"})
    mine = FORM | {"competency": ["D1.7"], "hours": "12.5", "by": "ก"}
    status, text = pages.refused(f"/mappings/{draft}/edit", mine)
    assert status == 409
    assert "มีผู้เปลี่ยน" in text
    assert f'action="/mappings/{theirs}/edit"' in text
    assert 'value="12.5"' in text
    assert re.findall(r'value="(D\d\.\d)" checked', text) == ["D1.7"]
    assert pages.post(f"/mappings/{theirs}/edit", mine) != theirs


def test_areas_3_and_9_are_shown_with_code_and_full_name(pages: Pages) -> None:
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", pages.text("/mappings/new")))
    assert "D1.3 การใช้งานเพื่อความมั่นคง" in text
    assert re.search(r"D1\.9 การใช้ดิจิทัลเพื่อความมั่นคง", text)


def test_the_list_is_filtered(pages: Pages) -> None:
    pages.post("/mappings", FORM)

    def found(query: str) -> int:
        return int(re.search(r"พบ ([\d,]+) รายการ", pages.text(f"/mappings?{query}"))[1])  # type: ignore[index]

    everything = found("")
    assert (found("status=draft"), found("status=approved")) == (2, everything - 2)
    assert found("text=dl101") == 1
    assert found("text=100%25") == 0
    assert found(f"platform={HOME}") == everything - 1
    assert found("day=2026-06-01") == everything - 2
    assert found("day=2019-06-01") == 0
    with pages.engine.begin() as conn:
        area = conn.execute(select(competency.c.id).where(competency.c.code == "D1.9")).scalar_one()
    assert found(f"competency={area}") == 1


def test_another_site_decides_nothing(pages: Pages) -> None:
    answer = pages.client.post("/mappings", data=FORM, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_what_was_known_before_a_decision_stays(pages: Pages) -> None:
    first = pages.sample()
    change = FORM | {"competency": ["D1.3"], "reference": "คำสั่ง 9", "then": "approve"}
    pages.now = NOW + DAY
    pages.post(f"/mappings/{first}/edit", change)
    with pages.engine.begin() as conn:
        one = conn.execute(select(person.c.id).where(person.c.given_name == "ก")).scalar_one()
        day = bangkok_day(NOW)
        codes = ("D1.1", "D1.3")
        ids = [read_competency(conn, code, Times(day, to_micros(NOW))) for code in codes]
        facts = read_facts(conn, one, ids)
    states = [
        [explain(facts[each], Times(day, to_micros(NOW + after * DAY))).state for each in ids]
        for after in (0.5, 1.5)
    ]
    assert states == [[2, 0], [0, 2]]
