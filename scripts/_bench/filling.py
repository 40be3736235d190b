"""The n-th statement of a filled database, from 0. Pure: the same at every run.

Statements are prepared once, in a pool; the n-th is one of them with an id and a registration of its own.
"""

import random
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any
from uuid import UUID

from lrs.credentials import AUTHORITY_HOME_PAGE
from lrs.statement import Authority, Prepared, prepare
from lrs.validation import VOIDED
from scripts._bench.statements import ID, SITE, statement

VERBS = tuple(f"http://adlnet.gov/expapi/verbs/{word}" for word in ("completed", "launched", "passed"))
PROGRAMMES = 50
# Enough for nearly every one of the actors to be drawn.
_POOL = 8000
_REGISTRATION = b"00000000-0000-4000-8000-000000000001"
_TARGET = b"00000000-0000-4000-8000-000000000002"
# So many registrations are under way at the same time, each until it has about 200 statements.
_OPEN, _EACH = 100, 200
# One of so many statements voids an earlier one.
VOIDING_EVERY = 200


@dataclass(frozen=True, slots=True)
class Pool:
    """Statements with placeholders for ids and registrations, as sent and prepared; one that voids."""

    sent: list[dict[str, Any]]
    prepared: list[Prepared]
    voiding: Prepared

    @property
    def digest(self) -> str:
        """Another one where other statements would be stored."""
        octets = b"".join(one.opening for one in (*self.prepared, self.voiding))
        return blake2b(octets, digest_size=16).hexdigest()

    def nth(self, n: int) -> Prepared:
        """The statement, ready to be stored."""
        target = target_of(n)
        if target is not None:
            opening = self.voiding.opening.replace(_TARGET, target.encode(), 1)
            return _named(self.voiding._replace(target_id=target, opening=opening), n)
        one, registration = self.prepared[_draw(n, 0) % len(self.prepared)], registration_of(n)
        opening = one.opening.replace(_REGISTRATION, registration.encode(), 1)
        return _named(one._replace(registration=registration, opening=opening), n)


def _named(one: Prepared, n: int) -> Prepared:
    own = id_of(n)
    return one._replace(id=own, opening=one.opening.replace(ID, own.encode(), 1))


@cache
def pool() -> Pool:
    """The statements of `scripts/bench lrs` with one of three verbs and, as parent, one of 50 programmes."""
    chance = random.Random(1)  # noqa: S311 - the same statements at every run
    authority = Authority(
        {"account": {"homePage": AUTHORITY_HOME_PAGE, "name": "bench"}}, 1, frozenset({SITE})
    )
    sent = [_varied(chance) for _ in range(_POOL)]
    prepared = [prepare(one, version="1.0.3", authority=authority) for one in sent]
    return Pool(sent, prepared, prepare(_voiding(), version="1.0.3", authority=authority))


def _varied(chance: random.Random) -> dict[str, Any]:
    one = statement(chance)
    verb, programme = (
        chance.choice(VERBS),
        f"{SITE}/course/index.php?categoryid={chance.randrange(PROGRAMMES)}",
    )
    one["verb"] = {**one["verb"], "id": verb}
    one["context"]["registration"] = _REGISTRATION.decode()
    one["context"]["contextActivities"]["parent"] = [{"id": programme}]
    return one


def _voiding() -> dict[str, Any]:
    return {
        "id": ID.decode(),
        "actor": {"account": {"homePage": SITE, "name": "administrator"}},
        "verb": {"id": VOIDED, "display": {"en": "voided"}},
        "object": {"objectType": "StatementRef", "id": _TARGET.decode()},
    }


def id_of(n: int) -> str:
    """Scattered, as the ids of clients are."""
    return _uuid(f"statement {n}")


def registration_of(n: int) -> str:
    """One of those under way at the time."""
    return _uuid(f"registration {n // (_OPEN * _EACH) * _OPEN + _draw(n, 1) % _OPEN}")


def voids(n: int) -> bool:
    """Whether it is a voiding statement."""
    return n % VOIDING_EVERY == VOIDING_EVERY - 1


def target_of(n: int) -> str | None:
    """The id of the earlier statement that it voids; None: it voids none."""
    if not voids(n):
        return None
    earlier = _draw(n, 2) % n
    # Nothing voids a voiding statement; the one before it is none.
    return id_of(earlier - voids(earlier))


def _draw(n: int, what: int) -> int:
    """A number below 2**64 that looks drawn, always the same."""
    return int.from_bytes(blake2b(b"%d %d" % (what, n), digest_size=8).digest(), "big")


def _uuid(text: str) -> str:
    return str(UUID(bytes=blake2b(text.encode(), digest_size=16).digest(), version=4))
