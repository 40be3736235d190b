"""Times as Open edX tells them: ISO 8601."""

from datetime import UTC, datetime


def moment(text: str | None) -> datetime | None:
    """Aware, UTC; without an offset it is UTC. None where none is told."""
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
