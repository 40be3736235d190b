"""Honorifics in front of names, as people and platforms write them: นายสมชาย ใจดี. Pure."""

import re

from mappings.thai_text import normalise, sort_key

# Glued to the name without a dot: only before a Thai letter, or a name like นายก would lose its head.
_WORDS = (
    "นางสาว",
    "นาง",
    "นาย",
    "เด็กชาย",
    "เด็กหญิง",
    "หม่อมราชวงศ์",
    "หม่อมหลวง",
    "ว่าที่ร้อยตรีหญิง",
    "ว่าที่ร้อยตรี",
    "ว่าที่ร้อยโท",
    "ว่าที่ร้อยเอก",
)
# Shortened ones need their dot, or a space behind them.
_DOTTED = (
    "น.ส.",
    "นส.",
    "ด.ช.",
    "ด.ญ.",
    "ดร.",
    "ผศ.",
    "รศ.",
    "ศ.",
    "ม.ร.ว.",
    "ม.ล.",
    "ว่าที่ ร.ต.หญิง",
    "ว่าที่ ร.ต.",
    "ว่าที่ ร.ท.",
    "ว่าที่ ร.อ.",
    "ว่าที่ร.ต.หญิง",
    "ว่าที่ร.ต.",
    "ว่าที่ร.ท.",
    "ว่าที่ร.อ.",
    "ร.ต.",
    "ร.ท.",
    "ร.อ.",
    "จ.ส.อ.",
    "ส.อ.",
    "ส.ต.อ.",
    "ส.ต.ต.",
    "ด.ต.",
    "Mr.",
    "Mrs.",
    "Ms.",
    "Dr.",
)
_SPACED = ("Mr", "Mrs", "Ms", "Miss", "Dr", "ดร", "นส")


def _any(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_HONORIFIC = re.compile(
    rf"(?:(?:{_any(_WORDS)})(?:\s+|(?=[ก-ฮเ-ไ]))|(?:{_any(_DOTTED)})\s*|(?:{_any(_SPACED)})\s+)",
    re.IGNORECASE,
)
_SHORTEST_NAME = 2
_IN_FULL = {"น.ส.": "นางสาว", "นส.": "นางสาว", "นส": "นางสาว", "ด.ช.": "เด็กชาย", "ด.ญ.": "เด็กหญิง"}


def split_honorific(name: str) -> tuple[str, str]:
    """The honorifics in front of a name ("" where there is none) and the rest, both normalised.

    >>> split_honorific("ผศ.ดร.สมชาย ใจดี")
    ('ผศ.ดร.', 'สมชาย ใจดี')
    """
    text, end = normalise(name), 0
    while found := _HONORIFIC.match(text, end):
        given = text[found.end() :].partition(" ")[0]
        if len(given) < _SHORTEST_NAME:
            break
        end = found.end()
    return text[:end].strip(), text[end:]


def same_honorific(one: str, other: str) -> bool:
    """Whether two honorifics are the same, one of them perhaps shortened."""
    return _IN_FULL.get(one, one) == _IN_FULL.get(other, other)


def name_key(name: str) -> str:
    """What a person of this whole name (given and family name, perhaps honorifics) has as `sort_key`; empty
    for no name.

    >>> name_key("นางสาวพิมพ์ชนก  ณ อยุธยา") == sort_key("พิมพ์ชนก", "ณ อยุธยา")
    True
    """
    given, _, family = split_honorific(name)[1].partition(" ")
    return sort_key(given, family) if given else ""
