"""A framework as the CSV of Moodle's tool_lpimportcsv: 14 columns, one row for the framework, one for each
dimension and competency. Pure.

Moodle reads columns by place, so that headers in any language do; its own exports read back here. What
Moodle has no place for (groups, stages, requirements, learning categories, validity) is not in the file.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence

from mappings.errors import MappingError
from mappings.framework import Framework
from mappings.outline import Outline, OutlineItem

HEADERS = (
    "Parent ID number", "ID number", "Short name", "Description", "Description format", "Scale values",
    "Scale configuration", "Rule type (optional)", "Rule outcome (optional)", "Rule config (optional)",
    "Cross-referenced competency ID numbers", "Exported ID (optional)", "Is framework", "Taxonomy",
)  # fmt: skip
LONGEST = 100
"""Moodle cuts ID numbers and short names here."""

_HTML = "1"
# Moodle's own default scale, and which of its values is the default and which the proficient one; the
# number of the scale is put in by the Moodle that imports.
_SCALE = "Not yet competent,Competent"
_SCALE_CONFIGURATION = json.dumps(
    [{"scaleid": "2"}, {"id": 2, "scaledefault": 1, "proficient": 1}], separators=(",", ":")
)
_TAXONOMIES = "domain,competency,competency,competency"
# What PHP's fputcsv encloses.
_ENCLOSED = re.compile(r'[,"\\\n\r\t ]')


def to_moodle_csv(framework: Framework) -> str:
    """The file's text, lines ended as Moodle ends them. MappingError names what Moodle would cut."""
    outline = Outline.of(framework)
    number = f"{framework.code}/{framework.version}"
    head = ("", number, framework.title_th, framework.title_en, _HTML, _SCALE, _SCALE_CONFIGURATION)
    rows = [HEADERS, (*head, "", "", "", "", "", "1", _TAXONOMIES)]
    for place, item in enumerate(outline.items, 1):
        names = (item.parent, item.code, item.name_th, item.name_en, _HTML)
        rows.append((*names, "", "", "", "0", "null", "", str(place), "", ""))
    for row in rows[1:]:
        _refuse_what_moodle_spoils(row)
    return "".join(f"{','.join(_quoted(value) for value in row)}\n" for row in rows)


def from_moodle_csv(text: str, source: str) -> Outline:
    """The outline in an export of Moodle or of ours; `source` is the name for errors. Raises MappingError."""
    head: Sequence[str] | None = None
    items: list[OutlineItem] = []
    for line, row in _rows(text, source):
        if row[12] not in ("", "0"):
            if head is not None:
                raise MappingError(f"{source}: line {line}: a second framework; one file holds one")
            head = row
            continue
        items.append(OutlineItem(row[1], row[0], row[2], row[3] or row[2], f"{source}: line {line}"))
    if head is None:
        raise MappingError(f"{source}: no row is a framework ('Is framework' is 1)")
    code, _, version = head[1].rpartition("/")
    return Outline.checked(
        source,
        code=code or version,
        version=version if code else None,
        title_th=head[2],
        title_en=head[3] or head[2],
        items=tuple(items),
    )


def _rows(text: str, source: str) -> Iterator[tuple[int, Sequence[str]]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        for number, row in enumerate(reader):
            if number == 0 or not row:
                continue
            if len(row) != len(HEADERS):
                raise MappingError(
                    f"{source}: line {reader.line_num}: {len(row)} columns where Moodle writes {len(HEADERS)}"
                )
            yield reader.line_num, row
    except csv.Error as error:
        raise MappingError(f"{source}: line {reader.line_num}: not readable as CSV") from error


def _refuse_what_moodle_spoils(row: Sequence[str]) -> None:
    number, name = row[1], row[2]
    for what, value in (("id", number), ("name_th", name)):
        if len(value) > LONGEST:
            raise MappingError(f"{number}: {what}: has more than the {LONGEST} characters that Moodle keeps")
        if re.search(r"<[a-zA-Z/!]", value):
            raise MappingError(f"{number}: {what}: has a '<' that Moodle takes for a tag")
    if any('\\"' in value for value in row):
        raise MappingError(f"{number}: has a backslash before a quote, which Moodle's CSV cannot hold")


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if _ENCLOSED.search(value) else value
