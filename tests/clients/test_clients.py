"""Client libraries as people use them play one story against the running service (`story.py`)."""

from itertools import count

import pytest

from tests.clients.story import BOOKMARK, NOTES, Seen, attachment_text, play_node
from tests.clients.tincan_client import Client
from tests.durability.server import Server

JAVASCRIPT = {
    "tincanjs": ("tincanjs.mjs", {}),
    "xapi-axios": ("xapi.mjs", {"ADAPTER": "axios"}),
    "xapi-fetch": ("xapi.mjs", {"ADAPTER": "fetch"}),
}
_LEARNERS = (f"learner-{number}" for number in count())


@pytest.fixture(scope="module", params=["tincan", *JAVASCRIPT])
def seen(request: pytest.FixtureRequest, server: Server) -> Seen:
    """What one client saw."""
    learner = next(_LEARNERS)
    if request.param == "tincan":
        played = Client(server, learner).play()
    else:
        script, environ = JAVASCRIPT[request.param]
        played = play_node(server, script, learner, **environ)
    failed = {name: chapter["error"] for name, chapter in played.items() if "error" in chapter}
    return {"learner": learner, "client": request.param, "failed": failed} | played


def test_no_chapter_failed(seen: Seen) -> None:
    assert seen["failed"] == {}


def test_versions(seen: Seen) -> None:
    assert {"1.0.3", "2.0.0"} <= set(seen["about"])


def test_statement_read_by_its_id(seen: Seen) -> None:
    read = seen["read"]
    assert read["id"] == seen["sent"][0]
    assert read["actor"]["account"]["name"] == seen["learner"]
    assert read["object"]["definition"]["name"] == {"th": "วิชา"}
    assert read["result"]["score"] == {"scaled": 0.8}
    assert {"stored", "timestamp", "authority", "version"} <= read.keys()


def test_statements_found_by_filters(seen: Seen) -> None:
    one, two, three, four, five = seen["sent"]
    assert seen["queries"] == {
        "verb": [five, one],
        "activity": [three, one],
        "registration": [one],
        "ascending": [one, two, three, four, five],
        "limit": [five, four],
        "since": [five, four, three],
        "until": [two, one],
    }


def test_pages(seen: Seen) -> None:
    one, two, three, four, five = seen["sent"]
    assert seen["pages"] == [[five, four], [three, two], [one]]


def test_void(seen: Seen) -> None:
    one, target, three, four, five = seen["sent"]
    void = seen["void"]
    assert (void["plain"], void["voided"]) == (404, target)
    # The voiding statement refers to one of the learner's, so it is found among them (2.1.3).
    assert len(void["left"]) == 5
    assert void["left"][1:] == [five, four, three, one]


def test_state(seen: Seen) -> None:
    state = seen["state"]
    assert (state["bookmark"], state["notes"]) == (BOOKMARK, NOTES)
    assert sorted(state["listed"]) == ["bookmark", "notes"]
    assert (state["deleted"], state["left"]) == (404, ["notes"])
    assert state["cleared"] == []


def test_state_is_merged(seen: Seen) -> None:
    """Communication 2.2: a POST of JSON changes the properties it names. tincan has no such call."""
    merged = {"page": 3, "kept": True} if seen["client"] != "tincan" else None
    assert seen["state"].get("merged") == merged


@pytest.mark.parametrize("kind", ["activityProfile", "agentProfile"])
def test_profile(seen: Seen, kind: str) -> None:
    profile = seen[kind]
    assert profile.get("refused") == (400 if seen["client"] == "tincan" else None)
    assert (profile["created"], profile["replaced"]) == ({"page": 1}, BOOKMARK)
    assert profile["stale"] == 412
    assert profile["listed"] == ["card"]
    assert profile["deleted"] == 404


def test_attachment(seen: Seen) -> None:
    if seen["client"] not in ("tincanjs", "xapi-fetch"):
        assert "attachment" not in seen
        return
    attachment = seen["attachment"]
    text = attachment_text(seen["learner"])
    assert attachment == {
        "id": attachment["id"],
        "content": text,
        "listed": [attachment["id"]],
        "again": text,
    }
