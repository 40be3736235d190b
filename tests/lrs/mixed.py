"""multipart/mixed as clients write and read it, with none of the store's own code (Communication 1.5.2)."""

import email
import email.policy
from hashlib import sha256
from typing import Any

import orjson

BOUNDARY = "-------314159265358979323846"


def attachment(content: bytes, **changes: Any) -> dict[str, Any]:
    """What a statement says of an attachment with that content."""
    return {
        "usageType": "https://example.org/attachment",
        "display": {"en": "A test"},
        "contentType": "application/octet-stream",
        "length": len(content),
        "sha2": sha256(content).hexdigest(),
        **changes,
    }


def part(content: bytes, **changes: str | None) -> bytes:
    """A part for an attachment, from its first header on; `changes` None: the header is left out."""
    fields = {
        "Content-Type": "application/octet-stream",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": sha256(content).hexdigest(),
        **changes,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    return lines.encode() + b"\r\n" + content + b"\r\n"


def body(statements: object, *parts: bytes, boundary: str = BOUNDARY) -> bytes:
    """Statements as the first part, then the others."""
    first = b"Content-Type: application/json\r\n\r\n" + orjson.dumps(statements) + b"\r\n"
    line = f"--{boundary}".encode()
    return (
        b"".join(line + b"\r\n" + one.removeprefix(line + b"\r\n") for one in (first, *parts))
        + line
        + b"--\r\n"
    )


def headers(boundary: str = BOUNDARY) -> dict[str, str]:
    return {"Content-Type": f"multipart/mixed; boundary={boundary}"}


def parsed(content_type: str, content: bytes) -> tuple[Any, list[tuple[dict[str, str], bytes]]]:
    """An answer: the JSON of its first part, then headers and content of the others."""
    kind, _, boundary = content_type.partition("; boundary=")
    assert kind == "multipart/mixed"
    line = f"--{boundary}".encode()
    assert content.startswith(line + b"\r\n")
    assert content.endswith(b"\r\n" + line + b"--\r\n")
    inner = content[len(line) + 2 : -len(line) - 6]
    first, *others = [_split(one) for one in inner.split(b"\r\n" + line + b"\r\n")]
    assert first[0] == {"content-type": "application/json"}
    return orjson.loads(first[1]), others


def _split(one: bytes) -> tuple[dict[str, str], bytes]:
    lines, _, content = one.partition(b"\r\n\r\n")
    message = email.message_from_bytes(lines, policy=email.policy.HTTP)
    return {name.lower(): str(value) for name, value in message.items()}, content
