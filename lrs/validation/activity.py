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


# Distinct ids are not asked for, though they must be: Moodle's plugin repeats those of matching questions,
# and one such statement would cost its whole batch.
_COMPONENT_LIST = array(
    "2.4.4.1",
    shape("2.4.4.1", {"id": scalars.string, "description": scalars.language_map}, required=("id",)),
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
