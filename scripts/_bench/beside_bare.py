"""The two pages that coordinators open most, beside bare templated pages of the same octets.

An organisation of two offices with 5,000 people and 250 schools each: the overview of one office, and the
list of all 10,000 people. By `thaksa serve` as a user who has signed in: the guard finds the session of each
request, and notes in the log whose names are looked at.
"""

import http.client
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import Engine

from connector.access import users
from connector.access.passwords import Passwords
from connector.access.users import Place
from connector.upgrade import upgrade
from lrs.database import connect
from mappings.closings import close_months, month_end
from mappings.people import UnitRow
from mappings.progress import rebuild
from scripts._bench.country import NOW, fill
from scripts._bench.databases import database
from scripts._bench.load import ask_each, load
from scripts._bench.progress import say
from scripts._bench.report import Bar, Figures, at_most, medians, ratio
from scripts._bench.servers import bare_pages_server, thaksa

MOST_TIMES_BARE = 3
PEOPLE, ROWS, MONTHS = 10_000, 400_000, 12
_OFFICES, _SCHOOLS, _TURNS = 2, 250, 3
_PAGES = {"overview of 5,000": "/?unit=area-1", "people, 10,000": "/people"}
_NAME, _PASSWORD = "bench", "long enough for a bench"


def beside_bare(name: str, folder: Path, connections: int, seconds: float) -> Figures:
    """Of each page its octets, its times, those of the bare page, and how many times longer its p95 is."""
    say(f"{name}: {PEOPLE:,} people beside bare pages")
    folder.mkdir()
    with database(name, folder) as opened:
        engine = connect(opened.url)
        _prepare(engine)
        engine.dispose()
        with thaksa(opened) as service:
            cookie = _sign_in(service.port)
            requests = {kind: _get(target, cookie) for kind, target in _PAGES.items()}
            pages = dict(zip(requests, ask_each(service.port, list(requests.values())), strict=True))
            with bare_pages_server(_written(folder, list(pages.values()))) as port:
                return {
                    kind: _beside(service.port, port, request, (number, pages[kind]), connections, seconds)
                    for number, (kind, request) in enumerate(requests.items())
                }


def bars(figures: Figures) -> list[Bar]:
    """What the figures are held against."""
    return [
        at_most(f"{kind}: p95 / that of a bare page", one["p95_times_bare"], MOST_TIMES_BARE)
        for kind, one in figures.items()
    ]


def _prepare(engine: Engine) -> None:
    upgrade(engine, NOW)
    fill(engine, PEOPLE, ROWS, organisation=_organisation())
    kept = Passwords(8, 1).hash(_PASSWORD)
    with engine.begin() as conn:
        rebuild(conn, NOW)
        uuid = users.create_user(conn, _NAME, "", Place("administrator"), kept, NOW, "bench")
        users.set_password(conn, users.find_user_of(conn, uuid), kept, NOW, "bench", must_change=False)
    close_months(engine, [month_end(f"2025-{month:02}", NOW) for month in range(1, MONTHS + 1)], NOW)


def _organisation() -> list[UnitRow]:
    offices = [
        UnitRow(f"area-{n}", "area_office", f"สพป.ตัวอย่าง เขต {n}", "obec", f"{9000 + n}")
        for n in range(_OFFICES)
    ]
    schools = [
        UnitRow(f"s{n}", "school", f"โรงเรียนตัวอย่าง {n}", f"area-{n // _SCHOOLS}", f"{1_000_000_000 + n}")
        for n in range(_OFFICES * _SCHOOLS)
    ]
    return [UnitRow("obec", "obec", "สพฐ. (ตัวอย่าง)", None, None), *offices, *schools]


def _written(folder: Path, pages: Sequence[bytes]) -> list[Path]:
    files = [folder / f"{number}.html" for number in range(len(pages))]
    for file, page in zip(files, pages, strict=True):
        file.write_bytes(page)
    return files


def _beside(
    ours: int, bare: int, request: bytes, known: tuple[int, bytes], connections: int, seconds: float
) -> Figures:
    """In turns, so that whatever else the machine does meets both."""
    number, page = known
    plain = _get(f"/{number}", "")
    if ask_each(bare, [plain]) != [page]:
        raise SystemExit("the bare page is another one")
    turns = [
        {
            "bare": load(bare, lambda: plain, connections, seconds / _TURNS).latency(),
            "page": load(ours, lambda: request, connections, seconds / _TURNS).latency(),
        }
        for _ in range(_TURNS)
    ]
    middle: Figures = medians(turns)
    times = ratio(middle["page"]["p95_ms"], middle["bare"]["p95_ms"])
    return {"octets": len(page), **middle, "p95_times_bare": times}


def _sign_in(port: int) -> str:
    """The session's cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    form = urlencode({"name": _NAME, "password": _PASSWORD})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/sign-in", form, headers)
    answer = connection.getresponse()
    connection.close()
    cookie = answer.getheader("Set-Cookie")
    if answer.status != http.client.SEE_OTHER or cookie is None:
        raise SystemExit("nobody could sign in")
    return cookie.partition(";")[0]


def _get(target: str, cookie: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()
