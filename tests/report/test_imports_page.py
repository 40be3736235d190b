"""The pages of imports: hand in, look, apply or not."""

import csv
import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from threading import Barrier, Thread

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import Engine, func, select
from starlette.testclient import TestClient

from connector.imports.kinds import import_kinds
from connector.report.imports_page import router_imports
from connector.settings import Settings
from connector.tables_imports import import_file
from mappings.people import import_units
from mappings.tables import change_log, membership, person, unit
from tests.mappings.world import NOW, UNITS

FILE = """uid,ประเภท,ชื่อหน่วยงาน,parent_uid,รหัส
obec,สพฐ.,สพฐ.,,
area,สพป.,สพป.หนึ่ง,obec,9901
s1,ร้าน <b>,โรงเรียนหนึ่ง,area,0100000001
s2,โรงเรียน,โรงเรียนสอง,area,0100000002
"""
MEBIBYTES = 1


@pytest.fixture
def client(engine: Engine, tmp_path: Path) -> Iterator[TestClient]:
    app = FastAPI()
    settings = Settings(data=tmp_path)
    app.include_router(
        router_imports(engine, import_kinds(settings), tmp_path / "uploads", MEBIBYTES, lambda: NOW)
    )
    with TestClient(app, follow_redirects=False) as client:
        yield client


def hand_in(client: TestClient, text: str = FILE, name: str = "units.csv", **form: str) -> Response:
    files = {"file": (name, text.encode("utf-8-sig"))}
    return client.post("/imports", data={"kind": "units", "coverage": "part"} | form, files=files)


def brought(client: TestClient, text: str = FILE, **form: str) -> str:
    """The address of a file that was read."""
    answer = hand_in(client, text, **form)
    assert answer.status_code == 303
    address: str = answer.headers["location"]
    assert re.fullmatch(r"/imports/[0-9a-f-]{36}", address)
    for _ in range(500):
        if "กำลังอ่านและตรวจไฟล์" not in client.get(address).text:
            return address
        time.sleep(0.02)
    raise AssertionError("still being read")


def words(answer: Response) -> str:
    assert answer.status_code == 200
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def tiles(client: TestClient, address: str) -> dict[str, int]:
    found = re.findall(r"<h2>([^<]+)</h2><p><b>([\d,]+)</b>", client.get(address).text)
    return {title: int(number) for title, number in found}


def units(engine: Engine) -> int:
    with engine.begin() as conn:
        return int(conn.execute(select(func.count()).select_from(unit)).scalar_one())


def test_a_file_is_shown_before_it_is_applied(engine: Engine, client: TestClient) -> None:
    address = brought(client)
    assert tiles(client, address) == {"เพิ่มใหม่": 3, "เปลี่ยนแปลง": 0, "เหมือนเดิม": 0, "แถวที่ไม่รับ": 1}
    page = client.get(address)
    assert "ยังไม่มีข้อมูลใดเปลี่ยน" in words(page)
    assert "4 ประเภท ร้าน <b>" in words(page)
    assert "ร้าน <b>" not in page.text
    assert units(engine) == 0
    applied = client.post(f"{address}/apply")
    assert (applied.status_code, applied.headers["location"]) == (303, address)
    assert units(engine) == 3
    assert "นำเข้าแล้ว ยกเว้นแถวที่ไม่รับ" in words(client.get(address))
    assert "/apply" not in client.get(address).text
    with engine.begin() as conn:
        assert set(conn.execute(select(change_log.c.by)).scalars()) == {"page"}


def test_the_list_tells_how_each_file_stands(client: TestClient) -> None:
    assert "ยังไม่มีไฟล์" in words(client.get("/imports"))
    client.post(f"{brought(client)}/apply")
    client.post(f"{brought(client, name='again.csv')}/discard")
    brought(client, "nothing", name="bad.csv")
    text = words(client.get("/imports"))
    found = re.findall(r"(\w+\.csv) หน่วยงานและโรงเรียน (\S+)", text)
    assert found == [("bad.csv", "อ่านไม่สำเร็จ"), ("again.csv", "ยกเลิกแล้ว"), ("units.csv", "นำเข้าแล้ว")]
    assert client.head("/imports").status_code == 200


def test_refused_rows_are_downloaded_by_the_address_alone(client: TestClient) -> None:
    address = brought(client, FILE.replace("ร้าน <b>", "=ร้าน"))
    answer = client.get(f"{address}/refused.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert re.fullmatch(r'attachment; filename="refused-\w{8}\.csv"', answer.headers["content-disposition"])
    assert answer.content.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(answer.content.decode("utf-8-sig").splitlines())
    assert (row["แถว"], row["คอลัมน์"], row["ประเภท"], row["รหัส"]) == ("4", "ประเภท", "'=ร้าน", "0100000001")
    assert row["เหตุผล"].startswith("ต้องเป็นค่าใดค่าหนึ่งใน obec")


def test_two_confirmations_at_once_apply_once(engine: Engine, client: TestClient) -> None:
    address, start = brought(client), Barrier(2)
    answers: list[int] = []

    def confirm() -> None:
        start.wait()
        answers.append(client.post(f"{address}/apply").status_code)

    threads = [Thread(target=confirm) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303, 303]
    with engine.begin() as conn:
        added = select(func.count()).where(change_log.c.action == "add", change_log.c.subject == "unit")
        assert conn.execute(added).scalar_one() == 3


def test_what_is_done_with_is_not_done_again(engine: Engine, client: TestClient) -> None:
    address = brought(client)
    client.post(f"{address}/discard")
    assert client.post(f"{address}/apply").headers["location"] == address
    assert units(engine) == 0
    assert "ยกเลิกแล้ว" in words(client.get(address))
    other = brought(client)
    client.post(f"{other}/apply")
    client.post(f"{other}/discard")
    assert "นำเข้าแล้ว" in words(client.get(other))


def test_a_file_that_cannot_be_read_says_what_to_do(client: TestClient) -> None:
    text = words(client.get(brought(client, "uid,kind\na,school\n")))
    assert "ไม่มีข้อมูลใดเปลี่ยน units.csv: ไม่พบหัวตาราง name_th ตรวจว่าเลือกประเภท" in text
    assert "นำเข้าใหม่" in text


def test_a_page_of_a_file_that_is_read_asks_again(engine: Engine, client: TestClient) -> None:
    uuid = brought(client).rpartition("/")[2]
    with engine.begin() as conn:
        conn.execute(import_file.update().values(state="reading", rows_total=12345))
    page = client.get(f"/imports/{uuid}")
    assert '<meta http-equiv="refresh" content="2">' in page.text
    assert "อ่านแล้ว 12,345 แถว" in words(page)


def test_a_file_without_a_row_to_take_has_nothing_to_confirm(client: TestClient) -> None:
    address = brought(client, "uid,kind,name_th\na,shop,ร้าน\n")
    assert "ไม่มีแถวใดที่นำเข้าได้" in words(client.get(address))
    assert "/apply" not in client.get(address).text
    assert f"{address}/discard" in client.get(address).text


def test_forms_that_lack_something(client: TestClient) -> None:
    assert hand_in(client, kind="anything").status_code == 422
    files = {"file": ("empty.csv", b"")}
    assert client.post("/imports", data={"kind": "units"}, files=files).status_code == 422
    assert client.post("/imports", data={"kind": "units"}).status_code == 422
    assert client.post("/imports", content=b"no form").status_code == 422
    assert client.post("/imports").status_code == 422


def test_a_file_beyond_the_limit_is_refused_with_the_limit(client: TestClient, tmp_path: Path) -> None:
    answer = hand_in(client, "x" * (MEBIBYTES * 1024 * 1024 + 100_000))
    assert answer.status_code == 413
    assert "ไม่เกิน 1 MiB" in answer.text
    assert "import_mebibytes" in answer.text
    assert list((tmp_path / "uploads").iterdir()) == []
    assert "ยังไม่มีไฟล์" in words(client.get("/imports"))


@pytest.mark.parametrize("path", ["", "/refused.csv"])
def test_nothing_is_at_an_address_that_nobody_was_given(client: TestClient, path: str) -> None:
    uuid = "00000000-0000-4000-8000-000000000000"
    assert client.get(f"/imports/{uuid}{path}").status_code == 404
    assert client.get(f"/imports/1{path}").status_code == 404
    assert client.post(f"/imports/{uuid}/apply").status_code == 404
    assert client.post(f"/imports/{uuid}/discard").status_code == 404


def test_units_that_changed_since_the_check_are_counted_anew(engine: Engine, client: TestClient) -> None:
    address = brought(client)
    with engine.begin() as conn:
        import_units(conn, UNITS, NOW, "test")
    client.post(f"{address}/apply")
    assert tiles(client, address)["เปลี่ยนแปลง"] == 1


ROSTER = """คำนำหน้า,ชื่อ,นามสกุล,ตำแหน่ง,รหัสโรงเรียน,อีเมล
นาย,สมชาย,ใจดี,ครู,0100000001,somchai@school.example
นาง,สมหญิง,มีสุข,ครู,0100000001,
นาย,สมศักดิ์,แสนดี,ครู,0100000002,
"""


@pytest.fixture
def people(engine: Engine, client: TestClient) -> None:
    with engine.begin() as conn:
        import_units(conn, UNITS, NOW, "test")
    client.post(f"{brought(client, ROSTER, kind='roster')}/apply")


def current(engine: Engine) -> set[str]:
    """The given names of those who are in a unit."""
    lasting = select(person.c.given_name).join(membership).where(membership.c.valid_to.is_(None))
    with engine.begin() as conn:
        return set(conn.execute(lasting).scalars())


def without(text: str, name: str) -> str:
    return "\n".join(line for line in text.splitlines() if name not in line)


@pytest.mark.usefixtures("people")
def test_who_would_leave_is_shown_and_has_to_be_confirmed(engine: Engine, client: TestClient) -> None:
    address = brought(client, without(ROSTER, "สมหญิง"), kind="roster", coverage="full")
    assert tiles(client, address)["ออกจากหน่วยงาน"] == 1
    text = words(client.get(address))
    assert "นางสมหญิง มีสุข โรงเรียนหนึ่ง" in text
    assert "สมศักดิ์" not in text
    answer = client.post(f"{address}/apply")
    assert (answer.status_code, "ทำเครื่องหมายยืนยัน" in answer.text) == (422, True)
    assert current(engine) == {"สมชาย", "สมหญิง", "สมศักดิ์"}
    assert client.post(f"{address}/apply", data={"seen": "1"}).status_code == 303
    assert current(engine) == {"สมชาย", "สมศักดิ์"}
    assert "นำเข้าแล้ว" in words(client.get(address))


@pytest.mark.usefixtures("people")
def test_nobody_leaves_because_of_a_part_or_of_a_row_that_is_refused(
    engine: Engine, client: TestClient
) -> None:
    part = without(ROSTER, "สมหญิง")
    address = brought(client, part, kind="roster")
    client.post(f"{address}/apply")
    address = brought(client, part.replace("0100000002", "9"), kind="roster", coverage="full")
    assert "แถวที่ไม่รับอาจเป็นของผู้นั้น" in words(client.get(address))
    client.post(f"{address}/apply", data={"seen": "1"})
    assert current(engine) == {"สมชาย", "สมหญิง", "สมศักดิ์"}


@pytest.mark.usefixtures("people")
def test_a_file_that_does_something_else_by_now_is_shown_again(engine: Engine, client: TestClient) -> None:
    moved = ROSTER.replace("ใจดี,ครู,0100000001", "ใจดี,ครู,0100000002")
    first, second = (brought(client, moved, kind="roster") for _ in range(2))
    assert tiles(client, second)["เปลี่ยนแปลง"] == 1
    client.post(f"{first}/apply")
    answer = client.post(f"{second}/apply")
    assert answer.headers["location"] == f"{second}?changed=1"
    page = client.get(answer.headers["location"])
    assert "เปลี่ยนไปหลังจากตรวจไฟล์" in words(page)
    assert tiles(client, second)["เหมือนเดิม"] == 3
    assert client.post(f"{second}/apply").headers["location"] == second


@pytest.mark.usefixtures("people")
def test_no_personal_data_in_addresses(client: TestClient) -> None:
    address = brought(client, without(ROSTER, "สมหญิง"), kind="roster", coverage="full")
    for page in ("/imports", address):
        for link in re.findall(r'(?:href|action|src)="([^"]*)"', client.get(page).text):
            assert re.fullmatch(r"[\w/.:?=#&-]*", unescape(link), re.ASCII), link
            assert "somchai" not in link
