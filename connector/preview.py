"""What a sync would do, without doing it: nothing is written, and a sync may run beside it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine

from connector import take_backs
from connector.enrolments import Remembered
from connector.page import Page, compare, pages
from connector.plan import Issue
from connector.platforms import NothingSeen, Platform, PlatformError, Seen
from connector.sink import sync_authority
from connector.sync import Options, Progress
from connector.sync_store import Pass, find_pass
from connector.take_backs import Numbers, TakeBack
from lrs.database import read_only


@dataclass(slots=True)
class Preview:
    """What would be written and voided, by the course's external id; `shortnames` of the courses seen.

    `write`: statements. `replace`: statements voided for another with a new time or grade. `take_back`:
    completions, of the course or of parts of it. `refusal`: why none would be taken back.
    """

    learners: int = 0
    shortnames: dict[str, str] = field(default_factory=dict)
    write: Counter[str] = field(default_factory=Counter)
    replace: Counter[str] = field(default_factory=Counter)
    take_back: Counter[str] = field(default_factory=Counter)
    refusal: PlatformError | None = None


def preview(
    engine: Engine,
    platform: Platform,
    *,
    name: str,
    now: datetime,
    options: Options,
    progress: Progress | None = None,
) -> Preview:
    """What `connector.sync.sync` would do now; raises PlatformError as it does."""
    home_page = platform.home_page
    authority = sync_authority(name, home_page).actor.key
    readers = read_only(engine)
    with readers.begin() as conn:
        platform_id, current = find_pass(
            conn, name, home_page, now, full=options.full, partial=bool(options.only)
        )
        waiting = _waiting(conn, platform_id, home_page, authority, current)
    counts = _Counts(waiting)
    seen: Seen = NothingSeen() if platform_id is None else Remembered(engine, platform_id)
    for observations, reached in pages(platform.observe(current.cursor, options.asked(seen))):
        with readers.begin() as conn:
            counts.add(compare(conn, platform_id, observations, current.began_at))
        if progress and reached:
            progress("learners", reached.done, reached.total)
    found = counts.found(current.partial)
    with readers.begin() as conn:
        held = take_backs.current_completions(conn, home_page, authority)
    found.refusal = options.refusal(name, counts.numbers(), held)
    return found


def _waiting(
    conn: Connection, platform_id: int | None, home_page: str, authority: str, current: Pass
) -> list[TakeBack]:
    """What would be taken back even if the platform said nothing."""
    if platform_id is None:
        return []
    found = take_backs.waiting(conn, platform_id, None)
    if current.compared_until is not None:
        found += take_backs.late_pushes(
            conn,
            platform_id,
            home_page=home_page,
            since=current.compared_until,
            until=current.began_at,
            authority=authority,
        )
    return found


class _Counts:
    """Counts, page by page."""

    def __init__(self, waiting: Iterable[TakeBack]) -> None:
        self._preview = Preview()
        self._accounts: set[str] = set()
        self._take_back = {one.pair: one for one in waiting}

    def add(self, page: Page) -> None:
        """One more page."""
        for step in page.steps:
            kind = self._preview.write if isinstance(step, Issue) else self._preview.replace
            kind[page.course_of(step)] += 1
        for pair in page.spared:
            self._take_back.pop(pair, None)
        self._take_back.update((one.pair, one) for one in page.take_back)
        self._accounts |= page.names()
        self._preview.learners = len(self._accounts)
        self._preview.shortnames |= {one.external_id: one.shortname for one in page.courses()}

    def found(self, partial: bool) -> Preview:
        """What was counted; over some courses, of these alone."""
        preview = self._preview
        if partial:
            kept = self._take_back.items()
            self._take_back = {pair: one for pair, one in kept if one.course_id in preview.shortnames}
        preview.take_back.update(one.course_id for one in self._take_back.values())
        return preview

    def numbers(self) -> Numbers:
        """Completions that would be taken back."""
        parts = sum(one.is_part for one in self._take_back.values())
        return Numbers(len(self._take_back) - parts, parts)
