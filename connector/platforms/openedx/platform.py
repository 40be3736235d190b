"""Open edX as a platform."""

from collections.abc import Iterator, Sequence

from connector.completion import Learner, Observation
from connector.platforms import Asked, Cursor, Reading
from connector.platforms.openedx.client import Client
from connector.platforms.openedx.emails import find_by_email
from connector.platforms.openedx.sweep import sweep


class OpenEdx:
    """An Open edX site (connector.platforms.Platform). Activities and badges are not read there."""

    def __init__(self, client: Client, reading: Reading | None = None) -> None:
        self._client = client
        self._reading = reading or Reading()

    @property
    def home_page(self) -> str:
        """The LMS's own address: the one in the settings, for no call tells it. Checks the client."""
        self._client.enter()
        return self._client.url

    def observe(self, cursor: Cursor | None, asked: Asked) -> Iterator[Observation | Cursor]:
        """See connector.platforms.Platform."""
        return sweep(self._client, self._client.url, self._reading, cursor, asked)

    def by_email(self, emails: Sequence[str]) -> Iterator[Learner]:
        """See connector.platforms.FindsByEmail."""
        return find_by_email(self._client, self._client.url, emails)
