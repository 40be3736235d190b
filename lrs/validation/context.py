"""Contexts: Data 2.4.6, and what 2.0.0 adds to them (IEEE 9274.1.1, 4.2.2.5)."""

from typing import Any

from lrs.validation import scalars
from lrs.validation.activity import ACTIVITY
from lrs.validation.actor import ACTOR, AGENT, GROUP
from lrs.validation.checks import Rule, array, one_of, shape

STATEMENT_REF = shape(
    "2.4.4.3",
    {"objectType": one_of("2.4.4.3", "StatementRef"), "id": scalars.uuid},
    required=("objectType", "id"),
)
_ACTIVITIES = array("2.4.6.2", ACTIVITY)


def _one_or_more_activities(value: Any) -> None:
    (ACTIVITY if isinstance(value, dict) else _ACTIVITIES)(value)


_SHARED: dict[str, Rule] = {
    "registration": scalars.uuid,
    "instructor": ACTOR,
    "team": GROUP,
    "contextActivities": shape(
        "2.4.6.2", dict.fromkeys(("parent", "grouping", "category", "other"), _one_or_more_activities)
    ),
    "revision": scalars.string,
    "platform": scalars.string,
    "language": scalars.language,
    "statement": STATEMENT_REF,
    "extensions": scalars.extensions,
}


def _context_actors(kind: str, actor: Rule) -> Rule:
    """`contextAgents` and `contextGroups`."""
    name = f"context{kind.capitalize()}"
    return array(
        "4.2.2.5",
        shape(
            "4.2.2.5",
            {
                "objectType": one_of("4.2.2.5", name),
                kind: actor,
                "relevantTypes": array("4.2.2.5", scalars.iri, least=1),
            },
            required=("objectType", kind),
        ),
    )


CONTEXT = {
    "1.0.3": shape("2.4.6", _SHARED),
    "2.0.0": shape(
        "4.2.2.5",
        {
            **_SHARED,
            "contextAgents": _context_actors("agent", AGENT),
            "contextGroups": _context_actors("group", GROUP),
        },
    ),
}
