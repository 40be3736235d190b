"""Statements and SubStatements of both versions: Data 2.4."""

import re
from typing import Any

from lrs.validation import scalars
from lrs.validation.activity import ACTIVITY
from lrs.validation.actor import ACTOR, AGENT, GROUP, authority
from lrs.validation.attachment import ATTACHMENTS
from lrs.validation.checks import Broken, Rule, by_type, one_of, shape
from lrs.validation.context import CONTEXT, STATEMENT_REF
from lrs.validation.result import RESULT

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
VERSIONS = ("1.0.3", "2.0.0")

_VERSION = {"1.0.3": re.compile(r"1\.0(\.\d+)?"), "2.0.0": re.compile(r"[12]\.0(\.\d+)?")}
_REQUIRED = ("actor", "verb", "object")
_VERB = shape("2.4.3", {"id": scalars.iri, "display": scalars.language_map}, required=("id",))
_OBJECTS: dict[str, Rule] = {
    "Activity": ACTIVITY,
    "Agent": AGENT,
    "Group": GROUP,
    "StatementRef": STATEMENT_REF,
}


def _version(of: str) -> Rule:
    def check(value: Any) -> None:
        if not isinstance(value, str) or _VERSION[of].fullmatch(value) is None:
            raise Broken(f"must be a version that {of} accepts", "2.4.10")

    return check


def _activity_context(value: dict[str, Any]) -> None:
    """`revision` and `platform` belong to activities only."""
    if value["object"].get("objectType", "Activity") != "Activity":
        for name in ("revision", "platform"):
            if name in value.get("context", ()):
                raise Broken("is for activities only", "2.4.6", f".context.{name}")


def _whole_statement(value: dict[str, Any]) -> None:
    _activity_context(value)
    if value["verb"]["id"] == VOIDED and value["object"].get("objectType") != "StatementRef":
        raise Broken("must be a StatementRef, for the statement voids", "2.3.2", ".object")


def _common(version: str) -> dict[str, Rule]:
    """The properties that a statement and a SubStatement share, but the object."""
    return {
        "actor": ACTOR,
        "verb": _VERB,
        "result": RESULT,
        "context": CONTEXT[version],
        "timestamp": scalars.timestamp if version == "1.0.3" else scalars.zoned_timestamp,
        "attachments": ATTACHMENTS,
    }


def _substatement(version: str) -> Rule:
    return shape(
        "2.4.4.3",
        {
            "objectType": one_of("2.4.4.3", "SubStatement"),
            "object": by_type("2.4.4.3", _OBJECTS, "Activity"),
            **_common(version),
        },
        required=("objectType", *_REQUIRED),
        also=_activity_context,
    )


def _statement(version: str) -> Rule:
    objects = {**_OBJECTS, "SubStatement": _substatement(version)}
    return shape(
        "2.4",
        {
            "id": scalars.uuid,
            "object": by_type("2.4.4", objects, "Activity"),
            "stored": scalars.timestamp,
            "authority": authority,
            "version": _version(version),
            **_common(version),
        },
        required=_REQUIRED,
        also=_whole_statement,
    )


STATEMENT = {version: _statement(version) for version in VERSIONS}
