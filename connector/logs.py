"""Logs: one JSON line an event on standard error; ids and counts, never names, e-mails or national ids."""

import logging
import sys

import structlog


def configure(level: str) -> None:
    """Shows events from `level` ("debug" … "error") upwards."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
