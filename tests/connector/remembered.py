"""What a platform said, remembered as the engine remembers it, without a database."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from connector.completion import Fact, Observation
from connector.platforms import Cursor, Pair, State

_BEFORE_PROGRESS = (Fact.ENROLLED, Fact.UNSEEN)


class Remembered(dict[Pair, State]):
    """States by pair (connector.platforms.Seen)."""

    def __init__(self, said: Iterable[Observation | Cursor] = ()) -> None:
        super().__init__()
        self.follow(said)

    def follow(self, said: Iterable[Observation | Cursor]) -> list[Observation]:
        """Remember what is said from now on; returns the observations."""
        observations = [item for item in said if isinstance(item, Observation)]
        for facts in self._by_pair(observations).values():
            pair = self._pair(next(iter(facts.values())))
            self[pair] = self._after(self.get(pair), facts)
        return observations

    @classmethod
    def _by_pair(cls, observations: Iterable[Observation]) -> dict[Pair, dict[Fact, Observation]]:
        found: dict[Pair, dict[Fact, Observation]] = {}
        for one in observations:
            if one.part is None:
                found.setdefault(cls._pair(one), {})[one.fact] = one
        return found

    @staticmethod
    def _after(before: State | None, facts: Mapping[Fact, Observation]) -> State:
        known = before or State(Fact.ENROLLED, None, None, None)
        if Fact.UNSEEN in facts:
            return known._replace(fact=Fact.UNSEEN)
        for fact in (Fact.COMPLETED, Fact.IN_PROGRESS):
            if fact in facts:
                return _told(known, facts[fact])
        if Fact.NOT_COMPLETED in facts and known.fact is Fact.COMPLETED:
            known = State(Fact.ENROLLED, None, None, None)
        anew = known.fact is Fact.IN_PROGRESS and facts[Fact.ENROLLED].progress == 0
        return _told(known, facts[Fact.ENROLLED]) if anew or known.fact in _BEFORE_PROGRESS else known

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


def _told(known: State, said: Observation) -> State:
    """What was not read this time stays as it is known, if the state is the same."""
    same = known if known.fact is said.fact else State(said.fact, None, None, None)
    return State(
        said.fact,
        same.at if said.at is None else said.at,
        same.progress if said.progress is None else said.progress,
        same.grade if said.grade is None else said.grade,
    )
