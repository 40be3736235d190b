"""What is sent of a stored statement, and whether a target holds the same. Pure but for attachments."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from lrs import multipart, values
from lrs.attachments import Folder
from lrs.clock import to_micros
from lrs.comparison import fingerprint
from lrs.statement_body import attachment_parts
from lrs.validation import VOIDED
from mappings.erase import PSEUDONYM

# What this store assigned: the target assigns its own.
_ASSIGNED = ("authority", "stored", "version")
_ERASED = re.compile(rb'"name":"' + PSEUDONYM.encode() + rb"[0-9a-f]{8}-")


class Letter(NamedTuple):
    """A stored statement on its way; `stored` is its JSON as it stands here."""

    seq: int
    id: str
    stored: dict[str, Any]

    @property
    def document(self) -> dict[str, Any]:
        """What is sent."""
        return {name: value for name, value in self.stored.items() if name not in _ASSIGNED}


def letter(seq: int, body: bytes) -> Letter | None:
    """The letter of a stored statement; None: it speaks of somebody who was erased.

    What was sent before the erasure must not come again under a pseudonym. Voiding ones take back what was
    sent, whoever signed them.
    """
    stored = orjson.loads(body)
    if _ERASED.search(body) and stored["verb"]["id"] != VOIDED:
        return None
    return Letter(seq, stored["id"], stored)


def body_of(letters: Sequence[Letter], folder: Folder) -> tuple[str, bytes | multipart.Mixed]:
    """Content-Type and body of a request with these letters, with the attachments that are held here."""
    content = orjson.dumps([one.document for one in letters])
    parts = list(attachment_parts([one.stored for one in letters], folder))
    if not parts:
        return "application/json", content
    first = multipart.Part({"Content-Type": "application/json"}, len(content), lambda: (content,))
    mixed = multipart.Mixed([first, *parts])
    return mixed.content_type, mixed


def is_same(one: Letter, found: object) -> bool:
    """Whether what a target holds is this statement; stores may cut times to the millisecond."""
    try:
        return _marks(one.stored) == _marks(found)
    except (KeyError, TypeError, AttributeError, ValueError):
        return False


def _marks(statement: Any) -> tuple[bytes, int | None]:
    moment = values.instant(statement["timestamp"])
    return fingerprint(statement), None if moment is None else to_micros(moment) // 1000
