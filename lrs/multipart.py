"""multipart/mixed (RFC 2046) as a stream of parts, read and written (xAPI Communication 1.5.2)."""

import logging
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from lrs.errors import BadRequest

_BOUNDARY = re.compile(rb"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_SECTION = "(xAPI Communication 1.5.2, RFC 2046)"
# Octets that are written at once: many small parts are no many small writes.
_BLOCK = 64 * 1024
_DONE = object()
_PART_DONE = object()

# The client is told what is wrong with its body; the log need not be.
logging.getLogger("python_multipart").setLevel(logging.ERROR)


def boundary_of(content_type: str) -> str:
    """The boundary that a Content-Type names. Raises BadRequest where it names none, or a wrong one."""
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    if _BOUNDARY.fullmatch(boundary) is None:
        raise BadRequest(f"Content-Type multipart/mixed must name a boundary {_SECTION}")
    return boundary.decode("ascii")


class Reader:
    """The parts of a body, one after the other: `part`, then `data` to its end, and again.

    Holds no more than what one chunk of `stream` brought. Raises BadRequest where the body is malformed or
    ends before its closing boundary; what follows that is never read.
    """

    def __init__(self, stream: AsyncIterator[bytes], boundary: str) -> None:
        self._stream = stream
        self._events: deque[object] = deque()
        self._headers: dict[str, str] = {}
        self._name = self._value = b""
        self._parser = MultipartParser(
            boundary.encode("ascii"),
            {
                "on_part_begin": self._begin,
                "on_header_field": self._on_name,
                "on_header_value": self._on_value,
                "on_header_end": self._end_header,
                "on_headers_finished": lambda: self._events.append(self._headers),
                "on_part_data": lambda data, start, end: self._events.append(data[start:end]),
                "on_part_end": lambda: self._events.append(_PART_DONE),
                "on_end": lambda: self._events.append(_DONE),
            },
        )

    async def part(self) -> Mapping[str, str] | None:
        """The headers of the next part, their names in lower case; None after the last."""
        event = await self._next()
        return event if isinstance(event, dict) else None

    async def data(self) -> AsyncIterator[bytes]:
        """The content of the part whose headers were read last."""
        while isinstance(event := await self._next(), bytes):
            yield event

    async def _next(self) -> object:
        while not self._events:
            chunk = await anext(self._stream, None)
            if chunk is None:
                raise BadRequest(f"the body ends before its closing boundary {_SECTION}")
            try:
                self._parser.write(chunk)
            except FormParserError:
                raise BadRequest(f"the body is not well-formed multipart/mixed {_SECTION}") from None
        return self._events.popleft()

    def _begin(self) -> None:
        self._headers = {}

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("latin-1").strip()
        self._name = self._value = b""


@dataclass(frozen=True, slots=True)
class Part:
    """A part to be written: `data` is called once and gives `size` octets."""

    headers: Mapping[str, str]
    size: int
    data: Callable[[], Iterable[bytes]]


class Mixed:
    """A body of parts: its Content-Type, its length in octets, and its content as a stream."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._boundary = token_hex(16)

    @property
    def content_type(self) -> str:
        """For the header."""
        return f"multipart/mixed; boundary={self._boundary}"

    def __len__(self) -> int:
        return sum(len(self._opening(part)) + part.size + 2 for part in self._parts) + len(self._closing())

    def __iter__(self) -> Iterator[bytes]:
        waiting = bytearray()
        for piece in self._pieces():
            waiting += piece
            if len(waiting) >= _BLOCK:
                yield bytes(waiting)
                waiting.clear()
        yield bytes(waiting)

    def _pieces(self) -> Iterator[bytes]:
        for part in self._parts:
            yield self._opening(part)
            yield from part.data()
            yield b"\r\n"
        yield self._closing()

    def _opening(self, part: Part) -> bytes:
        headers = "".join(f"{name}: {value}\r\n" for name, value in part.headers.items())
        return f"--{self._boundary}\r\n{headers}\r\n".encode("ascii")

    def _closing(self) -> bytes:
        return f"--{self._boundary}--\r\n".encode("ascii")
