"""What a statement may look like, as tables of checks: xAPI 1.0.3 Data 2 and IEEE 9274.1.1 (2.0.0).

Checks work on parsed JSON and raise BadStatement with the path of the property.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lrs import values
from lrs.values import Check, broken

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
VERSIONS = ("1.0.3", "2.0.0")
IDENTIFIERS = frozenset({"mbox", "mbox_sha1sum", "openid", "account"})

# ---- how checks are put together ----------------------------------------------------------------


def shape(section: str, properties: Mapping[str, Check], required: Sequence[str] = ()) -> Check:
    """An object with these properties only, the required ones present."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise broken(path, "must be an object", section)
        for key, item in value.items():
            one = properties.get(key)
            if one is None:
                raise broken(path, f"has no property {key[:80]!r}", section)
            one(item, f"{path}.{key}")
        for key in required:
            if key not in value:
                raise broken(path, f"must have the property {key!r}", section)

    return check


def array(section: str, item: Check, least: int = 0) -> Check:
    """An array of such items."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise broken(path, "must be an array", section)
        if len(value) < least:
            raise broken(path, f"must have at least {least} item", section)
        for index, one in enumerate(value):
            item(one, f"{path}[{index}]")

    return check


def one_of(section: str, *choices: str) -> Check:
    """One of these strings."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, str) or value not in choices:
            raise broken(path, "must be " + " or ".join(repr(choice) for choice in choices), section)

    return check


def by_type(section: str, kinds: Mapping[str, Check], default: str) -> Check:
    """The check that belongs to the object's `objectType`."""

    def check(value: Any, path: str) -> None:
        kind = value.get("objectType", default) if isinstance(value, dict) else default
        one = kinds.get(kind) if isinstance(kind, str) else None
        if one is None:
            raise broken(f"{path}.objectType", "must be " + " or ".join(map(repr, kinds)), section)
        one(value, path)

    return check


def every(*checks: Check) -> Check:
    """All of these, in order."""

    def check(value: Any, path: str) -> None:
        for one in checks:
            one(value, path)

    return check


# ---- actors -------------------------------------------------------------------------------------

ACCOUNT = shape("2.4.2.4", {"homePage": values.iri, "name": values.string}, required=("homePage", "name"))
_IDENTIFIER_CHECKS: dict[str, Check] = {
    "mbox": values.mbox,
    "mbox_sha1sum": values.sha1,
    "openid": values.iri,
    "account": ACCOUNT,
}


def _one_identifier(value: dict[str, Any], path: str) -> None:
    if len(IDENTIFIERS & value.keys()) != 1:
        raise broken(path, "must have exactly one of mbox, mbox_sha1sum, openid, account", "2.4.2.3")


def _members_or_identifier(value: dict[str, Any], path: str) -> None:
    if IDENTIFIERS & value.keys():
        _one_identifier(value, path)
    elif not value.get("member"):
        raise broken(path, "must have members or an identifier", "2.4.2.2")


AGENT = every(
    shape(
        "2.4.2.1",
        {"objectType": one_of("2.4.2.1", "Agent"), "name": values.string, **_IDENTIFIER_CHECKS},
    ),
    _one_identifier,
)
GROUP = every(
    shape(
        "2.4.2.2",
        {
            "objectType": one_of("2.4.2.2", "Group"),
            "name": values.string,
            "member": array("2.4.2.2", AGENT),
            **_IDENTIFIER_CHECKS,
        },
        required=("objectType",),
    ),
    _members_or_identifier,
)
ACTOR = by_type("2.4.2", {"Agent": AGENT, "Group": GROUP}, "Agent")


def _two_members(value: dict[str, Any], path: str) -> None:
    if value.get("objectType") == "Group" and len(value.get("member", ())) != 2:
        raise broken(path, "must be an agent, or a group of exactly two", "2.4.9")


AUTHORITY = every(ACTOR, _two_members)

# ---- verb, activity, statement reference --------------------------------------------------------

VERB = shape("2.4.3", {"id": values.iri, "display": values.language_map}, required=("id",))

_INTERACTIONS = (
    "true-false",
    "choice",
    "fill-in",
    "long-fill-in",
    "matching",
    "performance",
    "sequencing",
    "likert",
    "numeric",
    "other",
)
_COMPONENTS = ("choices", "scale", "source", "target", "steps")


def _distinct_ids(value: list[dict[str, Any]], path: str) -> None:
    if len({one["id"] for one in value}) < len(value):
        raise broken(path, "must have distinct ids", "2.4.4.1")


_COMPONENT_LIST = every(
    array(
        "2.4.4.1",
        shape("2.4.4.1", {"id": values.string, "description": values.language_map}, required=("id",)),
    ),
    _distinct_ids,
)


def _typed_interaction(value: dict[str, Any], path: str) -> None:
    if "interactionType" not in value and not value.keys().isdisjoint(
        ("correctResponsesPattern", *_COMPONENTS)
    ):
        raise broken(path, "must have an interactionType", "2.4.4.1")


DEFINITION = every(
    shape(
        "2.4.4.1",
        {
            "name": values.language_map,
            "description": values.language_map,
            "type": values.iri,
            "moreInfo": values.iri,
            "extensions": values.extensions,
            "interactionType": one_of("2.4.4.1", *_INTERACTIONS),
            "correctResponsesPattern": array("2.4.4.1", values.string),
            **dict.fromkeys(_COMPONENTS, _COMPONENT_LIST),
        },
    ),
    _typed_interaction,
)
ACTIVITY = shape(
    "2.4.4.1",
    {"objectType": one_of("2.4.4", "Activity"), "id": values.iri, "definition": DEFINITION},
    required=("id",),
)
STATEMENT_REF = shape(
    "2.4.4.3",
    {"objectType": one_of("2.4.4.3", "StatementRef"), "id": values.uuid},
    required=("objectType", "id"),
)

# ---- result -------------------------------------------------------------------------------------


def _score_range(value: dict[str, Any], path: str) -> None:
    scaled, raw = value.get("scaled", 0), value.get("raw")
    least, most = value.get("min", float("-inf")), value.get("max", float("inf"))
    if not -1 <= scaled <= 1:
        raise broken(f"{path}.scaled", "must be between -1 and 1", "2.4.5.1")
    if least > most:
        raise broken(f"{path}.min", "must not be above max", "2.4.5.1")
    if raw is not None and not least <= raw <= most:
        raise broken(f"{path}.raw", "must be between min and max", "2.4.5.1")


SCORE = every(shape("2.4.5.1", dict.fromkeys(("scaled", "raw", "min", "max"), values.number)), _score_range)
RESULT = shape(
    "2.4.5",
    {
        "score": SCORE,
        "success": values.boolean,
        "completion": values.boolean,
        "response": values.string,
        "duration": values.duration,
        "extensions": values.extensions,
    },
)

# ---- context ------------------------------------------------------------------------------------

_ACTIVITIES = array("2.4.6.2", ACTIVITY)


def _one_or_more_activities(value: Any, path: str) -> None:
    (ACTIVITY if isinstance(value, dict) else _ACTIVITIES)(value, path)


_CONTEXT: dict[str, Check] = {
    "registration": values.uuid,
    "instructor": ACTOR,
    "team": GROUP,
    "contextActivities": shape(
        "2.4.6.2", dict.fromkeys(("parent", "grouping", "category", "other"), _one_or_more_activities)
    ),
    "revision": values.string,
    "platform": values.string,
    "language": values.language,
    "statement": STATEMENT_REF,
    "extensions": values.extensions,
}


def _context_actors(kind: str, actor: Check) -> Check:
    """2.0.0's contextAgents and contextGroups."""
    name = f"context{kind.capitalize()}"
    return array(
        "4.2.2.5",
        shape(
            "4.2.2.5",
            {
                "objectType": one_of("4.2.2.5", name),
                kind: actor,
                "relevantTypes": array("4.2.2.5", values.iri, least=1),
            },
            required=("objectType", kind),
        ),
    )


CONTEXT = {
    "1.0.3": shape("2.4.6", _CONTEXT),
    "2.0.0": shape(
        "4.2.2.5",
        {
            **_CONTEXT,
            "contextAgents": _context_actors("agent", AGENT),
            "contextGroups": _context_actors("group", GROUP),
        },
    ),
}

# ---- attachments --------------------------------------------------------------------------------

ATTACHMENTS = array(
    "2.4.11",
    shape(
        "2.4.11",
        {
            "usageType": values.iri,
            "display": values.language_map,
            "description": values.language_map,
            "contentType": values.media_type,
            "length": values.length,
            "sha2": values.sha2,
            "fileUrl": values.iri,
        },
        required=("usageType", "display", "contentType", "length", "sha2"),
    ),
)

# ---- statement ----------------------------------------------------------------------------------

_VERSION = {"1.0.3": re.compile(r"1\.0(\.\d+)?"), "2.0.0": re.compile(r"(1\.0(\.\d+)?|2\.0\.\d+)")}


def _version(of: str) -> Check:
    def check(value: Any, path: str) -> None:
        if not isinstance(value, str) or _VERSION[of].fullmatch(value) is None:
            raise broken(path, f"must be a version that {of} accepts", "2.4.10")

    return check


def _activity_context(value: dict[str, Any], path: str) -> None:
    """`revision` and `platform` belong to activities only."""
    if value["object"].get("objectType", "Activity") != "Activity":
        for name in ("revision", "platform"):
            if name in value.get("context", ()):
                raise broken(f"{path}.context.{name}", "is for activities only", "2.4.6")


def _voiding(value: dict[str, Any], path: str) -> None:
    if value["verb"]["id"] == VOIDED and value["object"].get("objectType") != "StatementRef":
        raise broken(f"{path}.object", "must be a StatementRef, for the statement voids", "2.3.2")


_OBJECTS: dict[str, Check] = {
    "Activity": ACTIVITY,
    "Agent": AGENT,
    "Group": GROUP,
    "StatementRef": STATEMENT_REF,
}
_REQUIRED = ("actor", "verb", "object")


def _common(version: str) -> dict[str, Check]:
    """The properties that a statement and a SubStatement share, but the object."""
    return {
        "actor": ACTOR,
        "verb": VERB,
        "result": RESULT,
        "context": CONTEXT[version],
        "timestamp": values.timestamp if version == "1.0.3" else values.zoned_timestamp,
        "attachments": ATTACHMENTS,
    }


def _substatement(version: str) -> Check:
    return every(
        shape(
            "2.4.4.3",
            {
                "objectType": one_of("2.4.4.3", "SubStatement"),
                "object": by_type("2.4.4.3", _OBJECTS, "Activity"),
                **_common(version),
            },
            required=("objectType", *_REQUIRED),
        ),
        _activity_context,
    )


def _statement(version: str) -> Check:
    objects = {**_OBJECTS, "SubStatement": _substatement(version)}
    return every(
        shape(
            "2.4",
            {
                "id": values.uuid,
                "object": by_type("2.4.4", objects, "Activity"),
                "stored": values.timestamp,
                "authority": AUTHORITY,
                "version": _version(version),
                **_common(version),
            },
            required=_REQUIRED,
        ),
        _activity_context,
        _voiding,
    )


STATEMENT = {version: _statement(version) for version in VERSIONS}
