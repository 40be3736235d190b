"""One client that reads everything: it follows `more` from the first page on."""

import asyncio
import re
import time
from urllib.parse import urlsplit

import orjson

from scripts._bench.load import STATEMENTS, Connection, get
from scripts._bench.report import Figures

MOST_ROWS = 100_000
_MORE = re.compile(rb'"more":("[^"]*")')
# No client's property is called so but in what the store itself writes: once a statement.
_ROW = b'"stored":"'


def walk(port: int, authorization: str) -> Figures:
    """Rows a second, over MOST_ROWS or all there are; limit=0 asks for the largest pages the server gives."""
    began = time.perf_counter()
    rows, pages = asyncio.run(_walk(port, authorization))
    took = time.perf_counter() - began
    return {"rows_per_second": round(rows / took, 1), "rows": rows, "pages": pages}


async def _walk(port: int, authorization: str) -> tuple[int, int]:
    connection, rows, pages = await Connection.open(port), 0, 0
    target = f"{STATEMENTS}?limit=0"
    while target and rows < MOST_ROWS:
        page = await connection.ask(get(target, authorization))
        rows, pages = rows + page.count(_ROW), pages + 1
        target = _more(page)
    connection.close()
    return rows, pages


def _more(page: bytes) -> str:
    """The path of the next page; empty: there is none."""
    found = _MORE.search(page, page.rfind(b'"more":'))
    if found is None:
        return ""
    parts = urlsplit(orjson.loads(found[1]))
    return f"{parts.path}?{parts.query}" if parts.path else ""
