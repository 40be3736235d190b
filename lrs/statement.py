"""One xAPI statement, from parsed JSON to what is stored. Pure: no database, no web framework."""

from dataclasses import dataclass
from typing import Any

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
PROVES_NOTHING = 9


@dataclass(frozen=True, slots=True)
class Authority:
    """Who vouches for statements, and how far.

    `home_pages` None means that it proves nothing. A statement about an account of one of these home
    pages gets `level` (as `evidence.level`), every other statement gets `PROVES_NOTHING`.
    """

    agent: dict[str, Any]
    level: int
    home_pages: frozenset[str] | None
    credential_id: int | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """An identified agent or group: its key, and the account if that is what identifies it."""

    key: str
    home_page: str | None = None
    account_name: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is stored of one statement. Instants are microseconds (`lrs.clock`)."""

    id: str
    body: bytes
    fingerprint: bytes
    # False: the timestamp is the store's own, and does not make two statements differ.
    timestamp_given: bool
    timestamp: int
    stored: int
    actor: Actor
    verb_iri: str
    object_type: str
    activity_iri: str | None
    activity_type: str | None
    # The object's definition as JSON, if it came with one.
    definition: bytes | None
    # The object, where it is an agent or an identified group.
    object_agent: Actor | None
    target_id: str | None
    registration: str | None
    success: bool | None
    completion: bool | None
    score_scaled: float | None
    progress: float | None
    level: int
    credential_id: int | None
    # It voids the statement `target_id`.
    voids: bool
