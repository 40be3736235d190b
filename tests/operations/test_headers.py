"""What browsers are told that they must not do, and that pages can live with it."""

import re
from pathlib import Path

import pytest

from connector.report.thai import bar_width
from lrs.clock import utc_now
from lrs.credentials import create_credential
from tests.operations.conftest import BASE, Behind

TEMPLATES = Path(__file__).parents[2] / "connector" / "report" / "templates"
XAPI = {"X-Experience-API-Version": "1.0.3"}
_IN_PAGE = re.compile(r'\sstyle="|<style|\son[a-z]+="|javascript:|<script(?![^>]*\ssrc=)', re.IGNORECASE)


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/static/thaksa.css", "/docs", "/nothing", "/api/v1/status"]
)
def test_every_answer_has_them(behind: Behind, path: str) -> None:
    headers = behind.client.get(BASE + path).headers
    policy = dict(one.strip().split(" ", 1) for one in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_plain_http_promises_no_tls(behind: Behind) -> None:
    told = {"X-Forwarded-Proto": "http"}
    assert "Strict-Transport-Security" not in behind.client.get(f"{BASE}/sign-in", headers=told).headers


def test_no_template_has_a_script_or_style_of_its_own() -> None:
    for path in (*TEMPLATES.glob("*.html"), *TEMPLATES.parent.glob("*.py")):
        assert _IN_PAGE.search(path.read_text(encoding="utf-8")) is None, path.name


def test_what_xapi_clients_store_runs_nowhere(behind: Behind) -> None:
    """A document may be a page: opened in a browser it must be no page of ours."""
    with behind.world.engine.begin() as conn:
        hash_key = behind.settings.secret("credentials")
        key = create_credential(conn, hash_key=hash_key, name="one", scopes=["all"], now=utc_now())
    at = f'{BASE}/xapi/agents/profile?profileId=p&agent={{"mbox":"mailto:a@example.org"}}'
    html = {**XAPI, "Content-Type": "text/html", "If-None-Match": "*"}
    sent = behind.client.put(at, content="<script>alert(1)</script>", headers=html, auth=key)
    assert sent.status_code == 204
    answer = behind.client.get(at, headers=XAPI, auth=key)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("share", "name"), [(0, "w0"), (0.1, "w1"), (50.4, "w50"), (99.9, "w99"), (100, "w100"), (100.0, "w100")]
)
def test_widths_of_bars(share: float, name: str) -> None:
    assert bar_width(share) == name
    assert f".{name} {{" in (TEMPLATES.parent / "static" / "thaksa.css").read_text(encoding="utf-8")
