"""tincan 1.0.0. It sends no attachments' data, and no If-None-Match: the profiles are made for it."""

import json
from typing import Any
from uuid import uuid4

import pytest
from tincan import (
    Activity,
    ActivityProfileDocument,
    Agent,
    AgentProfileDocument,
    RemoteLRS,
    StateDocument,
    Statement,
    StatementRef,
    Verb,
)

from tests.clients.story import BOOKMARK, NOTES, Seen
from tests.durability.server import Server

HOME = "https://clients.example"
VERBS = "http://adlnet.gov/expapi/verbs/"


class Client:
    """Plays the story as one learner."""

    def __init__(self, server: Server, learner: str) -> None:
        self._server = server
        self._learner = learner
        self._lrs = RemoteLRS(
            endpoint=server.endpoint, username=server.key, password=server.secret, version="1.0.3"
        )
        self._agent = Agent(account={"home_page": HOME, "name": learner})
        self._registration = str(uuid4())

    def play(self) -> Seen:
        sent = self._sent()
        return {
            "about": self._about(),
            "sent": sent,
            "read": json.loads(self._lrs.retrieve_statement(sent[0]).data),
            "queries": self._queries(sent),
            "pages": self._pages(),
            "void": self._void(sent[1]),
            "state": self._state(),
            "activityProfile": self._activity_profile(),
            "agentProfile": self._agent_profile(),
        }

    def _good(self, answer: Any) -> Any:
        assert answer.success, answer.data
        return answer.content

    def _about(self) -> Any:
        """Its own reading of the answer refuses any version later than 1.0.3."""
        with pytest.raises(ValueError, match=r"2\.0\.0"):
            self._lrs.about()
        with self._server.connection() as connection:
            return connection.send("GET", "/xapi/about").json()["version"]

    def _course(self, name: str) -> Activity:
        return Activity(id=f"{HOME}/{self._learner}/{name}", definition={"name": {"th": "วิชา"}})

    def _statement(self, verb: str, name: str, **more: Any) -> Statement:
        return Statement(actor=self._agent, verb=Verb(id=VERBS + verb), object=self._course(name), **more)

    def _sent(self) -> list[str]:
        first = self._statement(
            "completed",
            "a",
            id=str(uuid4()),
            context={"registration": self._registration},
            result={"score": {"scaled": 0.8}, "success": True, "duration": "PT1H"},
        )
        batch = [
            self._statement("experienced", "a"),
            self._statement("experienced", "b"),
            self._statement("completed", "b"),
        ]
        return [
            str(self._good(self._lrs.save_statement(first)).id),
            str(self._good(self._lrs.save_statement(self._statement("experienced", "b"))).id),
            *(str(one.id) for one in self._good(self._lrs.save_statements(batch))),
        ]

    def _ids(self, **query: Any) -> list[str]:
        found = self._good(self._lrs.query_statements({"agent": self._agent, **query}))
        return [str(one.id) for one in found.statements]

    def _queries(self, sent: list[str]) -> Seen:
        stored = json.loads(self._lrs.retrieve_statement(sent[1]).data)["stored"]
        return {
            "verb": self._ids(verb=Verb(id=VERBS + "completed")),
            "activity": self._ids(activity=self._course("a")),
            "registration": self._ids(registration=self._registration),
            "ascending": self._ids(ascending="true"),
            "limit": self._ids(limit=2),
            "since": self._ids(since=stored),
            "until": self._ids(until=stored),
        }

    def _pages(self) -> list[list[str]]:
        page = self._good(self._lrs.query_statements({"agent": self._agent, "limit": 2}))
        found = [[str(one.id) for one in page.statements]]
        while page.more:
            page = self._good(self._lrs.more_statements(page))
            found.append([str(one.id) for one in page.statements])
        return found

    def _void(self, target: str) -> Seen:
        teacher = Agent(account={"home_page": HOME, "name": "teacher"})
        self._good(
            self._lrs.save_statement(
                Statement(actor=teacher, verb=Verb(id=VERBS + "voided"), object=StatementRef(id=target))
            )
        )
        return {
            "plain": self._lrs.retrieve_statement(target).response.status,
            "voided": str(self._good(self._lrs.retrieve_voided_statement(target)).id),
            "left": self._ids(),
        }

    def _state(self) -> Seen:
        course = self._course("a")

        def save(name: str, content: bytes, content_type: str) -> None:
            document = StateDocument(
                id=name,
                activity=course,
                agent=self._agent,
                content=bytearray(content),
                content_type=content_type,
            )
            assert self._lrs.save_state(document).success

        def read(name: str) -> Any:
            return self._lrs.retrieve_state(course, self._agent, name)

        def listed() -> Any:
            return self._good(self._lrs.retrieve_state_ids(course, self._agent))

        save("bookmark", json.dumps(BOOKMARK).encode(), "application/json")
        save("notes", NOTES.encode(), "text/plain; charset=utf-8")
        seen = {
            "bookmark": json.loads(read("bookmark").data),
            "notes": read("notes").data,
            "listed": listed(),
        }
        assert self._lrs.delete_state(
            StateDocument(id="bookmark", activity=course, agent=self._agent)
        ).success
        seen |= {"deleted": read("bookmark").response.status, "left": listed()}
        assert self._lrs.clear_state(course, self._agent).success
        return seen | {"cleared": listed()}

    def _activity_profile(self) -> Seen:
        course = self._course("a")
        return self._profile(
            f"activities/profile?profileId=card&activityId={course.id}",
            lambda **more: ActivityProfileDocument(id="card", activity=course, **more),
            "activity_profile",
            course,
        )

    def _agent_profile(self) -> Seen:
        return self._profile(
            f"agents/profile?profileId=card&agent={self._agent.to_json('1.0.3')}",
            lambda **more: AgentProfileDocument(id="card", agent=self._agent, **more),
            "agent_profile",
            self._agent,
        )

    def _profile(self, path: str, document: Any, kind: str, owner: Any) -> Seen:
        save, read = getattr(self._lrs, f"save_{kind}"), getattr(self._lrs, f"retrieve_{kind}")
        content = bytearray(json.dumps(BOOKMARK).encode())
        refused = save(document(content=content, content_type="application/json")).response.status
        etag = self._make_profile(path)
        created = json.loads(read(owner, "card").data)
        current = document(content=content, content_type="application/json", etag=etag)
        assert save(current).success
        return {
            "refused": refused,
            "created": created,
            "replaced": json.loads(read(owner, "card").data),
            "stale": save(current).response.status,
            "listed": self._good(getattr(self._lrs, f"retrieve_{kind}_ids")(owner)),
            "dropped": getattr(self._lrs, f"delete_{kind}")(document()).success,
            "deleted": read(owner, "card").response.status,
        }

    def _make_profile(self, path: str) -> str:
        """Makes the profile document without tincan; its entity tag."""
        with self._server.connection() as connection:
            address = "/xapi/" + path.replace('"', "%22").replace(" ", "%20")
            headers = {"Content-Type": "application/json", "If-None-Match": "*"}
            assert connection.send("PUT", address, b'{"page":1}', headers).status == 204
            return connection.send("GET", address).headers["etag"]
