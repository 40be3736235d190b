"""Where a reading of changes goes on: what is kept between two passes. Pure."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from connector.platforms.moodle.courses import Row

_MODULUS = 2_147_483_647


class Total(NamedTuple):
    """How many have completed a course, and the checksum over them that the plugin computes too."""

    completions: int = 0
    checksum: int = 0

    def plus(self, user: int, time: int) -> "Total":
        """With one completion more."""
        return Total(self.completions + 1, self.checksum + user * time % _MODULUS)

    def minus(self, user: int, time: int) -> "Total":
        """With one completion less."""
        return Total(self.completions - 1, self.checksum - user * time % _MODULUS)


@dataclass(frozen=True, slots=True)
class Mark:
    """`since`: what changed from then on is unknown (epoch seconds of the site's clock); 0: everything is.

    `courses` and `ids`: what was asked for then, and the courses that were meant by it; empty for all.
    `totals`: those of the site when the pass began. `hidden`: courses that are hidden, as far as known.
    """

    since: int = 0
    courses: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    activities: bool = False
    totals: Mapping[int, Total] = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()

    def text(self) -> str:
        """As the state of a cursor."""
        return json.dumps(
            {
                "since": self.since,
                "courses": self.courses,
                "ids": self.ids,
                "activities": self.activities,
                "totals": self.totals,
                "hidden": sorted(self.hidden),
            },
            separators=(",", ":"),
        )


def read_mark(text: str | None) -> Mark:
    """Of the state of a cursor; of one that says something else, a mark that knows nothing."""
    found = json.loads(text) if text and text.startswith("{") else {}
    if not isinstance(found.get("since"), int):
        return Mark()
    return Mark(
        since=found["since"],
        courses=tuple(found["courses"]),
        ids=tuple(found["ids"]),
        activities=bool(found["activities"]),
        totals={int(course): Total(*total) for course, total in found["totals"].items()},
        hidden=frozenset(found["hidden"]),
    )


def totals_of(rows: Collection[Row], ids: Collection[int]) -> dict[int, Total]:
    """What the plugin tells of these courses, or of all."""
    return {
        int(row["courseid"]): Total(int(row["completions"]), int(row["completionsum"]))
        for row in rows
        if not ids or row["courseid"] in ids
    }
