"""A platform as if erased people had no accounts there: what it says of them goes no further."""

from collections.abc import Iterator

import structlog
from sqlalchemy import Engine

from connector.completion import Learner, Observation
from connector.platforms import Asked, Cursor, Platform
from lrs.database import read_only
from mappings.people import IdHash
from mappings.tombstones import Tombstones, read_tombstones, rekey_tombstones

log = structlog.get_logger()


class WithoutErased:
    """A platform (connector.platforms.Platform) around another one."""

    def __init__(self, platform: Platform, engine: Engine, key: bytes) -> None:
        self._platform = platform
        self._engine = engine
        self._key = key

    @property
    def home_page(self) -> str:
        """The other one's."""
        return self._platform.home_page

    def observe(self, cursor: Cursor | None, asked: Asked) -> Iterator[Observation | Cursor]:
        """What the other one says of everybody else."""
        with read_only(self._engine).begin() as conn:
            tombstones = read_tombstones(conn, self._key)
        said = self._platform.observe(cursor, asked)
        return self._others(said, tombstones) if tombstones.hashes else said

    def _others(
        self, said: Iterator[Observation | Cursor], tombstones: Tombstones
    ) -> Iterator[Observation | Cursor]:
        known: dict[Learner, bool] = {}
        for item in said:
            if isinstance(item, Cursor):
                yield item
                continue
            if item.learner not in known:
                known[item.learner] = self._is_erased(item.learner, tombstones)
            if not known[item.learner]:
                yield item
        log.info("learners erased before", accounts=sum(known.values()))

    def _is_erased(self, learner: Learner, tombstones: Tombstones) -> bool:
        hashed = IdHash(learner.id_hmac, learner.id_key, learner.id_before) if learner.id_hmac else None
        account = (learner.home_page, learner.account_name)
        found = tombstones.has_account(account, hashed, learner.email, learner.username)
        if found and hashed is not None and hashed.before is not None:
            # They arrive nowhere else, and an earlier key is not retired while it is in use.
            with self._engine.begin() as conn:
                rekey_tombstones(conn, tombstones, [hashed])
        return found
