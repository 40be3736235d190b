"""All numbers of an answer are of one moment, whatever is refreshed while they are read."""

from typing import Any

import pytest
from sqlalchemy import event

from lrs.database import connect
from mappings.progress import refresh
from tests.mappings.world import NOW, minutes, send
from tests.report.conftest import DL101, World, web


@pytest.mark.parametrize("path", ["/api/v1/aggregates?by=school", "/", "/people", "/people/unfinished"])
def test_a_refresh_meanwhile_is_not_seen(world: World, path: str) -> None:
    before = web(world.engine).get(path).text
    others, refreshed = connect(world.engine.url.render_as_string(hide_password=False)), list[int]()

    def meanwhile(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "refresh_state" in statement and not refreshed:
            with others.begin() as conn:
                send(conn, "2", DL101, stored=NOW + minutes(1))
                refreshed.append(refresh(conn, NOW + minutes(2)))

    client = web(world.engine)
    event.listen(world.engine, "after_cursor_execute", meanwhile)
    during = client.get(path).text
    event.remove(world.engine, "after_cursor_execute", meanwhile)
    others.dispose()
    assert refreshed == [1]
    assert during == before
    assert client.get(path).text != before
