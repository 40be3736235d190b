"""The parts of a mapping in a file: courses, or single activities, all of which have to be done. Pure."""

from dataclasses import dataclass

from mappings.yaml_entry import Entry


@dataclass(frozen=True, slots=True)
class Part:
    """`code` of a course; `title_th` where it is an activity's IRI instead. `entry`: where it is written."""

    code: str
    title_th: str | None
    entry: Entry


def read_parts(mapping: Entry) -> tuple[Part, ...]:
    """The parts in a mapping's entry; none where it speaks of its own course. Raises MappingError."""
    if not mapping.has("parts"):
        return ()
    parts = tuple(_part(each) for each in mapping.entries("parts"))
    if not parts:
        raise mapping.error("parts", "needs at least one; leave it out where the course itself is to be done")
    codes = [part.code for part in parts]
    for part in parts:
        if codes.count(part.code) > 1:
            raise mapping.error("parts", f"'{part.code}' is there twice")
    return parts


def _part(entry: Entry) -> Part:
    entry.only("course", "activity", "title_th")
    if entry.has("course") == entry.has("activity"):
        raise entry.error("course", "a part is either a course, by its id, or an activity, by its IRI")
    if entry.has("course"):
        entry.only("course")
        return Part(entry.text("course"), None, entry)
    if ":" not in entry.text("activity"):
        raise entry.error("activity", "must be an absolute IRI")
    return Part(entry.text("activity"), entry.text("title_th"), entry)
