"""The pages of the record store itself."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from connector.report.queries.statements import PAGE
from connector.report.statement_json import MOST_CHARACTERS, linked
from connector.report.statements_page import router_statements
from lrs import create_lrs_app
from lrs.credentials import create_credential

HASH_KEY = b"k" * 32
HOME = "https://moodle.example"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
SLEPT = "https://example.org/verbs/slept"
REGISTRATION = "3f1c2d3e-7a1e-4c44-8a3f-fdb0b6d04f50"
# 00:30 of 2 January 2569 in Bangkok
BEGIN = datetime(2026, 1, 1, 17, 30, tzinfo=UTC)
INJECTION = "<script>alert(1)</script>"


class Store:
    """A record store that is written to over HTTP, at moments that a test chooses."""

    def __init__(self, engine: Engine) -> None:
        self.now = BEGIN
        app = create_lrs_app(engine, hash_key=HASH_KEY, clock=lambda: self.now, default_version="1.0.3")
        self.close = app.close
        self._client = TestClient(app)
        with engine.begin() as conn:
            self._client.auth = create_credential(
                conn, hash_key=HASH_KEY, name="a", scopes=["all"], now=BEGIN
            )

    def send(self, *statements: dict[str, Any]) -> list[str]:
        answer = self._client.post("/statements", json=list(statements))
        assert answer.status_code == 200, answer.text
        ids: list[str] = answer.json()
        return ids


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    store = Store(engine)
    yield store
    store.close()


@pytest.fixture
def client(engine: Engine) -> TestClient:
    app = FastAPI()
    app.include_router(router_statements(engine))
    return TestClient(app)


def a_statement(account: str = "42", **changes: Any) -> dict[str, Any]:
    return {
        "actor": {"account": {"homePage": HOME, "name": account}},
        "verb": {"id": COMPLETED},
        "object": {"id": f"{HOME}/course/7"},
        **changes,
    }


def ids_on(page: str) -> list[str]:
    return re.findall(r'<details[^>]* hx-get="/statements/([0-9a-f-]{36})/json"', page)


def test_each_row_says_when_what_and_who(store: Store, client: TestClient) -> None:
    named = {"id": f"{HOME}/course/8", "definition": {"name": {"en": "Safety", "th-TH": "ความปลอดภัย"}}}
    first = store.send(a_statement(object=named))[0]
    store.now += timedelta(minutes=2)
    second = store.send(
        {
            "actor": {"mbox": "mailto:tutor@example.org"},
            "verb": {"id": SLEPT},
            "object": {"objectType": "StatementRef", "id": first},
        }
    )[0]
    page = client.get("/statements").text
    assert ids_on(page) == [second, first]
    for shown in ("2 ม.ค. 2569 00:30 น.", "2 ม.ค. 2569 00:32 น.", "เรียนจบ", "slept", "ความปลอดภัย"):
        assert shown in page
    for shown in ("42 <small>moodle.example</small>", "tutor@example.org", "อ้างถึงบันทึก"):
        assert shown in page
    assert f'href="/statements/{first}">บันทึกที่อ้างถึง' in page


def test_a_voided_statement_is_listed_and_marked(store: Store, client: TestClient) -> None:
    target = store.send(a_statement())[0]
    assert "ยกเลิกแล้ว" not in client.get("/statements").text
    voiding = a_statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": target})
    ids = store.send(voiding)
    page = client.get("/statements").text
    assert ids_on(page) == [*ids, target]
    assert page.count('class="is-voided"') == 1
    assert "ยกเลิกแล้ว" in client.get(f"/statements/{target}").text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"verb": SLEPT}, [1]),
        ({"verb": COMPLETED}, [3, 2, 0]),
        ({"verb": "https://example.org/never"}, []),
        ({"activity": f"{HOME}/course/8"}, [2]),
        ({"activity": f"{HOME}/course/9"}, []),
        ({"registration": REGISTRATION.upper()}, [3]),
        ({"verb": COMPLETED, "activity": f"{HOME}/course/7"}, [3, 0]),
        ({"since": "2026-01-03"}, [3, 2]),
        ({"until": "2026-01-02"}, [1, 0]),
        ({"since": "2026-01-03", "until": "2026-01-03"}, [2]),
        ({"since": "2026-01-05"}, []),
        ({"until": "2026-01-01"}, []),
        (
            {"since": "", "until": "", "verb": "", "activity": "", "registration": "", "before": ""},
            [3, 2, 1, 0],
        ),
    ],
)
def test_filters(store: Store, client: TestClient, query: dict[str, str], expected: list[int]) -> None:
    ids = store.send(a_statement(), a_statement(verb={"id": SLEPT}))
    store.now += timedelta(days=1)
    ids += store.send(a_statement(object={"id": f"{HOME}/course/8"}))
    store.now += timedelta(days=1)
    ids += store.send(a_statement(context={"registration": REGISTRATION}))
    wanted = [ids[number] for number in expected]
    assert ids_on(client.get("/statements", params=query).text) == wanted
    # The form comes to the same, at the same address.
    answer = client.post("/statements", data=query)
    assert ids_on(answer.text) == wanted
    assert answer.request.method == "GET"


def test_a_day_is_bangkoks(store: Store, client: TestClient) -> None:
    store.now = datetime(2026, 1, 1, 16, 59, 59, 999999, tzinfo=UTC)
    old = store.send(a_statement())
    store.now += timedelta(microseconds=1)
    new = store.send(a_statement())
    assert ids_on(client.get("/statements", params={"until": "2026-01-01"}).text) == old
    assert ids_on(client.get("/statements", params={"since": "2026-01-02"}).text) == new


@pytest.mark.parametrize(
    ("actor", "asked"),
    [
        ({"account": {"homePage": HOME, "name": "teacher77"}}, "teacher77"),
        ({"account": {"homePage": "https://a.example", "name": "teacher77"}}, " teacher77 "),
        ({"mbox": "mailto:teacher77@example.org"}, "teacher77@example.org"),
    ],
)
def test_a_person_is_asked_for_without_an_address_that_says_so(
    store: Store, client: TestClient, actor: Any, asked: str
) -> None:
    store.send(a_statement(), a_statement("8"))
    theirs = store.send(a_statement(actor=actor), *(a_statement(actor=actor) for _ in range(PAGE)))
    first = client.post("/statements", data={"account": asked, "verb": COMPLETED})
    assert ids_on(first.text) == theirs[:0:-1]
    form = re.findall(r'<form action="/statements" method="post">(.*?)</form>', first.text)[0]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
    assert fields.keys() == {"account", "before", "verb"}
    assert ids_on(client.post("/statements", data=fields).text) == theirs[:1]
    for answer in (first, *first.history):
        assert "teacher77" not in str(answer.url)
    assert not re.search(r'(?:href|action|hx-get)="[^"]*teacher77', first.text)
    # In an address it means nothing.
    assert len(ids_on(client.get("/statements", params={"account": "8"}).text)) == PAGE
    assert ids_on(client.post("/statements", data={"account": "nobody"}).text) == []


def test_pages_go_by_number_and_keep_the_filters(store: Store, client: TestClient) -> None:
    ids = store.send(*(a_statement() for _ in range(PAGE + 3)))
    store.send(a_statement(verb={"id": SLEPT}))
    page = client.get("/statements", params={"verb": COMPLETED}).text
    assert ids_on(page) == ids[: -PAGE - 1 : -1]
    older = re.search(r'<a href="/statements\?([^"]*)">เก่ากว่า', page)
    assert older is not None
    # What comes in between moves nothing.
    store.send(a_statement())
    second = client.get(f"/statements?{older[1].replace('&amp;', '&')}").text
    assert ids_on(second) == ids[2::-1]
    assert "เก่ากว่า" not in second
    assert f'<a href="/statements?{urlencode({"verb": COMPLETED})}">‹ ล่าสุด' in second


class TestStatement:
    """One statement as it is kept."""

    def test_links_lead_to_what_it_speaks_of(self, store: Store, client: TestClient) -> None:
        target = store.send(a_statement())[0]
        activity, mentioned = {"id": f"{HOME}/a?x=1&y=2"}, {"id": f"{HOME}/b"}
        statement = a_statement(
            object={
                "objectType": "SubStatement",
                **a_statement(),
                "object": activity,
                "context": {"statement": {"objectType": "StatementRef", "id": target}},
            },
            context={
                "registration": REGISTRATION,
                "contextActivities": {"parent": [mentioned]},
                "statement": {"objectType": "StatementRef", "id": target},
            },
        )
        sent = store.send(statement)[0]
        for path in (f"/statements/{sent}", f"/statements/{sent.upper()}/json"):
            text = client.get(path).text
            assert text.count(f'<a href="/statements/{target}">&#34;{target}&#34;</a>') == 2
            for name, value in (
                ("verb", COMPLETED),
                ("activity", activity["id"]),
                ("registration", REGISTRATION),
            ):
                assert f'<a href="/statements?{name}={quote(value, safe="")}">' in text
            # The list by an activity would not hold this statement.
            assert mentioned["id"] in text
            assert f'<a href="/statements?activity={quote(mentioned["id"], safe="")}">' not in text
        assert client.get(f"/statements/{target}").status_code == 200
        assert "<html" not in client.get(f"/statements/{sent}/json").text

    def test_it_is_shown_whole_and_harmless(self, store: Store, client: TestClient) -> None:
        said = f'quote " backslash \\ {INJECTION}'
        sent = store.send(
            a_statement(result={"response": said}, verb={"id": SLEPT, "display": {"th": said}})
        )[0]
        listed, shown = client.get("/statements").text, client.get(f"/statements/{sent}").text
        assert INJECTION not in listed + shown
        plain = re.sub("<[^>]*>", "", shown[shown.index("<pre") : shown.index("</pre>")])
        for name, character in (("#34", '"'), ("lt", "<"), ("gt", ">"), ("amp", "&")):
            plain = plain.replace(f"&{name};", character)
        assert json.loads(plain)["result"]["response"] == said

    def test_a_very_long_one_is_cut(self, store: Store, client: TestClient) -> None:
        sent = store.send(a_statement(result={"response": "x" * MOST_CHARACTERS}))[0]
        text = client.get(f"/statements/{sent}/json").text
        assert "แสดงเฉพาะส่วนต้น" in text
        assert len(text) < MOST_CHARACTERS * 1.1

    @pytest.mark.parametrize("name", ["nothing", "00000000-0000-4000-8000-000000000000", "a%00b"])
    def test_what_is_not_there_is_said_in_thai(self, store: Store, client: TestClient, name: str) -> None:
        for path in (f"/statements/{name}", f"/statements/{name}/json"):
            answer = client.get(path)
            assert answer.status_code == 404
            assert "ไม่พบบันทึกหมายเลขนี้" in answer.text

    def test_a_name_in_a_key_is_no_link(self) -> None:
        statement = a_statement(result={"extensions": {COMPLETED: "x"}})
        assert linked(json.dumps(statement).encode()).count("<a ") == 2


class TestCount:
    """The number that a page asks for every few seconds."""

    def test_it_answers_only_what_has_changed(self, store: Store, client: TestClient) -> None:
        assert count(client, since=0, shown=0) is None
        store.send(*(a_statement() for _ in range(3)))
        page = client.get("/statements").text
        assert "/statements/count?since=3&amp;shown=3" in page
        assert "มีบันทึกใหม่" not in page
        assert count(client, since=3, shown=3) is None
        store.send(a_statement())
        text = count(client, since=3, shown=3) or ""
        assert "<strong>4</strong>" in text
        assert "มีบันทึกใหม่ 1 รายการ" in text
        assert "/statements/count?since=3&amp;shown=4" in text
        assert count(client, since=3, shown=4) is None

    def test_it_reads_no_table_through(self, engine: Engine, store: Store, client: TestClient) -> None:
        ran: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *given: ran.append(given[2].lower()))
        client.get("/statements/count?since=0&shown=1")
        (sql,) = (sql for sql in ran if not sql.startswith("begin"))
        assert sql.startswith("select max(statement.seq)")


def count(client: TestClient, since: int, shown: int) -> str | None:
    answer = client.get("/statements/count", params={"since": since, "shown": shown})
    return None if answer.status_code == 204 else answer.text


def test_an_empty_store(client: TestClient) -> None:
    assert "ไม่มีบันทึกที่ตรงกับเงื่อนไข" in client.get("/statements").text
    assert client.head("/statements").status_code == 200


def test_a_page_asks_no_other_host(store: Store, client: TestClient) -> None:
    store.send(a_statement())
    page = client.get("/statements").text
    assert not re.search(r"""(?:src|href|action|hx-get)=["'](?!/|\#)|url\(|@import""", page)
    assert re.findall(r"<script[^>]*>([^<]*)</script>", page) == [""]


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday",
        "since=0001-01-01",
        "until=2026-02-30",
        "before=x",
        "before=-1",
        f"before={2**63}",
        "verb=a%00b",
        "registration=7",
    ],
)
def test_what_means_nothing_is_refused_in_thai(client: TestClient, query: str) -> None:
    for answer in (
        client.get(f"/statements?{query}"),
        client.post("/statements", content=f"account=x&{query}"),
    ):
        assert answer.status_code == 422
        assert "กลับไปหน้าภาพรวม" in answer.text


@pytest.mark.parametrize("body", [b"account=" + b"x" * 20_000, b"\xff"])
def test_a_form_that_is_none_is_refused(client: TestClient, body: bytes) -> None:
    assert client.post("/statements", content=body).status_code == 422
