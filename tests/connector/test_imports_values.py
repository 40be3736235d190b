"""What single cells mean: days, digits, codes, ids and names."""

from contextlib import suppress
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.imports.dates import day_of
from connector.imports.errors import BadValueError
from connector.imports.honorifics import split_honorific, split_name
from connector.imports.values import Cell, code_of, masked, national_id_of, shown
from connector.report.thai import BUDDHIST_ERA, MONTHS, thai_date
from mappings.thai_text import arabic_digits

THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
JULY = date(2024, 7, 5)


@given(DAYS, st.sampled_from(["/", "-", ".", " "]), st.booleans(), st.booleans())
def test_a_day_is_read_back_however_it_is_written(day: date, mark: str, thai: bool, buddhist: bool) -> None:
    year = day.year + BUDDHIST_ERA if buddhist else day.year
    long, short = MONTHS[day.month - 1]
    for text in (
        mark.join((str(day.day), str(day.month), str(year))),
        mark.join((f"{day.day:02}", f"{day.month:02}", str(year))),
        f"{year}-{day.month:02}-{day.day:02}",
        f"{day.day} {long} {year}",
        f"วันที่ {day.day}  เดือน{long} {year}",
        f"{day.day}{short}{year}",
        f"{day.day} {short} {'พ.ศ.' if buddhist else 'ค.ศ.'} {year}",
    ):
        assert day_of(text.translate(THAI) if thai else text) == day, text


@given(DAYS)
def test_what_reports_print_is_read_back(day: date) -> None:
    assert day_of(thai_date(day)) == day_of(thai_date(day, short=True)) == day


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("๕ ก.ค. ๒๕๖๗", JULY),
        ("5 กค 67", JULY),
        ("5 ก.ค.67", JULY),
        ("5/7/67", JULY),
        ("5/7/พ.ศ.24", date(1981, 7, 5)),
        ("5-Jul-2024", JULY),
        ("วันศุกร์ที่ 5 กรกฎาคม พ.ศ. 2567", JULY),
        ("2024-07-05 00:00:00", JULY),
        ("29/2/2567", date(2024, 2, 29)),
        (datetime.fromisoformat("2024-07-05T09:30"), JULY),
        (date(2567, 7, 5), JULY),
        ("", None),
        ("  ", None),
    ],
)
def test_days_as_people_write_them(cell: Cell, day: date | None) -> None:
    assert day_of(cell) == day


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("5/7/24", "may be 2524 or 2024"),
        ("5 Jul 24", "may be 2524 or 2024"),
        ("29/2/2566", "no such day"),
        ("31 เม.ย. 2567", "no such day"),
        ("7/13/2567", "no month 13"),
        ("5 ก.ค. พ.ศ. 2024", "does not fit the era"),
        ("5/7/ค.ศ. 2567", "does not fit the era"),
        ("5/7/256", "four digits"),
        ("5/7/0024", "cannot be meant"),
        ("5 กอค 2567", "no month that is known"),
        ("ก.ค. 2567", "is not a day"),
        ("5/7/2567 - 6/7/2567", "is not a day"),
        ("45478", "is not a day"),
        (45478, "bare number"),
    ],
)
def test_a_day_that_is_none_or_several_is_refused(cell: Cell, reason: str) -> None:
    with pytest.raises(BadValueError, match=reason):
        day_of(cell)


@given(st.text(max_size=20))
def test_any_text_is_a_day_or_refused(text: str) -> None:
    with suppress(BadValueError):
        assert isinstance(day_of(text), date | None)


@given(st.integers(0, 10**20).map(str))
def test_thai_digits_are_the_same_digits(digits: str) -> None:
    assert arabic_digits(digits.translate(THAI)) == digits


@given(st.sampled_from([10, 8, 6, 4]).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n)))
def test_codes_stay_the_text_they_are(code: str) -> None:
    assert code_of(code) == code_of(f" {code.translate(THAI)}\u00a0") == code
    if not code.startswith("0"):
        assert code_of(int(code)) == code_of(float(code)) == code


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("1.05E+09", "its digits are lost"),
        ("105000010", "has 9 digits"),
        (105000010, "number of 9 digits"),
        (101, "number of 3 digits"),
        ("1001000079196", "like a national id"),
        (1001000079196, "like a national id"),
        ("1-0010-00079-19-6", "like a national id"),
        ("10010000791961", "like a national id"),
        (date(2024, 7, 5), "is a date"),
    ],
)
def test_codes_that_lost_digits_are_refused(cell: Cell, reason: str) -> None:
    with pytest.raises(BadValueError, match=reason):
        code_of(cell)


@given(st.text("0123456789", min_size=12, max_size=12))
def test_one_last_digit_of_ten_makes_a_national_id(first: str) -> None:
    taken = []
    for last in "0123456789":
        try:
            taken.append(national_id_of(f"{first}{last}".translate(THAI)))
        except BadValueError:
            continue
    assert len(taken) == 1
    (digits,) = taken
    assert digits is not None
    spaced = f"{digits[0]}-{digits[1:5]}-{digits[5:10]}-{digits[10:12]}-{digits[12]}"
    assert national_id_of(spaced) == digits
    if digits[0] != "0":
        assert national_id_of(int(digits)) == digits


@given(st.text("0123456789", min_size=13, max_size=13), st.text("ก ", max_size=3))
def test_no_refusal_shows_a_national_id(digits: str, beside: str) -> None:
    for text in (
        digits,
        f"{beside} {digits}",
        f"{digits[0]}-{digits[1:5]}-{digits[5:]}",
        digits.translate(THAI),
    ):
        for told in (shown(text), masked(text)):
            kept = "".join(letter for letter in arabic_digits(told) if letter.isdigit())
            assert kept == digits[-2:]
    assert shown(int(f"1{digits[1:]}")) == f"xxxxxxxxxxx{digits[-2:]}"


def test_a_shortened_national_id_says_so() -> None:
    for cell in ("1.10E+12", "1.1E12"):
        with pytest.raises(BadValueError, match="must have 13 digits: a spreadsheet shortened"):
            national_id_of(cell)


@pytest.mark.parametrize(
    ("text", "honorific", "rest"),
    [
        ("นายสมชาย", "นาย", "สมชาย"),
        ("นางสาวเอมอร ใจดี", "นางสาว", "เอมอร ใจดี"),
        ("น.ส. มณี", "น.ส.", "มณี"),
        ("ผศ.ดร.สมชาย", "ผศ.ดร.", "สมชาย"),
        ("ว่าที่ ร.ต. สมชาย", "ว่าที่ ร.ต.", "สมชาย"),
        ("Mr.John", "Mr.", "John"),
        ("Mrinal", "", "Mrinal"),
        ("นายก", "", "นายก"),
        ("สมนาย", "", "สมนาย"),
        ("ดรุณี", "", "ดรุณี"),
        ("ศศิธร", "", "ศศิธร"),
        ("", "", ""),
    ],
)
def test_honorifics_are_split_off(text: str, honorific: str, rest: str) -> None:
    assert split_honorific(text) == (honorific, rest)


def test_one_cell_with_the_whole_name() -> None:
    assert split_name("นางสาวพิมพ์ชนก  ณ อยุธยา") == ("นางสาว", "พิมพ์ชนก", "ณ อยุธยา")
    with pytest.raises(BadValueError, match="space between"):
        split_name("นายสมชาย")
