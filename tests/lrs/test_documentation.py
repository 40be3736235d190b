"""docs/record-store.md: what it tells an operator to run, runs; what it lists is all there is."""

import re
from contextlib import redirect_stdout
from dataclasses import fields
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from lrs.credentials import LEVELS, SCOPES
from lrs.service import Limits

from .statements import simple

PAGE = (Path(__file__).parents[2] / "docs" / "record-store.md").read_text(encoding="utf-8")


def script(name: str) -> str:
    found = re.search(rf"```python\n(# {name}\n.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def run(name: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(script(name), name, "exec"), names)
    return names


def test_the_store_alone_starts_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRS_DATABASE", f"sqlite:///{tmp_path / 'lrs.db'}")
    monkeypatch.setenv("LRS_HASH_KEY", "ab" * 32)
    monkeypatch.setenv("LRS_ATTACHMENTS", str(tmp_path / "attachments"))
    with redirect_stdout(StringIO()) as printed:
        run("first.py")["engine"].dispose()
    app = run("store.py")["app"]
    key, secret = printed.getvalue().split()
    headers = {"X-Experience-API-Version": "2.0.0"}
    with TestClient(app, headers=headers) as client:
        client.auth = (key, secret)
        sent = client.post("/statements", json=[simple(), simple()]).json()
        page = client.get("/statements", params={"limit": 1}).json()
        pages = [page, client.get(page["more"]).json()]
        assert [one["statements"][0]["id"] for one in pages] == sent[::-1]
        assert [one["name"] for one in client.get("/credentials").json()["credentials"]] == ["administrator"]


def test_all_scopes_levels_and_limits_are_told() -> None:
    for name in (*SCOPES, *(field.name for field in fields(Limits))):
        assert f"| `{name}` |" in PAGE
    for level in LEVELS:
        assert f"`{level}`" in PAGE
