"""The heat table of an overview, units x items: its rows as HTML, and their order.

The table of an office has thousands of cells: made here and not in a template, they take a tenth of the time.
The colour of a cell says what its number says, from nobody to everybody.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from urllib.parse import urlencode

from markupsafe import Markup, escape

from connector.report.errors import UnknownFilter
from connector.report.queries.basis import Basis, Item
from connector.report.queries.overview import Row
from connector.report.thai import bar_width, percent, share
from connector.report.words import _, language

BY_PERSONS, BY_ALL, BY_UNCLASSIFIED = "persons", "all", "unclassified"
_STEP = 20
"""Per cent of a shade; nobody and everybody have shades of their own."""


def sorted_rows(rows: Sequence[Row], basis: Basis, sort: str) -> Sequence[Row]:
    """By a column: "persons", "all", "unclassified" or an item's code, the largest first after "-".

    "": as they are. Where nobody counts there is no share: those come last. Raises UnknownFilter.
    """
    if not sort:
        return rows
    name = sort.removeprefix("-")
    places = {item.code: place for place, item in enumerate(basis.items)}
    if name not in {BY_PERSONS, BY_ALL, BY_UNCLASSIFIED, *places}:
        raise UnknownFilter(_("ไม่มีคอลัมน์ตามที่เลือกเรียง"))
    sign = -1 if sort.startswith("-") else 1

    def key(row: Row) -> tuple[bool, float]:
        if name in (BY_PERSONS, BY_UNCLASSIFIED):
            return False, sign * (row.persons if name == BY_PERSONS else row.unclassified)
        if name == BY_ALL:
            part, whole = row.all_complete, row.persons
        else:
            part, whole = row.items[places[name]].complete, row.items[places[name]].persons
        return not whole, sign * part / whole if whole else 0.0

    return sorted(rows, key=key)


def shade(part: int, whole: int) -> str:
    """The class of a cell: "heat-0" is nobody, "heat-6" everybody; "heat-none": of nobody."""
    return _SHOWN[_tenths(part, whole)][1] if whole else _NOBODY[1]


def _tenths(part: int, whole: int) -> int:
    return round(share(part, whole) * 10)


def _shown(tenths: int) -> tuple[str, str, str]:
    """Of a share: its text, and the classes of its cell and its bar."""
    told = tenths / 10
    number = 0 if not told else 6 if told >= 100 else 1 + int(told // _STEP)
    return f"{told:.1f}", f"heat-{number}", bar_width(told)


_SHOWN = tuple(map(_shown, range(1001)))
_NOBODY = ("–", "heat-none", bar_width(0))


class Heat:
    """The rows of one page, in the language of its reader. `unit`: as the page was asked for."""

    def __init__(self, basis: Basis, unit: str, *, names: bool) -> None:
        self._basis, self._unit, self._names = basis, unit, names
        self._titles = {item.id: _title(item) for item in basis.items}
        self._only = escape(_("เฉพาะสำนักงาน"))

    @property
    def key(self) -> Hashable:
        """What rows depend on beside their numbers."""
        return language(), self._unit, self._names, *self._basis.asked.items()

    def lines(self, rows: Iterable[Row]) -> Markup:
        """A row for each unit."""
        return Markup("".join(map(self._line, rows)))  # noqa: S704 - each part is escaped

    def cells(self, row: Row) -> Markup:
        """Of the last row, which is of the unit itself."""
        people = self._people({"school": self._unit})
        return Markup("".join(self._cells(row, people)))  # noqa: S704 - each part is escaped

    def _line(self, row: Row) -> str:
        own = {"own": "1"} if row.own else {}
        people = self._people({"school": row.key, **own})
        is_below = row.kind != "school" and row.key != self._basis.unit.uid
        only = f" <small>{self._only}</small>" if row.own else ""
        left = row.unclassified
        aside = _link(f"{people}&amp;group=unclassified", str(left)) if left and self._names else str(left)
        cells = "".join(self._cells(row, people))
        name = str(escape(row.name))
        if is_below or self._names:
            name = _link(self._address("/", {"unit": row.key}) if is_below else people, name)
        return (
            f'<tr><th scope="row" class="first">{name}{only}</th><td class="num">{row.persons}</td>'
            f'{_whole(row)}{cells}<td class="num soft">{aside}</td></tr>\n'
        )

    def _cells(self, row: Row, people: str) -> Iterable[str]:
        start, end = (f'<a href="{people}&amp;item=', "</a>") if self._names else ("<span", "</span>")
        # Unlike names, codes of items and numbers need no escaping.
        for count in row.items:
            done, doing, persons = count.complete, count.in_progress, count.persons
            numbers = {"complete": done, "in_progress": doing, "persons": persons}
            title = self._titles[count.item.id] % {**numbers, "not_started": count.not_started}
            told, colour, width = _SHOWN[_tenths(done, persons)] if persons else _NOBODY
            opened = f'{start}{count.item.code}&amp;state=not_finished"' if self._names else start
            yield (
                f'<td class="num cell {colour}">{opened} title="{title}">'
                f'<span class="pct">{told}</span> '
                f'<span class="frac">{done}/{persons}</span><span class="bar" aria-hidden="true">'
                f'<i class="done {width}"></i>'
                f'<i class="doing {_SHOWN[_tenths(doing, persons)][2]}"></i></span>{end}</td>'
            )

    def _people(self, said: Mapping[str, str]) -> str:
        return self._address("/people", said)

    def _address(self, path: str, said: Mapping[str, str]) -> str:
        return str(escape(f"{path}?{urlencode({**said, **self._basis.asked})}"))


def _link(address: str, text: str) -> str:
    return f'<a href="{address}">{text}</a>'


def _whole(row: Row) -> str:
    part, whole = row.all_complete, row.persons
    return (
        f'<td class="num cell whole {shade(part, whole)}"><span class="pct">{percent(part, whole)}</span> '
        f'<span class="frac">{part}/{whole}</span></td>'
    )


def _title(item: Item) -> str:
    """What a cell says in full, with places for its numbers."""
    told = _(
        "%(code)s %(name_th)s: ผ่าน %(complete)s กำลังเรียน %(in_progress)s ยังไม่เริ่ม %(not_started)s"
        " จาก %(persons)s คน"
    )
    numbers = {name: f"%({name})s" for name in ("complete", "in_progress", "not_started", "persons")}
    named = {"code": item.code, "name_th": item.name.replace("%", "%%")}
    return str(escape(told % {**named, **numbers}))
