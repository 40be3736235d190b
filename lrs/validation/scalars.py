"""Checks of the simple values. A value itself is never quoted in a message: it may be personal."""

from collections.abc import Callable
from math import inf
from typing import Any

from lrs import values
from lrs.validation.checks import Broken, Rule
from lrs.values import Form


def _of_form(form: Form, what: str, section: str) -> Rule:
    seen, holds, problem = form.seen, form.holds, f"must be {what}"

    def check(value: Any) -> None:
        if not isinstance(value, str) or (value not in seen and not holds(value)):
            raise Broken(problem, section)

    return check


def _matching(holds: Callable[[str], object], what: str, section: str) -> Rule:
    problem = f"must be {what}"

    def check(value: Any) -> None:
        if not isinstance(value, str) or not holds(value):
            raise Broken(problem, section)

    return check


iri = _of_form(values.IRI, "an absolute IRI", "2.2")
media_type = _of_form(values.MEDIA_TYPE, "an Internet media type", "2.4.11")
language = _of_form(values.LANGUAGE, "an RFC 5646 language tag", "4.2")
duration = _of_form(values.DURATION, "an ISO 8601 duration", "4.6")
uuid = _matching(values.is_uuid, "a UUID in its usual form", "2.4.1")
mbox = _matching(values.is_mbox, "a mailto: address", "2.4.2.3")
sha1 = _matching(values.is_sha1, "40 hexadecimal digits", "2.4.2.3")
sha2 = _matching(values.is_sha2, "a SHA-2 hash in hexadecimal", "2.4.11")
timestamp = _matching(values.instant, "an ISO 8601 date and time", "4.5")
zoned_timestamp = _matching(values.is_rfc_3339, "an RFC 3339 date and time, with a zone", "4.5")


def string(value: Any) -> None:
    """Any string."""
    if not isinstance(value, str):
        raise Broken("must be a string", "2.2")


def boolean(value: Any) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise Broken("must be true or false", "2.2")


def number(value: Any) -> None:
    """A finite number; a boolean is none."""
    if type(value) not in (int, float) or not -inf < value < inf:
        raise Broken("must be a number", "2.2")


def length(value: Any) -> None:
    """A whole number of octets."""
    if type(value) is not int or value < 0:
        raise Broken("must be a whole number, 0 or more", "2.4.11")


_languages, _is_language = values.LANGUAGE.seen, values.LANGUAGE.holds
_iris, _is_iri = values.IRI.seen, values.IRI.holds


def language_map(value: Any) -> None:
    """An object of strings by language tag."""
    if not isinstance(value, dict):
        raise Broken("must be a language map", "4.2")
    for tag, text in value.items():
        if tag not in _languages and not _is_language(tag):
            raise Broken("must be an RFC 5646 language tag", "4.2", f": the key {tag[:40]!r}")
        if not isinstance(text, str):
            raise Broken("must be a string", "2.2", f".{tag}")


def extensions(value: Any) -> None:
    """An object of anything by IRI."""
    if not isinstance(value, dict):
        raise Broken("must be an object", "4.1")
    for key in value:
        if key not in _iris and not _is_iri(key):
            raise Broken(f"has a key that is no IRI: {key[:80]!r}", "4.1")
