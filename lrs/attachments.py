"""Attachments as files, under the hash of their content (xAPI Data 2.4.11).

`ab/abcd….OWNER` in the folder holds the content whose SHA-2 is `abcd…`, sent by OWNER. Each sender has its
own: otherwise whoever knew a hash could name it in a statement and read what another one sent.
`incoming/` holds what is being received. Files are complete and durable before a statement names them, so
a request that is refused as late as by the database may leave a file that no statement names; none is
ever served.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from lrs.statement import Actor

# By the number of hexadecimal digits.
_ALGORITHMS = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}
_HEXADECIMAL = re.compile("[0-9a-fA-F]+")
_PIECE = 256 * 1024
# What a process that crashed left behind is removed after this; a transfer writes far more often.
_ABANDONED_SECONDS = 24 * 3600


def is_sha2(text: str) -> bool:
    """Whether a string is a SHA-2 hash in hexadecimal, of one of its four lengths."""
    return len(text) in _ALGORITHMS and _HEXADECIMAL.fullmatch(text) is not None


def listed(statement: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path and object of each attachment of a statement and of its SubStatement.

    The statement need not be valid: what is no attachment is left out.
    """
    holders = {"statement": statement}
    if isinstance(statement, dict):
        holders["statement.object"] = statement.get("object")
    for path, holder in holders.items():
        attachments = holder.get("attachments") if isinstance(holder, dict) else None
        for index, one in enumerate(attachments if isinstance(attachments, list) else ()):
            if isinstance(one, dict):
                yield f"{path}.attachments[{index}]", one


class Incoming:
    """One attachment while it is received, as a temporary file. `keep` or `discard` ends it."""

    def __init__(self, folder: Path, sha2: str) -> None:
        """`sha2` in lower case, of one of the lengths of SHA-2."""
        self.sha2 = sha2
        self.size = 0
        self._folder = folder
        self._hash = _ALGORITHMS[len(sha2)]()
        _make(folder / "incoming")
        self._path = folder / "incoming" / uuid4().hex
        number = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(number, "wb")

    def write(self, pieces: Iterable[bytes]) -> None:
        """Append."""
        for piece in pieces:
            self._file.write(piece)
            self._hash.update(piece)
            self.size += len(piece)

    def finish(self) -> bool:
        """All is written; whether it is what `sha2` says."""
        self._file.close()
        return self._hash.hexdigest() == self.sha2

    def content(self) -> bytes:
        """All of it, once it is finished."""
        return self._path.read_bytes()

    def keep(self, owner: Actor) -> None:
        """Move it to its place, durably; where the same is there already, that stays. Once it is finished."""
        target = _place(self._folder, self.sha2, owner)
        _make(target.parent)
        if target.exists() and target.stat().st_size == self.size:
            self.discard()
        else:
            _sync(self._path)
            self._path.replace(target)
        # Also where it was there: another process may have put it there a moment ago.
        _sync(target.parent)
        _sync(self._folder)

    def discard(self) -> None:
        """Remove the temporary file, if it is still there."""
        self._path.unlink(missing_ok=True)
        # What is still to be written to a full disk need not be.
        with suppress(OSError):
            self._file.close()


class Folder:
    """The folder; several processes may share it. It is made when the first attachment comes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with suppress(FileNotFoundError):
            _remove_abandoned(path / "incoming")

    def incoming(self, sha2: str) -> Incoming:
        """A new attachment with that hash, in lower case."""
        return Incoming(self._path, sha2)

    def size(self, sha2: str, owner: Actor) -> int | None:
        """Octets of what the owner sent under a hash; None where there is nothing."""
        try:
            return _place(self._path, sha2, owner).stat().st_size
        except FileNotFoundError:
            return None

    def pieces(self, sha2: str, owner: Actor) -> Iterator[bytes]:
        """What the owner sent under a hash. Raises FileNotFoundError where there is nothing."""
        with _place(self._path, sha2, owner).open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    def remove(self, sha2: str, owner: Actor) -> None:
        """Delete what the owner sent under a hash, if it is there."""
        _place(self._path, sha2, owner).unlink(missing_ok=True)


def _place(folder: Path, sha2: str, owner: Actor) -> Path:
    tag = hashlib.sha256(owner.key.encode()).hexdigest()[:16]
    return folder / sha2[:2] / f"{sha2}.{tag}"


def _make(folder: Path) -> None:
    """Make a folder that only its owner can use, durably."""
    if folder.exists():
        return
    _make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    """Bring a file's content, or a folder's entries, to the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _remove_abandoned(folder: Path) -> None:
    limit = time.time() - _ABANDONED_SECONDS
    for one in folder.iterdir():
        with suppress(FileNotFoundError):
            if one.stat().st_mtime < limit:
                one.unlink()
