"""Every route of the service is in the table of who may call it, and nothing else is."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from connector.access import rights
from connector.access.audit_page import page_name
from connector.access.guard import Guard
from connector.access.rights import RIGHTS, find_right
from connector.access.roles import ROLES
from connector.app import StoreFirst, create_app
from connector.settings import Settings
from connector.upgrade import upgrade
from lrs.clock import utc_now
from lrs.database import connect


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    settings = Settings(data=tmp_path_factory.mktemp("data"), argon2_mebibytes=8, argon2_passes=1)
    whole = create_app(settings)
    assert isinstance(whole, StoreFirst)
    app = whole._app
    assert isinstance(app, FastAPI)
    return app


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of whatever the service answers; what is mounted has every path below."""

    def walk(found: Any) -> Iterator[tuple[str, str]]:
        for one in found:
            if hasattr(one, "effective_candidates"):
                yield from walk(one.effective_candidates())
                continue
            methods = getattr(one, "methods", None)
            if methods is None:
                yield "GET", f"{one.path}/{{path:path}}"
            for method in (methods or set()) - {"HEAD"}:
                yield method, one.path

    yield from walk(app.routes)


def test_every_route_says_who_may_call_it(app: FastAPI) -> None:
    assert set(routes(app)) == set(RIGHTS)


def test_every_look_in_the_log_has_a_name() -> None:
    looks = [f"{method} {path}" for (method, path), right in RIGHTS.items() if right.looks]
    assert [one for one in looks if page_name(one) == one.partition(" ")[2]] == []


def test_the_table_leads_where_the_router_leads(app: FastAPI) -> None:
    for method, path in routes(app):
        found = find_right(method, re.sub(r"\{.*?\}", "1", path))
        assert found is not None
        assert found.pattern == path


def test_the_guard_stands_behind_checks_of_host_and_origin_and_the_choice_of_language(app: FastAPI) -> None:
    names = [getattr(one.cls, "__name__", "") for one in app.user_middleware]
    assert names == [
        "Watching",
        "TrustedHostMiddleware",
        "SecurityHeaders",
        "SameOrigin",
        "Languages",
        Guard.__name__,
    ]


def test_what_is_open_to_anybody() -> None:
    opened = {path for (_, path), right in RIGHTS.items() if right.roles is None}
    starts = (
        "/healthz",
        "/readyz",
        "/static",
        "/docs",
        "/openapi.json",
        "/ims/case/",
        "/thaksa/",
        "/sign-in",
        "/language",
        "/reminders/stop/",
    )
    assert all(path.startswith(starts) for path in opened)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (
            "administrator",
            {"/", "/people", "/people/x", "/status", "/accounts", "/imports", "/users", "/audit"},
        ),
        ("office_coordinator", {"/", "/people", "/people/x", "/accounts", "/imports", "/audit"}),
        ("school_coordinator", {"/", "/people", "/people/x"}),
        ("analyst", {"/"}),
        ("learner", {"/people/x"}),
    ],
)
def test_roles(role: str, may: set[str]) -> None:
    pages = ("/", "/people", "/people/x", "/status", "/accounts", "/imports", "/users", "/audit", "/nothing")
    assert {path for path in pages if rights.may_call(role, "GET", path)} == may
    assert set(ROLES) >= {one for right in RIGHTS.values() for one in right.roles or ()}


def test_settings_open_needs_to_be_said(tmp_path: Path) -> None:
    """Without users nobody gets in; `open` is today's service without the guard."""
    engine = connect(Settings(data=tmp_path).database)
    upgrade(engine, utc_now())
    engine.dispose()
    app: Any = create_app(Settings(data=tmp_path, access="open"))
    assert Guard not in [one.cls for one in app._app.user_middleware]
    assert Settings(data=tmp_path).access == "users"
