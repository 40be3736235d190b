"""Logs: one line an event on standard error; ids and counts, never names, e-mails or national ids.

Of errors the kind and the place in the program are told, not their text, which may quote a row. What
libraries say is told without the values that they put into it, and from warnings upwards alone.
"""

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import structlog

REQUEST_ID: ContextVar[str] = ContextVar("thaksa_request_id", default="")
"""Of the request that is being answered; every line that is told meanwhile has it."""

MOST_FRAMES = 12

Event = MutableMapping[str, Any]


def configure(level: str, form: str = "json") -> None:
    """Shows events from `level` ("debug" … "error") upwards, as "json" or for a "console"."""
    least = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_request,
            _with_place,
            _renderer(form),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Libraries)]:
        root.removeHandler(handler)
    root.addHandler(_Libraries(max(least, logging.WARNING)))


def places(error: BaseException) -> list[str]:
    """Where in the program an error was raised, the innermost last."""
    return list(_places(error))[-MOST_FRAMES:]


class _Libraries(logging.Handler):
    """Passes on what libraries say by the standard library's logging."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        error = record.exc_info[1] if record.exc_info else None
        said = str(record.msg).strip().partition("\n")[0]
        tell = (
            structlog.get_logger().error
            if record.levelno >= logging.ERROR
            else structlog.get_logger().warning
        )
        tell(said, logger=record.name, **({} if error is None else {"exc_info": error}))


def _with_request(_logger: Any, _name: str, event: Event) -> Event:
    if given := REQUEST_ID.get():
        event["request_id"] = given
    return event


def _with_place(_logger: Any, _name: str, event: Event) -> Event:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["places"] = places(error)
    return event


def _places(error: BaseException) -> Iterator[str]:
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        yield f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next


def _renderer(form: str) -> Any:
    if form == "console":
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer(ensure_ascii=False)
