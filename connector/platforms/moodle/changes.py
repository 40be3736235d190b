"""A pass over a site through the companion plugin: everything at first, then what has changed.

Two calls tell that nothing has: the totals, and a page of changes. Totals that differ from what was told
show that something vanished or came back without an event: that course is listed afresh. A pass that is
interrupted is begun again, for it is a few calls, and hearing a thing twice changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from connector.completion import Fact, Observation
from connector.platforms import Asked, Cursor, PlatformError, State
from connector.platforms.moodle.activities import Parts
from connector.platforms.moodle.courses import Courses, Row, read_courses
from connector.platforms.moodle.feed import completed_at, read_feed
from connector.platforms.moodle.gone import Gone
from connector.platforms.moodle.mark import Mark, Total, read_mark, totals_of
from connector.platforms.moodle.site import Site
from connector.platforms.moodle.teller import Teller

ROWS_A_PAGE = 500

Items = Iterator[Observation | Cursor]


def changes(site: Site, cursor: Cursor | None, asked: Asked) -> Items:
    """Rows by course and user, a cursor after each few hundred; the last one begins the next pass."""
    answer = site.totals()
    before = read_mark(cursor.state if cursor else None)
    ids = _ids(site, asked, before)
    totals = totals_of(answer["courses"], ids)
    if not totals and asked.seen.accounts():
        raise PlatformError(
            f"Moodle at {site.client.host}: no course that tracks completion is visible any more: give the "
            "web service account moodle/course:view and moodle/course:viewhiddencourses",
            permanent=True,
        )
    mark = replace(_mark(site, asked, before, int(answer["now"])), ids=ids)
    rows = sum(int(row["enrolments"]) for row in answer["courses"] if row["courseid"] in totals)
    yield from _Pass(site, asked, mark, totals, rows).said()


def _ids(site: Site, asked: Asked, before: Mark) -> tuple[int, ...]:
    """The courses asked for; none for all. Names are looked up until each has its course."""
    known = before.courses == tuple(sorted(asked.courses)) and len(before.ids) >= len(asked.courses)
    if not asked.courses or known:
        return before.ids if known else ()
    return tuple(read_courses(site.client, site.home_page, asked.courses))


def _mark(site: Site, asked: Asked, before: Mark, now: int) -> Mark:
    """From the start where something else is asked for than before, or the site's clock went back."""
    courses, activities = tuple(sorted(asked.courses)), site.reading.activities
    if asked.full or (courses, activities) != (before.courses, before.activities) or before.since > now:
        return Mark(courses=courses, activities=activities)
    return before


class _Pass:
    """What is known while a pass lasts."""

    def __init__(self, site: Site, asked: Asked, mark: Mark, totals: Mapping[int, Total], rows: int) -> None:
        self._site = site
        self._asked = asked
        self._mark = mark
        self._totals = totals
        self._explained = dict(mark.totals)
        self._courses = Courses(site.home_page, ())
        self._teller = Teller(site, self._courses)
        self._gone = Gone(everything=mark.since == 0)
        self._reset: set[int] = set()
        self._until = 0
        self._rows_done, self._rows_expected = 0, rows

    def said(self) -> Items:
        """All of it."""
        yield from self._read(self._mark.since, self._mark.ids, explained=True)
        if self._mark.since:
            yield from self._afresh()
            yield from self._names()
        else:
            self._gone.listed |= self._teller.told
        gone = self._gone.said(self._asked, self._mark.ids, self._site.accounts, self._courses)
        for page in gone:
            yield from page
            yield self._reached()
        yield Cursor(self._after().text(), self._rows_done, self._rows_done, at_end=True)

    def _read(self, since: int, ids: Sequence[int], *, explained: bool) -> Items:
        for page in read_feed(self._site.client, since, ids, activities=self._site.reading.activities):
            self._until = self._until or int(page["until"])
            self._teller.learn(page)
            self._note_gone(page["gone"])
            yield from self._rows(page["rows"], explained=explained)
            yield from self._teller.activities(page)
            yield self._reached()

    def _note_gone(self, entries: Sequence[Row]) -> None:
        for entry in entries:
            self._gone.note(entry)
            if entry["kind"] == "completion":
                self._reset.add(int(entry["courseid"]))
            if entry["kind"] == "user":
                self._explain_deleted(int(entry["userid"]))

    def _rows(self, rows: Sequence[Row], *, explained: bool) -> Items:
        for start in range(0, len(rows), ROWS_A_PAGE):
            page = rows[start : start + ROWS_A_PAGE]
            seen = self._asked.seen.of({str(row["userid"]) for row in page})
            for row in page:
                was = seen.get((str(row["userid"]), str(row["courseid"])))
                if explained:
                    self._explain(row, was)
                self._gone.pairs.discard((int(row["userid"]), int(row["courseid"])))
                yield from self._teller.row(row, was)
            yield from self._teller.badges(page)
            self._rows_done += len(page)
            yield self._reached()

    def _explain(self, row: Row, was: State | None) -> None:
        """What the row does to the totals, given what was told of it before."""
        user, course, at = int(row["userid"]), int(row["courseid"]), completed_at(row)
        total = self._explained.get(course, Total())
        if was and was.at and (was.fact is Fact.COMPLETED or (was.fact is Fact.UNSEEN and was.at == at)):
            total = total.minus(user, int(was.at.timestamp()))
        if row["completed"]:
            total = total.plus(user, int(row["timecompleted"]))
        self._explained[course] = total

    def _explain_deleted(self, user: int) -> None:
        for (_, course), was in self._asked.seen.of([str(user)]).items():
            if was.fact is Fact.COMPLETED and was.at and int(course) in self._explained:
                self._explained[int(course)] = self._explained[int(course)].minus(
                    user, int(was.at.timestamp())
                )

    def _afresh(self) -> Items:
        """Courses that changes alone do not tell: new, visible again, renamed, with totals not explained."""
        visible = self._visible()
        hidden = (self._mark.hidden | set(self._courses)) - visible
        self._gone.courses |= self._mark.totals.keys() - self._totals.keys()
        self._gone.courses |= set(self._courses) - visible
        afresh = {course for course, total in self._totals.items() if self._explained.get(course) != total}
        afresh |= (self._mark.hidden & visible) | (visible - self._teller.told.keys())
        if self._site.reading.activities:
            afresh |= self._reset
        for course in sorted((afresh & self._totals.keys()) - self._gone.courses - hidden):
            yield from self._list(course)

    def _visible(self) -> set[int]:
        return {course for course in self._courses if self._courses.row(course)["visible"]}

    def _list(self, course: int) -> Items:
        """All of one course: who is not told of is shown there no more."""
        self._teller.told[course] = set()
        self._teller.whole[course] = set()
        yield from self._read(0, [course], explained=False)
        self._gone.listed[course] = self._teller.told[course]
        if course in self._reset and self._site.reading.activities:
            yield from self._teller.without_state(course, Parts(self._site.client, self._site.home_page))
            yield self._reached()

    def _names(self) -> Items:
        """Accounts that changed, and nothing else of theirs."""
        users = self._teller.untold()
        for start in range(0, len(users), ROWS_A_PAGE):
            seen = self._asked.seen.of([str(user) for user in users[start : start + ROWS_A_PAGE]])
            shown = {
                int(name): int(course)
                for (name, course), state in sorted(seen.items(), reverse=True)
                if state.fact is not Fact.UNSEEN and not self._gone.has(int(name), int(course))
            }
            for user, course in sorted(shown.items()):
                yield from self._teller.name(user, course)
            yield self._reached()

    def _reached(self) -> Cursor:
        """The pass is begun again from its mark if it is interrupted."""
        done = min(self._rows_done, self._rows_expected)
        return Cursor(self._mark.text(), done, max(done, self._rows_expected))

    def _after(self) -> Mark:
        """Where the next pass goes on."""
        hidden = (self._mark.hidden | set(self._courses)) - self._visible()
        return replace(
            self._mark, since=self._until, totals=self._totals, hidden=frozenset(hidden & self._totals.keys())
        )
