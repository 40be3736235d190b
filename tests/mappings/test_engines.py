"""DuckDB on an archive says what the database says."""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Connection, Engine, delete, select, text

from lrs.tables import metadata
from mappings import archive
from mappings.archive import ARCHIVED, duckdb_connection, parquet_of, write_archive
from mappings.engines import compute, opened_archive, result, with_duckdb
from mappings.progress import KEPT, rebuild
from mappings.steps import OF_FEW, OF_MANY, asked, computed
from mappings.tables import batch_learner, parameter
from tests.mappings.histories import History
from tests.mappings.oracle import Asked
from tests.mappings.test_oracle import ask, checked, compare
from tests.mappings.told import tell
from tests.mappings.world import BEGIN, NOW, minutes, people_with_accounts, send, void

Progress = list[tuple[str, int, int]]


def quiet(_stage: str, _done: int, _total: int) -> None: ...


def test_duckdb_agrees_with_the_oracle(engine: Engine, long: bool) -> None:
    # The archive is the same whichever database it comes from.
    some = 60 if engine.dialect.name == "sqlite" else 10
    checked(partial(agree, engine), 1000 if long else some)


def agree(engine: Engine, history: History, questions: tuple[Asked, Asked]) -> None:
    with TemporaryDirectory() as folder:
        with engine.connect() as conn, conn.begin() as transaction:
            sequence = tell(conn, history)
            ask(conn, questions)
            write_archive(conn, Path(folder), quiet)
            transaction.rollback()
        with opened_archive(Path(folder)) as computing:
            compute(computing)
            compare(lambda sql: computing.execute(result(sql)).fetchall(), history, questions, sequence)


@pytest.mark.parametrize("names", [OF_FEW, OF_MANY], ids=["few", "many"])
def test_steps_agree_with_the_oracle(engine: Engine, names: tuple[str, ...], long: bool) -> None:
    """As the databases compute what is kept."""
    checked(partial(agree_in_steps, engine, names), 1000 if long else 20)


def agree_in_steps(
    engine: Engine, names: tuple[str, ...], history: History, questions: tuple[Asked, Asked]
) -> None:
    with engine.connect() as conn, conn.begin() as transaction:
        sequence = tell(conn, history)
        ask(conn, questions)
        with computed(conn, names):
            compare(
                lambda sql: [tuple(row) for row in conn.execute(text(asked(sql, names)))],
                history,
                questions,
                sequence,
            )
        transaction.rollback()


def test_duckdb_keeps_what_the_database_keeps(engine: Engine, tmp_path: Path) -> None:
    told: Progress = []
    with engine.begin() as conn:
        a_little_of_everything(conn)
        assert rebuild(conn, NOW) == 2
        expected = kept(conn)
        assert all(expected)
        for table in KEPT:
            conn.execute(delete(table))
        folder = tmp_path / "meanwhile"
        (folder / "left").mkdir(parents=True)
        assert rebuild(conn, NOW, with_duckdb(folder, lambda *step: told.append(step))) == 2
        assert kept(conn) == expected
        assert [conn.execute(select(table)).all() for table in (parameter, batch_learner)] == [[], []]
    assert not folder.exists()
    assert ("evidence archived", 6, 6) in told
    assert ("results handed over", 2, 2) in told


def a_little_of_everything(conn: Connection) -> None:
    people_with_accounts(conn, {"11": "สมชาย", "21": "สมหญิง", "99": None})
    send(conn, "11", 2, level=2)
    send(conn, "21", 3)
    void(conn, send(conn, "21", 4), stored=BEGIN + minutes(1))
    send(conn, "99", 2, stored=BEGIN + minutes(2))
    send(conn, "21", 2, stored=BEGIN + minutes(2), result={"success": False})


def kept(conn: Connection) -> list[list[tuple[object, ...]]]:
    return [
        sorted((tuple(row) for row in conn.execute(select(table))), key=lambda row: row[:2]) for table in KEPT
    ]


def test_an_archive_of_many_files_holds_every_row_as_it_is(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_AT_ONCE", 2)
    with engine.begin() as conn:
        a_little_of_everything(conn)
        write_archive(conn, tmp_path, quiet)
        rows = {
            table: conn.execute(select(*(table.c[name] for name in names))).all()
            for table, names in ARCHIVED.items()
        }
    assert len(list((tmp_path / "evidence").iterdir())) == 3
    with duckdb_connection(tmp_path) as reading:
        for table, expected in rows.items():
            found = reading.execute(f"from {parquet_of(tmp_path, table)}").fetchall()
            assert sorted(map(str, found)) == sorted(str(tuple(row)) for row in expected), table.name


def test_odd_texts_survive_the_archive(engine: Engine, tmp_path: Path) -> None:
    names = ['a "quoted", one', "two\nlines", "", "\\N", "NULL", "๑", " spaces "]
    with engine.begin() as conn:
        table = metadata.tables["verb"]
        conn.execute(table.insert(), [{"iri": name} for name in names])
        write_archive(conn, tmp_path, quiet)
    with duckdb_connection(tmp_path) as reading:
        found = reading.execute(f"select iri from {parquet_of(tmp_path, table)} order by id").fetchall()
    assert [row[0] for row in found] == names


def test_an_archive_tells_no_names() -> None:
    held = {f"{table.name}.{name}" for table, names in ARCHIVED.items() for name in names}
    assert not {table.name for table in ARCHIVED} & {"person", "identifier", "membership", "statement"}
    assert not held & {
        "account.display_name",
        "account.email",
        "account.username",
        "account.id_hmac",
        "agent.key",
    }
