"""What a platform said, remembered as the engine remembers it, without a database."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from connector.completion import Fact, Observation
from connector.platforms import Cursor, Pair, State

_ORDER = (Fact.ENROLLED, Fact.IN_PROGRESS, Fact.COMPLETED)


class Remembered(dict[Pair, State]):
    """States by pair (connector.platforms.Seen)."""

    def __init__(self, said: Iterable[Observation | Cursor] = ()) -> None:
        super().__init__()
        self.follow(said)

    def follow(self, said: Iterable[Observation | Cursor]) -> list[Observation]:
        """Remember what is said from now on; returns the observations."""
        observations = [item for item in said if isinstance(item, Observation)]
        courses = [one for one in observations if one.part is None]
        for one in courses:
            if one.fact in (Fact.ENROLLED, Fact.NOT_COMPLETED):
                self[self._pair(one)] = State(Fact.ENROLLED, None, one.progress, None)
        for one in sorted(
            (one for one in courses if one.fact in _ORDER), key=lambda one: _ORDER.index(one.fact)
        ):
            self[self._pair(one)] = State(one.fact, one.at, one.progress, one.grade)
        for one in courses:
            if one.fact is Fact.UNSEEN:
                self[self._pair(one)] = self[self._pair(one)]._replace(fact=Fact.UNSEEN)
        return observations

    def accounts(self) -> Collection[str]:
        """See Seen."""
        return {name for (name, _), state in self.items() if state.fact is not Fact.UNSEEN}

    def of(self, account_names: Collection[str]) -> Mapping[Pair, State]:
        """See Seen."""
        names = set(account_names)
        return {pair: state for pair, state in self.items() if pair[0] in names}

    def completed(self, course_id: str) -> Mapping[str, datetime | None]:
        """See Seen."""
        return {
            name: state.at
            for (name, course), state in self.items()
            if course == course_id and state.fact is Fact.COMPLETED
        }

    @staticmethod
    def _pair(one: Observation) -> Pair:
        return one.learner.account_name, one.course.external_id
