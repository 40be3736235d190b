"""A file of units on its way: staged, checked, applied once or thrown away."""

import csv
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, select

from connector.imports.errors import ImportStateError
from connector.imports.import_files import Brought, ImportFile, find
from connector.imports.refusals import refusals, refused_csv
from connector.imports.staging import discard
from connector.imports.unit_import import apply_units, stage_units
from connector.tables_imports import import_row
from mappings.tables import unit
from mappings.units import import_units, units_by_code
from tests.mappings.world import NOW, UNITS

FILE = """uid,ประเภท,ชื่อหน่วยงาน,ต้นสังกัด,parent_uid,รหัส,เริ่มใช้,เลิกใช้
obec,สพฐ.,สพฐ.,,,,,
area,สพป.,สพป.หนึ่ง,,obec,9901 | 990100,1/10/2564,
area,,,,,9900,1/1/2553,30/9/2564
lost,โรงเรียน,โรงเรียนลอย,,nowhere,0100000009,,
lost,,,,,01000009,1/1/2560,
s1,ร้าน,โรงเรียนหนึ่ง,,area,0100000001,,
s2,โรงเรียน,โรงเรียนสอง,,area,0100000002,,
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "units.csv"
    path.write_text(FILE, encoding="utf-8-sig")
    return path


def staged(engine: Engine, path: Path) -> ImportFile:
    import_id = stage_units(engine, Brought("units", path, "test"), NOW)
    with engine.begin() as conn:
        return find(conn, import_id)


def counts(file: ImportFile) -> tuple[int, ...]:
    return file.rows_total, file.rows_refused, file.added, file.changed, file.unchanged


def how_many(conn: Connection) -> int:
    return int(conn.execute(select(func.count()).select_from(unit)).scalar_one())


def test_a_file_is_checked_before_anything_is_written(engine: Engine, path: Path) -> None:
    file = staged(engine, path)
    assert (file.state, counts(file)) == ("staged", (7, 3, 3, 0, 0))
    with engine.begin() as conn:
        assert how_many(conn) == 0
        refused = [(one.row, one.column, one.value) for one in refusals(conn, file.id)]
        text = "".join(refused_csv(conn, file.id))
    assert refused == [
        (5, "parent_uid", "nowhere"),
        (6, "parent_uid", "nowhere"),
        (7, "ประเภท", "ร้าน"),
    ]
    lost, more, shop = csv.DictReader(text.removeprefix("\ufeff").splitlines())
    assert (lost["uid"], lost["รหัส"], lost["parent_uid"]) == ("lost", "0100000009", "nowhere")
    assert (more["รหัส"], more["เริ่มใช้"]) == ("01000009", "2017-01-01")
    assert shop["เหตุผล"].startswith("must be one of obec")


def test_it_is_applied_once(engine: Engine, path: Path) -> None:
    file = staged(engine, path)
    with engine.begin() as conn:
        apply_units(conn, file.id, NOW, "test")
        found = units_by_code(conn, NOW.date())
        assert found["9901"] == found["990100"]
        assert (how_many(conn), set(found)) == (3, {"9901", "990100", "0100000002"})
        assert conn.execute(select(import_row)).all() == []
        assert (find(conn, file.id).state, find(conn, file.id).rows_refused) == ("applied", 3)
    with engine.begin() as conn, pytest.raises(ImportStateError, match=r"units\.csv: is applied, not staged"):
        apply_units(conn, file.id, NOW, "test")
    again = staged(engine, path)
    assert counts(again) == (7, 3, 0, 0, 3)


def test_refused_rows_corrected_are_a_file_that_imports(engine: Engine, path: Path, tmp_path: Path) -> None:
    file = staged(engine, path)
    with engine.begin() as conn:
        apply_units(conn, file.id, NOW, "test")
        text = "".join(refused_csv(conn, file.id)).replace("ร้าน", "โรงเรียน").replace("nowhere", "area")
    corrected = tmp_path / "corrected.csv"
    corrected.write_text(text, encoding="utf-8")
    assert counts(staged(engine, corrected)) == (3, 0, 2, 0, 0)


def test_a_file_can_be_thrown_away(engine: Engine, path: Path) -> None:
    file = staged(engine, path)
    with engine.begin() as conn:
        discard(conn, file.id, NOW, "test")
    with engine.begin() as conn:
        assert conn.execute(select(import_row)).all() == []
        with pytest.raises(ImportStateError, match="is discarded"):
            apply_units(conn, file.id, NOW, "test")


def test_what_changed_since_the_check_is_checked_again(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text("uid,kind,name_th\nobec,obec,สพฐ.\n", encoding="utf-8")
    file = staged(engine, path)
    with engine.begin() as conn:
        import_units(conn, UNITS, NOW, "test")
    with engine.begin() as conn:
        apply_units(conn, file.id, NOW, "test")
        assert counts(find(conn, file.id)) == (1, 0, 0, 0, 1)
