"""Syncs in tests: what a site may say, and what the store holds afterwards."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, select

from connector.completion import Course, Fact, Learner, Observation, Part
from connector.platforms import Asked, Cursor
from connector.statements import build
from connector.sync import sync
from connector.sync_store import SyncReport
from lrs.reading import Held, count, held
from lrs.statement import Authority, prepare
from lrs.store import insert
from lrs.tables import statement
from mappings.vocabulary import COMPLETED

HOME = "http://127.0.0.1:8080"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def run(engine: Engine, platform: Any, now: datetime = NOW, **options: Any) -> SyncReport:
    return sync(engine, platform, name="moodle", kind="moodle", now=now, **options)


def completions(engine: Engine) -> list[Held]:
    with engine.begin() as conn:
        return [one for one in held(conn, HOME) if one.verb_iri == COMPLETED and not one.voided]


def of(engine: Engine, user: int, course: int) -> list[Held]:
    iri = f"{HOME}/course/view.php?id={course}"
    return [one for one in completions(engine) if (one.account_name, one.activity_iri) == (str(user), iri)]


def rows(engine: Engine, table: Any) -> list[Any]:
    with engine.begin() as conn:
        return list(conn.execute(select(table).order_by(table.c.id)))


def stored(engine: Engine) -> int:
    with engine.begin() as conn:
        return count(conn)


class Said:
    """A platform that says what it is told to say."""

    home_page = HOME

    def __init__(self, *items: Observation | Cursor | Exception) -> None:
        self.items = items
        self.heard: list[tuple[str | None, Asked]] = []

    def observe(self, cursor: Cursor | None, asked: Asked) -> Iterator[Observation | Cursor]:
        self.heard.append((cursor.state if cursor else None, asked))
        for item in self.items:
            if isinstance(item, Exception):
                raise item
            yield item


def a_course(number: int = 2) -> Course:
    iri = f"{HOME}/course/view.php?id={number}"
    return Course(HOME, str(number), iri, f"DL{99 + number}", f"TH-DL{99 + number}", "หลักสูตร", "")


def say(
    user: int,
    fact: Fact,
    at: datetime | None = None,
    grade: float | None = None,
    *,
    course: int = 2,
    part: Part | None = None,
) -> Observation:
    learner = Learner(HOME, str(user), "ชื่อ", None)
    return Observation(a_course(course), learner, fact, at=at, grade=grade, part=part)


def push(engine: Engine, observation: Observation, stored: datetime, occurrence: int = 77) -> None:
    """What the site's own plugin sends of it."""
    document = build(observation, occurrence=occurrence, platform="pushed", now=stored)
    agent = {"objectType": "Agent", "account": {"homePage": HOME, "name": "logstore"}}
    authority = Authority(agent, 1, frozenset({HOME}), credential_id=1)
    with engine.begin() as conn:
        insert(conn, [prepare(document, version="1.0.3", authority=authority)], lambda: stored)


def rows_of_statements(engine: Engine) -> list[Any]:
    with engine.begin() as conn:
        return list(conn.execute(select(statement).order_by(statement.c.seq)))


def documents(engine: Engine) -> list[dict[str, Any]]:
    return [json.loads(bytes(row.body)) for row in rows_of_statements(engine)]
