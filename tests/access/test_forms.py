"""Every form that a coordinator and an administrator see, sent without JavaScript: its answer says what was
done. A form that nobody sends here fails the test."""

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Connection, Engine, update

from connector.access.rights import RIGHTS, find_right, may_call
from connector.report.published import publish_months
from connector.settings_smtp import SmtpSettings
from connector.tables_access import web_user
from lrs.clock import to_micros, utc_now
from mappings.closings import close_months
from mappings.framework import load_yaml
from mappings.load import load_framework
from mappings.people import link_accounts
from mappings.tables import identifier
from tests.access.conftest import PASSWORD, PLACES, Service, open_service
from tests.access.plain import Reader
from tests.mappings.linking import known_by, shown
from tests.mappings.test_frameworks import SECOND
from tests.mappings.world import NOW, send
from tests.report.conftest import DL101, World
from tests.report.test_accounts_page import person_id

ROSTER = "ชื่อ-นามสกุล,ตำแหน่ง,รหัสโรงเรียน\nนายสมชาย ใจดี,ครู,0100000001\n"
ATTENDANCE = (
    "ชื่อกิจกรรม: ตารางคำนวณ,,\nวันที่,5 กรกฎาคม 2567,\nจำนวนชั่วโมง: 12 ชั่วโมง,,\nรูปแบบ,อบรมเชิงปฏิบัติการ,\n"
    "สมรรถนะ,D1.5,\n,,\nลำดับ,อีเมล,ชั่วโมง\n1,kaew@s1.example,\n"
)
CLAIMS = "ประทับเวลา,อีเมล,รหัสเกียรติบัตร,หลักสูตร,วันที่สำเร็จ\n" + "".join(
    f"x,kaew@s1.example,TM-00{number},DL101,5 ก.ค. 2567\n" for number in range(2)
)
STRANGERS = {"/reminders/stop/{token}"}
"""For whoever has the link in an e-mail: tests/reminders."""
PEOPLE = {"แก้ว": "kaew@s1.example", "เกษม": "kasem@s1.example"}


@pytest.fixture
def service(world: World, tmp_path: Path) -> Iterator[Service]:
    """With mail, and with accounts that wait for a decision."""
    smtp = SmtpSettings(host="127.0.0.1", port=1, sender="dlict@office.example", security="none")
    with world.engine.begin() as conn:
        _accounts(conn, world)
        for name, address in PEOPLE.items():
            known_by(conn, person_id(conn, world, name), "email", address)
    with open_service(world, tmp_path, smtp=smtp, public_address="http://127.0.0.1") as service:
        with world.engine.begin() as conn:
            conn.execute(update(web_user).where(web_user.c.name == "office1").values(approves_mappings=True))
        yield service


def _accounts(conn: Connection, world: World) -> None:
    shared = known_by(conn, person_id(conn, world, "แก้ว"), "email", "office@school.example")
    shown(conn, "80", "สำนักงาน", email="office@school.example")
    link_accounts(conn, NOW, "test")
    conn.execute(update(identifier).where(identifier.c.id == shared).values(ended_at=to_micros(NOW)))
    known_by(conn, person_id(conn, world, "เกษม"), "email", "office@school.example")
    for number in range(71, 75):
        shown(conn, str(number), f"ใคร {number}", "hash of ขวัญ")
    for number in range(81, 83):
        shown(conn, str(number), "ลูกจ้าง ใจดี")
    link_accounts(conn, NOW, "test")
    for _ in range(51):
        send(conn, "1", DL101)
    send(conn, "pushed-by-username", DL101)


def sees_counts(reader: Reader) -> None:
    reader.open("/")
    reader.send("/", "ณ วันที่ 1 มิถุนายน 2569", as_of="2026-06-01")
    reader.open("/people")
    reader.send("/people", "ณ วันที่ 1 มิถุนายน 2569", as_of="2026-06-01")
    reader.open("/people")
    reader.send("/people/search", "พบ 1 คน", words="แก้ว")
    reader.open("/people?school=area-1")
    reader.send("/people/search", "พบ 0 คน", own="1")
    reader.open("/people/unfinished")
    reader.send("/people/unfinished", "ณ วันที่ 1 มิถุนายน 2569", as_of="2026-06-01")
    reader.open("/people/unfinished")
    reader.send("/people/unfinished", "ยังไม่ผ่าน", item="D1.1")
    reader.open("/audit")
    reader.send("/audit", "รายบุคคล", page="/people")


def reminds(reader: Reader) -> None:
    reader.open("/reminders/new?school=area-1")
    reader.send("/reminders", "รอส่ง")
    reader.send("/people/{uuid}/reminders", "ผู้ที่ไม่รับอีเมลเตือน", "do=stop")
    reader.send("/people/{uuid}/reminders", "อีเมลเตือน", "do=resume")
    reader.send("/reminders/cancel", "ยกเลิกแล้ว")


def decides_on_accounts(reader: Reader) -> None:
    route = "/accounts/{account_id}/decisions"
    for decision in ("keep", "refuse", "link"):
        reader.open("/accounts/conflicts")
        reader.send(route, "รอการตัดสิน", f"decision={decision}")
    reader.open("/accounts/conflicts")
    reader.send(route, "รอการตัดสิน", "decision=nobody", reason="ใช้ร่วมกัน")
    for decision in ("refuse", "link"):
        reader.open("/accounts/proposals")
        reader.send(route, "ข้อเสนอจากชื่อ", f"decision={decision}")
    reader.open("/accounts")
    reader.send("/accounts/search", "ใคร 74", words="74")
    if linked := [one for one in reader.page.links if one.startswith("/accounts/") and one[10:].isdigit()]:
        # An office gets there by what it searched for.
        reader.open(linked[-1])
    else:
        reader.send("/accounts/{account_id}/people", "เชื่อมโยงกับบุคคลในทะเบียน")
    reader.send("/accounts/{account_id}/people", "นายขวัญ ใจดี", words="ขวัญ")
    reader.send(route, "เป็นบัญชีของ", "decision=link", reason="เจ้าตัวยืนยัน")
    reader.send(route, "บัญชีนี้ยังไม่เป็นของผู้ใด", "decision=unlink", reason="เข้าใจผิด")


def corrects(reader: Reader, person: str, left: int) -> None:
    """`left`: so many people are listed when this one has left."""
    reader.open(f"/people/{person}")
    reader.send("/people/{uuid}", "ณ วันที่ 1 มิถุนายน 2569", as_of="2026-06-01")
    reader.open(f"/people/{person}")
    reader.send("/people/{uuid}/name", "แก้วตา", given_name="แก้วตา", reason="ตามทะเบียน")
    reader.send("/people/{uuid}/post", "ครูใหญ่", position="ครูใหญ่", day="1/6/2569", reason="คำสั่ง")
    order = {"group": "T", "reference": "คำสั่งที่ 15/2569", "valid_from": "1/6/2569"}
    reader.send("/people/{uuid}/groups", "คำสั่งที่ 15/2569", **order)
    reader.send("/people/{uuid}/groups/{assignment_id}/end", "30 ก.ย.", last_day="30/9/2569")
    reader.send("/people/{uuid}/unit", "โรงเรียนสอง", unit="0100000002", day="1/6/2569", reason="คำสั่ง")
    unlinked = "ยังไม่มีบัญชีที่เชื่อมโยงกับบุคคลนี้"
    reader.send("/accounts/{account_id}/decisions", unlinked, "decision=unlink", reason="ผิดคน")
    reader.send("/people/{uuid}/end", f"พบ {left} คน", last_day="30/9/2569", reason="เกษียณ")


def merges(reader: Reader, person: str) -> None:
    reader.open(f"/people/{person}/merge")
    reader.send("/people/{uuid}/merge", "ขวัญ", words="ขวัญ")
    [other] = [one for one in reader.page.links if "/merge/" in one]
    reader.open(other)
    reader.send("/people/{uuid}/merge/{other}", "รวม", reason="คนเดียวกัน", seen="1")
    reader.open(f"/people/{other.rpartition('/')[2]}")
    reader.send("/people/{uuid}/split", "ขวัญ", reason="คนละคน")


def brings(reader: Reader, kind: str, text: str, coverage: str = "part") -> None:
    """A file that is read and waits to be confirmed."""
    reader.open("/imports")
    reader.send("/imports", "file.csv", kind=kind, file=text.encode(), coverage=coverage)
    for _ in range(200):
        if "รอยืนยัน" in reader.page.text:
            return
        time.sleep(0.05)
        reader.open(reader.address)
    raise AssertionError(reader.page.text)


def imports(reader: Reader) -> None:
    brings(reader, "roster", ROSTER)
    reader.send("/imports/{uuid}/discard", "ยกเลิกแล้ว")
    brings(reader, "roster", ROSTER, "full")
    reader.send("/imports/{uuid}/apply", "นำเข้าแล้ว", seen="1")
    brings(reader, "attendance", ATTENDANCE)
    reader.send("/imports/{uuid}/apply", "นำเข้าแล้ว")
    reader.send("/imports/{uuid}/withdraw", "ถอนคืนแล้ว: ผิดวัน", reason="ผิดวัน")
    brings(reader, "claims", CLAIMS)
    reader.send("/imports/{uuid}/apply", "นำเข้าแล้ว")
    for decision in ("verified", "rejected"):
        reader.open("/claims")
        one = reader.page.forms[-1].fields["claim"].offered or []
        way = f"decision={decision}"
        reader.send("/claims/decisions", "บันทึกการตัดสิน 1 รายการแล้ว", way, claim=one[0], reason="ตรวจแล้ว")


def maps_courses(reader: Reader, engine: Engine) -> None:
    with engine.begin() as conn:
        load_framework(conn, load_yaml(SECOND), NOW, "test")
    reader.open("/mappings")
    reader.send("/mappings", "จับคู่", status="draft")
    reader.open("/mappings/new")
    reader.send("/mappings/new", "ฉบับ 2")
    course = {"title": "หลักสูตรใหม่", "competency": "C1", "valid_from": "1/6/2569", "hours": "3"}
    reader.open("/mappings/new")
    reader.send("/mappings", "หลักสูตรใหม่", "then=draft", **course, activity="https://new.example/1")
    draft = reader.address
    reader.open(f"{draft}/edit")
    reader.send("/mappings/{mapping_id}/edit", "หลักสูตรใหม่", "then=draft", hours="4")
    reader.send("/mappings/{mapping_id}/approve", "มติที่ 3", reference="มติที่ 3")
    approved = reader.address
    reader.open(f"{approved}/edit")
    reader.send("/mappings/{mapping_id}/edit", "หลักสูตรใหม่", "then=draft", hours="5")
    reader.send("/mappings/{mapping_id}/end", "เลิกใช้", reason="ไม่ใช้แล้ว")
    reader.open(f"{approved}/edit")
    reader.send("/mappings/{mapping_id}/edit", "มติที่ 4", "then=approve", hours="5", reference="มติที่ 4")
    reader.send("/mappings/{mapping_id}/end", "เลิกใช้", kind="until", last_day="1/1/2570", reason="เลิก")
    reader.open("/mappings/new")
    course |= {"title": "อีกหลักสูตร", "activity": "https://new.example/2"}
    reader.send("/mappings", "มติที่ 5", "then=approve", **course, reference="มติที่ 5")


def reads_statements(reader: Reader) -> None:
    reader.open("/statements")
    reader.send("/statements", "เก่ากว่า", account="1")
    reader.send("/statements", "‹ ล่าสุด")


def leaves(reader: Reader, name: str) -> None:
    """In the other language; with another password; everywhere, and once more."""
    reader.open("/")
    reader.send("/language", "Overview", "language=en")
    reader.send("/language", "ภาพรวม", "language=th")
    reader.open("/password")
    new = "รหัสใหม่ของฉันเอง"
    reader.send("/password", "เปลี่ยนรหัสผ่านแล้ว", password=PASSWORD, new=new, again=new)
    reader.send("/sign-out/everywhere", "เข้าสู่ระบบ")
    reader.send("/sign-in", "ภาพรวม", name=name, password=new)
    reader.send("/sign-out", "เข้าสู่ระบบ")


def visits(reader: Reader) -> None:
    """Every page that they may see, and of those with a variable the first that another leads to."""
    left = [path for method, path in RIGHTS if method == "GET" and "{" not in path]
    been: set[str] = set()
    while left:
        path = left.pop()
        found = find_right("GET", urlsplit(path).path)
        if found is not None and found.pattern not in been:
            been.add(found.pattern)
            if reader.tries(path):
                left.extend(reader.page.links)


def knows_strangers(reader: Reader) -> None:
    reader.open("/accounts/unknown")
    reader.open(next(one for one in reader.page.links if one.startswith("/accounts/unknown/")))
    reader.send("/accounts/unknown/{agent_id}/people", "นายขวัญ ใจดี", words="ขวัญ")
    route = "/accounts/unknown/{agent_id}/decisions"
    reader.send(route, "เป็นบัญชีของ", "decision=link", reason="เจ้าตัวยืนยัน")
    reader.open("/posts")
    reader.send("/posts/decisions", "บันทึกแล้ว มีผลกับบุคลากร 1 คน", group="S", reason="หนังสือเวียน")
    reader.send("/posts/decisions/{decision_id}/undo", "บันทึกแล้ว", reason="เปลี่ยนใจ")


def sees_months(reader: Reader, engine: Engine) -> None:
    close_months(engine, [date(2026, 4, 30), date(2026, 5, 31)], utc_now())
    publish_months(engine, 5, utc_now())
    reader.open("/published")
    reader.send("/published", "ณ วันที่ 30 เมษายน 2569", as_of="2026-04-30")


def lets_in(reader: Reader) -> None:
    reader.open("/users")
    coordinator = {"name": "new", "role": "office_coordinator", "unit": "area-1"}
    reader.send("/users", "รหัสผ่านเริ่มต้นของ new", **coordinator)
    reader.send("/users/{uuid}", "บันทึกแล้ว", display_name="คนใหม่")
    reader.send("/users/{uuid}/approval", "ผู้ใช้นี้อนุมัติการจับคู่หลักสูตรได้")
    reader.send("/users/{uuid}/password", "รหัสผ่านเริ่มต้นของ new")
    reader.send("/users/{uuid}/disable", "ผู้ใช้นี้ถูกระงับ")
    reader.send("/users/{uuid}/enable", "ระงับผู้ใช้")
    reader.open("/credentials")
    reader.send("/credentials", "รหัสลับแสดงครั้งเดียว", name="moodle", scope="statements/write")
    reader.send("/credentials/{key}/revoke", "เพิกถอนแล้ว")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["office1", "admin"])
def test_no_form_needs_javascript(service: Service, name: str) -> None:
    reader = Reader(service.signed_in(name))
    sees_counts(reader)
    reminds(reader)
    decides_on_accounts(reader)
    reads_statements(reader)
    if name == "admin":
        knows_strangers(reader)
        sees_months(reader, service.world.engine)
        lets_in(reader)
    corrects(reader, service.world.uuids["กาญจนา"], 4 if name == "admin" else 3)
    merges(reader, service.world.uuids["แก้ว"])
    imports(reader)
    maps_courses(reader, service.world.engine)
    visits(reader)
    leaves(reader, name)
    assert reader.unsent() == []
    role = PLACES[name].role
    forms = {path for method, path in RIGHTS if method == "POST" and may_call(role, method, path)}
    assert forms - {kind.split()[1] for kind in reader.sent} == STRANGERS
