"""Thai text in one spelling for matching, and in one order for sorting.

`normalise` unifies what looks the same; `sort_key` orders as the Royal Institute's dictionary does:
a vowel written before its consonant is read after it, and tone marks decide last.
"""

import re
import unicodedata
from functools import lru_cache

# Decomposed sara am: nikhahit, perhaps a tone mark, sara aa. NFC leaves it so.
_SARA_AM = re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32")
# Some keyboards put the tone mark before the nikhahit.
_SARA_AM_TONE_FIRST = re.compile("([\u0e48-\u0e4b])\u0e4d\u0e32")
_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
# Nikhahit, or something invisible: most texts have neither.
_ODD = re.compile("[\u0e4d\u00ad\u200b-\u200d\u2060\ufeff]")
_MOST_KEPT = 4096
_LEADING_VOWEL = re.compile("([\u0e40-\u0e44])([\u0e01-\u0e2e])")
# mai taikhu, the four tone marks, thanthakhat: weighed only where the letters are equal
_MARKS = "\u0e47\u0e48\u0e49\u0e4a\u0e4b\u0e4c"
_MARK = re.compile(f"[{_MARKS}]")
_THAI_DIGITS = {0x0E50 + value: str(value) for value in range(10)}
_NOT_SORTED = re.compile("[^\\w\u0e30-\u0e4e]|[ๆฯ_]")


@lru_cache(_MOST_KEPT)
def normalise(text: str) -> str:
    """One spelling: NFC, sara am as U+0E33, no invisible characters, single plain spaces."""
    odd = _ODD.search(text) is not None
    if odd:
        text = _SARA_AM.sub("\\1\u0e33", text)
        text = _SARA_AM_TONE_FIRST.sub("\\1\u0e33", text)
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if odd:
        text = text.translate(_INVISIBLE)
    return " ".join(text.split())


def arabic_digits(text: str) -> str:
    """Thai digits ๐-๙ as 0-9; everything else as it is."""
    return text if text.isascii() else text.translate(_THAI_DIGITS)


def sort_key(*parts: str) -> str:
    """An opaque key (hexadecimal digits) that sorts as the dictionary sorts `parts`, one after another.

    Hexadecimal, because every collation of every database orders those alike. Spaces and punctuation do
    not count, as in the Unicode collation for Thai; sort a name as `sort_key(given, family)`.
    """
    return "\x01".join(_sort_text(part) for part in parts).encode("utf-16-be").hex()


@lru_cache(_MOST_KEPT)
def _sort_text(text: str) -> str:
    plain = arabic_digits(normalise(text)).casefold()
    letters = _LEADING_VOWEL.sub(r"\2\1", _NOT_SORTED.sub("", plain))
    if _MARK.search(letters) is None:
        return f"{letters}\x02"
    bare: list[str] = []
    weights: list[str] = []
    for letter in letters:
        if letter in _MARKS:
            weights[-1:] = [chr(0x10 + _MARKS.index(letter) + 1)]
        else:
            bare.append(letter)
            weights.append(chr(0x10))
    return "".join(bare) + "\x02" + "".join(weights).rstrip(chr(0x10))
