"""The table of posts: exact names, an order of precedence, and nobody by a part of a name."""

import pytest

from mappings.errors import MappingError
from mappings.positions import parse_positions, shipped_positions

# (line, position) -> group; "-" outside the framework, None: unclassified
POSTS = [
    ("", "ครู", "S"),
    ("", "ครู คศ.1", "S"),
    ("", "ครูคศ.๑", "S"),
    ("", "ครูชำนาญการ", "S"),
    ("", "ครู วิทยฐานะครูชำนาญการ", "S"),
    ("", "ครู  วิทยฐานะ ครูชํานาญการ", "S"),
    ("", "ครูชำนาญการ (คศ.2)", "S"),
    ("", "ครูผู้ช่วย", "S"),
    ("สายงานการสอน", "ครูชำนาญการพิเศษ", "S"),
    ("", "ผู้อำนวยการโรงเรียน", "M"),
    ("", "ผู้อํานวยการสถานศึกษา", "M"),
    ("", "ผู้อำนวยการโรงเรียน วิทยฐานะผู้อำนวยการชำนาญการพิเศษ", "M"),
    ("", "รองผู้อำนวยการ(สถานศึกษา)", "M"),
    ("", "รอง ผอ. โรงเรียน", "M"),
    ("สายงานบริหารสถานศึกษา", "รองผู้อำนวยการ", "M"),
    ("สายงานบริหารการศึกษา", "ผู้อำนวยการสำนักงานเขตพื้นที่การศึกษาประถมศึกษา", "M"),
    ("ประเภทอำนวยการ", "ผู้อำนวยการสำนัก", "M"),
    ("", "ผู้อำนวยการกลุ่มอำนวยการ", "A"),
    ("", "ผู้อำนวยการกลุ่มส่งเสริมการศึกษาทางไกล เทคโนโลยีสารสนเทศและการสื่อสาร", "A"),
    ("", "นักวิชาการศึกษาชำนาญการพิเศษ", "A"),
    ("", "ศึกษานิเทศก์ วิทยฐานะศึกษานิเทศก์ชำนาญการ", "A"),
    ("", "นักวิชาการคอมพิวเตอร์ปฏิบัติการ", "T"),
    ("สายงานวิชาการคอมพิวเตอร์", "ผู้อำนวยการกลุ่ม", "T"),
    ("", "นักวิชาการเงินและบัญชีชำนาญการ", "S"),
    ("", "เจ้าพนักงานธุรการชำนาญงาน", "S"),
    ("", "พนักงานราชการ", "-"),
    ("", "ครู (พนักงานราชการ)", "-"),
    ("", "ครูอัตราจ้าง", "-"),
    ("สายงานการสอน", "ครูอัตราจ้าง", "-"),
    ("", "ลูกจ้างประจำ", "-"),
    ("พนักงานราชการ", "ครูผู้สอน", "-"),
    ("ลูกจ้างชั่วคราว", "นักวิชาการคอมพิวเตอร์", "-"),
    # Nobody by a part of a name.
    ("", "อำนวยการ", None),
    ("", "รองผู้อำนวยการ", None),
    ("", "ผู้อำนวยการ", None),
    ("", "เจ้าหน้าที่กลุ่มอำนวยการ", None),
    ("", "ผู้ช่วยผู้อำนวยการโรงเรียน", None),
    ("", "รักษาการในตำแหน่งผู้อำนวยการโรงเรียน", None),
    ("", "ผู้ช่วยครู", None),
    ("", "ครูใหญ่ใจดี", None),
    ("กลุ่มอำนวยการ", "เจ้าหน้าที่ธุรการ", None),
    ("", "", None),
    ("", " ", None),
]


@pytest.mark.parametrize(("line", "position", "group"), POSTS)
def test_the_shipped_table(line: str, position: str, group: str | None) -> None:
    rule = shipped_positions().rule(line, position)
    assert (None if rule is None else rule.group or "-") == group


TABLE = """
precedence: [{rule: one, group: M}, {rule: two, group: outside}]
posts:
  - {rule: two, positions: [ก], endings: [ข]}
  - {rule: one, lines: [สาย]}
  - {rule: one, lines: [อื่น], positions: [ข]}
"""


@pytest.mark.parametrize(
    ("line", "position", "name"),
    [
        ("", "ก", "two"),
        ("", "กข", "two"),
        ("สาย", "ก", "one"),
        ("สาย", "อะไรก็ได้", "one"),
        ("อื่น", "ข", "one"),
        ("อื่น", "ก", "two"),
        ("", "ข", None),
    ],
)
def test_the_order_of_the_rules_decides(line: str, position: str, name: str | None) -> None:
    rule = parse_positions(TABLE, "table.yaml").rule(line, position)
    assert (rule and rule.name) == name


def test_another_order_decides_otherwise() -> None:
    turned = TABLE.replace(
        "[{rule: one, group: M}, {rule: two, group: outside}]",
        "[{rule: two, group: outside}, {rule: one, group: M}]",
    )
    rule = parse_positions(turned, "table.yaml").rule("สาย", "ก")
    assert rule is not None
    assert (rule.name, rule.group) == ("two", None)


HEAD = "precedence: [{rule: one, group: S}]\nposts:\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            HEAD + "  - {rule: one, positions: [ครู, 'ครู ']}",
            "posts\\[0\\]: positions: 'ครู' is in this rule twice",
        ),
        (HEAD + "  - {rule: one}", "posts\\[0\\]: positions: is missing, and so is lines"),
        (HEAD + "  - {rule: other, positions: [ครู]}", "'other' is not one of one"),
        ("precedence: [{rule: one, group: X}]\nposts: []", "'X' is not one of M, A, S, T, outside"),
        ("precedence: [{rule: a, group: S}, {rule: a, group: M}]\nposts: []", "a rule is there twice"),
    ],
)
def test_an_error_of_the_table_names_its_place(text: str, says: str) -> None:
    with pytest.raises(MappingError, match=f"table.yaml: .*{says}"):
        parse_positions(text, "table.yaml")
