"""Certificate codes as people paste them: several in a cell, as codes or as addresses. Pure."""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from connector.imports.errors import BadValueError
from connector.imports.values import Cell, national_id_of, text_of
from mappings.thai_text import arabic_digits

_BETWEEN = re.compile(r"[\s,;|、]+")
_AROUND = "()[]<>\"'“”‘’.:*•·=-–—_/\\"
_NUMBERED = re.compile(r"\d{1,2}[.)]+")
_NUMBER = re.compile(r"^\d{1,2}\)")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+\-]*")
_WORDS = frozenset(
    ["certificate", "certificates", "cert", "code", "codes", "no", "number", "link", "url", "id", "verify"]
)
_THAI = re.compile("[\u0e00-\u0e7f]+")
_NOT_CODES = re.compile(
    r"(?:certificates?|certs?|verify|verification|view|download|index|credentials?|user|course|en|th|pdf|html?|v\d)",
    re.IGNORECASE,
)
_ENDING = re.compile(r"\.(?:pdf|png|jpe?g|html?|php|aspx)$", re.IGNORECASE)
_PARAMETERS = (
    "code",
    "certificate",
    "cert",
    "certificate_id",
    "cert_id",
    "certid",
    "uuid",
    "verify",
    "token",
    "id",
)
_SHORTEST = 4


class Code(NamedTuple):
    """A certificate's code in one spelling, and the address it was pasted as, if it was."""

    code: str
    url: str


def codes_of(cell: Cell) -> list[Code]:
    """All codes of a cell, each as often as it is there. Raises BadValueError where there is none, or
    something that is no code.

    >>> codes_of("1) abc-123 | https://c.example/certificates/ABC-124,")
    [Code(code='ABC-123', url=''), Code(code='ABC-124', url='https://c.example/certificates/ABC-124')]
    """
    tokens = _BETWEEN.split(arabic_digits(text_of(cell)))
    found = [code for token in tokens if (code := _code(token))]
    if not found:
        raise BadValueError("has no certificate code and no address")
    return found


def _code(token: str) -> Code | None:
    """The code in a piece of the cell; None for a bullet, a number of the list or a word around codes."""
    if _NUMBERED.fullmatch(token):
        return None
    token = _NUMBER.sub("", token)
    if "://" in token or token.lower().startswith("www."):
        url = token.strip("()[]<>\"'.,;")
        return Code(_code_of_url(url), url)
    bare = _THAI.sub("", token).strip(_AROUND)
    if not bare or bare.casefold() in _WORDS or (bare.isdigit() and len(bare) < _SHORTEST):
        return None
    prefix, _, rest = bare.rpartition(":")
    bare = rest.strip(_AROUND) if prefix.casefold() in _WORDS else bare
    if not _CODE.fullmatch(bare) or len(bare) < _SHORTEST or not any(sign.isdigit() for sign in bare):
        raise BadValueError("holds something that is neither a certificate code nor an address")
    if _is_national_id(bare):
        raise BadValueError("holds what looks like a national id: is it in the wrong column?")
    return Code(bare.upper(), "")


def _is_national_id(text: str) -> bool:
    try:
        return national_id_of(text) is not None
    except BadValueError:
        return False


def _code_of_url(url: str) -> str:
    """The parameter that holds it, else the last part of the path that may be one, else the address."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    given = {name.lower(): value for name, value in parse_qsl(parts.query)}
    named = next((given[name] for name in _PARAMETERS if given.get(name)), "")
    steps = [_ENDING.sub("", unquote(step)) for step in parts.path.split("/")]
    fitting = [step for step in steps if len(step) >= _SHORTEST and not _NOT_CODES.fullmatch(step)]
    whole = f"{parts.hostname or ''}{parts.path}"
    return (named or (fitting[-1] if fitting else whole)).strip(_AROUND).upper()
