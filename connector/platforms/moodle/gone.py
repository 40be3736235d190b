"""What a site that tells changes shows no more, found out during a pass and said at its end."""

from collections.abc import Container, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field

from connector.completion import Fact, Observation
from connector.platforms import Asked, Pair, State
from connector.platforms.moodle.courses import Courses, Row
from connector.platforms.moodle.learners import Accounts
from connector.platforms.moodle.unseen import in_scope

ACCOUNTS_A_PAGE = 500


@dataclass(slots=True)
class Gone:
    """Learners by user id, courses by id.

    `listed`: of courses that were listed whole, the users told: others left. `everything`: so was the site.
    """

    users: set[int] = field(default_factory=set)
    courses: set[int] = field(default_factory=set)
    pairs: set[tuple[int, int]] = field(default_factory=set)
    listed: dict[int, Set[int]] = field(default_factory=dict)
    everything: bool = False

    def note(self, entry: Row) -> None:
        """An entry of the plugin's "gone"."""
        user, course = int(entry["userid"]), int(entry["courseid"])
        if entry["kind"] == "user":
            self.users.add(user)
        elif entry["kind"] == "course":
            self.courses.add(course)
        elif entry["kind"] == "enrolment":
            self.pairs.add((user, course))

    def has(self, user: int, course: int) -> bool:
        """Whether the learner is shown in the course no more."""
        if user in self.users or course in self.courses or (user, course) in self.pairs:
            return True
        if course in self.listed:
            return user not in self.listed[course]
        return self.everything

    def said(
        self, asked: Asked, scope: Container[int], accounts: Accounts, courses: Courses
    ) -> Iterator[list[Observation]]:
        """UNSEEN, of whom was shown until now in a course asked for; page by page."""
        for was in _pages(asked, self._names(asked)):
            yield [
                Observation(courses.bare(course), accounts.bare(name), Fact.UNSEEN)
                for (name, course), state in sorted(was.items(), key=_numbers)
                if state.fact is not Fact.UNSEEN
                and in_scope(course, asked, scope)
                and course.isdigit()
                and self.has(int(name), int(course))
            ]

    def _names(self, asked: Asked) -> Iterable[str]:
        if self.everything or self.courses or self.listed:
            return asked.seen.accounts()
        return {str(user) for user in self.users} | {str(user) for user, _ in self.pairs}


def _pages(asked: Asked, names: Iterable[str]) -> Iterator[Mapping[Pair, State]]:
    in_order = sorted((name for name in names if name.isdigit()), key=int)
    for start in range(0, len(in_order), ACCOUNTS_A_PAGE):
        yield asked.seen.of(in_order[start : start + ACCOUNTS_A_PAGE])


def _numbers(item: tuple[Pair, State]) -> tuple[int, int, str]:
    (name, course), _ = item
    return int(name), len(course), course
