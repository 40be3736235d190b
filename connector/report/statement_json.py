"""A statement as indented JSON in HTML, with links to what it speaks of. Pure."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

# Beyond this nobody reads on, and a browser becomes slow.
MOST_CHARACTERS = 200_000
# A text in JSON; with a colon it is a name, and leads nowhere.
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*":?')


def linked(body: bytes) -> Markup:
    """The JSON, with links to statements it refers to and to lists by verb, activity and registration."""
    statement = json.loads(body)
    pretty = _json(statement)[:MOST_CHARACTERS]
    hrefs = {_json(text): href for text, href in _links(statement)}
    pieces, end = [], 0
    for found in _TEXT.finditer(pretty):
        href = hrefs.get(found[0])
        if href is not None:
            pieces += [
                escape(pretty[end : found.start()]),
                Markup('<a href="{}">{}</a>').format(href, found[0]),
            ]
            end = found.end()
    return Markup("").join([*pieces, escape(pretty[end:])])


def is_cut(body: bytes) -> bool:
    """Whether `linked` leaves out the end."""
    return len(body) > MOST_CHARACTERS // 2 and len(_json(json.loads(body))) > MOST_CHARACTERS


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _links(statement: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each text that leads somewhere, and the address."""
    context = statement.get("context", {})
    yield statement["verb"]["id"], _list("verb", statement["verb"]["id"])
    for reference in (statement["object"], context.get("statement", {})):
        if reference.get("objectType") == "StatementRef":
            yield reference["id"], f"/statements/{reference['id'].lower()}"
    # Lists by activity are of what statements are about, not of what they mention beside it.
    if statement["object"].get("objectType", "Activity") == "Activity":
        yield statement["object"]["id"], _list("activity", statement["object"]["id"])
    if "registration" in context:
        yield context["registration"], _list("registration", context["registration"])
    if statement["object"].get("objectType") == "SubStatement":
        yield from _links(statement["object"])


def _list(name: str, value: str) -> str:
    return f"/statements?{urlencode({name: value})}"
