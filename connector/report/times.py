"""What every answer of the report API carries."""

from datetime import date, datetime

from pydantic import BaseModel


class Times(BaseModel):
    """What the numbers are about; `known_at` is null until progress was computed once."""

    as_of: date
    known_at: datetime | None
