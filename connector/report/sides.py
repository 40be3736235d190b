"""What syncs and a platform's own plugin tell of the same site, side by side: numbers only, never a name.

The pull is the truth and the push the fast way to it, so that only three things want an administrator: a push
that the platform contradicts, learners whom the two call by different names, and pushes that prove nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """How the two sides stand to each other in a completion of an account and a course.

    CONTRADICTED: pushed before the last pass over the platform began, and the platform says "not completed",
    whatever it said before. UNCONFIRMED: pushed since then, and not pulled. PUSH_ONLY: pushed before it, and
    the platform does not show the learner in the course (any more), which takes nothing back.
    """

    BOTH = "both"
    PULL_ONLY = "pull_only"
    PUSH_ONLY = "push_only"
    UNCONFIRMED = "unconfirmed"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class Some:
    """How many completions, and when the first and the last of them was; None where there is none."""

    count: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class CourseSides:
    """A course; `external_id` None and an IRI for its title: syncs have not seen it."""

    external_id: str | None
    shortname: str
    title: str
    sides: Mapping[Kind, Some]

    def of(self, kind: Kind) -> Some:
        """The completions of a kind."""
        return self.sides.get(kind, Some())


@dataclass(frozen=True, slots=True)
class AccountSides:
    """Accounts with a completion of a course, each once: told by both sides, by syncs only, by pushes only.

    `unknown`: pushed, and no sync has ever seen the account; `usernames`: the same, and the name is the
    username of an account that syncs did see, because the plugin sends usernames where it should send ids.
    """

    both: int = 0
    pull_only: int = 0
    push_only: int = 0
    unknown: int = 0
    usernames: int = 0


@dataclass(frozen=True, slots=True)
class PlatformSides:
    """A site. `name` None: no platform of the settings. `confirmed_to`: when the last pass that went well
    began; `received`: when the newest pushed completion that counts was stored. None: never.

    `unproven` counts pushed completions of its courses that prove nothing: by no account of the site, or by a
    credential that is not bound to it.
    """

    name: str | None
    home_page: str
    confirmed_to: datetime | None
    received: datetime | None
    courses: tuple[CourseSides, ...]
    accounts: AccountSides
    unproven: int

    def count(self, kind: Kind) -> int:
        """Completions of a kind in all courses."""
        return sum(one.of(kind).count for one in self.courses)

    @property
    def attention(self) -> bool:
        """Somebody has to look at it."""
        return bool(self.count(Kind.CONTRADICTED) or self.accounts.usernames or self.unproven)


@dataclass(frozen=True, slots=True)
class Report:
    """Every site that something is known of, at one moment."""

    at: datetime
    platforms: tuple[PlatformSides, ...]
