"""The xAPI Profile knows every word in the statements that the connector writes, and is served.

Words of ours are its concepts; words of others are in its templates: a profile must not define them again.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from connector.app import create_app
from connector.platforms import Reading
from connector.platforms.moodle.activities import ACTIVITY_TYPES
from connector.platforms.moodle.replay import Replay
from connector.report.profile_api import the_profile
from connector.settings import Settings
from connector.statements import VERBS, build, voiding
from mappings.vocabulary import OURS
from tests.connector.learning import a_file, attendance, claims, completions, current, people
from tests.connector.remembered import Remembered
from tests.connector.syncing import NOW
from tests.connector.test_import_attendance import SHEET as ATTENDANCE
from tests.connector.test_import_claims import SHEET as CLAIMS
from tests.connector.test_moodle_activities import say

ROOT = Path(__file__).parents[2]
CONCEPTS = {one["id"]: one for one in the_profile()["concepts"]}
COMPLETIONS = "อีเมล,หลักสูตร,วันที่สำเร็จ,ผล\nkaew@school.example,DL101,5 ก.ค. 2567,ผ่าน\n"


def words(statement: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every verb, activity type and extension of a statement, with the kind of concept it must be."""
    yield statement["verb"]["id"], "Verb"
    context = statement.get("context", {})
    around = [one for some in context.get("contextActivities", {}).values() for one in some]
    for activity in (statement["object"], *around):
        definition = activity.get("definition", {})
        if "type" in definition:
            yield definition["type"], "ActivityType"
        for iri in definition.get("extensions", {}):
            yield iri, "ActivityExtension"
    for iri in context.get("extensions", {}):
        yield iri, "ContextExtension"
    for iri in statement.get("result", {}).get("extensions", {}):
        yield iri, "ResultExtension"


def check(statements: Iterable[dict[str, Any]]) -> set[str]:
    """Their words, all of which the profile defines or uses as what they are."""
    used = {word for statement in statements for word in words(statement)}
    defined = {(iri, CONCEPTS[iri]["type"]) for iri, _ in used if iri in CONCEPTS}
    assert used - defined <= used_by_templates()
    assert {iri for iri, _ in used if iri.startswith(OURS)} <= CONCEPTS.keys()
    return {iri for iri, _ in used}


def used_by_templates() -> set[tuple[str, str]]:
    found = set()
    kinds = {"context": "ContextExtension", "result": "ResultExtension"}
    for template in the_profile()["templates"]:
        found.add((template["verb"], "Verb"))
        types = [*template.get("contextParentActivityType", ()), template.get("objectActivityType")]
        for rule in template.get("rules", ()):
            if rule["location"].endswith(".type"):
                types += rule["any"]
            if extension := re.fullmatch(r"\$\.(\w+)\.extensions\['(.+)'\]", rule["location"]):
                found.add((extension[2], kinds[extension[1]]))
        found |= {(iri, "ActivityType") for iri in types if iri}
    return found


def test_every_word_of_what_is_pulled_is_defined(replay: Replay) -> None:
    said = say(replay, Remembered(), Reading(activities=True, badges=True))
    statements = [build(one, occurrence=1, platform="m", now=NOW) for one in said if one.fact in VERBS]
    agent = {"account": {"homePage": OURS, "name": "sync:m"}}
    statements.append(voiding(statements[0]["id"], home_page=OURS, agent=agent, now=NOW))
    assert len(check(statements)) > 12
    for one in statements:
        follow(one)


def test_every_word_of_what_is_imported_is_defined(engine: Engine, tmp_path: Path) -> None:
    people(engine)
    completions(engine, a_file(tmp_path, COMPLETIONS, "a.csv"))
    attendance(engine, a_file(tmp_path, ATTENDANCE, "b.csv"))
    claims(engine, a_file(tmp_path, CLAIMS, "c.csv"))
    bodies = [one.body for one in current(engine)]
    assert len(check(bodies)) > 4
    for one in bodies:
        follow(one)


def test_no_word_of_ours_is_written_anywhere_that_the_profile_lacks() -> None:
    """IRIs under our own address name words, or homes of accounts and things that are no words."""
    homes = {"", "people", "units", "credential", "erased", "statement", "case"}
    found = {
        path
        for folder in ("connector", "mappings", "lrs")
        for file in (ROOT / folder).rglob("*.py")
        for path in re.findall(
            rf"(?:{re.escape(OURS)}|{{OURS}}|{{words\.OURS}})([\w/-]*)", file.read_text("utf-8")
        )
    }
    unknown = {
        path for path in found - homes if not any(each.startswith(f"{OURS}{path}") for each in known())
    }
    assert unknown == set()


def known() -> set[str]:
    profile = the_profile()
    return {profile["id"], *CONCEPTS, *(one["id"] for one in profile["templates"])}


def test_all_types_of_moodles_activities_are_defined() -> None:
    assert {iri for iri, _ in used_by_templates()} >= ACTIVITY_TYPES


# ---- the statement templates --------------------------------------------------------------------


def follow(statement: dict[str, Any]) -> None:
    """The statement matches a template, and keeps the rules of every one that it matches."""
    matching = [template for template in the_profile()["templates"] if matches(template, statement)]
    assert matching
    for template in matching:
        for rule in template.get("rules", ()):
            assert kept(rule, statement), (template["id"], rule)


def matches(template: dict[str, Any], statement: dict[str, Any]) -> bool:
    """Whether the statement has all determining properties."""
    about = statement["object"].get("definition", {}).get("type")
    parents = set(at("$.context.contextActivities.parent[*].definition.type", statement))
    return (
        template["verb"] == statement["verb"]["id"]
        and template.get("objectActivityType", about) == about
        and parents >= {*template.get("contextParentActivityType", ())}
    )


def kept(rule: dict[str, Any], statement: dict[str, Any]) -> bool:
    found = list(at(rule["location"], statement))
    if rule.get("presence") == "recommended":
        return True
    if "presence" in rule:
        return bool(found) is (rule["presence"] == "included")
    if "all" in rule:
        return bool(found) and all(one in rule["all"] for one in found)
    return any(one in rule["any"] for one in found)


def at(location: str, statement: dict[str, Any]) -> Iterator[Any]:
    """What a JSONPath finds, of the kinds that the templates use."""
    found: list[Any] = [statement]
    for quoted, name in re.findall(r"\['([^']+)'\]|\.?(\w+|\[\*\])", location.removeprefix("$")):
        if name == "[*]":
            found = [each for one in found for each in one]
        else:
            key = quoted or name
            found = [one[key] for one in found if isinstance(one, dict) and key in one]
    yield from found


def test_a_rule_can_be_broken(engine: Engine, tmp_path: Path) -> None:
    people(engine)
    attendance(engine, a_file(tmp_path, ATTENDANCE))
    body = current(engine)[0].body
    del body["context"]["extensions"]
    with pytest.raises(AssertionError, match="event-attended"):
        follow(body)


# ---- the service --------------------------------------------------------------------------------


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(Settings(data=tmp_path, access="open"))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def test_every_word_of_ours_resolves_under_the_path_of_its_iri(service: TestClient) -> None:
    ours = [iri for iri in known() if iri.startswith(OURS)]
    assert len(ours) > 10
    for iri in ours:
        answer = service.get(iri.removeprefix("https://w3id.org"))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/ld+json"
        assert answer.json()["id"] == iri
        assert answer.json()["@context"] == "https://w3id.org/xapi/profiles/context"


def test_the_profile_is_served_whole(service: TestClient) -> None:
    assert service.get("/thaksa/profile").json() == the_profile()
    assert service.get("/thaksa/profile/v1").json() == the_profile()
    missing = service.get("/thaksa/verbs/slept")
    assert missing.status_code == 404
    assert missing.json() == {"detail": "the profile has nothing under https://w3id.org/thaksa/verbs/slept"}


def test_case_is_served_beside_it(service: TestClient) -> None:
    assert service.get("/ims/case/v1p1/CFItems/nothing").status_code == 404
    assert "/ims/case/v1p1/CFPackages/{identifier}" in service.get("/openapi.json").json()["paths"]
