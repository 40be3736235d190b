"""The headers of a request, read once: looking through them anew for each costs more than all the rest."""

from starlette.requests import Request

_KEY = "xapi.headers"


def header(request: Request, name: bytes) -> str | None:
    """The value of a header, by its name in lower case: the first, where it comes more than once."""
    lines = request.scope["headers"]
    read: tuple[object, dict[bytes, bytes]] | None = request.scope.get(_KEY)
    # A request that stands for another is a copy with headers of its own (lrs.alternate).
    if read is None or read[0] is not lines:
        read = request.scope[_KEY] = (lines, dict(reversed(lines)))
    value = read[1].get(name)
    return None if value is None else value.decode("latin-1")
