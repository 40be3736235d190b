"""Who reads: the guard sets it for each request, and whatever is read or changed in it asks here.

Nobody is set outside of requests that went through the guard: commands, and services whose setting `access`
is `open`, where the one reader on loopback sees the whole organisation.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from connector.access.roles import ADMINISTRATOR, ANALYST, LEARNER, OFFICE

PAGE = "page"
"""Who did it, where pages know no users."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A user with a session or an API token.

    `unit_id` None: the whole organisation. `csrf` stands in every form of this session; "" with a token.
    """

    user_id: int
    uuid: str
    name: str
    display_name: str
    role: str
    unit_id: int | None
    unit_uid: str | None
    person_uuid: str | None
    must_change: bool = False
    csrf: str = ""
    token_id: int | None = None
    token_scopes: frozenset[str] = frozenset()
    approves_mappings: bool = False

    @property
    def sees_names(self) -> bool:
        """Whether people are shown to them one by one."""
        return self.role != ANALYST

    @property
    def approves(self) -> bool:
        """Whether their word makes a mapping count, which counts for everybody."""
        return self.role == ADMINISTRATOR or (self.role == OFFICE and self.approves_mappings)

    def may_see(self, person_uuid: str) -> bool:
        """Whether the role lets them see this person, if the unit does: learners see themselves."""
        return self.role != LEARNER or person_uuid == self.person_uuid


_VIEWER: ContextVar[Viewer | None] = ContextVar("thaksa_viewer", default=None)


def current() -> Viewer | None:
    """Who reads; None outside of guarded requests."""
    return _VIEWER.get()


@contextmanager
def reading_as(viewer: Viewer | None) -> Iterator[None]:
    """What happens within it is read and done by this viewer."""
    token = _VIEWER.set(viewer)
    try:
        yield
    finally:
        _VIEWER.reset(token)


def sees_all() -> bool:
    """Whether what belongs to no office is shown too: to administrators, and where pages know no users."""
    viewer = _VIEWER.get()
    return viewer is None or viewer.role == ADMINISTRATOR


def acting() -> str:
    """Who a change is recorded as done by: the name that they signed in with."""
    viewer = _VIEWER.get()
    return PAGE if viewer is None else viewer.name
