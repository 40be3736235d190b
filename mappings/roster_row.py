"""A person as a roster says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from mappings.national_ids import IdHash
from mappings.thai_text import normalise, sort_key

NAME_COLUMN, UNIT_COLUMN, DAY_COLUMN = "ชื่อ", "รหัสโรงเรียน", "วันที่เริ่ม"
NATIONAL_ID_COLUMN, ROSTER_ID_COLUMN = "เลขประจำตัวประชาชน", "รหัสบุคคล"
EMAIL_COLUMN, USERNAME_COLUMN = "อีเมล", "ชื่อผู้ใช้"
"""The roster's columns that refusals name."""

OUTSIDE = "-"
"""In the group column: outside the framework, in no denominator."""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as a roster says; `row` is the place in the file.

    `group` is M, A, S, T, "-" (outside the framework) or None: then the post decides, and one that nobody
    has classified stays unclassified. `unit_code` is a unit's code or its name. `id_key` and `id_before` as
    in `mappings.national_ids.IdHash`. `email` is in lower case, `usernames` are by home page, `roster_id` is
    the roster's own name for the person. `valid_from`: first day of the post; None: the day of the import.
    """

    prefix: str
    given_name: str
    family_name: str
    position: str
    rank: str
    line: str
    group: str | None
    unit_code: str
    id_hmac: str | None
    id_last4: str | None
    row: int = 0
    id_key: str | None = None
    id_before: str | None = None
    email: str = ""
    roster_id: str = ""
    usernames: Mapping[str, str] = field(default_factory=dict)
    valid_from: date | None = None

    def national_id(self) -> IdHash | None:
        """What stands for the national id."""
        return IdHash(self.id_hmac, self.id_key, self.id_before) if self.id_hmac else None

    def name(self) -> tuple[str, str]:
        """Given and family name in one spelling."""
        return normalise(self.given_name), normalise(self.family_name)

    def sort_key(self) -> str:
        """Of the name."""
        return sort_key(self.given_name, self.family_name)

    def shown(self, column: str) -> str:
        """What a refusal may show of one of the columns above."""
        values = {
            NAME_COLUMN: self.given_name,
            UNIT_COLUMN: self.unit_code,
            DAY_COLUMN: self.valid_from.isoformat() if self.valid_from else "",
            NATIONAL_ID_COLUMN: f"{'x' * 11}{self.id_last4[-2:]}" if self.id_last4 else "",
            ROSTER_ID_COLUMN: self.roster_id,
            EMAIL_COLUMN: self.email,
            USERNAME_COLUMN: ", ".join(self.usernames.values()),
        }
        return values.get(column, "")
