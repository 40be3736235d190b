"""Ten courses of 2,000 learners: how many calls it takes, and that memory does not grow with the pages."""

import tracemalloc
from collections import Counter
from collections.abc import Iterator

import pytest

from connector.completion import Fact, Observation
from connector.platforms import Asked, Cursor
from connector.platforms.moodle.functions import COURSE_STATUS, GRADES, USERS_COURSES
from connector.platforms.moodle.learners import USERS_A_CALL
from tests.connector.big_site import BigSite
from tests.connector.remembered import Remembered
from tests.connector.test_moodle_sweep import moodle_at

LEARNERS, COURSES = 2000, 10
NTH = 40
NEW = LEARNERS // NTH * COURSES
# Whether there is a plugin, what is offered, the courses; lists of learners, the last page of each empty.
PAGES = 3 + COURSES * (LEARNERS // USERS_A_CALL + 1)


@pytest.fixture(scope="module")
def site() -> Iterator[BigSite]:
    with BigSite(LEARNERS, COURSES, NTH) as running:
        yield running


def test_calls_and_memory(site: BigSite) -> None:
    seen, held, said = Remembered(), [], Counter[Fact]()
    page: list[Observation] = []
    tracemalloc.start()
    for item in moodle_at(site).observe(None, Asked(seen)):
        if isinstance(item, Observation):
            page.append(item)
            continue
        assert isinstance(item, Cursor)
        said.update(one.fact for one in page)
        page.clear()
        held.append(tracemalloc.get_traced_memory()[0])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert said[Fact.ENROLLED] == LEARNERS * COURSES
    assert said[Fact.COMPLETED] == NEW
    # What is held after the last page is what was held after the second one, or so.
    assert len(held) == LEARNERS // 100
    assert held[-1] - held[1] < 1_000_000
    assert peak < 60_000_000
    # No more than a call a learner, one a new completion, and pages: of lists, and of a course's grades.
    calls = Counter(site.calls)
    assert calls[USERS_COURSES] == LEARNERS
    assert calls[COURSE_STATUS] == NEW
    assert calls[GRADES] <= 2 * COURSES
    assert calls.total() <= LEARNERS + NEW + PAGES + 2 * COURSES


def test_an_idle_poll_and_one_with_a_new_completion(site: BigSite) -> None:
    seen = Remembered()
    seen.follow(moodle_at(site).observe(None, Asked(seen)))
    site.calls.clear()
    seen.follow(moodle_at(site).observe(None, Asked(seen)))
    assert Counter(site.calls).total() == LEARNERS + PAGES
    del seen[str(1001 + NTH - 1001 % NTH), "2"]
    site.calls.clear()
    seen.follow(moodle_at(site).observe(None, Asked(seen)))
    assert Counter(site.calls).total() == LEARNERS + PAGES + 2
    assert Counter(site.calls)[GRADES] == 1
