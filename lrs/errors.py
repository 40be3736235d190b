"""What the record store can answer besides success.

LrsError                500
├── BadStatement        400   a statement breaks the specification
├── BadRequest          400   a request does: its parameters, headers or JSON
├── Unauthorized        401   no credential, or a wrong or revoked one
├── Forbidden           403   a good credential without the scope
├── NotFound            404
├── NoSuchMethod        405   the resource is there, its method is not
├── Conflict            409   there is another statement, or a document not spoken of
├── PreconditionFailed  412   If-Match or If-None-Match does not hold
├── TooLarge            413
├── Unsupported         415   a body that is not JSON
└── Busy                503   shutting down, or the database does not answer
"""

from collections.abc import Iterable
from typing import ClassVar


class LrsError(Exception):
    """A refusal, with the HTTP status it becomes. The message goes to the client as it is."""

    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        # Headers that the answer must have besides.
        self.headers: dict[str, str] = {}


class BadStatement(LrsError):
    """A statement breaks the specification; the message names the property and the section."""

    status = 400


class BadRequest(LrsError):
    """A request breaks the specification: its parameters, headers or JSON."""

    status = 400


class Unauthorized(LrsError):
    """No credential, or one that does not hold; the answer never says which."""

    status = 401


class Forbidden(LrsError):
    """A credential that holds, without the scope."""

    status = 403


class NotFound(LrsError):
    """Nothing is stored under that name, or this credential may not see it."""

    status = 404


class NoSuchMethod(LrsError):
    """The resource has methods, but not that one."""

    status = 405

    def __init__(self, methods: Iterable[str]) -> None:
        super().__init__("this resource has no such method")
        self.headers["Allow"] = ", ".join(methods)


class Conflict(LrsError):
    """A different statement is stored under the same id, or a document that the request does not speak of."""

    status = 409


class PreconditionFailed(LrsError):
    """If-Match or If-None-Match does not hold for the document that is stored."""

    status = 412


class TooLarge(LrsError):
    """The body is larger than the server accepts."""

    status = 413


class Unsupported(LrsError):
    """The body is of a kind the server does not read."""

    status = 415


class Busy(LrsError):
    """The server cannot store now; the same request may succeed later."""

    status = 503
