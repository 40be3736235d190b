"""One person's page: from a Moodle, the roster built from it, an Open edX, a seminar and a coaching.

Two sites answer over HTTP, and the files are as people write them.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from connector.imports import read_units
from connector.imports.import_files import PART, Brought
from connector.imports.roster_import import ROSTER_KIND, RosterTerms, apply_roster, stage_roster
from connector.platforms import PLATFORMS, Reading
from connector.platforms.moodle.replay import Replay as MoodleReplay
from connector.platforms.openedx.replay import Replay as OpenEdxReplay
from connector.report.pages import router_pages
from connector.sync import sync
from mappings import shipped
from mappings.files import parse_mappings
from mappings.load import load_mappings, load_shipped
from mappings.people import import_units
from mappings.stored_views import create_views
from mappings.tables import account, account_link, person
from tests.connector.conftest import RECORDING as MOODLE_RECORDING
from tests.connector.conftest import TOKEN
from tests.connector.learning import KEYS, NOW, a_file, attendance
from tests.connector.test_openedx_client import CLIENT
from tests.connector.test_openedx_client import RECORDING as OPENEDX_RECORDING

NATIONAL_ID = "1001004751409"
"""Of account 62 of the recorded Moodle, which has completed its six courses: 3 + 3 + 4 + 6 + 6 + 4 hours."""

EMAIL = "somchai.j@example.org"
USERNAME = "malee_s"
"""Two accounts of the Open edX, both of which have passed its course."""

SEMINAR = f"""ชื่อกิจกรรม: ตารางคำนวณขั้นสูง,
วันที่,5-6 กรกฎาคม ๒๕๖๘
จำนวนชั่วโมง: 12 ชั่วโมง,
รูปแบบ,อบรมเชิงปฏิบัติการ
สมรรถนะ,D1.6
เลขประจำตัวประชาชน,หมายเหตุ
{NATIONAL_ID},
"""
COACHING = f"อีเมล\n{EMAIL}\n"


class Sites(NamedTuple):
    """Both platforms, answering."""

    moodle: MoodleReplay
    mooc: OpenEdxReplay

    def sync(self, engine: Engine) -> None:
        """Both, as the schedule does it."""
        for kind, site, token in (("moodle", self.moodle, TOKEN), ("openedx", self.mooc, CLIENT)):
            opened = PLATFORMS[kind](url=site.url, token=token, hash_keys=KEYS, reading=Reading())
            sync(engine, opened, name=kind, kind=kind, now=NOW)


@pytest.fixture
def sites() -> Iterator[Sites]:
    with (
        MoodleReplay(MOODLE_RECORDING, TOKEN) as moodle,
        OpenEdxReplay(OPENEDX_RECORDING, CLIENT) as mooc,
    ):
        yield Sites(moodle, mooc)


def roster() -> str:
    """The one built from the recorded Moodle; one person has an address, and a name on the Open edX."""
    rows = list(csv.DictReader(io.StringIO(shipped.path(shipped.SAMPLE_ROSTER).read_text("utf-8-sig"))))
    out = io.StringIO()
    writer = csv.DictWriter(out, [*rows[0], "อีเมล", "ชื่อผู้ใช้ mooc"])
    writer.writeheader()
    for row in rows:
        more = {"อีเมล": EMAIL, "ชื่อผู้ใช้ mooc": USERNAME} if row["เลขประจำตัวประชาชน"] == NATIONAL_ID else {}
        writer.writerow(row | more)
    return out.getvalue()


def course_of_both_runs(home_page: str) -> str:
    """A course of five hours on the Open edX that proves D1.9, under one name in each of its runs."""
    aliases = "".join(
        f'      - {{activity_iri: "{home_page}/course/course-v1:OBEC+DL101+2025_T{run}", label: DL101, '
        "valid_from: 2020-03-24}\n"
        for run in (1, 2)
    )
    return f"""
framework: {{id: otepc-w4-2563, version: "1"}}
courses:
  - id: mooc-dl101
    title_th: ความฉลาดรู้ดิจิทัลสำหรับครู
    aliases:
{aliases}
    mappings:
      - status: approved
        approved_by: ทดสอบ
        reference: ทดสอบ
        delivery: online_self_paced
        hours: 5
        valid_from: 2020-03-24
        competencies: [D1.9]
        criteria: {{level_at_most: 2, verbs: [completed, passed], progress_verbs: [registered]}}
"""


def plain(text: str) -> str:
    """Without markup, words apart by one space."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def rows_of(page: str, section: str) -> list[str]:
    part = page.partition(f'id="{section}"')[2].partition("</table>")[0]
    return [plain(row) for row in re.findall(r"<tr>(.*?)</tr>", part, re.DOTALL)[1:]]


def links_of(engine: Engine) -> dict[str, set[tuple[str, str]]]:
    """Person's uuid -> (account, method)."""
    query = (
        select(person.c.uuid, account.c.name, account_link.c.method)
        .join(account_link, account_link.c.person_id == person.c.id)
        .join(account, account.c.id == account_link.c.account_id)
    )
    found: dict[str, set[tuple[str, str]]] = {}
    with engine.begin() as conn:
        for row in conn.execute(query):
            found.setdefault(row.uuid, set()).add((row.name, row.method))
    return found


def bring_roster(engine: Engine, folder: Path, mooc: str) -> None:
    terms = RosterTerms(KEYS, home_pages={"mooc": mooc})
    brought = Brought(ROSTER_KIND, a_file(folder, roster(), "roster.csv"), "test", coverage=PART)
    import_id = stage_roster(engine, brought, terms, NOW)
    with engine.begin() as conn:
        apply_roster(conn, import_id, NOW, "test")


def page_of(engine: Engine, uuid: str) -> str:
    site = FastAPI()
    site.include_router(router_pages(engine, lambda: NOW))
    answer = TestClient(site).get(f"/people/{uuid}")
    assert answer.status_code == 200
    return answer.text


def test_a_page_shows_evidence_from_everywhere_with_the_right_hours(
    engine: Engine, sites: Sites, tmp_path: Path
) -> None:
    with engine.begin() as conn:
        create_views(conn)
        load_shipped(conn, NOW, "test")
        import_units(conn, read_units(shipped.path(shipped.SAMPLE_UNITS)).rows, NOW, "test")
        load_mappings(conn, parse_mappings(course_of_both_runs(sites.mooc.url), "test"), NOW, "test")
    sites.sync(engine)
    # People come after their learning: it counts from the moment that their accounts are known.
    bring_roster(engine, tmp_path, sites.mooc.url)
    attendance(engine, a_file(tmp_path, SEMINAR))
    attendance(
        engine,
        a_file(tmp_path, COACHING),
        title="การโค้ชรายบุคคล",
        days="20 ส.ค. 2568",
        mode="coaching",
        hours="2",
    )
    linked = links_of(engine)
    (uuid,) = [uuid for uuid, accounts in linked.items() if ("62", "id_hmac") in accounts]
    assert {("101", "email"), ("102", "username")} < linked[uuid]
    page = page_of(engine, uuid)
    split = [row.partition(" เกิดขึ้น")[0] for row in rows_of(page, "split")]
    assert split == [
        "พัฒนาตนเองและเรียนรู้จากการปฏิบัติงาน 31 7",
        "เรียนรู้จากผู้อื่นและการสอนงาน 2 1",
        "การฝึกอบรม 12 1",
    ]
    # Six courses of the Moodle, that of the Open edX with its runs and accounts once, seminar, coaching.
    learnt = rows_of(page, "events")
    assert len(learnt) == 9
    assert sum("ความฉลาดรู้ดิจิทัลสำหรับครู" in one and one.endswith(" 5") for one in learnt) == 1
    assert sum("ตารางคำนวณขั้นสูง" in one and one.endswith(" 12") for one in learnt) == 1
    assert sum("การโค้ชรายบุคคล" in one and one.endswith(" 2") for one in learnt) == 1
    proofs = {row.split()[0]: row for row in rows_of(page, "items")}
    assert "ตารางคำนวณขั้นสูง" in proofs["D1.6"]
    assert "ความฉลาดรู้ดิจิทัลสำหรับครู" in proofs["D1.9"]
    assert "การใช้งานคอมพิวเตอร์" in proofs["D1.1"]
    assert "M ผู้บริหาร" in plain(page)
