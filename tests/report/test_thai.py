from datetime import UTC, date, datetime

import pytest

from connector.report import thai


@pytest.mark.parametrize(
    ("when", "long", "short"),
    [
        (date(2026, 11, 21), "21 พฤศจิกายน 2569", "21 พ.ย. 2569"),
        (date(2024, 2, 29), "29 กุมภาพันธ์ 2567", "29 ก.พ. 2567"),
        (datetime(2025, 12, 31, 17, 0, tzinfo=UTC), "1 มกราคม 2569", "1 ม.ค. 2569"),
        (datetime(2025, 12, 31, 16, 59, tzinfo=UTC), "31 ธันวาคม 2568", "31 ธ.ค. 2568"),
    ],
)
def test_days_are_bangkoks_in_the_buddhist_era(when: date, long: str, short: str) -> None:
    assert (thai.thai_date(when), thai.thai_date(when, short=True)) == (long, short)


def test_a_moment_has_bangkoks_time() -> None:
    assert thai.thai_moment(datetime(2026, 11, 21, 15, 0, tzinfo=UTC)) == "21 พ.ย. 2569 22:00 น."


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "–"),
        (0, 4, "0.0"),
        (1, 3, "33.3"),
        (12, 34, "35.3"),
        (1, 8, "12.5"),
        (4, 4, "100.0"),
        (9_999, 10_000, "99.9"),
        (1, 100_000, "0.1"),
    ],
)
def test_per_cent_says_everybody_or_nobody_only_when_it_is_so(part: int, whole: int, text: str) -> None:
    assert thai.percent(part, whole) == text


@pytest.mark.parametrize(("value", "text"), [(None, "ไม่ทราบ"), (0.0, "0"), (3.0, "3"), (1.5, "1.5")])
def test_unknown_hours_are_not_zero(value: float | None, text: str) -> None:
    assert thai.hours(value) == text


def test_why_somebody_has_no_group() -> None:
    assert thai.group_name("S") == "S ผู้ให้บริการ"
    assert thai.group_name(None) == "นอกกรอบแนวทาง"
    assert thai.group_name(None, classified=False) == "ยังไม่จัดกลุ่ม"
