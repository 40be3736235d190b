"""A page of the list of people: what its template shows.

The table is drawn once for the people of a page, as long as nothing it says has changed: their names are read
each time, and units by the log of changes.
"""

from collections.abc import Hashable, Sequence
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection, Engine

from connector.report.asked_times import AskedWords
from connector.report.people_choices import GROUP_CHOICES, SORT_CHOICES, STATE_CHOICES
from connector.report.queries import people
from connector.report.queries.basis import Basis, asked_basis, scope_of
from connector.report.queries.heads import Heads
from connector.report.queries.moments import Moment, read_moment
from connector.report.queries.people_filters import Filters
from connector.report.queries.people_orders import Orders
from connector.report.queries.people_searches import read_search
from connector.report.remembered import Remembered
from connector.report.templating import ENVIRONMENT
from connector.report.words import language
from lrs.clock import Clock

_MOST_PAGES, _MOST_CHOICES = 32, 64
"""Half a mebibyte for a hundred people, a tenth of it for the choice of hundreds of units."""


class PeopleList:
    """The lists of one database, for many threads."""

    def __init__(self, engine: Engine, clock: Clock, heads: Heads) -> None:
        self._engine, self._clock, self._heads = engine, clock, heads
        self._orders = Orders()
        self._tables: Remembered[Markup] = Remembered(_MOST_PAGES)
        self._choices: Remembered[Markup] = Remembered(_MOST_CHOICES)

    def read(self, times: AskedWords, filters: Filters) -> dict[str, Any]:
        """The values of people.html, within what the viewer may see. Raises ReportError."""
        now = self._clock()
        with self._engine.begin() as conn:
            moment = read_moment(conn)
            basis = asked_basis(conn, moment, now, times.times(now), filters.school, heads=self._heads)
            words = read_search(conn, filters.search, now)
            ids = self._orders.read(conn, basis, filters, words, moment.changes)
            shown = people.page_of(ids, filters.page)
            table = self._drawn(conn, basis, moment, shown.ids)
            schools = self._schools(conn, basis, moment, filters.school)
        return {
            "basis": basis,
            "people": shown,
            "table": table,
            "schools": schools,
            "filters": filters,
            "words": words,
            "group_choices": GROUP_CHOICES,
            "state_choices": STATE_CHOICES,
            "sort_choices": SORT_CHOICES,
        }

    def _drawn(self, conn: Connection, basis: Basis, moment: Moment, ids: Sequence[int]) -> Markup:
        """The table."""
        key: Hashable = None
        if moment.mark is not None and basis.known is not None:
            named = tuple(ids), people.read_names(conn, ids)
            about = basis.unit.id, basis.as_of, basis.known, basis.framework_id
            key = *about, moment.mark, language(), *basis.asked.items(), named
        return self._tables.of(key, lambda: draw(basis, people.read_lines(conn, basis, ids)))

    def _schools(self, conn: Connection, basis: Basis, moment: Moment, chosen: str) -> Markup:
        """The choice of a unit."""
        top = scope_of(moment)
        key = None if moment.mark is None else (top.unit_id, basis.unit.id, chosen, moment.mark)
        return self._choices.of(key, lambda: options(people.read_schools(conn, top, basis.scope), chosen))


def draw(basis: Basis, rows: Sequence[people.Person]) -> Markup:
    """A table of these people, in the language of the reader."""
    template = ENVIRONMENT.get_template("_people_table.html")
    return Markup(template.render(basis=basis, rows=rows))  # noqa: S704 - a template escapes


def options(choices: Sequence[tuple[str, str]], chosen: str) -> Markup:
    """Of a <select>: (value, text) each."""
    return Markup("").join(
        Markup('<option value="{}"{}>{}</option>').format(value, _SELECTED[value == chosen], text)
        for value, text in choices
    )


_SELECTED = {True: Markup(" selected"), False: Markup("")}
