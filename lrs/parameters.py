"""The parameters in a request's address, each checked for its type (xAPI Communication 2 and 3.2). Pure."""

from collections.abc import Collection, Iterable
from typing import Any

import orjson

from lrs import validation, values
from lrs.clock import to_micros
from lrs.errors import BadRequest, BadStatement
from lrs.validation import IDENTIFIERS

# Octets of an identifier that both databases can index.
LONGEST = 2000


class Parameters:
    """The parameters of one request. All methods raise BadRequest naming the parameter and the section."""

    def __init__(self, pairs: Iterable[tuple[str, str]], allowed: Collection[str], section: str) -> None:
        """`allowed` are the names that the resource knows; `section` is its section of the standard."""
        self._section = section
        self._given: dict[str, str] = {}
        for name, text in pairs:
            if name not in allowed:
                raise self._broken(f"unknown parameter {name[:80]!r}")
            if name in self._given:
                raise self._broken(f"the parameter {name} is given twice")
            self._given[name] = text

    def __contains__(self, name: str) -> bool:
        return name in self._given

    def identifier(self, name: str) -> str:
        """A string that is not empty."""
        text = self._needed(name)
        if not text or "\x00" in text:
            raise self._broken(f"{name} must be a string that is not empty and holds no U+0000")
        if len(text.encode()) > LONGEST:
            raise self._broken(f"{name} is longer than the {LONGEST} octets that this store keeps")
        return text

    def iri(self, name: str) -> str:
        """An absolute IRI."""
        text = self.identifier(name)
        try:
            values.iri(text, name)
        except BadStatement:
            raise self._broken(f"{name} must be an absolute IRI") from None
        return text

    def agent(self, name: str, *, groups: bool) -> dict[str, Any]:
        """An agent as JSON; where `groups` are allowed, one that is known by more than its members."""
        try:
            agent: Any = orjson.loads(self._needed(name))
            validation.ACTOR(agent, name)
        except orjson.JSONDecodeError:
            raise self._broken(f"{name} must be an agent as JSON") from None
        except BadStatement as error:
            raise BadRequest(error.message) from None
        if agent.get("objectType") == "Group" and not groups:
            raise self._broken(f"{name} must be an agent, not a group")
        if IDENTIFIERS.isdisjoint(agent):
            raise self._broken(f"{name} must have one of {', '.join(sorted(IDENTIFIERS))}")
        return dict(agent)

    def uuid(self, name: str) -> str | None:
        """A UUID in lower case, if given."""
        text = self._given.get(name)
        if text is None:
            return None
        if not values.is_uuid(text):
            raise self._broken(f"{name} must be a UUID")
        return text.lower()

    def instant(self, name: str) -> int | None:
        """An ISO 8601 date and time as microseconds, if given."""
        text = self._given.get(name)
        if text is None:
            return None
        moment = values.instant(text)
        if moment is None:
            raise self._broken(f"{name} must be an ISO 8601 date and time")
        return to_micros(moment)

    def _needed(self, name: str) -> str:
        if name not in self._given:
            raise self._broken(f"the parameter {name} is needed")
        return self._given[name]

    def _broken(self, problem: str) -> BadRequest:
        return BadRequest(f"{problem} (xAPI Communication {self._section})")
