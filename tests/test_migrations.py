"""The migrations lead to the tables that the code speaks of, on both databases, and keep every row."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, inspect, select, text
from starlette.testclient import TestClient

from connector.upgrade import migrate, upgrade
from lrs import create_lrs_app
from lrs.clock import utc_now
from lrs.database import connect
from lrs.tables import evidence, metadata
from tests.conftest import postgres_clone
from tests.lrs.conftest import HASH_KEY, make_credential


def test_migrations_and_tables_agree(engine: Engine) -> None:
    with engine.begin() as conn:
        found = compare_metadata(MigrationContext.configure(conn), metadata)
    assert found == []


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    upgrade(engine, utc_now())
    before = set(inspect(engine).get_view_names())
    assert before
    upgrade(engine, utc_now())
    assert set(inspect(engine).get_view_names()) == before


class TestFromTheFirstRevision:
    """A database of revision 0001 with statements in it, as that revision wrote them."""

    HOME = "https://moodle.example"
    AUTHORITY = {"account": {"homePage": "https://w3id.org/thaksa/credential", "name": "1"}}  # noqa: RUF012
    COURSE = "https://moodle.example/course/view.php?id=1"

    @pytest.fixture(params=["sqlite", "postgresql"])
    def old(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
        for url in self._empty(request, tmp_path):
            engine = connect(url)
            with engine.begin() as conn:
                migrate(conn, "0001")
                self._fill(conn)
            yield engine
            engine.dispose()

    def _empty(self, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
        if request.param == "sqlite":
            yield f"sqlite:///{folder / 'old.db'}"
        else:
            yield from postgres_clone(request.getfixturevalue("postgres_url"), template="template1")

    def _fill(self, conn: Connection) -> None:
        def insert(table: str, **row: Any) -> None:
            names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            conn.execute(text(f"insert into {table} ({names}) values ({values})"), row)

        for name in ("1", "2"):
            insert("agent", key=f"account:{self.HOME} {name}", home_page=self.HOME, account_name=name)
        insert("agent", key="mbox:mailto:admin@example.org")
        insert("activity", iri=self.COURSE, definition=b'{"name":{"th":"one"}}')
        for verb in ("completed", "voided", "attended"):
            insert("verb", iri=f"http://adlnet.gov/expapi/verbs/{verb}")
        insert(
            "credential",
            name="moodle",
            key="k",
            secret_hash=bytes(32),
            scopes="all",
            level=1,
            created_at=1,
        )
        insert("stale_agent", agent_id=1)
        for number, (of, row) in enumerate(self._stored(), start=1):
            insert("statement", id=of["id"], fingerprint=bytes(32), body=json.dumps(of).encode())
            insert("evidence", seq=number, level=1, credential_id=1, timestamp=0, stored=number, **row)

    def _stored(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Each with its evidence: a voided completion, another, the voiding statement, one about an agent."""
        learner = {"account": {"homePage": self.HOME, "name": "1"}}
        other = {"account": {"homePage": self.HOME, "name": "2"}}
        admin = {"mbox": "mailto:admin@example.org"}
        course = {"id": self.COURSE, "definition": {"name": {"th": "one"}}}
        context = {"registration": self.id(9), "instructor": admin}
        about = {"agent_id": 1, "verb_id": 1, "object_type": "activity", "activity_id": 1}
        target = {"objectType": "StatementRef", "id": self.id(1)}
        return [
            (self._statement(1, learner, "completed", course), {**about, "voided_at": 3}),
            (
                self._statement(2, learner, "completed", course, context=context),
                {**about, "registration": self.id(9)},
            ),
            (
                self._statement(3, admin, "voided", target),
                {"agent_id": 3, "verb_id": 2, "object_type": "statement", "target_id": self.id(1)},
            ),
            (
                self._statement(4, learner, "attended", {"objectType": "Agent", **other}),
                {"agent_id": 1, "verb_id": 3, "object_type": "agent", "object_agent_id": 2},
            ),
        ]

    def _statement(self, number: int, actor: object, verb: str, of: object, **more: object) -> dict[str, Any]:
        return {
            "id": self.id(number),
            "actor": actor,
            "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
            "object": of,
            **more,
            "timestamp": "1970-01-01T00:00:00.000000Z",
            "stored": f"1970-01-01T00:00:00.00000{number}Z",
            "authority": self.AUTHORITY,
            "version": "1.0.3",
        }

    def id(self, number: int) -> str:
        return str(UUID(int=number, version=4))

    def test_every_row_is_kept(self, old: Engine) -> None:
        before = rows(old)
        assert len(before["statement"]) == len(before["evidence"]) == 4
        upgrade(old, utc_now())
        after = rows(old)
        for table, kept in before.items():
            if table == "alembic_version":
                continue
            names = after[table][0].keys() if after[table] else set()
            for row in kept:
                left = {name: value for name, value in row.items() if name in names}
                assert any(left.items() <= one.items() for one in after[table]), (table, row)
        with old.begin() as conn:
            assert compare_metadata(MigrationContext.configure(conn), metadata) == []
            assert None not in conn.execute(select(evidence.c.authority_id)).scalars().all()

    def test_the_store_finds_and_goes_on(self, old: Engine) -> None:
        upgrade(old, utc_now())
        app = create_lrs_app(old, hash_key=HASH_KEY, default_version="1.0.3")
        client = TestClient(app)
        client.auth = make_credential(old, "all")

        def found(**parameters: str) -> list[str]:
            answer = client.get("/statements", params=parameters)
            return [one["id"] for one in answer.json()["statements"]]

        everything = [self.id(number) for number in (4, 3, 2)]
        assert found() == everything
        assert client.get("/statements", params={"voidedStatementId": self.id(1)}).status_code == 200
        admin, authority = json.dumps({"mbox": "mailto:admin@example.org"}), json.dumps(self.AUTHORITY)
        assert found(agent=admin) == [self.id(3)]
        learner = json.dumps({"account": {"homePage": self.HOME, "name": "1"}})
        # The voiding statement refers to a completion of the learner's (Communication 2.1.3).
        assert found(agent=learner) == everything
        assert found(agent=admin, related_agents="true") == [self.id(3), self.id(2)]
        assert found(agent=authority, related_agents="true") == everything
        assert found(activity=self.COURSE) == [self.id(3), self.id(2)]
        new = self._statement(5, {"mbox": "mailto:new@example.org"}, "completed", {"id": self.COURSE})
        del new["stored"], new["authority"]
        assert client.post("/statements", json=new).json() == [self.id(5)]
        assert found() == [self.id(5), *everything]
        app.close()


def rows(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    reflected = MetaData()
    with engine.begin() as conn:
        reflected.reflect(conn)
        return {
            name: [dict(row) for row in conn.execute(select(table)).mappings()]
            for name, table in reflected.tables.items()
        }
