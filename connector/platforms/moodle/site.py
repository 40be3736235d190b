"""A Moodle site that is open for reading: what every reader of it needs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import structlog

from connector.platforms import PlatformError, Reading
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.errors import MoodleError
from connector.platforms.moodle.functions import PLUGIN, SITE_INFO, TOTALS, needed
from connector.platforms.moodle.learners import Accounts
from mappings.people import HashKeys

log = structlog.get_logger()


@dataclass
class Site:
    """`offered`: functions that the account may call, as far as they were asked for."""

    client: Client
    home_page: str
    offered: frozenset[str]
    reading: Reading
    accounts: Accounts
    _totals: Any = field(default=None, repr=False)

    @property
    def has_plugin(self) -> bool:
        """Whether the companion plugin answers."""
        return self.offered.issuperset(PLUGIN)

    @cached_property
    def name(self) -> str:
        """What the site calls itself."""
        return str(self.client.call(SITE_INFO)["sitename"])

    def totals(self) -> Any:
        """The plugin's totals: those that the site was opened with, then fresh ones."""
        totals, self._totals = self._totals, None
        return totals or _totals(self.client)


def open_site(client: Client, hash_keys: HashKeys, reading: Reading) -> Site:
    """One call where the plugin answers, which names the site too; two elsewhere.

    Raises PlatformError where functions are missing that `reading` needs.
    """
    try:
        totals = _totals(client)
    except MoodleError as error:
        return _open_core(client, hash_keys, reading, refused=error)
    return _site(client, str(totals["siteurl"]), PLUGIN, hash_keys, reading, totals)


def _open_core(client: Client, hash_keys: HashKeys, reading: Reading, refused: MoodleError) -> Site:
    info = client.call(SITE_INFO)
    offered = frozenset(str(function["name"]) for function in info["functions"])
    if offered.issuperset(PLUGIN):
        # In the service, and no use: `thaksa platform check` says why.
        log.warning("moodle plugin is not used", code=refused.code)
        offered -= set(PLUGIN)
    if missing := [name for name in needed(reading, offered) if name not in offered]:
        raise PlatformError(
            f"Moodle at {client.host}: add to the web service: {', '.join(missing)}", permanent=True
        )
    site = _site(client, str(info["siteurl"]), offered, hash_keys, reading, None)
    site.name = str(info.get("sitename") or "")
    return site


def _site(
    client: Client, url: str, offered: Iterable[str], hash_keys: HashKeys, reading: Reading, totals: Any
) -> Site:
    home_page = url.rstrip("/")
    return Site(client, home_page, frozenset(offered), reading, Accounts(home_page, hash_keys), totals)


def _totals(client: Client) -> Any:
    return client.call(TOTALS, include={"activities": False})
