"""An analyst pulls the figures of offices with any xAPI client, and nothing personal with any request."""

import json
import os
import re
import shlex
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tincan import Activity, RemoteLRS, Verb

from connector.publishing.publish import publish_statements
from lrs.clock import to_iso
from lrs.database import connect
from mappings.vocabulary import REPORTED, competency_activity
from tests.clients.conftest import databases
from tests.clients.story import NODE, PLAY_SECONDS
from tests.durability.server import Connection, Server, install
from tests.durability.statements import SITE, completed, voiding
from tests.publishing.figures import APRIL, FIGURES, MAY, organise, publish_table
from tests.system.demo import thaksa

ANALYSTS = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text(encoding="utf-8")
PAGE = (Path(__file__).parents[2] / "docs" / "forwarding.md").read_text(encoding="utf-8")
DIGITAL = competency_activity("otepc-w4-2563", "1", "D1.1")
FIRST, SECOND = datetime(2026, 6, 1, 3, tzinfo=UTC), datetime(2026, 6, 2, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Service:
    """A running service with figures of two months; statements of people, one of them taken back."""

    server: Server
    key: str
    secret: str
    figures: dict[str, dict[str, Any]]
    voided: str
    personal: list[str]

    def get(self, path: str, **headers: str) -> Any:
        """As the analyst."""
        token = b64encode(f"{self.key}:{self.secret}".encode()).decode()
        own = {"Authorization": f"Basic {token}", "X-Experience-API-Version": "1.0.3"}
        with Connection(self.server.port, own) as connection:
            return connection.send("GET", f"/xapi/{path}", None, headers)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("figures")
    for url in databases(request, folder):
        installation = install(folder / "data", url)
        publish_two_months(url)
        with installation.running() as server:
            yield a_service(server, folder / "data", url)


def publish_two_months(url: str) -> None:
    """April was corrected."""
    engine = connect(url)
    organise(engine)
    publish_table(engine, APRIL, FIGURES)
    publish_statements(engine, None, lambda: FIRST)
    corrected = FIGURES | {("area-2", "D1.1"): FIGURES["area-1", "D1.1"]}
    publish_table(engine, APRIL, corrected)
    publish_table(engine, MAY, FIGURES)
    publish_statements(engine, None, lambda: SECOND)
    engine.dispose()


def a_service(server: Server, data: Path, url: str) -> Service:
    command = re.search(r"^(thaksa credential create --name OBEC .*)$", PAGE, re.MULTILINE)
    assert command is not None
    made = thaksa(*shlex.split(command[1])[1:], "--json", data=data, THAKSA_DATABASE_URL=url)
    assert made.returncode == 0, made.stderr
    given = json.loads(made.stdout)
    taken_back, other = completed(), completed()
    with server.connection() as connection:
        connection.post([taken_back, other])
        void = voiding(taken_back["id"])
        connection.post(void)
        everything = connection.get(limit=500).json()["statements"]
    figures = {one["id"]: one for one in everything if one["authority"]["account"]["name"] == "publish"}
    refers = next(one for one in figures.values() if one["object"].get("objectType") == "StatementRef")
    personal = [taken_back["id"], other["id"], void["id"]]
    return Service(server, given["key"], given["secret"], figures, refers["object"]["id"], personal)


def expected(service: Service) -> dict[str, list[str]]:
    figures = service.figures

    def of(**wanted: str) -> list[str]:
        return sorted(
            id_
            for id_, one in figures.items()
            if one["verb"]["id"] == wanted.get("verb", one["verb"]["id"])
            and one["object"]["id"] == wanted.get("activity", one["object"]["id"])
            and one["stored"] > wanted.get("since", "")
        )

    return {
        "all": of(),
        "paged": of(),
        "verb": of(verb=REPORTED),
        "activity": of(activity=DIGITAL),
        "since": of(since=to_iso(FIRST + timedelta(hours=1))),
    }


def test_the_story_has_something_to_tell(service: Service) -> None:
    numbers = {name: len(ids) for name, ids in expected(service).items()}
    # Six figures hold; one was corrected, by a voiding statement and another figure.
    assert numbers == {"all": 7, "paged": 7, "verb": 6, "activity": 4, "since": 5}


def test_tincan_pulls_them(service: Service) -> None:
    lrs = RemoteLRS(
        endpoint=service.server.endpoint, username=service.key, password=service.secret, version="1.0.3"
    )

    def ids(**query: Any) -> list[str]:
        page = lrs.query_statements(query).content
        found = [str(one.id) for one in page.statements]
        while page.more:
            page = lrs.more_statements(page).content
            found += [str(one.id) for one in page.statements]
        return sorted(found)

    assert {
        "all": ids(),
        "paged": ids(limit=2),
        "verb": ids(verb=Verb(id=REPORTED)),
        "activity": ids(activity=Activity(id=DIGITAL)),
        "since": ids(since=to_iso(FIRST + timedelta(hours=1))),
    } == with_references(service)
    assert not lrs.retrieve_statement(service.personal[1]).success
    read = lrs.retrieve_statement(next(iter(expected(service)["verb"]))).content
    assert read.actor.account.home_page == "https://w3id.org/thaksa/units"


def with_references(service: Service) -> dict[str, list[str]]:
    """Filters find what refers to what they find (Communication 2.1.3): the voiding one too."""
    wanted = expected(service)
    refers = [id_ for id_, one in service.figures.items() if one["verb"]["id"] != REPORTED]
    return wanted | {name: sorted({*wanted[name], *refers}) for name in ("verb", "activity")}


@pytest.mark.parametrize("adapter", ["axios", "fetch"])
def test_xapi_for_javascript_pulls_them(service: Service, adapter: str) -> None:
    environ = {
        "ENDPOINT": service.server.endpoint,
        "KEY": service.key,
        "SECRET": service.secret,
        "VERB": REPORTED,
        "ACTIVITY": DIGITAL,
        "SINCE": to_iso(FIRST + timedelta(hours=1)),
        "PERSONAL": service.personal[1],
        "ADAPTER": adapter,
    }
    played = subprocess.run(
        ["node", "figures.mjs"],
        cwd=NODE,
        env=os.environ | environ,
        capture_output=True,
        timeout=PLAY_SECONDS,
        check=False,
    )
    assert played.returncode == 0, played.stderr.decode()
    seen = json.loads(played.stdout.splitlines()[-1])
    assert seen.pop("personal") is True
    assert seen == with_references(service)


@pytest.mark.parametrize("language", ["bash", "py"])
def test_the_examples_of_the_page_run(service: Service, language: str) -> None:
    section = ANALYSTS.partition("## As xAPI statements")[2]
    (example,) = re.findall(rf"^```{language}\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    environ = {
        "THAKSA": service.server.endpoint.removesuffix("/xapi/"),
        "KEY": service.key,
        "SECRET": service.secret,
        "SINCE": "2026-01-01T00:00:00Z",
    }
    command = ["bash", "-c", example] if language == "bash" else [sys.executable, "-c", example]
    ran = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    if language == "bash":
        found = sorted(one["id"] for one in json.loads(ran.stdout)["statements"])
        assert found == with_references(service)["verb"]
    else:
        # The one that was corrected is not among them.
        assert sorted(ran.stdout.splitlines()) == [
            "2026-04 สพป.สอง D1.1 0.75",
            "2026-04 สพป.หนึ่ง D1.1 0.75",
            "2026-04 สพป.หนึ่ง D1.2 hidden",
            "2026-05 สพป.สอง D1.1 hidden",
            "2026-05 สพป.หนึ่ง D1.1 0.75",
            "2026-05 สพป.หนึ่ง D1.2 hidden",
        ]


LEARNER = json.dumps({"account": {"homePage": SITE, "name": "1"}}).replace(" ", "").replace('"', "%22")
COURSE = f"{SITE}/course/view.php%3Fid=1"


@pytest.mark.parametrize(
    "query",
    [
        f"agent={LEARNER}",
        f"agent={LEARNER}&related_agents=true",
        f"activity={COURSE}",
        f"activity={COURSE}&related_activities=true",
        "verb=http://adlnet.gov/expapi/verbs/completed",
        f"agent={LEARNER}&attachments=true",
        f"agent={LEARNER}&format=canonical",
    ],
)
def test_no_filter_finds_anything_of_people(service: Service, query: str) -> None:
    answer = service.get(f"statements?{query}")
    assert answer.status == 200
    assert all(one.encode() not in answer.body for one in [*service.personal, "moodle.example"])


@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
def test_no_statement_of_people_is_there_by_its_id(service: Service, name: str) -> None:
    assert [service.get(f"statements?{name}={one}").status for one in service.personal] == [404] * 3


@pytest.mark.parametrize(
    "path",
    [
        f"activities/state?activityId={COURSE}&agent={LEARNER}",
        f"activities/profile?activityId={COURSE}",
        f"agents/profile?agent={LEARNER}",
        "credentials",
    ],
)
def test_documents_and_credentials_are_refused(service: Service, path: str) -> None:
    assert service.get(path).status == 403


def test_it_cannot_store(service: Service) -> None:
    with Connection(service.server.port, {}) as connection:
        token = b64encode(f"{service.key}:{service.secret}".encode()).decode()
        headers = {
            "Authorization": f"Basic {token}",
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/json",
        }
        assert connection.send("POST", "/xapi/statements", b"[]", headers).status == 403


def test_a_corrected_figure_is_seen_as_voided(service: Service) -> None:
    assert service.get(f"statements?statementId={service.voided}").status == 404
    assert service.get(f"statements?voidedStatementId={service.voided}").status == 200
