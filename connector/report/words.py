"""The languages of the pages. A text is named by its Thai; `translations/en.po` says it in English.

Who reads is told by the cookie `thaksa_language`; commands, and whoever chose nothing, read Thai. `_` says a
text in the language of the request, so it stands where a text is made, never in a module's constants: those
that hold texts are `Words`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from babel.messages.pofile import read_po
from markupsafe import Markup

THAI, ENGLISH = "th", "en"
LANGUAGES: Mapping[str, str] = MappingProxyType({THAI: "ไทย", ENGLISH: "English"})
K = TypeVar("K")


class Reading(NamedTuple):
    """How a request reads: its language, and the page that the switch of languages leads back to."""

    language: str = THAI
    page: str = "/"


_THAI = Reading()
_READING: ContextVar[Reading] = ContextVar("thaksa_reading", default=_THAI)


def language() -> str:
    """The language of the request, "th" or "en"."""
    return _READING.get().language


def this_page() -> str:
    """The address of the page that is read, with what it asks."""
    return _READING.get().page


@contextmanager
def reading(language: str, page: str = "/") -> Iterator[None]:
    """What happens within it is said in this language."""
    token = _READING.set(Reading(language, page))
    try:
        yield
    finally:
        _READING.reset(token)


def _(text: str, **values: object) -> str:
    """A text in the language of the request, with `values` for its `%(name)s`."""
    said = gettext(text)
    return said % values if values else said


def shown(text: str, **values: object) -> Markup:
    """A text as templates show it: its `values` are escaped, "%%" stands for a per cent sign."""
    return _markup(gettext(text)) % values if values else _unplaced(gettext(text))


@lru_cache(4096)
def _markup(said: str) -> Markup:
    return Markup(said)  # noqa: S704 - texts are the project's own


@lru_cache(4096)
def _unplaced(said: str) -> Markup:
    return Markup(said) % {}  # noqa: S704 - texts are the project's own


def gettext(text: str) -> str:
    """A text in the language of the request; Thai where it has no English."""
    return text if language() == THAI else _english().get(("", text, 0), text)


def pgettext(context: str, text: str) -> str:
    """A text that means several things in Thai, told apart by `context`."""
    return text if language() == THAI else _english().get((context, text, 0), text)


def ngettext(one: str, many: str, number: int) -> str:
    """A text with a number, which English tells in two ways and Thai in one."""
    return one if language() == THAI else _english().get(("", one, int(number != 1)), many)


def said(thai: str, english: str) -> str:
    """What data says in both languages; Thai where it has no English."""
    return thai if language() == THAI else english or thai


class Words(Mapping[K, str]):
    """A table of texts, each said in the language of the request."""

    def __init__(self, thai: Mapping[K, str]) -> None:
        self._thai = MappingProxyType(dict(thai))

    def __getitem__(self, key: K) -> str:
        return gettext(self._thai[key])

    def __iter__(self) -> Iterator[K]:
        return iter(self._thai)

    def __len__(self) -> int:
        return len(self._thai)


@cache
def _english() -> Mapping[tuple[str, str, int], str]:
    """Context, Thai, and which form of the number -> English."""
    with (files(__package__) / "translations" / "en.po").open("rb") as file:
        catalog = read_po(file, locale=ENGLISH)
    said: dict[tuple[str, str, int], str] = {}
    for message in catalog:
        ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
        texts = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        said |= {(message.context or "", ids[0], form): text for form, text in enumerate(texts) if text}
    return MappingProxyType(said)
