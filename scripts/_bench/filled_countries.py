"""Countries that are filled once: in `.cache/bench-filled/country-DATABASE-PEOPLE-ROWS`, for several runs."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from connector.upgrade import upgrade
from lrs.database import connect
from scripts._bench.country import NOW, fill
from scripts._bench.databases import Database, database
from scripts._bench.filled import FOLDER, in_turn

Size = tuple[int, int]
"""People, and rows of evidence."""


@contextmanager
def filled_countries(name: str, sizes: Sequence[Size], *, keep: bool) -> Iterator[None]:
    """Meanwhile no other run uses them; afterwards those of the sizes are removed, unless to be kept."""
    with in_turn():
        try:
            yield
        finally:
            for size in () if keep else sizes:
                shutil.rmtree(_folder(name, size), ignore_errors=True)


@contextmanager
def filled_country(name: str, size: Size) -> Iterator[Database]:
    """The country of this size, filled now unless an earlier run has done it to the end."""
    folder = _folder(name, size)
    note = folder / "filled"
    if not note.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    with database(name, folder) as opened:
        engine = connect(opened.url)
        upgrade(engine, NOW)
        if not note.exists():
            fill(engine, *size)
            note.touch()
        engine.dispose()
        yield opened


def _folder(name: str, size: Size) -> Path:
    people, rows = size
    return FOLDER / f"country-{name}-{people}-{rows}"
