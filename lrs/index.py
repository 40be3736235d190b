"""Lookups for statements that were stored before there were any: an upgrade makes them."""

from collections.abc import Callable

import orjson
from sqlalchemy import Connection

from lrs import references, store
from lrs.bulk import bulk_insert
from lrs.database import Sql, run
from lrs.dimensions import Known, numbers
from lrs.statement import PROVES_NOTHING, Authority, Prepared, prepare
from lrs.tables import related_activity, related_agent

_AT_ONCE = 1000
_MISSING = Sql(
    "select s.seq, s.body from evidence e join statement s on s.seq = e.seq "
    "where e.authority_id is null and e.seq > :after order by e.seq limit :most"
)
_COUNT = Sql("select count(*) from evidence where authority_id is null")
_AUTHORITY = Sql("update evidence set authority_id = :id where seq = :seq returning seq")

Progress = Callable[[int, int], None]


def index_stored(conn: Connection, progress: Progress | None = None) -> int:
    """Give every statement without them its authority, related things and references; how many there were.

    `progress` is told how many are done, of how many. The caller commits.
    """
    (((missing,),),) = run(conn, (_COUNT, {}))
    known, done, after = Known(), 0, 0
    while done < missing:
        (rows,) = run(conn, (_MISSING, {"after": after, "most": _AT_ONCE}))
        _index(conn, [(seq, _prepared(body)) for seq, body in rows], known)
        known.keep()
        done, after = done + len(rows), rows[-1][0]
        if progress:
            progress(done, missing)
    return done


def _prepared(body: bytes) -> Prepared:
    """A stored statement as when it came."""
    statement = orjson.loads(body)
    authority = Authority(statement["authority"], PROVES_NOTHING, None, defines=False)
    version = "2.0.0" if statement["version"].startswith("2") else "1.0.3"
    return prepare(statement, version=version, authority=authority)


def _index(conn: Connection, numbered: list[tuple[int, Prepared]], known: Known) -> None:
    ids = numbers(conn, [one for _, one in numbered], known)
    run(conn, *((_AUTHORITY, {"id": ids.agents[one.authority.key], "seq": seq}) for seq, one in numbered))
    agents = [row for seq, one in numbered for row in store.related_agents(seq, one, ids)]
    activities = [row for seq, one in numbered for row in store.related_activities(seq, one, ids)]
    bulk_insert(conn, (related_agent, agents), (related_activity, activities))
    targets = [(seq, one.target_id) for seq, one in numbered if one.target_id is not None]
    references.link(conn, references.Pairs(targets, _later(conn, numbered)))


def _later(conn: Connection, numbered: list[tuple[int, Prepared]]) -> list[tuple[int, int]]:
    """References from statements already indexed to these, which came after them."""
    seqs = {one.id: seq for seq, one in numbered}
    (rows,) = run(conn, (store.REFERRERS, {"ids": list(seqs)}))
    first = numbered[0][0]
    return [(row[1], seqs[row[0]]) for row in rows if row[1] < first]
