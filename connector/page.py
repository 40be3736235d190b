"""A page of what a platform says, compared with what is held and remembered: what it changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connector.completion import Course, Fact, Observation
from connector.enrolments import enrolments, prefer_indexes
from connector.plan import Facts, Ledger, Pair, Step, Void, by_pair, plan
from connector.platforms import Cursor
from connector.platforms import Pair as Enrolled
from connector.states import Enrolment, changes, with_known
from connector.take_backs import TakeBack
from lrs.reading import held
from mappings.people import AccountSeen

_SPARES = frozenset({Fact.COMPLETED, Fact.UNSEEN})


@dataclass(frozen=True, slots=True)
class Page:
    """What a page changes.

    `steps` are written with it. `take_back` waits for the end of the pass. `spared` waits no longer, if it
    did: it is completed, or shown no more.
    """

    observations: list[Observation]
    steps: list[Step]
    take_back: list[TakeBack]
    spared: set[Pair]
    states: dict[Enrolled, Enrolment]

    def accounts(self) -> list[AccountSeen]:
        """The accounts that are shown, as they are shown."""
        learners = {one.learner.account_name: one.learner for one in self._shown()}
        return [
            AccountSeen(
                one.home_page,
                one.account_name,
                one.display_name,
                one.id_hmac,
                one.email,
                one.username,
                one.id_key,
                one.id_before,
            )
            for one in learners.values()
        ]

    def names(self) -> set[str]:
        """The names of these accounts."""
        return {one.learner.account_name for one in self._shown()}

    def courses(self) -> set[Course]:
        """The courses that are shown; not what merely holds a part, as a site does its badges."""
        return {one.course for one in self._shown() if one.part is None}

    def course_of(self, step: Step) -> str:
        """The external id of the course that a step is about."""
        if isinstance(step, Void):
            of = {one.activity_iri: one.course for one in self.observations}
            return of[step.held.activity_iri].external_id
        return step.observation.course.external_id

    def completions(self) -> int:
        """How many completions of courses are told."""
        return sum(one.fact is Fact.COMPLETED and one.part is None for one in self.observations)

    def _shown(self) -> Iterator[Observation]:
        """Of whom is seen no more, names may be empty."""
        return (one for one in self.observations if one.fact is not Fact.UNSEEN)


def pages(said: Iterable[Observation | Cursor]) -> Iterator[tuple[list[Observation], Cursor | None]]:
    """What is stored together: all up to a cursor, and what follows the last one."""
    page: list[Observation] = []
    for item in said:
        if isinstance(item, Cursor):
            yield page, item
            page = []
        else:
            page.append(item)
    if page:
        yield page, None


def compare(
    conn: Connection, platform_id: int | None, observations: list[Observation], now: datetime
) -> Page:
    """What these observations change; reads what is held of their accounts and no more.

    `platform_id` None: it was never synced.
    """
    prefer_indexes(conn)
    told = by_pair(observations)
    known = {} if platform_id is None else enrolments(conn, platform_id, {name for name, _ in told})
    said = with_known(told, known)
    steps = plan(said, _ledger(conn, observations, said))
    return Page(
        observations,
        steps=[step for step in steps if not _takes_back(step)],
        take_back=[_take_back(said[pair]) for pair in _taken_back(steps)],
        spared={pair for pair, facts in said.items() if not _SPARES.isdisjoint(facts)},
        states=changes(said, known, now),
    )


def _ledger(conn: Connection, observations: list[Observation], said: dict[Pair, Facts]) -> Ledger:
    if not observations:
        return Ledger([])
    names, iris = {name for name, _ in said}, {iri for _, iri in said}
    return Ledger(held(conn, observations[0].learner.home_page, names, iris))


def _taken_back(steps: Iterable[Step]) -> list[Pair]:
    voided = [step.held for step in steps if isinstance(step, Void) and step.takes_back]
    return list(dict.fromkeys((one.account_name, one.activity_iri) for one in voided))


def _takes_back(step: Step) -> bool:
    return isinstance(step, Void) and step.takes_back


def _take_back(facts: Facts) -> TakeBack:
    one = facts[Fact.NOT_COMPLETED]
    name, iri = one.learner.account_name, one.activity_iri
    return TakeBack(name, iri, one.course.external_id, one.part is not None)
