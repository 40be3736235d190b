"""People: who they are, where they work and which accounts are theirs; the door to several files.

`mappings.units` knows the organisation, `mappings.roster` persons with their posts and groups,
`mappings.accounts` the accounts on platforms, `mappings.links` whose they are. Other packages import from
here.
"""

from dataclasses import dataclass

from mappings.accounts import AccountCounts, AccountSeen, account_counts, observe_accounts
from mappings.conflicts import Conflict, conflicts
from mappings.imported import ImportReport, Refusal
from mappings.links import link_accounts, link_touched
from mappings.national_ids import HashKey, HashKeys, IdHash, hash_national_id, rekey
from mappings.roster import import_roster
from mappings.roster_row import PersonRow
from mappings.units import UnitRow, import_units

__all__ = [
    "AccountCounts",
    "AccountSeen",
    "Conflict",
    "HashKey",
    "HashKeys",
    "IdHash",
    "ImportReport",
    "PersonRow",
    "Refusal",
    "Scope",
    "UnitRow",
    "account_counts",
    "conflicts",
    "hash_national_id",
    "import_roster",
    "import_units",
    "link_accounts",
    "link_touched",
    "observe_accounts",
    "rekey",
]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a reader may see: a unit and all within it, with people's names or in numbers only."""

    unit_id: int
    names: bool
