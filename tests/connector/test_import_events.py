"""What files say of events, days, scores and yes or no; and what rows that vouch together lead to."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from connector.completion import Imported
from connector.imports.completions import yes_or_no
from connector.imports.errors import BadValueError
from connector.imports.event import EventError, event_of, hours_of
from connector.imports.event_days import days_of
from connector.imports.header import Line
from connector.imports.vouchers import Source, Stored, Voucher, plan
from connector.imports.who import day_of_moment

TODAY = date(2026, 11, 22)
AT = datetime(2024, 7, 4, 17, tzinfo=UTC)
SAID = Imported("completions", "https://x", "1", "v", "a", "t", "", AT, None, None, "f", 2)
STORED = Stored("s", "https://x", "1", "a", "v", AT, None, None, 2, voided=False)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("5 ก.ค. 2567", (2024, 7, 5), (2024, 7, 5)),
        ("5-7 กรกฎาคม 2567", (2024, 7, 5), (2024, 7, 7)),
        ("๕ - ๗ ก.ค. ๒๕๖๗", (2024, 7, 5), (2024, 7, 7)),
        ("ระหว่างวันที่ 5–7 กรกฎาคม พ.ศ. 2567", (2024, 7, 5), (2024, 7, 7)),
        ("วันที่ 5 ถึง 7 กรกฎาคม 2567", (2024, 7, 5), (2024, 7, 7)),
        ("30 มิ.ย. - 2 ก.ค. 2567", (2024, 6, 30), (2024, 7, 2)),
        ("28 ธ.ค. - 3 ม.ค. 2568", (2024, 12, 28), (2025, 1, 3)),
        ("5/7/2567-7/7/2567", (2024, 7, 5), (2024, 7, 7)),
        ("5/7 - 7/7/2567", (2024, 7, 5), (2024, 7, 7)),
        ("2024-07-05 - 2024-07-07", (2024, 7, 5), (2024, 7, 7)),
        ("29 ก.พ. 2567", (2024, 2, 29), (2024, 2, 29)),
    ],
)
def test_days_of_events(text: str, first: tuple[int, int, int], last: tuple[int, int, int]) -> None:
    assert days_of(text) == (date(*first), date(*last))


@pytest.mark.parametrize("text", ["", "7-5 กรกฎาคม 2567", "31-32 ก.ค. 2567", "สัปดาห์หน้า", "5-7"])
def test_what_are_no_days(text: str) -> None:
    with pytest.raises(BadValueError):
        days_of(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-07-05T20:30:00Z", date(2024, 7, 6)),
        ("2024-07-05 14:30", date(2024, 7, 5)),
        ("5 กรกฎาคม 2567 14:30 น.", date(2024, 7, 5)),
        ("Friday, 5 July 2024, 2:30 PM", date(2024, 7, 5)),
    ],
)
def test_a_time_beside_the_day_is_left_out(text: str, day: date) -> None:
    assert day_of_moment(text) == day


def test_an_event_from_the_lines_above_a_table() -> None:
    lines: list[Line] = [
        (1, ["โครงการพัฒนาครู"]),
        (2, ["ชื่อกิจกรรม :  ตารางคำนวณ", "", "สถานที่", "ห้องประชุม"]),
        (3, ["วันที่", "", "5-6 ก.ค. 2567"]),
        (4, ["รูปแบบ: ออนไลน์สด", "จำนวนชั่วโมง", 12]),
    ]
    event = event_of(lines, {"competencies": "d1.1, D1.5"}, TODAY)
    assert (event.title, event.first, event.last) == ("ตารางคำนวณ", date(2024, 7, 5), date(2024, 7, 6))
    assert (event.hours, event.mode, event.place) == (12.0, "live_online_training", "ห้องประชุม")
    assert event.competencies == ("D1.1", "D1.5")
    assert event.key() == event_of(lines, {"hours": "9"}, TODAY).key()
    assert event.key() != event_of(lines, {"days": "7 ก.ค. 2567"}, TODAY).key()
    with pytest.raises(EventError, match="the event's mode 'ไม่รู้'"):
        event_of(lines, {"mode": "ไม่รู้"}, TODAY)


@pytest.mark.parametrize(
    ("cell", "hours"),
    [("6", 6.0), ("๖ ชั่วโมง", 6.0), ("1.5 ชม.", 1.5), (3, 3.0), ("ไม่ทราบ", None)],
)
def test_hours(cell: str | int, hours: float | None) -> None:
    assert hours_of(cell) == hours


@pytest.mark.parametrize(
    ("word", "yes"), [("ผ่าน", True), ("/", True), ("ไม่ผ่าน", False), ("FALSE", False), ("", None)]
)
def test_yes_or_no(word: str, yes: bool | None) -> None:
    assert yes_or_no(word) is yes


def voucher(import_id: int, statement_id: str | None, said: Imported | None = SAID) -> Voucher:
    return Voucher(Source(import_id, 2), "about", (import_id,), said, 2, statement_id)


def test_what_is_held_and_said_alike_stays() -> None:
    steps = plan([voucher(1, "s"), voucher(2, None)], {"s": STORED})
    assert (steps.voids, steps.issues) == ((), ())


def test_nobody_vouches_or_another_row_does() -> None:
    assert plan([], {"s": STORED}).voids == (STORED,)
    steps = plan([voucher(2, None)], {"s": STORED})
    assert (steps.voids, [one.source.import_id for one in steps.issues]) == ((STORED,), [2])


def test_the_latest_row_speaks() -> None:
    other = replace(SAID, grade=0.5)
    steps = plan([voucher(1, "s"), voucher(2, None, other)], {"s": STORED})
    assert ([one.said for one in steps.issues], steps.voids) == ([other], (STORED,))
    assert steps.replaced == {Source(2, 2)}
    steps = plan([voucher(1, "s"), voucher(2, None, None)], {"s": STORED})
    assert (steps.issues, steps.voids) == ((), (STORED,))


def test_what_the_platform_took_back_is_not_said_again() -> None:
    taken = replace(STORED, voided=True)
    assert plan([voucher(1, "s")], {"s": taken}).issues == ()
    assert len(plan([voucher(1, "s"), voucher(2, None)], {"s": taken}).issues) == 1
