"""What was shown at an earlier sync and is shown no more: nothing is known of it from then on. Pure."""

from collections import defaultdict
from collections.abc import Collection, Container, Iterator, Mapping

from connector.completion import Fact, Learner, Observation
from connector.platforms import Asked, Pair, State
from connector.platforms.moodle.courses import Courses


def by_account(was: Mapping[Pair, State]) -> Mapping[str, Mapping[str, State]]:
    """States by account name, then by course id."""
    found: dict[str, dict[str, State]] = defaultdict(dict)
    for (account, course), state in was.items():
        found[account][course] = state
    return found


def in_scope(course_id: str, asked: Asked, courses: Container[int]) -> bool:
    """Whether a course, which may be gone, is among those asked for; `courses`: their numbers, as found."""
    if not asked.courses or course_id in asked.courses:
        return True
    return course_id.isdigit() and int(course_id) in courses


def unseen(
    learner: Learner, was: Mapping[str, State], shown: Collection[int], asked: Asked, courses: Courses
) -> Iterator[Observation]:
    """Courses in which the learner was shown, and is not among those `shown` now."""
    there = {str(number) for number in shown}
    for course_id in sorted(was.keys() - there, key=lambda one: (len(one), one)):
        if was[course_id].fact is not Fact.UNSEEN and in_scope(course_id, asked, courses):
            yield Observation(courses.bare(course_id), learner, Fact.UNSEEN)
