"""What a GET of statements asks for (xAPI Communication 2.1.3), from its parameters. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from lrs import validation, values
from lrs.clock import to_micros
from lrs.errors import BadRequest, BadStatement
from lrs.statement import actor_of

MOST_STATEMENTS = 500
FORMATS = ("exact", "ids", "canonical")
_SINGLE = frozenset({"statementId", "voidedStatementId"})
_FILTERS = frozenset({"agent", "verb", "activity", "registration", "since", "until", "limit", "ascending"})
_RELATED = frozenset({"related_agents", "related_activities"})
_ALWAYS = frozenset({"format", "attachments"})
_KNOWN = _SINGLE | _FILTERS | _RELATED | _ALWAYS | {"cursor"}


@dataclass(frozen=True, slots=True)
class Reader:
    """What a credential may read; an empty tuple or None: no limit of that kind."""

    # The key of its own authority, where it may read nothing else.
    own: str | None = None
    # Its read filter: statements with one of these verbs, activities as object, authorities (agent keys).
    verbs: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    authorities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """One statement or a list of them. Instants are microseconds; None: no limit."""

    statement_id: str | None = None
    voided: bool = False
    # As `lrs.statement.Actor.key`.
    agent: str | None = None
    verb: str | None = None
    activity: str | None = None
    registration: str | None = None
    related_agents: bool = False
    related_activities: bool = False
    since: int | None = None
    until: int | None = None
    limit: int = MOST_STATEMENTS
    ascending: bool = False
    # The sequence number of the last statement of the page before.
    after: int | None = None
    format: str = "exact"
    attachments: bool = False


def parse(parameters: Mapping[str, str]) -> Query:
    """A query from a request's parameters. Raises BadRequest naming the parameter."""
    _check_names(parameters)
    single = next((name for name in sorted(_SINGLE) if name in parameters), None)
    return Query(
        statement_id=None if single is None else _uuid(parameters, single),
        voided=single == "voidedStatementId",
        agent=_agent(parameters.get("agent")),
        verb=_iri(parameters, "verb"),
        activity=_iri(parameters, "activity"),
        registration=_uuid(parameters, "registration") if "registration" in parameters else None,
        related_agents=_flag(parameters, "related_agents"),
        related_activities=_flag(parameters, "related_activities"),
        since=_instant(parameters, "since"),
        until=_instant(parameters, "until"),
        limit=_limit(parameters),
        ascending=_flag(parameters, "ascending"),
        after=_whole(parameters, "cursor"),
        format=_format(parameters.get("format", "exact")),
        attachments=_flag(parameters, "attachments"),
    )


def _check_names(parameters: Mapping[str, str]) -> None:
    unknown = parameters.keys() - _KNOWN
    if unknown:
        raise BadRequest(f"unknown parameter {min(unknown)[:80]!r}")
    single = parameters.keys() & _SINGLE
    if len(single) > 1:
        raise BadRequest("statementId and voidedStatementId exclude each other")
    others = parameters.keys() - _SINGLE - _ALWAYS
    if single and others:
        raise BadRequest(f"{min(single)} excludes the parameter {min(others)}")


def _uuid(parameters: Mapping[str, str], name: str) -> str:
    if not values.is_uuid(parameters[name]):
        raise BadRequest(f"{name} must be a UUID")
    return parameters[name].lower()


def _iri(parameters: Mapping[str, str], name: str) -> str | None:
    if name not in parameters:
        return None
    try:
        values.iri(parameters[name], name)
    except BadStatement:
        raise BadRequest(f"{name} must be an absolute IRI") from None
    return parameters[name]


def _agent(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        agent = orjson.loads(text)
        validation.ACTOR(agent, "agent")
        return actor_of(agent).key
    except orjson.JSONDecodeError:
        raise BadRequest("agent must be an agent or a group as JSON") from None
    except BadStatement as error:
        raise BadRequest(error.message) from None


def _instant(parameters: Mapping[str, str], name: str) -> int | None:
    if name not in parameters:
        return None
    moment = values.instant(parameters[name])
    if moment is None:
        raise BadRequest(f"{name} must be an ISO 8601 date and time")
    return to_micros(moment)


def _whole(parameters: Mapping[str, str], name: str) -> int | None:
    text = parameters.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadRequest(f"{name} must be a whole number, 0 or more")
    return int(text)


def _limit(parameters: Mapping[str, str]) -> int:
    """0 asks for as many as the server gives at once."""
    return min(_whole(parameters, "limit") or MOST_STATEMENTS, MOST_STATEMENTS)


def _flag(parameters: Mapping[str, str], name: str) -> bool:
    text = parameters.get(name, "false")
    if text not in ("true", "false"):
        raise BadRequest(f"{name} must be true or false")
    return text == "true"


def _format(text: str) -> str:
    if text not in FORMATS:
        raise BadRequest("format must be " + " or ".join(FORMATS))
    return text
