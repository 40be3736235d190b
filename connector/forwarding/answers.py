"""What a target's answers to statements mean, and how long it is left alone after a failure. Pure."""

from dataclasses import dataclass
from enum import StrEnum

FIRST_PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 3600.0
LONGEST_WISH_SECONDS = 24 * 3600.0
"""A target that asks for more is asked again after a day."""


class Reason(StrEnum):
    """Why a target does not take a statement."""

    REFUSED = "refused"
    TOO_LARGE = "too_large"
    DIFFERENT = "different"
    UNREADABLE = "unreadable"


REASONS = {
    Reason.REFUSED: "the target refuses it as invalid (400)",
    Reason.TOO_LARGE: "it is too large for the target by itself (413)",
    Reason.DIFFERENT: "the target holds a different statement with its id (409)",
    Reason.UNREADABLE: "the target holds a statement with its id (409), and its credential may not read it",
}


class Outcome(StrEnum):
    """What came of a request with statements."""

    TAKEN = "taken"
    REFUSED = "refused"
    TOO_LARGE = "too_large"
    CONFLICT = "conflict"
    DENIED = "denied"
    LATER = "later"


_OUTCOMES = {
    400: Outcome.REFUSED,
    422: Outcome.REFUSED,
    413: Outcome.TOO_LARGE,
    409: Outcome.CONFLICT,
    401: Outcome.DENIED,
    403: Outcome.DENIED,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`error`: one line for the operator, without a word of the target's, which may quote the statement.

    `said`: those words, for whoever asks by hand. `wait`: the seconds that it wants to be left alone.
    """

    outcome: Outcome
    error: str = ""
    said: str = ""
    wait: float = 0.0


def outcome_of(status: int) -> Outcome:
    """Of an HTTP status; whatever is none of the statements' fault is tried again later."""
    return Outcome.TAKEN if 200 <= status < 300 else _OUTCOMES.get(status, Outcome.LATER)


def pause_seconds(failures: int, wait: float, jitter: float) -> float:
    """How long a target is left alone after so many failures in a row, the first one included.

    `wait` is what the target asks for, `jitter` 0..1: half of the pause is left to chance.
    """
    # The cap is reached long before the power grows large.
    longest = min(FIRST_PAUSE_SECONDS * 2.0 ** min(max(failures, 1) - 1, 16), LONGEST_PAUSE_SECONDS)
    return max(longest * (0.5 + jitter / 2), min(wait, LONGEST_WISH_SECONDS))
