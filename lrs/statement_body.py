"""Statements and their attachments as one body, received and answered (xAPI Communication 1.5)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lrs import multipart, signature
from lrs.attachments import Folder, Incoming, is_sha2, listed
from lrs.errors import BadRequest, BadStatement, Busy, TooLarge, Unsupported
from lrs.json_input import parse
from lrs.requests import json_body, media_type, stream
from lrs.service import Limits, Service
from lrs.statement import Actor, actor_of

HASH_HEADER = "X-Experience-API-Hash"
_ENCODING_HEADER = "Content-Transfer-Encoding"
_SECTION = "(xAPI Communication 1.5.2)"
# Octets that are hashed and written at once, beside the event loop.
_BLOCK = 256 * 1024
# Batches above this are checked beside the event loop, not in it.
_LARGE_BATCH = 100
# What was stored may be a page with a script: no browser is to run it.
_INERT = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}


class Sent:
    """What a request brought. `statements` is parsed JSON, not validated."""

    def __init__(self, statements: Any, limits: Limits, parts: Sequence[Incoming] = ()) -> None:
        self.statements = statements
        self._limits = limits
        self._all = parts
        # One hash may come twice.
        self._parts = {one.sha2: one for one in parts}

    def discard(self) -> None:
        """Remove what came and was not kept."""
        _discard(self._all)

    async def keep(self, statements: Sequence[dict[str, Any]], version: str, owner: Actor) -> None:
        """Check that each attachment of these valid statements is there, and make the files durable.

        Raises BadStatement, naming statement and attachment from 0, for attachments without data and for
        signatures that do not hold.
        """
        if self._parts or len(statements) > _LARGE_BATCH:
            await run_in_threadpool(self._keep, statements, version, owner)
        else:
            self._check_all(statements, version)

    def _keep(self, statements: Sequence[dict[str, Any]], version: str, owner: Actor) -> None:
        self._check_all(statements, version)
        try:
            for one in self._parts.values():
                one.keep(owner)
        except OSError as error:
            raise Busy("the attachments could not be stored; please try again") from error

    def _check_all(self, statements: Sequence[dict[str, Any]], version: str) -> None:
        for index, statement in enumerate(statements):
            for path, attachment in listed(statement):
                try:
                    self._check(attachment)
                    # A SubStatement has no signature of its own.
                    if signature.is_signature(attachment) and path.startswith("statement.attachments"):
                        self._check_signature(attachment, statement, version)
                except BadStatement as error:
                    raise BadStatement(f"statement {index}: {path} {error.message}") from None

    def _check(self, attachment: dict[str, Any]) -> None:
        # The hash says which data is meant. The length is the client's word: ADL's own suite sends another.
        if attachment["sha2"].lower() not in self._parts and "fileUrl" not in attachment:
            raise BadStatement("must have a fileUrl, or a part with its sha2 (xAPI Data 2.4.11)")

    def _check_signature(self, attachment: dict[str, Any], statement: dict[str, Any], version: str) -> None:
        part = self._parts.get(attachment["sha2"].lower())
        if attachment["contentType"] != signature.CONTENT_TYPE:
            raise BadStatement(f"signs, so its contentType must be {signature.CONTENT_TYPE} (xAPI Data 2.6)")
        if part is None:
            raise BadStatement("signs, so it must come as a part (xAPI Data 2.6)")
        signature.check_size(part.size)
        signature.check(part.content(), statement, version, self._limits.json_depth)


async def received(request: Request, service: Service, folder: Folder | None) -> Sent:
    """The body of a request that stores statements; in the end `discard` removes what was not kept.

    Attachments are written to the folder as they come, if a statement of the first part names them. Raises
    BadRequest, BadStatement, TooLarge, Unsupported, or Busy where the folder cannot be used.
    """
    if media_type(request) != "multipart/mixed":
        return Sent(await json_body(request, service.limits), service.limits)
    if folder is None:
        raise Unsupported("this record store keeps no attachments: multipart/mixed is not accepted")
    parts: list[Incoming] = []
    boundary = multipart.boundary_of(request.headers["content-type"])
    reader = multipart.Reader(stream(request), boundary)
    try:
        statements = await _first_part(reader, service.limits)
        await _other_parts(reader, _named(statements), parts, folder, service.limits)
    except BaseException:
        _discard(parts)
        raise
    return Sent(statements, service.limits, parts)


def _discard(parts: Iterable[Incoming]) -> None:
    for one in parts:
        one.discard()


async def _first_part(reader: multipart.Reader, limits: Limits) -> Any:
    headers = await reader.part()
    kind = (headers or {}).get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise BadRequest(f"the first part must hold the statements as application/json {_SECTION}")
    pieces, size = [], 0
    async for piece in reader.data():
        size += len(piece)
        if size > limits.body_octets:
            raise TooLarge(f"the first part is larger than {limits.body_octets} octets")
        pieces.append(piece)
    return parse(b"".join(pieces), limits.json_depth)


def _named(statements: Any) -> dict[str, str]:
    """The hashes, in lower case, that statements name, and where; what is not valid is found wrong later."""
    found: dict[str, str] = {}
    for index, statement in enumerate(statements if isinstance(statements, list) else [statements]):
        for path, attachment in listed(statement):
            sha2 = attachment.get("sha2")
            if isinstance(sha2, str) and is_sha2(sha2):
                found.setdefault(sha2.lower(), f"statement {index}: {path}")
    return found


async def _other_parts(
    reader: multipart.Reader,
    named: Mapping[str, str],
    parts: list[Incoming],
    folder: Folder,
    limits: Limits,
) -> None:
    """Write each part to a file, added to `parts`."""
    while (headers := await reader.part()) is not None:
        number = len(parts) + 2
        if len(parts) == limits.attachments:
            raise TooLarge(f"a request may bring {limits.attachments} attachments")
        sha2 = _hash_of(headers, f"part {number}")
        if sha2 not in named:
            raise BadRequest(f"part {number}: no statement names its {HASH_HEADER} {_SECTION}")
        try:
            parts.append(await run_in_threadpool(folder.incoming, sha2))
            await _write(reader, parts[-1], named[sha2], limits.attachment_octets)
        except OSError as error:
            raise Busy("the attachments could not be stored; please try again") from error


def _hash_of(headers: Mapping[str, str], part: str) -> str:
    if headers.get(_ENCODING_HEADER.lower(), "").lower() != "binary":
        raise BadRequest(f"{part}: {_ENCODING_HEADER} must be binary {_SECTION}")
    if HASH_HEADER.lower() not in headers:
        raise BadRequest(f"{part} must have the header {HASH_HEADER} {_SECTION}")
    return headers[HASH_HEADER.lower()].lower()


async def _write(reader: multipart.Reader, part: Incoming, where: str, most_octets: int) -> None:
    pieces, waiting, size = [], 0, 0
    async for piece in reader.data():
        size += len(piece)
        if size > most_octets:
            raise TooLarge(f"{where} is larger than {most_octets} octets")
        pieces.append(piece)
        waiting += len(piece)
        if waiting >= _BLOCK:
            await run_in_threadpool(part.write, pieces)
            pieces, waiting = [], 0
    await run_in_threadpool(part.write, pieces)
    if not await run_in_threadpool(part.finish):
        raise BadStatement(f"{where} has a part with another SHA-2 (xAPI Data 2.4.11)")


# ---- answering ----------------------------------------------------------------------------------


def mixed_response(
    content: bytes, statements: Sequence[dict[str, Any]], folder: Folder | None, headers: Mapping[str, str]
) -> Response:
    """`content` as the first part, then the attachments of these statements that are held, each hash once."""
    first = multipart.Part({"Content-Type": "application/json"}, len(content), lambda: (content,))
    parts = [] if folder is None else attachment_parts(statements, folder)
    mixed = multipart.Mixed([first, *parts])
    return StreamingResponse(
        mixed,
        headers={**headers, **_INERT, "Content-Length": str(len(mixed))},
        media_type=mixed.content_type,
    )


def attachment_parts(statements: Sequence[dict[str, Any]], folder: Folder) -> Iterator[multipart.Part]:
    """The attachments of stored statements that are held, each hash once."""
    seen: set[str] = set()
    for statement in statements:
        for _path, attachment in listed(statement):
            sha2 = attachment["sha2"].lower()
            part = None if sha2 in seen else _part(attachment, sha2, actor_of(statement["authority"]), folder)
            if part is not None:
                seen.add(sha2)
                yield part


def _part(attachment: Mapping[str, Any], sha2: str, owner: Actor, folder: Folder) -> multipart.Part | None:
    size = folder.size(sha2, owner)
    if size is None:
        return None
    headers = {
        "Content-Type": _header(attachment["contentType"]),
        _ENCODING_HEADER: "binary",
        HASH_HEADER: sha2,
    }
    return multipart.Part(headers, size, lambda: folder.pieces(sha2, owner))


def _header(content_type: str) -> str:
    """The type, if it can stand in a header."""
    clean = content_type.isascii() and content_type.isprintable()
    return content_type if clean else "application/octet-stream"
