"""Who was shown in a course at an earlier sync, and is enrolled in it no more."""

from collections import defaultdict
from collections.abc import Iterator

from connector.completion import Fact, Observation
from connector.platforms import Asked, Cursor
from connector.platforms.openedx.courses import bare as bare_course
from connector.platforms.openedx.learners import bare as bare_learner

ACCOUNTS_A_PAGE = 500


class Shown:
    """The accounts that a pass has shown, and the courses that it has read from the first page on."""

    def __init__(self, home_page: str, asked: Asked) -> None:
        self._home_page = home_page
        self._asked = asked
        self._accounts: dict[str, set[str]] = defaultdict(set)
        self._whole: set[str] = set()

    def add(self, course_id: str, account_name: str) -> None:
        """It is enrolled there."""
        self._accounts[course_id].add(account_name)

    def whole(self, course_id: str) -> None:
        """Whoever was not shown there is not enrolled there."""
        self._whole.add(course_id)

    def unseen(self, state: str, done: int) -> Iterator[Observation | Cursor]:
        """Everybody who is enrolled no more, with a cursor of that state now and then."""
        names = sorted(self._asked.seen.accounts()) if self._whole else []
        for start in range(0, len(names), ACCOUNTS_A_PAGE):
            seen = self._asked.seen.of(names[start : start + ACCOUNTS_A_PAGE])
            for name, course_id in sorted(seen):
                if seen[name, course_id].fact is not Fact.UNSEEN and self._lacks(name, course_id):
                    course = bare_course(self._home_page, course_id)
                    yield Observation(course, bare_learner(self._home_page, name), Fact.UNSEEN)
            yield Cursor(state, done, done)

    def _lacks(self, name: str, course_id: str) -> bool:
        return course_id in self._whole and name not in self._accounts[course_id]
