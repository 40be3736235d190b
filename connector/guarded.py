"""Work that must not end what goes on around it: it logs instead of raising."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import structlog

from lrs.database import OPERATIONAL_ERRORS

log = structlog.get_logger()


def guarded(job: Callable[[], None]) -> Callable[[], None]:
    """The job, which logs what goes wrong."""

    def run() -> None:
        try:
            job()
        except OPERATIONAL_ERRORS:
            log.error("job failed", job=_name(job), error="the database cannot be used")
        except Exception as error:
            log.error("job failed", job=_name(job), error=f"{type(error).__name__} {where(error)}")

    return run


def where(error: BaseException) -> str:
    """Where in the program an error was raised: its text may quote what it should not."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "nowhere"
    return f"in {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


def _name(job: Callable[[], None]) -> str:
    inner: object = job.func if isinstance(job, partial) else job
    return str(getattr(inner, "__name__", "")).strip("_")
