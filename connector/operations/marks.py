"""How long the oldest mark that progress has to be computed anew has been waiting, as one process saw it.

Marks have no time. They have ascending numbers and go in that order: so the first look that saw a number at
least as high as the oldest mark's says since when it has been there. No look was earlier than the process.
"""

from collections import deque
from datetime import datetime

_MOST = 10_000


class MarkAges:
    """Remembers at each look the highest number that was there."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[tuple[int, datetime]]] = {}

    def look(self, kind: str, lowest: int | None, highest: int | None, now: datetime) -> float:
        """Seconds that the oldest mark of a kind has been seen for; 0 where none waits."""
        seen = self._seen.setdefault(kind, deque(maxlen=_MOST))
        if lowest is None or highest is None:
            seen.clear()
            return 0.0
        if not seen or seen[-1][0] < highest:
            seen.append((highest, now))
        while seen[0][0] < lowest:
            seen.popleft()
        return (now - seen[0][1]).total_seconds()
