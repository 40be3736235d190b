"""One xAPI statement, from parsed JSON to what is stored. Pure: no database, no web framework."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from math import isclose
from typing import Any, NamedTuple
from uuid import uuid4

import orjson

from lrs import related, validation, values
from lrs.clock import to_iso, to_micros
from lrs.errors import BadStatement
from lrs.validation import VOIDED

PROVES_NOTHING = 9
# cmi5's percentage (0..100) and the ADL video profile's share (0..1).
PROGRESS_EXTENSIONS = (
    "https://w3id.org/xapi/cmi5/result/extensions/progress",
    "https://w3id.org/xapi/video/extensions/progress",
)
# What a client left out when it named no version: Data 2.4.10.
_FIRST_VERSION = {"1.0.3": "1.0.0", "2.0.0": "2.0.0"}
# Octets of a key that both databases can index.
_LONGEST_KEY = 2000
# How far a scaled score may be from what raw and max say: they are rounded to five digits.
_SPREAD = 1e-4
_OBJECT_TYPES = {
    "Activity": "activity",
    "Agent": "agent",
    "Group": "group",
    "StatementRef": "statement",
    "SubStatement": "substatement",
}


class Actor(NamedTuple):
    """An identified agent or group: its key, and the account if that is what identifies it."""

    key: str
    home_page: str | None = None
    account_name: str | None = None


@dataclass(frozen=True)
class Authority:
    """Who vouches for statements, and how far.

    `home_pages` None means that it proves nothing. A statement about an account of one of these home
    pages gets `level` (as `evidence.level`), every other statement gets `PROVES_NOTHING`. Where `defines` is
    false, definitions of activities are stored in its statements alone.
    """

    agent: dict[str, Any]
    level: int
    home_pages: frozenset[str] | None
    credential_id: int | None = None
    defines: bool = True

    @cached_property
    def actor(self) -> Actor:
        """The agent as an actor."""
        return actor_of(self.agent)

    @cached_property
    def json(self) -> orjson.Fragment:
        """The agent, ready to be written into a statement."""
        return orjson.Fragment(orjson.dumps(self.agent))


class Prepared(NamedTuple):
    """All that is stored of one statement, but for the moment of storing. Instants are microseconds."""

    id: str
    # The JSON without its closing brace: `body` adds what the moment decides.
    opening: bytes
    # None: the client gave none, it is the moment of storing.
    timestamp: int | None
    actor: Actor
    verb_iri: str
    object_type: str
    activity_iri: str | None
    activity_type: str | None
    # The object, where it is an agent or an identified group.
    object_agent: Actor | None
    target_id: str | None
    registration: str | None
    success: bool | None
    completion: bool | None
    score_scaled: float | None
    progress: float | None
    level: int
    authority: Actor
    credential_id: int | None
    # Members of the groups that are actor or object.
    members: tuple[Actor, ...]
    # Other agents and activities that it mentions (`lrs.related`).
    related_agents: tuple[Actor, ...]
    related_activities: tuple[str, ...]
    # IRI and JSON of each activity that came with a definition.
    definitions: tuple[tuple[str, bytes], ...]

    @property
    def voids(self) -> bool:
        """It voids the statement `target_id`."""
        return self.verb_iri == VOIDED

    def body(self, stored: datetime) -> bytes:
        """The whole statement as JSON, stored at this moment."""
        moment = to_iso(stored).encode()
        if self.timestamp is None:
            return b'%b,"timestamp":"%b","stored":"%b"}' % (self.opening, moment, moment)
        return b'%b,"stored":"%b"}' % (self.opening, moment)


def prepare(raw: object, *, version: str, authority: Authority) -> Prepared:
    """Validate one statement and work out all that is to be stored.

    `raw` is parsed JSON and is not changed; `version` is "1.0.3" or "2.0.0". Raises BadStatement with
    the path of the property and the section of the specification.
    """
    validation.STATEMENT[version](raw, "statement")
    given: dict[str, Any] = raw  # type: ignore[assignment]  # the check has just said so
    statement = _normalised(given, version)
    statement["id"] = id_ = given["id"].lower() if "id" in given else str(uuid4())
    statement.pop("stored", None)
    statement["authority"] = authority.json
    statement.setdefault("version", _FIRST_VERSION[version])
    try:
        opening = orjson.dumps(statement)[:-1]
    except TypeError as error:
        raise BadStatement(f"statement cannot be written as JSON: {error} (xAPI Data 2.2)") from None
    return _prepared(id_, opening, statement, authority)


def actor_of(agent: dict[str, Any]) -> Actor:
    """The actor behind a valid agent or group; an anonymous group is known by its members."""
    account = agent.get("account")
    if account is not None:
        home_page, name = account["homePage"], account["name"]
        # No IRI holds a space, so the pair can be read back.
        return Actor(_key(f"account:{home_page} {name}"), home_page, name)
    for identifier in ("mbox", "mbox_sha1sum", "openid"):
        if identifier in agent:
            return Actor(_key(f"{identifier}:{agent[identifier]}"))
    members = sorted(actor_of(member).key for member in agent["member"])
    return Actor("group:" + sha256("\n".join(members).encode()).hexdigest())


def _key(text: str) -> str:
    """The text, if both databases can index it."""
    if len(text) * 4 > _LONGEST_KEY and len(text.encode()) > _LONGEST_KEY:
        raise BadStatement(f"an identifier is longer than the {_LONGEST_KEY} octets that this store keeps")
    if "\x00" in text:
        raise BadStatement("an identifier holds U+0000, which this store does not keep")
    return text


def _normalised(given: dict[str, Any], version: str) -> dict[str, Any]:
    """A copy whose context activities are arrays (Data 2.4.6.2), without a response that is null, and in
    2.0.0 with its timestamp in UTC."""
    statement = dict(given)
    if version == "2.0.0" and "timestamp" in given:
        moment = values.instant(given["timestamp"])
        if moment is not None and not given["timestamp"].endswith("Z"):
            statement["timestamp"] = to_iso(moment)
    context = given.get("context")
    if context is not None and "contextActivities" in context:
        activities = context["contextActivities"]
        arrays = {key: one if isinstance(one, list) else [one] for key, one in activities.items()}
        statement["context"] = {**context, "contextActivities": arrays}
    result = given.get("result")
    if result is not None and result.get("response", "") is None:
        statement["result"] = {key: one for key, one in result.items() if key != "response"}
    if given["object"].get("objectType") == "SubStatement":
        statement["object"] = _normalised(given["object"], version)
    return statement


def _prepared(id_: str, opening: bytes, statement: dict[str, Any], authority: Authority) -> Prepared:
    """The columns that the statement's own content decides."""
    result = statement.get("result") or {}
    actor = actor_of(statement["actor"])
    thing = statement["object"]
    kind = _OBJECT_TYPES[thing.get("objectType", "Activity")]
    mentioned = list(related.activities(statement))
    return Prepared(
        id=id_,
        opening=opening,
        timestamp=_timestamp(statement),
        actor=actor,
        verb_iri=_key(statement["verb"]["id"]),
        object_type=kind,
        activity_iri=_key(thing["id"]) if kind == "activity" else None,
        activity_type=thing["definition"].get("type") if "definition" in thing else None,
        object_agent=actor_of(thing) if kind in ("agent", "group") else None,
        target_id=thing["id"].lower() if kind == "statement" else None,
        registration=_registration(statement),
        success=result.get("success"),
        completion=result.get("completion"),
        score_scaled=_scaled(result["score"]) if "score" in result else None,
        progress=_progress(result["extensions"]) if "extensions" in result else None,
        level=_level(actor, authority),
        authority=authority.actor,
        credential_id=authority.credential_id,
        members=tuple({actor_of(one) for one in related.members(statement)}),
        related_agents=tuple({actor_of(one) for one in related.agents(statement)}),
        related_activities=tuple({_key(one["id"]) for one in mentioned}),
        definitions=_definitions([thing, *mentioned]) if authority.defines else (),
    )


def _timestamp(statement: dict[str, Any]) -> int | None:
    moment = values.instant(statement["timestamp"]) if "timestamp" in statement else None
    return None if moment is None else to_micros(moment)


def _registration(statement: dict[str, Any]) -> str | None:
    found = statement["context"].get("registration") if "context" in statement else None
    return None if found is None else found.lower()


def _definitions(things: list[dict[str, Any]]) -> tuple[tuple[str, bytes], ...]:
    """Of the activities among these that have one."""
    return tuple((one["id"], orjson.dumps(one["definition"])) for one in things if one.get("definition"))


def _scaled(score: dict[str, Any]) -> float | None:
    """The share of the highest score, also where a client spreads it over -1..1: 61 of 100 sent as 0.22."""
    scaled, raw, most = (score.get(name) for name in ("scaled", "raw", "max"))
    if scaled is None or raw is None or most is None or score.get("min") != 0 or not 0 <= raw <= most:
        return None if scaled is None else float(scaled)
    share = float(raw / most) if most else 0.0
    return share if isclose(scaled, 2 * share - 1, abs_tol=_SPREAD) else float(scaled)


def _progress(extensions: dict[str, Any]) -> float | None:
    """A share 0..1; a number above 1 is a percentage."""
    for iri in PROGRESS_EXTENSIONS:
        value: Any = extensions.get(iri)
        if type(value) in (int, float) and 0 <= value <= 100:
            return value / 100 if value > 1 else float(value)
    return None


def _level(actor: Actor, authority: Authority) -> int:
    """Whoever speaks for an account's home page proves at its level; nobody proves anything else."""
    if authority.home_pages is not None and actor.home_page in authority.home_pages:
        return authority.level
    return PROVES_NOTHING
