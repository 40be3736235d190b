"""Course platforms: what one must be able to do, and which ones there are.

Another platform is one more folder beside `moodle/` and `openedx/`, one line in `PLATFORMS`, and recorded
answers that pass the conformance tests (`tests/connector/test_platforms.py`).

Errors: PlatformError, with the platforms' own subclasses below it (moodle.errors.MoodleError,
openedx.errors.OpenEdxError).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

from connector.completion import Fact, Learner, Observation
from mappings.people import HashKeys


class PlatformError(Exception):
    """A platform could not be read. The message is one line that says what its administrator must do.

    `permanent`: trying again later does not help until somebody changes something.
    """

    def __init__(self, message: str, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Cursor:
    """A safe place to resume; what was yielded before it is stored in the same transaction.

    `state` is the platform's own text, None for "from the start"; `done` of `total` learners are read.
    `at_end`: the pass is over, and `state` is what the next one begins with (a moment, say, since which it
    asks for changes).
    """

    state: str | None
    done: int = 0
    total: int = 0
    at_end: bool = False

    @property
    def ends_pass(self) -> bool:
        """Whether everything has been said: what follows is another pass."""
        return self.at_end or self.state is None


class State(NamedTuple):
    """What a platform said last of a learner in a course: ENROLLED, IN_PROGRESS, COMPLETED or UNSEEN.

    `at`, `progress` and `grade` as in Observation; after UNSEEN they are what was said before it.
    """

    fact: Fact
    at: datetime | None
    progress: float | None
    grade: float | None


Pair = tuple[str, str]
"""(account name, the course's external id) on one platform."""


class Seen(Protocol):
    """What a platform said at earlier syncs, up to the page before."""

    def accounts(self) -> Collection[str]:
        """Names of the accounts that it shows in a course (any state but UNSEEN)."""

    def of(self, account_names: Collection[str]) -> Mapping[Pair, State]:
        """Of these accounts, in all courses."""

    def completed(self, course_id: str) -> Mapping[str, datetime | None]:
        """Accounts whose last state in the course is COMPLETED, and its time."""


class NothingSeen:
    """Of a platform that was never read."""

    def accounts(self) -> Collection[str]:
        """None."""
        return ()

    def of(self, account_names: Collection[str]) -> Mapping[Pair, State]:  # noqa: ARG002
        """None."""
        return {}

    def completed(self, course_id: str) -> Mapping[str, datetime | None]:  # noqa: ARG002
        """None."""
        return {}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sync wants to hear.

    `courses`: external ids, short names or idnumbers; empty for all. `full`: read everything again, times and
    grades of what is known too.
    """

    seen: Seen = field(default_factory=NothingSeen)
    courses: frozenset[str] = frozenset()
    full: bool = False


class Platform(Protocol):
    """A course platform we can read."""

    @property
    def home_page(self) -> str:
        """The site's own canonical address, which its accounts and activities are named after."""

    def observe(self, cursor: Cursor | None, asked: Asked) -> Iterator[Observation | Cursor]:
        """Everything the platform says from `cursor` on, in an order that does not vary.

        Ends with a cursor. What the platform cannot see it does not say. Of a completion that was seen before
        it may leave out time and grade, unless all is asked; whom it showed before and shows no more it names
        UNSEEN.
        """


@runtime_checkable
class FindsByEmail(Protocol):
    """A platform that tells whose accounts e-mail addresses are."""

    def by_email(self, emails: Sequence[str]) -> Iterator[Learner]:
        """The accounts that there are with these addresses, in any case; the others are not named."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a platform is to be read: the most calls in flight, and what is read beyond courses.

    `look_up_emails`: e-mail addresses of people without an account there are sent to it, to find theirs.
    """

    calls_at_once: int = 4
    grades: bool = True
    activities: bool = False
    badges: bool = False
    look_up_emails: bool = False


class Verdict(StrEnum):
    """What a doctor finds. OPTIONAL: missing, and can be done without; UNKNOWN: it could not be tried."""

    OK = "ok"
    MISSING = "missing"
    OPTIONAL = "optional"
    NOT_NEEDED = "not needed"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Check:
    """A function or a right that the service account needs on a platform; `remedy` is one line."""

    what: str
    verdict: Verdict
    remedy: str = ""


class Doctor(Protocol):
    """Tries out what an account may do on a platform, in a few calls; writes nothing."""

    def examine(self) -> Sequence[Check]:
        """All that may be needed, in one order. Raises PlatformError where nothing answers."""


class DoctorFactory(Protocol):
    """Opens a doctor; reads nothing from the platform yet."""

    def __call__(self, *, url: str, token: str, reading: "Reading") -> Doctor:
        """`reading`: what is wanted of the platform, and so what is needed."""


class Factory(Protocol):
    """Opens a platform; reads nothing from it yet."""

    def __call__(self, *, url: str, token: str, hash_keys: HashKeys, reading: Reading) -> Platform:
        """`hash_keys` are those that national ids are hashed with before they go any further."""


def _moodle(*, url: str, token: str, hash_keys: HashKeys, reading: Reading) -> Platform:
    # Loaded when it is asked for: a site without Moodle needs none of it.
    from connector.platforms.moodle.client import Client
    from connector.platforms.moodle.platform import Moodle

    return Moodle(Client(url, token, calls_at_once=reading.calls_at_once), hash_keys, reading)


def _moodle_doctor(*, url: str, token: str, reading: Reading) -> Doctor:
    from connector.platforms.moodle.client import Client
    from connector.platforms.moodle.doctor import MoodleDoctor

    return MoodleDoctor(Client(url, token, calls_at_once=reading.calls_at_once), reading)


def _openedx(*, url: str, token: str, hash_keys: HashKeys, reading: Reading) -> Platform:  # noqa: ARG001
    from connector.platforms.openedx.client import Client
    from connector.platforms.openedx.platform import OpenEdx

    return OpenEdx(Client(url, token, calls_at_once=reading.calls_at_once), reading)


def _openedx_doctor(*, url: str, token: str, reading: Reading) -> Doctor:
    from connector.platforms.openedx.client import Client
    from connector.platforms.openedx.doctor import OpenEdxDoctor

    return OpenEdxDoctor(Client(url, token, calls_at_once=reading.calls_at_once), reading)


PLATFORMS: Mapping[str, Factory] = {"moodle": _moodle, "openedx": _openedx}
"""Kind in the settings -> how to open it."""

DOCTORS: Mapping[str, DoctorFactory] = {"moodle": _moodle_doctor, "openedx": _openedx_doctor}
"""Kind in the settings -> who examines it."""
