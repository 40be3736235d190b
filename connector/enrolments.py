"""The table of enrolments: what platforms said last of their accounts (SQL)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row, Select, select, text

from connector.completion import Fact
from connector.platforms import Pair, State
from connector.states import Enrolment
from connector.tables import enrolment
from lrs.bulk import insert_of
from lrs.clock import from_micros_or_none, to_micros
from lrs.database import Sql, run, single_reads

_CHANGING = ("state", "at", "progress", "grade", "unseen_since", "not_completed_since")
_OF = Sql(
    "select account_name, course_id, state, at, progress, grade, unseen_since, not_completed_since "
    "from enrolment where platform_id = :platform_id and account_name in :names"
)


def prefer_indexes(conn: Connection) -> None:
    """For the rest of the transaction, on PostgreSQL: plans are kept, and one that was made while the tables
    were small, or before they were first analysed, would read them whole for every row."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("set local enable_seqscan = off"))


class _Row(NamedTuple):
    account_name: str
    course_id: str
    state: str
    at: int | None
    progress: float | None
    grade: float | None
    unseen_since: int | None
    not_completed_since: int | None


def enrolments(conn: Connection, platform_id: int, names: Collection[str]) -> dict[Pair, Enrolment]:
    """What is remembered of these accounts, by account and course."""
    (rows,) = run(conn, (_OF, {"platform_id": platform_id, "names": list(names)}))
    return {(row[0], row[1]): _enrolment(_Row(*row)) for row in rows}


def remember(conn: Connection, platform_id: int, changed: Mapping[Pair, Enrolment], now: datetime) -> None:
    """Write what is new or differs."""
    if not changed:
        return
    upsert = insert_of(conn, enrolment)
    set_ = {name: upsert.excluded[name] for name in _CHANGING}
    keys = list(enrolment.primary_key)
    conn.execute(
        upsert.on_conflict_do_update(index_elements=keys, set_=set_),
        [_row(platform_id, pair, one, now) for pair, one in sorted(changed.items())],
    )


class Remembered:
    """What a platform said at earlier syncs (connector.platforms.Seen).

    Each question is one short read: a platform asks between two writes of ours, from any thread.
    """

    def __init__(self, engine: Engine, platform_id: int) -> None:
        self._engine = single_reads(engine)
        self._platform_id = platform_id

    def accounts(self) -> Collection[str]:
        """Names of the accounts that it shows in a course."""
        shown = self._where(select(enrolment.c.account_name).distinct(), enrolment.c.unseen_since.is_(None))
        return {row.account_name for row in self._rows(shown)}

    def of(self, account_names: Collection[str]) -> Mapping[Pair, State]:
        """Of these accounts, in all courses."""
        with self._engine.connect() as conn:
            known = enrolments(conn, self._platform_id, account_names)
        return {pair: one.shown() for pair, one in known.items()}

    def completed(self, course_id: str) -> Mapping[str, datetime | None]:
        """Accounts whose last state in the course is COMPLETED, and its time."""
        done = self._where(
            select(enrolment.c.account_name, enrolment.c.at),
            enrolment.c.course_id == course_id,
            enrolment.c.state == Fact.COMPLETED.value,
            enrolment.c.unseen_since.is_(None),
        )
        return {row.account_name: from_micros_or_none(row.at) for row in self._rows(done)}

    def _where(self, chosen: Select[Any], *conditions: Any) -> Select[Any]:
        return chosen.where(enrolment.c.platform_id == self._platform_id, *conditions)

    def _rows(self, chosen: Select[Any]) -> list[Row[Any]]:
        with self._engine.connect() as conn:
            return list(conn.execute(chosen))


def _enrolment(row: _Row) -> Enrolment:
    return Enrolment(
        Fact(row.state),
        from_micros_or_none(row.at),
        row.progress,
        row.grade,
        from_micros_or_none(row.unseen_since),
        from_micros_or_none(row.not_completed_since),
    )


def _row(platform_id: int, pair: Pair, one: Enrolment, now: datetime) -> dict[str, Any]:
    account_name, course_id = pair
    return {
        "platform_id": platform_id,
        "account_name": account_name,
        "course_id": course_id,
        "state": one.state.value,
        "at": _micros(one.at),
        "progress": one.progress,
        "grade": one.grade,
        "first_seen_at": to_micros(now),
        "unseen_since": _micros(one.unseen_since),
        "not_completed_since": _micros(one.not_completed_since),
    }


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)
