"""A document: what it is, where it is, and how a POST changes it (xAPI Communication 2.2). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from lrs.errors import BadRequest
from lrs.parameters import Parameters
from lrs.statement import Actor, actor_of

JSON = "application/json"


class Document(NamedTuple):
    """A stored document. `updated` is in microseconds, `tag` as `lrs.entity_tags.tag_of` makes it."""

    content: bytes
    content_type: str
    tag: str
    updated: int


class Sent(NamedTuple):
    """What a client sends to be stored."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the three document resources."""

    # As `document.kind`.
    name: str
    # Of xAPI Communication.
    section: str
    scope: str
    # The parameter that names a document.
    parameter: str
    of_activity: bool
    of_agent: bool

    @property
    def is_state(self) -> bool:
        """Of an activity and an agent together: it has registrations, and can be deleted in one go."""
        return self.of_activity and self.of_agent

    @property
    def parameters(self) -> tuple[str, ...]:
        """Of every request."""
        owners = ("activityId",) * self.of_activity + ("agent",) * self.of_agent
        return (*owners, *(("registration",) if self.is_state else ()))


STATE = Kind("state", "2.3", "state", "stateId", of_activity=True, of_agent=True)
AGENT_PROFILE = Kind("agent", "2.6", "profile", "profileId", of_activity=False, of_agent=True)
ACTIVITY_PROFILE = Kind("activity", "2.7", "profile", "profileId", of_activity=True, of_agent=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one document is, or several are."""

    kind: str
    # None: this kind has none.
    activity: str | None
    agent: Actor | None
    # None: without one; of several documents: whatever it is.
    registration: str | None
    # None: several documents, whatever their names.
    name: str | None
    # Of several documents: changed after this moment, in microseconds.
    since: int | None = None


# ---- where it is --------------------------------------------------------------------------------


def one(kind: Kind, pairs: Iterable[tuple[str, str]]) -> Place:
    """The document that a request is about. Raises BadRequest naming the parameter."""
    given = Parameters(pairs, (*kind.parameters, kind.parameter), kind.section)
    return _place(kind, given, given.identifier(kind.parameter))


def one_or_all(kind: Kind, pairs: Iterable[tuple[str, str]], *others: str) -> Place:
    """The document, or where none is named all of them; `others` are parameters that may then come too."""
    pairs = list(pairs)
    if any(name == kind.parameter for name, _ in pairs):
        return one(kind, pairs)
    return _place(kind, Parameters(pairs, (*kind.parameters, *others), kind.section), None)


def _place(kind: Kind, given: Parameters, name: str | None) -> Place:
    return Place(
        kind=kind.name,
        activity=given.iri("activityId") if kind.of_activity else None,
        agent=actor_of(given.agent("agent", groups=True)) if kind.of_agent else None,
        registration=given.uuid("registration"),
        name=name,
        since=given.instant("since"),
    )


# ---- how it is changed --------------------------------------------------------------------------


def merged(found: Sent | Document | None, sent: Sent) -> Sent:
    """What a POST leaves: where there is a document, its properties with those that are sent in their place.

    Raises BadRequest where JSON is sent that is none, or where one of two is no JSON object.
    """
    if found is None:
        if is_json(sent.content_type):
            _parsed(sent)
        return sent
    old, new = _object(found, "the stored document"), _object(sent, "the document that is sent")
    try:
        return Sent(orjson.dumps({**old, **new}), sent.content_type)
    except orjson.JSONEncodeError as error:
        raise _refusal(f"the merged document cannot be written as JSON: {error}") from None


def is_json(content_type: str) -> bool:
    """Whether a media type, with or without parameters, is that of JSON."""
    return content_type.partition(";")[0].strip().lower() == JSON


def _object(document: Sent | Document, what: str) -> dict[str, Any]:
    parsed = _parsed(document) if is_json(document.content_type) else None
    if not isinstance(parsed, dict):
        raise _refusal(f"{what} is no JSON object of Content-Type {JSON}")
    return parsed


def _parsed(document: Sent | Document) -> Any:
    try:
        return orjson.loads(document.content)
    except orjson.JSONDecodeError as error:
        raise _refusal(f"the document is not valid JSON in UTF-8: {error.msg}") from None


def _refusal(problem: str) -> BadRequest:
    return BadRequest(f"{problem} (xAPI Communication 2.2)")
