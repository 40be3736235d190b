"""The link by which somebody stops reminders without signing in: signed, and without a word that names them.

It never ends, as a reminder may be read years later, and opens nothing else.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from uuid import UUID

PATH = "/reminders/stop/"
_MARK = 16


def stop_token(key: bytes, person_uuid: str) -> str:
    """What stands in the link of a person."""
    known = UUID(person_uuid).bytes
    return urlsafe_b64encode(known + _mark(key, known)).decode().rstrip("=")


def person_of(key: bytes, token: str) -> str | None:
    """The UUID of the person whose link it is; None: no link of ours."""
    try:
        read = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (NoBase64, ValueError):
        return None
    known, mark = read[:16], read[16:]
    if len(known) != 16 or not hmac.compare_digest(mark, _mark(key, known)):
        return None
    return str(UUID(bytes=known))


def _mark(key: bytes, known: bytes) -> bytes:
    return hmac.digest(key, b"stop reminders " + known, "sha256")[:_MARK]
