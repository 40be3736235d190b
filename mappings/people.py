"""People: who they are, where they work and which accounts are theirs; the door to three files.

`mappings.units` knows the organisation, `mappings.roster` persons with their posts and groups,
`mappings.accounts` the accounts on platforms. Other packages import from here.
"""

from dataclasses import dataclass

from mappings.accounts import (
    AccountCounts,
    AccountSeen,
    Conflict,
    account_counts,
    conflicts,
    hash_national_id,
    link_accounts,
    observe_accounts,
)

__all__ = [
    "AccountCounts",
    "AccountSeen",
    "Conflict",
    "Scope",
    "account_counts",
    "conflicts",
    "hash_national_id",
    "link_accounts",
    "observe_accounts",
]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a reader may see: a unit and all within it, with people's names or in numbers only."""

    unit_id: int
    names: bool
