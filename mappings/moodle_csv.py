"""A framework as the CSV of Moodle's tool_lpimportcsv: 14 columns, one row for the framework, one for each
dimension and competency. Pure.

Moodle reads columns by place, so that headers in any language do. Its own exports read back here: their
rows come in any order, and the exported ids say which was made first. What Moodle has no place for (groups,
stages, requirements, learning categories, validity) is not in the file.
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

LONGEST_TITLE = 255 - len("--20261231_2359-comma_separated.csv")
"""Octets of a framework's short name and ID number together: Moodle names the file of its export by both,
and a longer name cannot be exported from there any more.
"""

_HTML = "1"
# Moodle's own default scale, and which of its values is the default and which the proficient one; the
# number of the scale is put in by the Moodle that imports.
_SCALE = "Not yet competent,Competent"
_SCALE_CONFIGURATION = json.dumps(
    [{"scaleid": "2"}, {"id": 2, "scaledefault": 1, "proficient": 1}], separators=(",", ":")
)
_TAXONOMIES = "domain,competency,competency,competency"
_SPOILT = (
    (re.compile(r"<[a-zA-Z/!]"), "a '<' that Moodle takes for a tag"),
    (re.compile(r"[\r\n]"), "several lines, where Moodle shows one"),
    (re.compile(r'\\"'), "a backslash before a quote, which Moodle's CSV cannot hold"),
)
# What PHP's fputcsv encloses.
_ENCLOSED = re.compile(r'[,"\\\n\r\t ]')


def to_moodle_csv(framework: Framework) -> str:
    """The file's text, lines ended as Moodle ends them. MappingError names what Moodle would cut."""
    outline = Outline.of(framework)
    number = f"{framework.code}/{framework.version}"
    head = ("", number, *_titles(framework, number), _HTML, _SCALE, _SCALE_CONFIGURATION)
    _refuse_what_moodle_spoils(number, head[2], framework.title_th, framework.title_en)
    rows = [HEADERS, (*head, "", "", "", "", "", "1", _TAXONOMIES)]
    for place, item in enumerate(outline.items, 1):
        _refuse_what_moodle_spoils(item.code, item.name_th, item.name_en)
        names = (item.parent, item.code, item.name_th, item.name_en, _HTML)
        rows.append((*names, "", "", "", "0", "null", "", str(place), "", ""))
    return "".join(f"{','.join(_quoted(value) for value in row)}\n" for row in rows)


def from_moodle_csv(text: str, source: str) -> Outline:
    """The outline in an export of Moodle or of ours; `source` is the name for errors. Raises MappingError."""
    head: Sequence[str] | None = None
    items: list[tuple[str, OutlineItem]] = []
    for line, row in _rows(text, source):
        if row[12] not in ("", "0"):
            if head is not None:
                raise MappingError(f"{source}: line {line}: a second framework; one file holds one")
            head = row
            continue
        item = OutlineItem(row[1], row[0], row[2], row[3] or row[2], f"{source}: line {line}")
        items.append((row[11], item))
    if head is None:
        raise MappingError(f"{source}: no row is a framework ('Is framework' is 1)")
    if all(made.isdecimal() for made, _ in items):
        items.sort(key=lambda one: int(one[0]))
    code, _, version = head[1].rpartition("/")
    title_th, title_en = _said_titles(*head[1:4])
    return Outline.checked(
        source,
        code=code or version,
        version=version if code else None,
        title_th=title_th,
        title_en=title_en,
        items=tuple(item for _, item in items),
    )


def _titles(framework: Framework, number: str) -> tuple[str, str]:
    """Short name and description: the Thai title and the English one; both in the description, a line each,
    where the Thai one is too long for a short name.
    """
    thai, english = framework.title_th, framework.title_en
    if _fits(thai, number):
        return thai, english
    return (english if _fits(english, number) else number), f"{thai}\n{english}"


def _fits(title: str, number: str) -> bool:
    return len(title) <= LONGEST and len(f"{title}{number}".encode()) <= LONGEST_TITLE


def _said_titles(number: str, name: str, description: str) -> tuple[str, str]:
    lines = description.split("\n")
    if len(lines) == 2 and name in (lines[1], number):
        return lines[0], lines[1]
    return name, description or name


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


def _refuse_what_moodle_spoils(number: str, name: str, *others: str) -> None:
    for what, value in (("id", number), ("name_th", name)):
        if len(value) > LONGEST:
            raise MappingError(f"{number}: {what}: has more than the {LONGEST} characters that Moodle keeps")
    for value in (number, name, *others):
        for pattern, why in _SPOILT:
            if pattern.search(value):
                raise MappingError(f"{number}: a name has {why}")


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if _ENCLOSED.search(value) else value
