"""Several web processes on one PostgreSQL are one record store."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from lrs.database import connect
from lrs.tables import activity, agent, evidence, statement
from tests.conftest import postgres_clone
from tests.durability.load import WRITERS
from tests.durability.server import Answer, Installation, Server, install
from tests.durability.statements import completed, voiding

PROCESSES = 3
REGISTRATION = str(uuid4())


@pytest.fixture(scope="module")
def installation(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    for url in postgres_clone(postgres_url):
        yield install(tmp_path_factory.mktemp("processes"), url)


@pytest.fixture(scope="module")
def servers(installation: Installation) -> Iterator[list[Server]]:
    """Started at the same moment, as after a restart of the machine."""
    with ExitStack() as stack:
        started = [stack.enter_context(installation.started()) for _ in range(PROCESSES)]
        yield [installation.ready(process) for process in started]


def test_parallel_writers_with_shared_actors_and_activities(
    servers: list[Server], installation: Installation
) -> None:
    """Each writer goes over the same learners and courses in an order of its own, and redefines them."""
    turns, size, site = 8, 25, "https://parallel.example"

    def write(number: int) -> list[Answer]:
        with servers[number % PROCESSES].connection() as connection:
            return [
                connection.post(
                    [
                        completed((n * (2 * number + 1)) % 11, (n * (number + 1)) % 7, f"{turn}", site)
                        for n in range(size)
                    ]
                )
                for turn in range(turns)
            ]

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = [answer for of_one in pool.map(write, range(WRITERS)) for answer in of_one]
    assert {answer.status for answer in answers} == {200}
    ids = {id_ for answer in answers for id_ in answer.json()}
    assert len(ids) == WRITERS * turns * size
    assert stored_about(installation, site) == (ids, 11, 7)


def stored_about(installation: Installation, site: str) -> tuple[set[str], int, int]:
    """The ids of the statements with evidence about learners of a site; its learners; its courses."""
    engine = connect(installation.database_url)
    with engine.begin() as conn:
        ids = conn.execute(
            select(statement.c.id)
            .join(evidence, evidence.c.seq == statement.c.seq)
            .join(agent, agent.c.id == evidence.c.agent_id)
            .where(agent.c.home_page == site)
        ).scalars()
        learners = conn.execute(select(func.count()).where(agent.c.home_page == site)).scalar_one()
        courses = conn.execute(select(func.count()).where(activity.c.iri.startswith(site))).scalar_one()
        found = set(ids)
    engine.dispose()
    return found, learners, courses


@pytest.fixture(scope="module")
def ids(servers: list[Server]) -> list[str]:
    """The ids of sixty statements, the last stored first, written in turn through each process."""
    ids: list[str] = []
    context = {"registration": REGISTRATION}
    for n in range(20):
        batch = [completed(n % 4, n % 3, site="https://one.example", context=context) for _ in range(3)]
        ids += post(servers[n % PROCESSES], batch).json()
    return ids[::-1]


class TestOneAnswer:
    """Every process gives the same answers about the same database."""

    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"ascending": "true"},
            {"limit": 7},
            {"registration": REGISTRATION},
            {"agent": '{"account":{"homePage":"https://one.example","name":"1"}}'},
            {"activity": "https://one.example/course/view.php?id=2"},
            {"verb": "http://adlnet.gov/expapi/verbs/completed", "limit": 10, "ascending": "true"},
        ],
    )
    def test_same_ids_in_the_same_order(
        self, servers: list[Server], ids: list[str], parameters: dict[str, object]
    ) -> None:
        answers = [
            [one["id"] for one in ask(server, **parameters).json()["statements"]] for server in servers
        ]
        assert answers[0]
        assert all(answer == answers[0] for answer in answers)

    @pytest.mark.parametrize("ascending", ["false", "true"])
    def test_more_of_one_process_is_continued_by_another(
        self, servers: list[Server], ids: list[str], ascending: str
    ) -> None:
        found, turn = [], 0
        page = ask(servers[0], limit=7, ascending=ascending, registration=REGISTRATION).json()
        found += page["statements"]
        while page["more"]:
            turn += 1
            with servers[turn % PROCESSES].connection() as connection:
                page = connection.send("GET", page["more"]).json()
            found += page["statements"]
        assert turn == 8
        assert [one["id"] for one in found] == (ids if ascending == "false" else ids[::-1])

    def test_a_statement_sent_again_elsewhere(self, servers: list[Server]) -> None:
        sent = completed()
        assert [post(server, sent).status for server in servers] == [200] * PROCESSES
        other = {**sent, "verb": {"id": "http://adlnet.gov/expapi/verbs/failed"}}
        assert [post(server, other).status for server in servers] == [409] * PROCESSES
        assert ask(servers[0], statementId=sent["id"]).json()["verb"] == sent["verb"]

    def test_different_statements_with_one_id_at_the_same_moment(self, servers: list[Server]) -> None:
        """Exactly one of them is stored, and only its sender is told so."""
        for _ in range(20):
            versions = [completed(learner=n) for n in range(PROCESSES)]
            versions = [{**one, "id": versions[0]["id"]} for one in versions]
            answers = together([bound(post, *pair) for pair in zip(servers, versions, strict=True)])
            assert sorted(answer.status for answer in answers) == [200, 409, 409]
            winner = next(n for n, answer in enumerate(answers) if answer.status == 200)
            stored = ask(servers[0], statementId=versions[0]["id"]).json()
            assert stored["actor"]["account"]["name"] == str(winner)

    def test_same_statement_at_the_same_moment(self, servers: list[Server]) -> None:
        for _ in range(20):
            one = completed()
            answers = together([bound(post, server, one) for server in servers])
            assert [answer.status for answer in answers] == [200] * PROCESSES

    def test_target_and_its_void_at_the_same_moment(self, servers: list[Server]) -> None:
        """Whichever comes first, the target ends voided at every process."""
        for turn in range(30):
            target = completed()
            first, second = servers[turn % PROCESSES], servers[(turn + 1) % PROCESSES]
            answers = together([bound(post, first, target), bound(post, second, voiding(target["id"]))])
            assert [answer.status for answer in answers] == [200, 200]
            for server in servers:
                assert ask(server, statementId=target["id"]).status == 404
                assert ask(server, voidedStatementId=target["id"]).json()["id"] == target["id"]


def ask(server: Server, **parameters: object) -> Answer:
    with server.connection() as connection:
        return connection.get(**parameters)


def post(server: Server, statements: object) -> Answer:
    with server.connection() as connection:
        return connection.post(statements)


def bound(act: Callable[..., Answer], *arguments: Any) -> Callable[[], Answer]:
    return lambda: act(*arguments)


def together(acts: list[Callable[[], Answer]]) -> list[Answer]:
    """Lets all begin at the same moment; what each was answered."""
    barrier = threading.Barrier(len(acts))

    def begin(act: Callable[[], Answer]) -> Answer:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(begin, acts))
