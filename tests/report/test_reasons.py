"""Whatever the readers of files refuse has its reason in Thai, too."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.imports import desk
from connector.report.reasons import thai_reason
from mappings.roster_faults import FAULTS

PACKAGES = Path(__file__).parents[2]
SOURCES = [*(PACKAGES / "connector" / "imports").glob("*.py"), PACKAGES / "mappings" / "known_people.py"]
# Which argument of a call is the reason.
PLACES = {"BadValueError": 0, "Fault": 0, "bad": 1, "BadCellError": 2, "Unknown": 1, "Unfit": 1}
THAI = re.compile("[\u0e01-\u0e5b]")


def texts(node: ast.expr, names: dict[str, str]) -> Iterator[str]:
    """What an expression says, "7" in place of what only a run can tell; nothing where it all is unknown."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                parts.append(names.get(ast.unparse(part.value), "7"))
            else:
                parts.append(str(getattr(part, "value", "")))
        yield "".join(parts)
    elif isinstance(node, ast.Name) and node.id in names:
        yield names[node.id]
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body, names)
        yield from texts(node.orelse, names)


def said(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        ast.unparse(node.targets[0]): node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = PLACES.get(name)
            if place is not None and len(node.args) > place:
                yield from texts(node.args[place], names)


REASONS = sorted(
    {text.replace("must have 7 digits7", "must have 13 digits") for p in SOURCES for text in said(p)}
)


def test_there_are_reasons_to_look_at() -> None:
    assert len(REASONS) > 25
    assert "must not be empty" in REASONS


@pytest.mark.parametrize("reason", [*REASONS, *sorted({fault.reason for fault in FAULTS.values()})])
def test_every_reason_has_a_translation(reason: str) -> None:
    assert THAI.search(re.sub("write ผ่าน or ไม่ผ่าน|5 ก.ค. 2567", "", thai_reason(reason))), reason
    assert "{" not in thai_reason(reason)


@pytest.mark.parametrize("reason", [desk.STOPPED, desk.BROKEN, "a.csv: row 3 lacks ชื่อ; expected: ชื่อ"])
def test_so_have_those_of_whole_files(reason: str) -> None:
    assert THAI.search(thai_reason(reason).replace("ชื่อ", ""))


def test_what_only_the_file_knows_is_kept() -> None:
    assert thai_reason("has 9 digits; codes have 10, 8, 6 or 4: was a zero in front lost?").startswith(
        "มี 9 หลัก"
    )
    assert thai_reason("the year 24 may be 2524 or 2024: write four digits") == (
        "ปี 24 อาจเป็น 2524 หรือ 2024 กรุณาเขียนสี่หลัก"
    )
    assert thai_reason("C3 shows the spreadsheet's error #REF!") == "เซลล์ C3 แสดงข้อผิดพลาด #REF!"
    assert thai_reason("something that nobody has said before") == "something that nobody has said before"
