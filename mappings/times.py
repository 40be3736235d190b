"""The two times that everything about progress is asked by."""

from datetime import date
from typing import NamedTuple


class Times(NamedTuple):
    """The day asked about, and the instant whose knowledge counts, in microseconds."""

    as_of: date
    known_at: int
