"""Moodle as a platform: through the companion plugin where it is, through core web services elsewhere."""

from collections.abc import Iterator
from functools import cached_property

from connector.completion import Observation
from connector.platforms import Asked, Cursor, Reading
from connector.platforms.moodle.changes import changes
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.site import Site, open_site
from connector.platforms.moodle.sweep import sweep
from mappings.people import HashKeys


class Moodle:
    """A Moodle site (connector.platforms.Platform)."""

    def __init__(self, client: Client, hash_keys: HashKeys, reading: Reading | None = None) -> None:
        self._client = client
        self._hash_keys = hash_keys
        self._reading = reading or Reading()

    @property
    def home_page(self) -> str:
        """The site's own address, whatever address was called. Checks that the service has what is needed."""
        return self._site.home_page

    def observe(self, cursor: Cursor | None, asked: Asked) -> Iterator[Observation | Cursor]:
        """See connector.platforms.Platform, and the two ways of reading a site."""
        read = changes if self._site.has_plugin else sweep
        return read(self._site, cursor, asked)

    @cached_property
    def _site(self) -> Site:
        return open_site(self._client, self._hash_keys, self._reading)
