"""What somebody is here, and what each role needs to be told."""

from types import MappingProxyType

from connector.report.words import Words

ADMINISTRATOR = "administrator"
ANALYST = "analyst"
OFFICE = "office_coordinator"
SCHOOL = "school_coordinator"
LEARNER = "learner"

ROLES = Words(
    {
        ADMINISTRATOR: "ผู้ดูแลระบบ",
        ANALYST: "นักวิเคราะห์ สพฐ.",
        OFFICE: "ผู้ประสานงานเขตพื้นที่",
        SCHOOL: "ผู้ประสานงานโรงเรียน",
        LEARNER: "ผู้เรียน",
    }
)
"""Role -> its name."""


def place_fault(role: str, unit_kind: str | None, has_person: bool) -> str | None:
    """What is wrong with a role at a unit of this kind (None: no unit) or with a person; None: nothing."""
    if role not in ROLES:
        return "role"
    if has_person != (role == LEARNER):
        return "person"
    if role in (ADMINISTRATOR, LEARNER):
        return None if unit_kind is None else "no_unit"
    if role == ANALYST:
        return None
    if unit_kind is None:
        return "unit"
    return None if (unit_kind == "school") == (role == SCHOOL) else "unit_kind"


FAULTS = MappingProxyType(
    {
        "role": f"role must be one of {', '.join(ROLES)}",
        "person": f"a person belongs to the role {LEARNER}, which needs one",
        "no_unit": f"{ADMINISTRATOR} and {LEARNER} have no unit",
        "unit": "this role needs a unit",
        "unit_kind": f"{SCHOOL} belongs to a school, {OFFICE} to an office",
    }
)
"""What `place_fault` says -> a line for an operator."""
