"""From a data folder that is not there to a page: what a newcomer's first command does."""

import gzip
import json
import re
import uuid
from typing import Any

import requests
import tincan

from tests.system.demo import RECORDING, Demo, thaksa

COMPLETIONS = {"DL101": 22, "DL102": 18, "DL103": 15, "DL104": 21, "DL105": 15, "DL106": 44}


def get(demo: Demo, path: str) -> Any:
    response = requests.get(demo.url + path, timeout=30)
    response.raise_for_status()
    return response.json()


def test_the_service_is_healthy_and_documented(demo: Demo) -> None:
    assert get(demo, "healthz") == {"status": "ok"}
    assert "/api/v1/aggregates" in get(demo, "openapi.json")["paths"]
    docs = requests.get(demo.url + "docs", timeout=30).text
    assert not re.search(r'(?:src|href)="(?:https?:)?//', docs)


def test_completions_are_those_of_the_recording(demo: Demo) -> None:
    platforms = get(demo, "api/v1/status")["platforms"]
    courses = [course for platform in platforms for course in platform["courses"]]
    counted = {course["shortname"]: course["current_completions"] for course in courses}
    assert {name: count for name, count in counted.items() if count} == COMPLETIONS


def test_a_second_sync_writes_nothing(demo: Demo) -> None:
    before = get(demo, "api/v1/status")["statements_stored"]
    ran = thaksa("sync", data=demo.data)
    assert ran.returncode == 0, ran.stderr
    assert "135 completions; 0 statements written, 0 voided" in ran.stdout
    assert get(demo, "api/v1/status")["statements_stored"] == before


def test_two_accounts_with_one_id_are_a_conflict(demo: Demo) -> None:
    accounts = get(demo, "api/v1/status")["accounts"]
    assert accounts["in_conflict"] == 2
    assert accounts["persons"] == accounts["linked"] + 1


def test_an_independent_client_reads_statements_without_personal_data(demo: Demo) -> None:
    bodies = json.dumps([statement.as_version("1.0.3") for statement in statements(demo)], ensure_ascii=False)
    assert bodies.count('"http://adlnet.gov/expapi/verbs/completed"') == 135
    assert [word for word in personal_data() if word in bodies] == []


def test_figures_of_a_person_lead_to_statements(demo: Demo) -> None:
    known = {str(statement.id) for statement in statements(demo)}
    listed = requests.get(demo.url + "people", timeout=30).text
    pages = set(re.findall(r'href="(/people/[0-9a-f-]{36})"', listed))
    cited = set()
    for page in pages:
        text = requests.get(demo.url.rstrip("/") + page, timeout=30).text
        cited |= set(re.findall(r"/statements/([0-9a-f-]{36})", text))
    assert len(pages) == 50
    assert len(cited) > 100
    assert cited <= known


def test_pages_forbid_what_they_do_not_need(demo: Demo) -> None:
    for path in ("", "people", "docs", "healthz"):
        policy = requests.get(demo.url + path, timeout=30).headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
        assert "unsafe" not in policy


def test_other_hosts_are_refused(demo: Demo) -> None:
    answer = requests.get(demo.url, headers={"Host": "attacker.example"}, timeout=30)
    assert answer.status_code == 400


def statements(demo: Demo) -> list[tincan.Statement]:
    made = thaksa(
        "credential",
        "create",
        "--name",
        f"reader-{uuid.uuid4()}",
        "--scope",
        "statements/read",
        "--json",
        data=demo.data,
    )
    secret = json.loads(made.stdout)
    lrs = tincan.RemoteLRS(
        endpoint=demo.url + "xapi/", version="1.0.3", username=secret["key"], password=secret["secret"]
    )
    answer = lrs.query_statements({"limit": 100})
    found = []
    while True:
        assert answer.success, answer.data
        found += list(answer.content.statements)
        if not answer.content.more:
            return found
        answer = lrs.more_statements(answer.content)


def personal_data() -> set[str]:
    """Every name, e-mail and idnumber that the recording shows."""
    found: set[str] = set()
    with gzip.open(RECORDING, "rt", encoding="utf-8") as lines:
        for line in lines:
            answer = json.loads(line)
            if answer["function"] in {"core_enrol_get_enrolled_users", "core_user_get_users_by_field"}:
                for user in answer["body"]:
                    found |= {user.get(key, "") for key in ("fullname", "email", "idnumber", "username")}
    return found - {""}
