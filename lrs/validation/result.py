"""Results and scores: Data 2.4.5."""

from math import inf
from typing import Any

from lrs.validation import scalars
from lrs.validation.checks import Broken, shape


def _score_range(value: dict[str, Any]) -> None:
    raw, least, most = value.get("raw"), value.get("min", -inf), value.get("max", inf)
    if not -1 <= value.get("scaled", 0) <= 1:
        raise Broken("must be between -1 and 1", "2.4.5.1", ".scaled")
    # Equal ones are let through, though min must be below max: Moodle grades some activities from 0 to 0.
    if least > most:
        raise Broken("must not be above max", "2.4.5.1", ".min")
    if raw is not None and not least <= raw <= most:
        raise Broken("must be between min and max", "2.4.5.1", ".raw")


def _response(value: Any) -> None:
    # Null is let through, and is not stored, though no property may be null: Moodle's plugin sends it for a
    # question that was left unanswered, and one such statement would cost its whole batch.
    if value is not None:
        scalars.string(value)


_SCORE = shape("2.4.5.1", dict.fromkeys(("scaled", "raw", "min", "max"), scalars.number), also=_score_range)
RESULT = shape(
    "2.4.5",
    {
        "score": _SCORE,
        "success": scalars.boolean,
        "completion": scalars.boolean,
        "response": _response,
        "duration": scalars.duration,
        "extensions": scalars.extensions,
    },
)
