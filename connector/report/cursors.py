"""Where the next page of an answer begins: an opaque word that pins what the first page was about.

All pages of one answer are of the same two times, whatever comes to be known while they are read.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass

from connector.report.errors import WrongTime


@dataclass(frozen=True, slots=True)
class Cursor:
    """`about`: the question, which a cursor of another one does not answer; `start`: rows before it."""

    about: str
    as_of: str
    known_at: str
    start: int


def write_cursor(cursor: Cursor) -> str:
    """As it stands in an address."""
    return urlsafe_b64encode(json.dumps(list(asdict(cursor).values())).encode()).decode().rstrip("=")


def read_cursor(word: str, about: str) -> Cursor:
    """Raises WrongTime: it is none, or one of another question."""
    try:
        found = Cursor(*json.loads(urlsafe_b64decode(word.encode() + b"=" * (-len(word) % 4))))
    except (ValueError, TypeError, RecursionError):
        found = None
    if found is None or not _is_whole(found) or found.about != about:
        raise WrongTime(
            "cursor",
            "ต้องมาจากคำตอบหน้าก่อนของคำถามเดียวกัน",
            "must be the `next` of an earlier page of the same question",
        )
    return found


def _is_whole(cursor: Cursor) -> bool:
    words = (cursor.about, cursor.as_of, cursor.known_at)
    known = all(isinstance(one, str) for one in words)
    return known and type(cursor.start) is int and 0 <= cursor.start < 2**31
