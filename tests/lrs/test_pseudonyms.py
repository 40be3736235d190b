"""An agent gives way to a pseudonym in everything that is stored; what was counted stays."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from lrs.api import create_lrs_app
from lrs.pseudonyms import GONE, Attached, Replaced, replace_agents
from lrs.statement import actor_of
from lrs.tables import agent, document, evidence
from tests.lrs.conftest import HASH_KEY, HOME_PAGE
from tests.lrs.mixed import attachment, body, headers, part
from tests.lrs.statements import simple

NAME, MAIL = "สมหญิง ใจงาม", "Somying@example.org"
HERSELF = {"account": {"homePage": HOME_PAGE, "name": "somying"}, "name": NAME}
BY_MAIL = {"mbox": f"mailto:{MAIL}", "name": NAME}
OTHER = {"account": {"homePage": HOME_PAGE, "name": "2"}, "name": "สมชาย ใจดี"}
PSEUDONYM = {"account": {"homePage": HOME_PAGE, "name": "erased-1"}}
NEW_ONE = {"If-None-Match": "*"}
NEW = {
    f"account:{HOME_PAGE} somying": PSEUDONYM,
    f"mbox:mailto:{MAIL.lower()}": {"account": {"homePage": HOME_PAGE, "name": "erased-2"}},
}
GROUP = {"objectType": "Group", "member": [{"objectType": "Agent", **HERSELF}, OTHER]}
STATEMENTS: dict[str, dict[str, Any]] = {
    "actor": {"actor": HERSELF, "result": {"response": f"{NAME} ตอบ"}},
    "object": {"actor": OTHER, "object": {"objectType": "Agent", **BY_MAIL}},
    "instructor": {"actor": OTHER, "context": {"instructor": HERSELF}},
    "team": {"actor": OTHER, "context": {"team": GROUP}},
    "member": {"actor": GROUP},
    "substatement": {
        "actor": OTHER,
        "object": {
            "objectType": "SubStatement",
            "actor": HERSELF,
            "verb": {"id": "http://example.org/said"},
            "object": {"id": "http://example.org/x", "definition": {"description": {"th": f"ของ {NAME}"}}},
        },
    },
    "extension": {
        "actor": HERSELF,
        "context": {"extensions": {"http://example.org/e": {"who": [MAIL.lower(), {"name": NAME, "n": 7}]}}},
    },
    "untouched": {"actor": OTHER, "result": {"response": f"{NAME} ไม่เกี่ยว"}},
}


@pytest.fixture
def ids(client: TestClient) -> dict[str, str]:
    ids = {name: str(uuid4()) for name in STATEMENTS}
    sent = [simple(id=ids[name], **changes) for name, changes in STATEMENTS.items()]
    assert client.post("/statements", json=sent).status_code == 200
    return ids


def replaced(engine: Engine, *texts: str) -> Replaced:
    with engine.begin() as conn:
        return replace_agents(conn, NEW, [NAME, MAIL.lower(), *texts])


def stored(client: TestClient, ids: dict[str, str], name: str) -> Any:
    return client.get("/statements", params={"statementId": ids[name]}).json()


def test_no_statement_about_the_agent_names_it(
    engine: Engine, client: TestClient, ids: dict[str, str]
) -> None:
    done = replaced(engine)
    assert (done.agents, done.statements, done.attachments) == (2, 7, frozenset())
    for name in set(STATEMENTS) - {"untouched"}:
        text = json.dumps(stored(client, ids, name), ensure_ascii=False).lower()
        assert not [one for one in (NAME, MAIL.lower(), "somying") if one in text], name
    said = stored(client, ids, "actor")
    assert (said["actor"], said["result"]) == (PSEUDONYM, {"response": f"{GONE} ตอบ"})
    assert stored(client, ids, "member")["actor"]["member"] == [{"objectType": "Agent", **PSEUDONYM}, OTHER]
    assert stored(client, ids, "extension")["context"]["extensions"] == {
        "http://example.org/e": {"who": [GONE, {"name": GONE, "n": 7}]}
    }


def test_statements_that_do_not_mention_it_stay_byte_for_byte(
    engine: Engine, client: TestClient, ids: dict[str, str]
) -> None:
    before = client.get("/statements", params={"statementId": ids["untouched"]}).content
    replaced(engine)
    assert client.get("/statements", params={"statementId": ids["untouched"]}).content == before


def test_the_pseudonym_finds_what_the_agent_found(
    engine: Engine, client: TestClient, ids: dict[str, str]
) -> None:
    def found(agent: dict[str, Any]) -> set[str]:
        asked = {"agent": json.dumps(agent), "related_agents": "true"}
        return {one["id"] for one in client.get("/statements", params=asked).json()["statements"]}

    before = found(HERSELF)
    assert len(before) == 6
    replaced(engine)
    assert (found(PSEUDONYM), found(HERSELF)) == (before, set())


def test_evidence_stays_as_it_was_but_for_the_agents_number(
    engine: Engine, client: TestClient, ids: dict[str, str]
) -> None:
    def rows() -> list[tuple[Any, ...]]:
        hidden = {"agent_id", "object_agent_id"}
        columns = [column for column in evidence.c if column.name not in hidden]
        with engine.begin() as conn:
            return [tuple(row) for row in conn.execute(select(*columns).order_by(evidence.c.seq))]

    before = rows()
    replaced(engine)
    assert rows() == before


def test_a_service_that_remembers_the_agent_does_not_add_to_the_pseudonym(
    engine: Engine, client: TestClient, ids: dict[str, str]
) -> None:
    replaced(engine)
    client.post("/statements", json=[simple(id=str(uuid4()), actor=HERSELF)])
    asked = {"agent": json.dumps(PSEUDONYM)}
    assert len(client.get("/statements", params=asked).json()["statements"]) == 3


def test_no_agent_is_left_that_names_it(engine: Engine, ids: dict[str, str]) -> None:
    replaced(engine)
    with engine.begin() as conn:
        rows = conn.execute(select(agent.c.key, agent.c.account_name))
        text = " ".join(str(tuple(row)) for row in rows).lower()
    assert "somying" not in text
    assert "erased-1" in text


def test_documents_of_the_agent_go_and_others_stay(engine: Engine, client: TestClient) -> None:
    for one in (HERSELF, OTHER):
        where = {"agent": json.dumps(one), "profileId": "p"}
        assert client.put("/agents/profile", params=where, json={"n": 1}, headers=NEW_ONE).status_code == 204
        state = {"agent": json.dumps(one), "activityId": "http://example.org/x", "stateId": "s"}
        assert client.put("/activities/state", params=state, json={"n": 1}).status_code == 204
    assert replaced(engine).documents == 2
    with engine.begin() as conn:
        assert len(conn.execute(select(document)).all()) == 2
    assert (
        client.get("/agents/profile", params={"agent": json.dumps(HERSELF), "profileId": "p"}).status_code
        == 404
    )


def test_attachments_that_nobody_else_names_are_told(
    engine: Engine, credential: tuple[str, str], tmp_path: Path
) -> None:
    app = create_lrs_app(engine, hash_key=HASH_KEY, attachments=tmp_path)
    client = TestClient(app)
    client.auth = credential
    client.headers["X-Experience-API-Version"] = "1.0.3"
    own, common = b"her certificate", b"everybody's picture"
    said = [
        simple(id=str(uuid4()), actor=HERSELF, attachments=[attachment(own), attachment(common)]),
        simple(id=str(uuid4()), actor=OTHER, attachments=[attachment(common)]),
    ]
    answer = client.post("/statements", content=body(said, part(own), part(common)), headers=headers())
    assert answer.status_code == 200, answer.text
    stored = client.get("/statements", params={"statementId": said[0]["id"]}).json()
    done = replaced(engine)
    assert done.attachments == {Attached(attachment(own)["sha2"], actor_of(stored["authority"]))}
    app.close()


def test_nobody_known_changes_nothing(engine: Engine) -> None:
    assert replaced(engine) == Replaced()
