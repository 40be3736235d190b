"""Who stands where in a list, remembered: a page of ten thousand people then costs its own lines alone.

A pair of the two times always finds the same people, so that what was found once holds. What a report shows
as it is now, names and their order, is found anew as soon as anybody has changed anything.
"""

from array import array
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from threading import Lock

from sqlalchemy import Connection

from connector.report.errors import NamesHidden
from connector.report.queries.basis import Basis
from connector.report.queries.moments import read_moment
from connector.report.queries.people_filters import Filters, listed
from mappings.tables import person

MOST_IDS = 2_000_000
"""In all lists together, of eight octets each."""


class Orders:
    """The lists asked for last; one for each database, used by many threads."""

    def __init__(self) -> None:
        self._lists: OrderedDict[Hashable, array[int]] = OrderedDict()
        self._lock = Lock()

    def read(
        self, conn: Connection, basis: Basis, filters: Filters, words: str, changes: int | None = None
    ) -> Sequence[int]:
        """The ids of all whom the filters mean, in their order. `changes`: those of the transaction's
        moment, where it was read already. Raises NamesHidden."""
        if not basis.scope.names:
            raise NamesHidden
        key = _key(basis, filters, words, read_moment(conn).changes if changes is None else changes)
        with self._lock:
            if (known := self._lists.get(key)) is not None:
                self._lists.move_to_end(key)
                return known
        found = array(
            "q", conn.execute(listed(basis, filters, words).with_only_columns(person.c.id)).scalars()
        )
        if basis.known_at is not None:
            self._keep(key, found)
        return found

    def _keep(self, key: Hashable, found: "array[int]") -> None:
        with self._lock:
            self._lists[key] = found
            while sum(map(len, self._lists.values())) > MOST_IDS:
                self._lists.popitem(last=False)


def _key(basis: Basis, filters: Filters, words: str, changes: int) -> Hashable:
    asked = filters.model_copy(update={"page": 1, "search": "", "school": ""})
    return basis.unit.id, basis.as_of, basis.known, basis.framework_id, asked, words, changes
