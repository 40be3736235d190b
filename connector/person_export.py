"""All that is held about one person as one JSON document, written as it is read."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, and_, select

from connector.person_erasure import file_subjects
from connector.tables import enrolment, platform
from lrs.clock import to_iso
from mappings.export import Section, export_person, plain
from mappings.held_person import HeldPerson, read_held

FORMAT = 1
"""Of the document; it grows when a reader has to know."""


def write_export(conn: Connection, uuid: str, now: datetime, write: Callable[[bytes], object]) -> None:
    """Write the document in pieces: an object with `about`, and a list a section.

    Raises MappingError before anything is written: nobody has the UUID.
    """
    known = read_held(conn, uuid)
    about = {"format": FORMAT, "person": uuid, "exported_at": to_iso(now)}
    write(b'{\n"about": ' + orjson.dumps(about))
    sections = export_person(conn, known, file_subjects(conn, known))
    for section in (*sections, Section("enrolment", _enrolments(conn, known))):
        write(b",\n" + orjson.dumps(str(section.name)) + b": [")
        for number, entry in enumerate(section.entries):
            write((b",\n" if number else b"\n") + orjson.dumps(entry))
        write(b"]")
    write(b"\n}\n")


def _enrolments(conn: Connection, known: HeldPerson) -> Iterator[Mapping[str, Any]]:
    """What platforms said last of the person in courses."""
    for row in known.accounts:
        theirs = and_(platform.c.home_page == row.home_page, enrolment.c.account_name == row.name)
        found = select(enrolment).join(platform, platform.c.id == enrolment.c.platform_id).where(theirs)
        for one in conn.execute(found.order_by(enrolment.c.course_id)):
            yield plain(enrolment, one)
