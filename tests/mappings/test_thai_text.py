import unicodedata

import pytest

from mappings.thai_text import arabic_digits, normalise, sort_key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("กําหนด", "กำหนด"),
        ("นํ้า", "น้ำ"),
        ("น้ํา", "น้ำ"),
        ("  ครู\u00a0 คศ.1\u200b ", "ครู คศ.1"),
        ("Cafe\u0301", "Café"),
        ("กำหนด", "กำหนด"),
    ],
)
def test_what_looks_the_same_becomes_the_same(text: str, expected: str) -> None:
    assert normalise(text) == unicodedata.normalize("NFC", expected)
    assert normalise(normalise(text)) == normalise(text)


def test_thai_digits_are_read() -> None:
    assert arabic_digits("๑๐๕-0000") == "105-0000"


def test_names_sort_as_in_the_dictionary() -> None:
    # As Intl.Collator('th') of ICU puts them.
    words = ["กลาง", "กะ", "กา", "ก่า", "ก้า", "กาง", "กำ", "เกม", "แก", "ไก", "ไก่", "ขา", "น้ำ", "เอก"]
    assert sorted(sorted(words), key=sort_key) == words


def test_a_given_name_weighs_before_a_family_name() -> None:
    names = [("สม", "ไพร"), ("สม", "ไหม"), ("สมชาย", "กลาง")]
    assert sorted(sorted(names), key=lambda name: sort_key(*name)) == names


def test_keys_are_plain_enough_for_any_collation() -> None:
    assert set(sort_key("เก่า 12 Ab")) <= set("0123456789abcdef")
