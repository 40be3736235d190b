"""Files as people make them, through the readers and the command."""

import csv
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner, Result

from connector.cli import app
from connector.imports import ROSTER, ImportFileError, read_roster, read_units
from connector.imports.columns import UNITS
from connector.imports.roster import COLUMNS
from mappings.people import HashKey, HashKeys, PersonRow

KEYS = HashKeys(HashKey(b"a key for tests"))
ID = "1001000079196"
GOOD = ("นาย", "สมชาย", "ใจดี", "ครู", "คศ.1", "สายงานการสอน", "", "1050000101", ID)
TEXT = "\n".join((",".join(COLUMNS), ",".join(GOOD)))
FIXTURES = Path(__file__).parents[1] / "fixtures" / "files"
DOCS = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")


def csv_file(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    return path


def workbook(
    tmp_path: Path, *rows: tuple[Any, ...], change: Callable[[Worksheet], Any] | None = None
) -> Path:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(row)
    if change is not None:
        change(sheet)
    path = tmp_path / "people.xlsx"
    book.save(path)
    return path


def import_by_command(tmp_path: Path, path: Path, *options: str, answer: str = "") -> Result:
    """`thaksa import roster` into a data folder of the test's own."""
    arguments = ["import", "roster", str(path), "--data", str(tmp_path / "data"), *options]
    return CliRunner().invoke(app, arguments, input=answer)


def only(path: Path) -> PersonRow:
    staged = read_roster(path, KEYS)
    assert staged.refused == []
    (row,) = staged.rows
    return row


def check_good(row: PersonRow, number: int) -> None:
    assert (row.prefix, row.given_name, row.family_name) == GOOD[:3]
    assert (row.unit_code, row.id_hmac) == ("1050000101", KEYS.hash(ID).hmac)
    assert row.row == number


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp874"])
def test_csv_of_every_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    content = TEXT.replace(",", delimiter).replace("\n", "\r\n").encode(encoding)
    check_good(only(csv_file(tmp_path, content)), 2)


def test_csv_below_titles_with_empty_columns_and_rows(tmp_path: Path) -> None:
    header, row = TEXT.splitlines()
    content = f',,\n"รายชื่อครู, ภาคเรียน 1",,\n\n{header},,\n,,\n"ครู\nสองบรรทัด"\n{row},,\n,,,,,,,,,,\n'
    staged = read_roster(csv_file(tmp_path, content.encode()), KEYS)
    check_good(staged.rows[0], 7)
    assert [one.row for one in staged.refused] == [6]


def test_headers_in_the_spellings_that_people_use(tmp_path: Path) -> None:
    titles = ("คำนำหน้าชื่อ", "FIRST_NAME", "Last Name", "Position", "วิทย ฐานะ", "สายงาน", "Group")
    path = workbook(tmp_path, (*titles, "รหัสโรงเรียน\n(๑๐ หลัก)", "เลขบัตรประชาชน *", "เบอร์โทร"), (*GOOD, "02"))
    check_good(only(path), 2)


def test_one_name_column_with_the_honorific_glued_on(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, ("ลำดับที่", "ชื่อ - นามสกุล", "รหัสสถานศึกษา"), (1, "นางสาวเอมอร  ณ อยุธยา", "1050000101")
    )
    row = only(path)
    assert (row.prefix, row.given_name, row.family_name) == ("นางสาว", "เอมอร", "ณ อยุธยา")


def test_an_honorific_glued_to_the_given_name_beside_its_own_column(tmp_path: Path) -> None:
    rows = [("นาย", "นายสมชาย"), ("", "นายสมศักดิ์"), ("นางสาว", "นางนวล"), ("น.ส.", "นางสาวเอมอร")]
    path = workbook(tmp_path, COLUMNS, *((*names, *GOOD[2:-1], "") for names in rows))
    found = [(row.prefix, row.given_name) for row in read_roster(path, KEYS).rows]
    assert found == [("นาย", "สมชาย"), ("นาย", "สมศักดิ์"), ("นางสาว", "นางนวล"), ("น.ส.", "เอมอร")]


def test_a_header_of_two_rows_with_merged_cells(tmp_path: Path) -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("A1:F1")
        sheet.merge_cells("A3:A4")
        sheet.merge_cells("B3:D3")

    path = workbook(
        tmp_path,
        ("ข้อมูลครู ปีการศึกษา ๒๕๖๗",),
        (),
        ("ลำดับ", "ชื่อ-สกุล", None, None, "รหัสโรงเรียน", "เลขประจำตัวประชาชน"),
        (None, "คำนำหน้า", "ชื่อ", "สกุล"),
        (1, "นาย", "สมชาย", "ใจดี", 1050000101, int(ID)),
        change=merge,
    )
    check_good(only(path), 5)


def test_a_name_header_merged_over_its_columns(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        ("ชื่อ-สกุล", None, None, "รหัสโรงเรียน", "เลขประจำตัวประชาชน", None),
        ("นาย", "สมชาย", "ใจดี", "1050000101", ID, "a note at the side"),
        change=lambda sheet: sheet.merge_cells("A1:C1"),
    )
    check_good(only(path), 2)


def test_a_blank_first_row_and_trailing_rows_and_columns(tmp_path: Path) -> None:
    def shade(sheet: Worksheet) -> None:
        sheet.cell(300, 40).number_format = "0.00"

    check_good(only(workbook(tmp_path, (), COLUMNS, GOOD, change=shade)), 3)


def test_numbers_that_stand_for_codes(tmp_path: Path) -> None:
    def padded(sheet: Worksheet) -> None:
        sheet["H2"].number_format = "0000000000"

    path = workbook(
        tmp_path,
        COLUMNS,
        (*GOOD[:7], 105000101, float(ID)),
        (*GOOD[:7], 105000101, ""),
        (*GOOD[:8], "1.001E+12"),
        change=padded,
    )
    staged = read_roster(path, KEYS)
    assert [(row.unit_code, row.id_last4) for row in staged.rows] == [("0105000101", "9196")]
    assert [(one.row, one.column, one.value) for one in staged.refused] == [
        (3, "รหัสโรงเรียน", "105000101"),
        (4, "เลขประจำตัวประชาชน", "xxxxxxx12"),
    ]
    assert "zeros lost" in staged.refused[0].reason
    assert "digits are lost" in staged.refused[1].reason


def with_value(path: Path, cell: str, value: str) -> None:
    """Stores a formula's value beside it, as spreadsheets do; openpyxl writes the formula alone."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    sheet, changed = re.subn(
        rf'<c r="{cell}"([^>]*)><f>(.*?)</f><v ?/?>(</v>)?',
        rf'<c r="{cell}" t="str"><f>\2</f><v>{value}</v>',
        sheet,
    )
    assert changed == 1
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    rewrite(path, parts)


def with_shared_texts(path: Path, texts: int | None = None) -> Path:
    """As Excel and LibreOffice save it: texts (or so many) in a part that the cells point into."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    held: list[str] = []

    def share(found: re.Match[str]) -> str:
        held.append(found.group(2))
        return f'<c r="{found.group(1)}" t="s"><v>{len(held) - 1}</v></c>'

    inline = r'<c r="(\w+)"[^>]*t="inlineStr"[^>]*><is><t[^>]*>(.*?)</t></is></c>'
    sheet = re.sub(inline, share, parts["xl/worksheets/sheet1.xml"].decode())
    assert len(held) == len(COLUMNS) + sum(map(bool, GOOD))
    items = "".join(f"<si><t>{text}</t></si>" for text in held[:texts])
    spreadsheets = "openxmlformats.org/spreadsheetml/2006/main"
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="http://schemas.{spreadsheets}">{items}</sst>'.encode()
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
        b'officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
    )
    rewrite(path, parts)
    return path


def test_a_workbook_whose_cells_share_their_texts(tmp_path: Path) -> None:
    check_good(only(with_shared_texts(workbook(tmp_path, COLUMNS, GOOD))), 2)


def rewrite(path: Path, parts: dict[str, bytes]) -> None:
    with ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_formula_whose_text_is_empty_is_an_empty_cell(tmp_path: Path) -> None:
    path = workbook(tmp_path, COLUMNS, (*GOOD[:4], '=IF(1=2,"x","")', *GOOD[5:]))
    with_value(path, "E2", "")
    assert only(path).rank == ""


def test_formulas_count_with_their_stored_value(tmp_path: Path) -> None:
    formula = '="1050000"&"101"'
    path = workbook(tmp_path, COLUMNS, (*GOOD[:7], formula, ID), (*GOOD[:7], formula, ""))
    with_value(path, "H2", "1050000101")
    staged = read_roster(path, KEYS)
    check_good(staged.rows[0], 2)
    (refusal,) = staged.refused
    assert (refusal.row, refusal.column, refusal.value) == (3, "รหัสโรงเรียน", "")
    assert refusal.reason.startswith("the formula in H3 has no stored value")


def test_cells_that_are_no_text_are_refused_by_name(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, COLUMNS, ("นาย", date(2024, 7, 5), *GOOD[2:]), ("นาย", "สมชาย", "#REF!", *GOOD[3:])
    )
    refused = read_roster(path, KEYS).refused
    assert [(one.row, one.column, one.value) for one in refused] == [
        (2, "ชื่อ", "2024-07-05"),
        (3, "นามสกุล", ""),
    ]
    assert refused[1].reason == "C3 shows the spreadsheet's error #REF!"


def test_the_sheet_with_the_table_is_found_and_two_are_refused(tmp_path: Path) -> None:
    book = Workbook()
    book.create_sheet("ครู").append(COLUMNS)
    book["ครู"].append(GOOD)
    path = tmp_path / "people.xlsx"
    book.save(path)
    check_good(only(path), 2)
    book.create_sheet("ครู 2").append(COLUMNS)
    book.save(path)
    with pytest.raises(ImportFileError, match="the sheets ครู, ครู 2 have such a table each"):
        read_roster(path, KEYS)
    book["ครู 2"].sheet_state = "hidden"
    book.save(path)
    check_good(only(path), 2)


def test_files_that_are_something_else_say_what(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match=r"old Excel workbook \(\.xls\) or has a password"):
        read_roster(csv_file(tmp_path, bytes.fromhex("d0cf11e0a1b11ae1")), KEYS)
    with pytest.raises(ImportFileError, match=r"is no Excel workbook \(\.xlsx\), or it is damaged"):
        read_roster(csv_file(tmp_path, b"PK\x03\x04 and no more"), KEYS)
    whole = workbook(tmp_path, COLUMNS, GOOD).read_bytes()
    with pytest.raises(ImportFileError, match="is damaged"):
        read_roster(csv_file(tmp_path, whole[: len(whole) // 2]), KEYS)
    with pytest.raises(ImportFileError, match="is damaged"):
        read_roster(with_shared_texts(workbook(tmp_path, COLUMNS, GOOD), texts=3), KEYS)
    with pytest.raises(ImportFileError, match="the first row lacks ชื่อ, นามสกุล, รหัสโรงเรียน; expected"):
        read_roster(workbook(tmp_path, ("ก", "ข"), (1, 2)), KEYS)


def test_fifty_errors_in_ten_thousand_rows_are_all_named(tmp_path: Path) -> None:
    lines = [",".join(COLUMNS)]
    bad = range(2, 10_002, 200)
    for row in range(2, 10_002):
        code = "105000010" if row in bad else "1050000101"
        lines.append(",".join((*GOOD[:1], f"สมชาย{row}", *GOOD[2:7], code, "")))
    path = csv_file(tmp_path, "\n".join(lines).encode("cp874"))
    staged = read_roster(path, KEYS)
    assert len(staged.rows) == 9_950
    assert [one.row for one in staged.refused] == list(bad)
    assert {(one.column, one.value) for one in staged.refused} == {("รหัสโรงเรียน", "105000010")}


def test_refused_rows_can_be_corrected_and_never_show_a_national_id(tmp_path: Path) -> None:
    wrong = f"{ID[:-1]}7"
    rows = (("นาย", f"=สมชาย {wrong}", *GOOD[2:6], "-", "1050000101", wrong), ("นาย", *GOOD[1:7], wrong, ID))
    path = workbook(tmp_path, COLUMNS, *rows, change=lambda sheet: setattr(sheet["B2"], "data_type", "s"))
    out = tmp_path / "refused.csv"
    result = import_by_command(tmp_path, path, "--refused", str(out))
    assert result.exit_code == 1
    text = out.read_text("utf-8-sig")
    for number in (wrong, ID):
        assert number not in text + result.output
    written = list(csv.DictReader(text.splitlines()))
    assert [(one["แถว"], one["คอลัมน์"], one["ค่า"]) for one in written] == [
        ("2", "ชื่อ", "'=สมชาย xxxxxxxxxxx97"),
        ("3", "รหัสโรงเรียน", "xxxxxxxxxxx97"),
    ]
    assert written[0]["ชื่อ"] == "'=สมชาย xxxxxxxxxxx97"
    out.write_text(text.replace("xxxxxxxxxxx97\n", f"{ID}\n"), encoding="utf-8")
    assert read_roster(out, KEYS).rows[0].group == "-"
    same = import_by_command(tmp_path, path, "--refused", str(path))
    assert "is the file that is imported" in str(same.exception)


def test_a_workbook_as_libreoffice_saves_it() -> None:
    """A blank first row, merged headers in two rows, formulas, a date, numbers for codes, a second sheet."""
    staged = read_roster(FIXTURES / "roster-libreoffice.xlsx", KEYS)
    day = date(2024, 5, 16)
    found = [(row.row, row.given_name, row.position, row.id_last4, row.valid_from) for row in staged.rows]
    assert found == [
        (5, "สมชาย", "ครูชำนาญการ", "9196", day),
        (6, "พิมพ์ชนก", "ครู", "8380", day),
        (7, "สมหญิง", "ครู", None, day),
    ]
    assert {row.unit_code for row in staged.rows} == {"1050000101"}
    assert [(one.row, one.column, one.value) for one in staged.refused] == [
        (8, "รหัสโรงเรียน", "105000010"),
        (9, "สกุล", ""),
    ]
    assert staged.refused[1].reason == "D9 shows the spreadsheet's error #DIV/0!"


def test_offices_as_they_are_published(tmp_path: Path) -> None:
    content = (
        "area_id,type,emis_code,name_short_th,name_full_th,schools\n"
        "pesa-1,PESA,1001,สพป.ก,สำนักงานเขตพื้นที่การศึกษาประถมศึกษา ก,37\nsebo,SEBO,100700,สศศ.,สำนัก ข,\n"
    )
    staged = read_units(csv_file(tmp_path, content.encode("utf-8-sig")))
    assert [(row.uid, row.kind, row.code) for row in staged.rows] == [
        ("pesa-1", "area_office", "1001"),
        ("sebo", "bureau", "100700"),
    ]


def samples() -> dict[str, str]:
    return dict(re.findall(r"^`(\w+\.csv)`:\n\n```\n(.*?)^```$", DOCS, re.DOTALL | re.MULTILINE))


def test_the_samples_of_the_documentation_import_as_they_stand(tmp_path: Path) -> None:
    for name, text in samples().items():
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
    data = ["--data", str(tmp_path / "data")]
    run = CliRunner().invoke
    units = run(app, ["import", "units", str(tmp_path / "units.csv"), *data])
    assert (units.exit_code, "3 added" in units.output) == (0, True), units.output
    people = run(app, ["import", "roster", str(tmp_path / "roster.csv"), *data])
    assert (people.exit_code, "3 added" in people.output) == (0, True), people.output
    whole = run(app, ["import", "roster", str(tmp_path / "whole.csv"), "--full", "--yes", *data])
    assert whole.exit_code == 0, whole.output
    assert ("1 changed, 1 unchanged" in whole.output, "leaving: 1" in whole.output) == (True, True)
    package = run(app, ["import", "oneroster", str(tmp_path), *data])
    assert package.exit_code == 0, package.output
    assert re.findall(r"(\w+\.csv):\s+(\d) added", package.output) == [("orgs.csv", "2"), ("users.csv", "1")]


def test_the_command_writes_what_it_refuses(tmp_path: Path) -> None:
    path, out = csv_file(tmp_path, TEXT.encode("cp874")), tmp_path / "refused.csv"
    assert import_by_command(tmp_path, path, "--refused", str(out)).exit_code == 1
    (row,) = csv.DictReader(out.read_text("utf-8-sig").splitlines())
    assert (row["แถว"], row["คอลัมน์"], row["ค่า"]) == ("2", "รหัสโรงเรียน", "1050000101")
    assert row["เหตุผล"].startswith("no unit has this code")


def test_the_command_shows_before_it_does(tmp_path: Path) -> None:
    for name, text in samples().items():
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
    data = ["--data", str(tmp_path / "data")]
    units = ["import", "units", str(tmp_path / "units.csv"), *data]
    shown = CliRunner().invoke(app, [*units, "--dry-run"]).output
    assert ("3 added" in shown, "Nothing was imported" in shown) == (True, True)
    assert "3 added" in CliRunner().invoke(app, units).output
    roster = tmp_path / "roster.csv"
    for _ in range(2):
        shown = import_by_command(tmp_path, roster, "--dry-run").output
        assert "3 added, 0 changed, 0 unchanged." in shown
        assert "Groups: S 2, M 1." in shown
    assert "3 added" in import_by_command(tmp_path, roster).output

    lines = roster.read_text("utf-8-sig").splitlines()
    shorter = csv_file(tmp_path, "\n".join(lines[:-1]).encode("utf-8-sig"))
    assert "leaving" not in import_by_command(tmp_path, shorter).output
    shown = import_by_command(tmp_path, shorter, "--full", "--dry-run").output
    assert ("leaving: 1" in shown, "ผศ.ดร.สมหญิง วงศ์สว่าง" in shown) == (True, True)
    refused = import_by_command(tmp_path, shorter, "--full", answer="n\n").output
    assert "Nothing was imported" in refused
    assert "--yes lets them leave" in import_by_command(tmp_path, shorter, "--full").output
    assert "leaving: 1" in import_by_command(tmp_path, shorter, "--full", answer="y\n").output
    assert "leaving" not in import_by_command(tmp_path, shorter, "--full").output


@pytest.mark.parametrize("columns", [ROSTER, UNITS])
def test_the_documentation_names_every_column(columns: Any) -> None:
    for field, spellings in columns.spellings.items():
        (line,) = [line for line in DOCS.splitlines() if line.startswith(f"| `{field}` |")]
        assert spellings[0] in line
