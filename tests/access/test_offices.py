"""What used to be the administrators' alone: each office does its own part, the next one finds nothing."""

import re
import time
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import Connection, select
from starlette.testclient import TestClient

from connector.tables_imports import claim, import_file, import_row
from lrs.clock import utc_now
from mappings.link_decisions import open_link
from mappings.people import AccountSeen, link_accounts, observe_accounts
from mappings.tables import account, identifier, membership, person, post_decision, unit
from tests.access.conftest import Service, token_of
from tests.mappings.world import HOME

HIDDEN = ("บัญชีลับ", "secret@example.go.th", "secretuser", "KWAN-CODE", "kwan.csv", "ช่างซ่อม", "ขวัญ")
"""What stands in pages of the first office and must not in those of the second."""


@dataclass(frozen=True)
class Office:
    """The first office's accounts by what they are, its import, claim and statement."""

    named: int
    unnamed: int
    linked: int
    imported: str
    claim: str
    statement: str


@pytest.fixture
def office(service: Service) -> Office:
    """An account with the name of somebody of the first office, one that nothing ties to anybody, one that is
    linked; a file, a claim."""
    with service.world.engine.begin() as conn:
        ids = _accounts(conn)
        kwan, area = _id(conn, "ขวัญ"), _unit(conn, "area-1")
        file = {"uuid": "11111111-1111-4111-8111-111111111111", "kind": "claims", "name": "kwan.csv"}
        state = {"coverage": "part", "state": "applied", "digest": "", "staged_at": 1, "staged_by": "office1"}
        conn.execute(import_file.insert().values(**file, **state, unit_id=area))
        of_file = conn.execute(select(import_file.c.id)).scalar_one()
        row = {"import_id": of_file, "row": 2, "payload": "{}", "state": "applied", "person_id": kwan}
        conn.execute(import_row.insert().values(row))
        said = {"uuid": "22222222-2222-4222-8222-222222222222", "code": "KWAN-CODE", "state": "claimed"}
        conn.execute(claim.insert().values(**said, import_id=of_file, row=2, person_id=kwan, claimed_at=1))
    return Office(*ids, file["uuid"], said["uuid"], service.world.statements["แก้ว"])


def _accounts(conn: Connection) -> tuple[int, int, int]:
    seen = [
        AccountSeen(HOME, "77", "ขวัญ ใจดี", None, "", "kwan"),
        AccountSeen(HOME, "78", "บัญชีลับ", None, "secret@example.go.th", "secretuser"),
    ]
    observe_accounts(conn, seen, utc_now())
    link_accounts(conn, utc_now(), "test")
    found = {row.name: row.id for row in conn.execute(select(account))}
    return found["77"], found["78"], found["1"]


def _id(conn: Connection, name: str) -> int:
    return int(conn.execute(select(person.c.id).where(person.c.given_name == name)).scalar_one())


def _unit(conn: Connection, uid: str) -> int:
    return int(conn.execute(select(unit.c.id).where(unit.c.uid == uid)).scalar_one())


def post(client: TestClient, path: str, **fields: str) -> tuple[int, str]:
    answer = client.post(path, data={"csrf": token_of(client.get("/password").text), **fields})
    return answer.status_code, answer.text


def test_lists_of_the_next_office_show_nothing(service: Service, office: Office) -> None:
    """Every list, and every search but the exact one."""
    paths = ("/accounts", "/accounts/proposals", "/accounts/conflicts", "/posts", "/imports", "/claims")
    for path in (*paths, "/statements"):
        pages = [service.signed_in(name).get(path) for name in ("office1", "office2")]
        assert [one.status_code for one in pages] == [200, 200], path
        assert not [word for word in HIDDEN if word in pages[1].text], path
        told = [word for word in HIDDEN if word in pages[0].text]
        assert told or path in ("/accounts/conflicts", "/statements"), path
        assert "secret" not in pages[0].text
    stranger, own = service.signed_in("office2"), service.signed_in("office1")
    for words, seen in (("ขวัญ", (False, True)), ("บัญชีลับ", (False, False)), ("78", (False, False))):
        answers = [post(client, "/accounts/search", words=words)[1] for client in (stranger, own)]
        assert tuple("</button></form><small>" in one for one in answers) == seen, words
    numbers = [
        service.signed_in(name).get("/statements").text.count("find .opened") for name in ("admin", "office1")
    ]
    assert numbers == [7, 5]
    assert "find .opened" not in stranger.get("/statements").text


def test_every_address_of_the_next_offices_things_is_not_found(service: Service, office: Office) -> None:
    client, admin = service.signed_in("office2"), service.signed_in("admin")
    for path in (
        f"/accounts/{office.named}",
        f"/accounts/{office.unnamed}",
        f"/accounts/{office.linked}",
        f"/imports/{office.imported}",
        f"/imports/{office.imported}/refused.csv",
        f"/statements/{office.statement}",
        f"/statements/{office.statement}/json",
    ):
        assert admin.get(path).status_code == 200, path
        assert client.get(path).status_code == 404, path
    uuid = service.world.uuids["<script>alert(1)</script>"]
    for one in (office.named, office.unnamed, office.linked):
        for decision in ("link", "refuse", "keep", "nobody", "unlink"):
            fields = {"decision": decision, "person": uuid, "reason": "x", "sought": "77"}
            assert post(client, f"/accounts/{one}/decisions", **fields)[0] == 404, (one, decision)
        assert post(client, f"/accounts/{one}/people", words="ก", sought="บัญชีลับ")[0] == 404
    for action in ("apply", "discard", "withdraw"):
        assert post(client, f"/imports/{office.imported}/{action}", reason="x", seen="1")[0] == 404
    wrong = post(client, "/claims/decisions", claim=office.claim, decision="rejected", reason="x")
    gone = post(client, "/claims/decisions", claim=uuid, decision="rejected", reason="x")
    assert wrong[0] == gone[0] == 422
    assert "KWAN" not in wrong[1]
    with service.world.engine.begin() as conn:
        assert conn.execute(select(claim.c.state)).scalar_one() == "claimed"
        assert open_link(conn, office.unnamed) is open_link(conn, office.named) is None


def test_an_office_links_an_account_of_its_own_and_of_nobody_elses(service: Service, office: Office) -> None:
    client, uuids = service.signed_in("office1"), service.world.uuids
    path = f"/accounts/{office.named}/decisions"
    assert post(client, path, decision="link", person=uuids["<script>alert(1)</script>"])[0] == 404
    assert post(client, path, decision="link", person=uuids["ขวัญ"])[0] == 303
    assert client.get(f"/accounts/{office.named}").status_code == 200
    # Who knows the exact e-mail has it from its owner; the number of an account can be counted to.
    path = f"/accounts/{office.unnamed}"
    assert client.get(path).status_code == 404
    found = post(client, "/accounts/search", words="Secret@Example.go.th")[1]
    assert f'action="{path}/people"' in found
    assert 'name="sought" value="Secret@Example.go.th"' in found
    by = {"sought": "secretuser"}
    assert post(client, f"{path}/people", words="แก้ว", **by)[0] == 200
    assert post(client, f"{path}/decisions", decision="link", person=uuids["แก้ว"], **by)[0] == 303
    assert client.get(path).status_code == 200
    assert post(service.signed_in("office2"), f"{path}/people", **by)[0] == 404


def test_an_office_refuses_for_no_one_elses_people(service: Service, office: Office) -> None:
    """An account that points at people of two offices: each says it of its own."""
    with service.world.engine.begin() as conn:
        for name in ("ขวัญ", "<script>alert(1)</script>"):
            told = {"person_id": _id(conn, name), "kind": "email", "value": "both@example.go.th"}
            conn.execute(identifier.insert().values(**told, recorded_at=1, recorded_by="test"))
        observe_accounts(conn, [AccountSeen(HOME, "79", "ใคร", None, "both@example.go.th")], utc_now())
        link_accounts(conn, utc_now(), "test")
        both = conn.execute(select(account.c.id).where(account.c.name == "79")).scalar_one()
    client = service.signed_in("office2")
    page = client.get("/accounts/conflicts").text
    assert "both@example.go.th" in page
    assert "ขวัญ" not in page
    assert post(client, f"/accounts/{both}/decisions", decision="nobody", reason="x")[0] == 422
    uuid = service.world.uuids["<script>alert(1)</script>"]
    assert post(client, f"/accounts/{both}/decisions", decision="refuse", person=uuid)[0] == 303
    assert client.get(f"/accounts/{both}").status_code == 404


def test_whoever_moves_takes_their_accounts_along(service: Service, office: Office) -> None:
    with service.world.engine.begin() as conn:
        kaew, there = _id(conn, "แก้ว"), _unit(conn, "s3")
        theirs = membership.update().where(membership.c.person_id == kaew)
        conn.execute(theirs.values(valid_to=date(2026, 1, 1)))
        new = {"person_id": kaew, "unit_id": there, "valid_from": date(2026, 1, 2)}
        conn.execute(membership.insert().values(**new, recorded_at=1, recorded_by="test"))
    for path in (f"/accounts/{office.linked}", f"/statements/{office.statement}"):
        found = [service.signed_in(name).get(path).status_code for name in ("office1", "office2")]
        assert found == [404, 200]


ROSTER = """คำนำหน้า,ชื่อ,นามสกุล,ตำแหน่ง,รหัสโรงเรียน,อีเมล
นาย,ใหม่,คนแรก,ครู,0100000003,
นาย,ใหม่,คนที่สอง,ครู,0100000001,
นาย,ขวัญ,ใจดี,ครู,0100000003,kwan@example.go.th
"""
CLAIMS = """อีเมล,รหัสเกียรติบัตร
kwan@example.go.th,CERT-1111
nobody@example.go.th,CERT-2222
"""


def test_an_office_brings_rows_of_its_own_only(service: Service, office: Office) -> None:
    """Rows of other units and of other offices' people are refused one by one; its makers see a file."""
    with service.world.engine.begin() as conn:
        told = {"person_id": _id(conn, "ขวัญ"), "kind": "email", "value": "kwan@example.go.th"}
        conn.execute(identifier.insert().values(**told, recorded_at=1, recorded_by="test"))
    client = service.signed_in("office2")
    assert "หน่วยงานและโรงเรียน" not in client.get("/imports").text
    assert bring(client, "units", "uid\nx\n")[0] == 422
    roster = bring(client, "roster", ROSTER)[1]
    page = settled(client, roster)
    assert [one in page for one in ("เป็นหน่วยงานนอกขอบเขตของท่าน", "ปฏิบัติงานนอกขอบเขตของท่าน")] == [True, True]
    assert client.get(f"{roster}/refused.csv").text.count("ใหม่") == 1
    assert post(client, f"{roster}/apply")[0] == 303
    with service.world.engine.begin() as conn:
        added = conn.execute(select(person.c.family_name).where(person.c.given_name == "ใหม่")).scalars().all()
        assert added == ["คนแรก"]
    # Nobody learns whether somebody of another office exists.
    refused = settled(client, bring(client, "claims", CLAIMS)[1])
    assert refused.count("ไม่พบบุคคลนี้ในหน่วยงานของท่าน") == 2
    assert [service.signed_in(name).get(roster).status_code for name in ("office1", "admin")] == [404, 200]
    own = service.signed_in("office1")
    assert settled(own, bring(own, "claims", CLAIMS)[1]).count("ไม่พบบุคคลนี้ในหน่วยงานของท่าน") == 1


def bring(client: TestClient, kind: str, text: str) -> tuple[int, str]:
    """Hands a file in; where its page is."""
    token = token_of(client.get("/password").text)
    boundary = "x" * 30
    parts = [("csrf", token), ("kind", kind), ("coverage", "part")]
    body = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts
    )
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'
    body += f"Content-Type: text/csv\r\n\r\n{text}\r\n--{boundary}--\r\n"
    kind_of = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = client.post("/imports", content=body.encode(), headers=kind_of)
    return answer.status_code, answer.headers.get("location", "")


def settled(client: TestClient, path: str) -> str:
    for _ in range(200):
        page = client.get(path).text
        if "http-equiv" not in page:
            return page
        time.sleep(0.05)
    raise AssertionError(page)


def test_drafts_are_for_offices_and_approval_is_a_right(service: Service) -> None:
    client, admin = service.signed_in("office1"), service.signed_in("admin")
    form = client.get("/mappings/new").text
    assert ('value="draft"' in form, 'value="approve"' in form) == (True, False)
    fields = {"activity": "https://moodle.example/new", "title": "หลักสูตรใหม่", "competency": "D1.1"}
    fields |= {"verb": "http://adlnet.gov/expapi/verbs/completed", "valid_from": "1/6/2569"}
    fields |= {"delivery": "online_self_paced", "level": "2", "reference": "x"}
    assert post(client, "/mappings", **fields, then="approve")[0] == 422
    # One more name of a course counts at once.
    assert post(client, "/mappings", **{**fields, "course": "DL101"}, then="draft")[0] == 422
    token = token_of(client.get("/password").text)
    made = client.post("/mappings", data={"csrf": token, **fields, "then": "draft"})
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    assert "/approve" not in client.get(path).text
    assert post(client, f"{path}/approve", reference="x")[0] == 403
    assert post(client, f"{path}/end", reason="x", kind="wrong")[0] == 403
    user = re.findall(r'href="(/users/[^"]+)">office1<', admin.get("/users").text)[0]
    assert post(admin, f"{user}/approval", allowed="1")[0] == 303
    assert post(client, f"{path}/approve", reference="มติ 1")[0] == 303
    analyst = re.findall(r'href="(/users/[^"]+)">analyst<', admin.get("/users").text)[0]
    assert post(admin, f"{analyst}/approval", allowed="1")[0] == 422


def test_posts_are_an_offices_own_and_decided_for_all(service: Service) -> None:
    client = service.signed_in("office1")
    page = client.get("/posts").text
    assert "ช่างซ่อม" in page
    assert "/posts/decisions" not in page
    assert post(client, "/posts/decisions", position="ช่างซ่อม", group="-", reason="x")[0] == 403
    with service.world.engine.begin() as conn:
        assert conn.execute(select(post_decision)).all() == []
