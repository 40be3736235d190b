"""The least that a server with this database can do: `python -m scripts._bench.keyed PORT URL`.

PUT brings the ids of statements (a JSON list) and holds their numbers under the address's parameters; GET
fetches just those statements by their primary key, with the driver alone, and gives them joined. No
credential, no check, no filter, no order: nothing but the rows that the store has to fetch as well.
"""

import sqlite3
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import orjson
from fastapi import FastAPI, Request, Response

from scripts._bench.bare import serve
from scripts._bench.load import STATEMENTS

Fetch = Callable[[Sequence[int]], Awaitable[list[bytes]]]
Numbers = Callable[[Sequence[str]], Awaitable[list[int]]]


def keyed_app(url: str) -> FastAPI:
    """One dictionary of numbers; the statements stay in the database."""
    app = FastAPI()
    held: dict[str, list[int]] = {}
    numbers, fetch = _sqlite(url) if url.startswith("sqlite") else _postgresql(url)

    @app.put(STATEMENTS)
    async def hold(request: Request) -> Response:
        held[request.url.query] = await numbers(orjson.loads(await request.body()))
        return Response(b"true", media_type="application/json")

    @app.get(STATEMENTS)
    async def give(request: Request) -> Response:
        return Response(b",".join(await fetch(held[request.url.query])), media_type="application/json")

    return app


def _sqlite(url: str) -> tuple[Numbers, Fetch]:
    conn = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    conn.execute("pragma cache_size=-32768")

    async def numbers(ids: Sequence[str]) -> list[int]:
        sql = "select seq from statement where id in (select value from json_each(?))"
        return [row[0] for row in conn.execute(sql, [orjson.dumps(ids).decode()])]

    async def fetch(seqs: Sequence[int]) -> list[bytes]:
        places = ",".join("?" * len(seqs))
        sql = f"select body from statement where seq in ({places})"  # noqa: S608 - question marks
        return [row[0] for row in conn.execute(sql, seqs)]

    return numbers, fetch


def _postgresql(url: str) -> tuple[Numbers, Fetch]:
    free: list[Any] = []

    async def rows(sql: str, values: Sequence[object]) -> list[Any]:
        conn = free.pop() if free else await asyncpg.connect(url, max_cached_statement_lifetime=0)
        found = await conn.fetch(sql, values)
        free.append(conn)
        return [row[0] for row in found]

    async def numbers(ids: Sequence[str]) -> list[int]:
        return await rows("select seq from statement where id = any($1)", ids)

    async def fetch(seqs: Sequence[int]) -> list[bytes]:
        return await rows("select body from statement where seq = any($1)", seqs)

    return numbers, fetch


if __name__ == "__main__":
    serve(keyed_app(sys.argv[2]), int(sys.argv[1]))
