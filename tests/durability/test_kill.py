"""What was answered with success is there after a crash in the middle of load, and nothing is there in part.

Killing a process shows that success is answered after the commit; that a commit survives the machine's own
crash is the databases' setting, which tests/test_database.py holds.
"""

import random
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from sqlalchemy import make_url, select

from lrs.database import connect
from lrs.tables import activity, agent, evidence, statement, verb
from tests.durability.database_server import DatabaseServer
from tests.durability.load import Sent, posting
from tests.durability.server import Installation, Server, install
from tests.durability.statements import completed

ROUNDS = 2
LONG_ROUNDS = 20
# How long writers run before the crash, after the first success.
LOAD_SECONDS = (0.0, 1.5)


@pytest.fixture
def rounds(long: bool) -> range:
    return range(LONG_ROUNDS if long else ROUNDS)


def test_web_process_killed_under_load(installation: Installation, rounds: range) -> None:
    sent = Sent()
    for _ in rounds:
        stop = threading.Event()
        with installation.running() as server, posting([server], sent, stop):
            sent.wait_for_more()
            time.sleep(random.uniform(*LOAD_SECONDS))
            server.kill()
            stop.set()
        assert sent.refused == []
        check(installation.database_url, sent)
    with installation.running() as server:
        check_answers(server, sent)


def test_database_server_stopped_at_once_under_load(
    tmp_path: Path, database_server: DatabaseServer, rounds: range
) -> None:
    """The web process lives on: it refuses while there is no database, and stores again afterwards."""
    installation = install(tmp_path / "data", database_server.new_database())
    sent, stop = Sent(), threading.Event()
    with installation.running() as server, posting([server], sent, stop):
        for _ in rounds:
            sent.wait_for_more()
            time.sleep(random.uniform(*LOAD_SECONDS))
            database_server.stop_at_once()
            database_server.start()
        sent.wait_for_more()
        stop.set()
        check_answers(server, sent)
    assert min(sent.refused, default=503) >= 500
    check(installation.database_url, sent)


def test_no_database(tmp_path: Path, database_server: DatabaseServer) -> None:
    """Whoever asks is told to come again (503), and the log is not filled with tracebacks."""
    installation = install(tmp_path / "data", database_server.new_database())
    with installation.running() as server:
        with server.connection() as connection:
            database_server.stop_at_once()
            answers = [connection.post(completed()), connection.get(limit=1), connection.get(limit=1)]
        database_server.start()
        # Another one: starting may take longer than the server keeps a connection that says nothing.
        with server.connection() as connection:
            assert connection.post(completed()).status == 200
    assert [answer.status for answer in answers] == [503, 503, 503]
    assert "Traceback" not in server.process.log.read_text()


@pytest.fixture
def database_server() -> Iterator[DatabaseServer]:
    """A PostgreSQL server of this test's own. Its user may not enter pytest's folder."""
    folder = Path(tempfile.mkdtemp(prefix="thaksa-pg-"))
    with DatabaseServer(folder / "data") as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


def check(database_url: str, sent: Sent) -> None:
    """Everything acknowledged is stored with its evidence; every batch as a whole or not at all."""
    check_file(database_url)
    # One snapshot: what the killed process had sent may still be committed while this looks.
    engine = connect(database_url).execution_options(isolation_level="SERIALIZABLE")
    with engine.begin() as conn:
        bodies = dict(conn.execute(select(statement.c.id, statement.c.body)).all())
        found = conn.execute(
            select(statement.c.id, evidence.c.seq, agent.c.id, activity.c.id, verb.c.id)
            .outerjoin_from(statement, evidence, evidence.c.seq == statement.c.seq)
            .outerjoin(agent, agent.c.id == evidence.c.agent_id)
            .outerjoin(activity, activity.c.id == evidence.c.activity_id)
            .outerjoin(verb, verb.c.id == evidence.c.verb_id)
        ).all()
        evidence_rows = len(conn.execute(select(evidence.c.seq)).all())
    engine.dispose()
    assert sent.ids() - bodies.keys() == set(), "acknowledged and lost"
    assert [row for row in found if None in row] == []
    assert evidence_rows == len(bodies)
    assert all(orjson.loads(body)["id"] == id_ for id_, body in bodies.items())
    assert [batch for batch in sent.batches if len(bodies.keys() & set(batch)) not in (0, len(batch))] == []


def check_file(database_url: str) -> None:
    if not database_url.startswith("sqlite"):
        return
    conn = sqlite3.connect(make_url(database_url).database or "")
    assert conn.execute("pragma integrity_check").fetchall() == [("ok",)]
    conn.close()


def check_answers(server: Server, sent: Sent) -> None:
    """Statements are answered over HTTP, and writing goes on."""
    with server.connection() as connection:
        for id_ in random.sample(sorted(sent.ids()), min(50, len(sent.ids()))):
            assert connection.get(statementId=id_).json()["id"] == id_
        new = completed()
        assert connection.post(new).json() == [new["id"]]
        assert connection.get(limit=1).json()["statements"][0]["id"] == new["id"]
