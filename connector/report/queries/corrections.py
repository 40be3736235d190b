"""What the forms that correct a person begin with."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from mappings.tables import membership, person
from mappings.unit_names import name_key
from mappings.units import units_by_code, units_by_name


@dataclass(frozen=True, slots=True)
class Correctable:
    """A person's name, and the post that lasts; `current` false: they have left."""

    prefix_th: str
    given_name: str
    family_name: str
    position_th: str
    rank_th: str
    line: str
    current: bool


def read_correctable(conn: Connection, person_id: int) -> Correctable:
    """What is known of somebody who is known."""
    one = conn.execute(select(person).where(person.c.id == person_id)).one()
    name = (one.prefix_th, one.given_name, one.family_name)
    lasts = select(membership).where(membership.c.person_id == person_id, membership.c.valid_to.is_(None))
    post = conn.execute(lasts.order_by(membership.c.id.desc()).limit(1)).first()
    if post is None:
        return Correctable(*name, "", "", "", current=False)
    return Correctable(*name, post.position_th, post.rank_th, post.line, current=True)


def unit_meant(conn: Connection, text: str, day: date) -> int | None:
    """The unit of a code or a name on a day; None: nobody has it, or several have."""
    text = text.strip()
    return units_by_code(conn, day).get(text) or units_by_name(conn, day).get(name_key(text))
