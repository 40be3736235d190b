"""The samples in docs/completions.md import as they stand, from the command line's doors and the page's."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from connector.imports.claim_store import STATES
from connector.imports.completions import completion_columns
from connector.imports.event import MODES
from connector.imports.import_files import Brought
from connector.imports.kinds import ImportKind, import_kinds
from connector.imports.refusals import refusals
from connector.settings import Settings
from mappings import shipped
from mappings.load import load_shipped
from mappings.progress import refresh
from mappings.stored_views import create_views
from mappings.tables import delivery_mode, learning_category, learning_event
from tests.connector.learning import NOW

DOCS = (Path(__file__).parents[2] / "docs" / "completions.md").read_text(encoding="utf-8")
SAMPLES = dict(re.findall(r"^`(\w+)\.csv`[^\n]*\n\n```\n(.*?)```", DOCS, re.DOTALL | re.MULTILINE))


def test_every_sample_imports_whole_and_gives_the_hours_it_says(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    kinds = import_kinds(settings)
    with engine.begin() as conn:
        create_views(conn)
        load_shipped(conn, NOW, "test")
    _bring(engine, kinds["units"], shipped.path(shipped.SAMPLE_UNITS))
    _bring(engine, kinds["roster"], shipped.path(shipped.SAMPLE_ROSTER))
    assert set(SAMPLES) == {"completions", "attendance", "claims"}
    for name, text in SAMPLES.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        _bring(engine, kinds[name], path)
    with engine.begin() as conn:
        refresh(conn, NOW)
        rows = conn.execute(
            select(learning_category.c.code, learning_event.c.hours)
            .join(learning_category, learning_category.c.id == learning_event.c.category_id)
            .order_by(learning_category.c.code, learning_event.c.hours)
        )
        found = [(row.code, row.hours) for row in rows]
    assert found == [("LC10", 6.0), ("LC10", 12.0), ("LC70", 3.0), ("LC70", 3.0)]


def _bring(engine: Engine, kind: ImportKind, path: Path) -> None:
    import_id = kind.stage(engine, Brought(kind.name, path, "test"), NOW, lambda _done, _all: None)
    with engine.begin() as conn:
        kind.apply(conn, import_id, NOW, "test")
        assert refusals(conn, import_id) == []


def test_the_framework_knows_every_delivery_mode(engine: Engine) -> None:
    with engine.begin() as conn:
        create_views(conn)
        load_shipped(conn, NOW, "test")
        known = set(conn.execute(select(delivery_mode.c.code)).scalars())
    assert set(MODES) <= known


@pytest.mark.parametrize("word", [*STATES, *MODES])
def test_states_and_modes_are_documented(word: str) -> None:
    assert word in DOCS


def test_headers_that_are_documented_are_known() -> None:
    columns = completion_columns()
    for field, spellings in re.findall(r"^\| `(\w+)` \| ([^|]+) \|", DOCS, re.MULTILINE):
        if field in columns.spellings:
            for spelling in re.split(r",\s*", spellings.partition(":")[0]):
                assert columns.field(spelling) == field, spelling
