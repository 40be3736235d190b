"""Tells a site where nothing has happened from an account that may not see it."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from connector.platforms import PlatformError
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.completions import Standing
from connector.platforms.moodle.courses import Courses
from connector.platforms.moodle.learners import anybody_active


class Visible:
    """What could be seen so far in a pass."""

    def __init__(self, client: Client, courses: Courses) -> None:
        self._client = client
        self._courses = courses
        self._shown = 0
        self._told = 0

    def count(self, standings: Mapping[int, Sequence[Standing]]) -> None:
        """Note a page of learners that are listed in some course."""
        tracked = [one for told in standings.values() for one in told if one.course in self._courses]
        self._shown += len(tracked)
        self._told += sum(one.completed is not None for one in tracked)

    def absence_tells(self) -> bool:
        """Whether a learner who is not shown is not there, rather than hidden from the account."""
        return self._shown > 0 or self._nobody_is_active

    def check(self) -> None:
        """At the end of a pass. Raises PlatformError where all that was shown told nothing."""
        if self._shown and not self._told:
            raise PlatformError(
                f"Moodle at {self._client.host}: completion is hidden in every course: give the web service "
                "account report/completion:view",
                permanent=True,
            )

    @cached_property
    def _nobody_is_active(self) -> bool:
        """Asked where learners are listed, and none is shown in a course; raises PlatformError if one is."""
        active = anybody_active(self._client, self._courses)
        if active:
            raise PlatformError(
                f"Moodle at {self._client.host}: learners are listed, and shown in no course: give the web "
                "service account moodle/course:viewparticipants",
                permanent=True,
            )
        return active is False
