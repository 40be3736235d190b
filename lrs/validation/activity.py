"""Activities and their definitions: Data 2.4.4.1."""

from typing import Any

from lrs.validation import scalars
from lrs.validation.checks import Broken, array, one_of, shape

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
_OF_INTERACTIONS = frozenset({"correctResponsesPattern", *_COMPONENTS})


def _distinct_ids(value: list[dict[str, Any]]) -> None:
    if len({one["id"] for one in value}) < len(value):
        raise Broken("must have distinct ids", "2.4.4.1")


_COMPONENT_LIST = array(
    "2.4.4.1",
    shape("2.4.4.1", {"id": scalars.string, "description": scalars.language_map}, required=("id",)),
    also=_distinct_ids,
)


def _typed_interaction(value: dict[str, Any]) -> None:
    if "interactionType" not in value and not _OF_INTERACTIONS.isdisjoint(value):
        raise Broken("must have an interactionType", "2.4.4.1")


DEFINITION = shape(
    "2.4.4.1",
    {
        "name": scalars.language_map,
        "description": scalars.language_map,
        "type": scalars.iri,
        "moreInfo": scalars.iri,
        "extensions": scalars.extensions,
        "interactionType": one_of("2.4.4.1", *_INTERACTIONS),
        "correctResponsesPattern": array("2.4.4.1", scalars.string),
        **dict.fromkeys(_COMPONENTS, _COMPONENT_LIST),
    },
    also=_typed_interaction,
)
ACTIVITY = shape(
    "2.4.4.1",
    {"objectType": one_of("2.4.4", "Activity"), "id": scalars.iri, "definition": DEFINITION},
    required=("id",),
)
