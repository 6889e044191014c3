"""Structured logs on stderr: JSON lines, or text on a terminal."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog
from structlog.dev import plain_traceback

if TYPE_CHECKING:
    from structlog.typing import Processor

# zeep logs whole envelopes and payloads, which can hold credentials and customers' data.
_SILENCED = ("zeep", "strawberry")


_configured = False


def goes_to_standard_logging() -> bool:
    """Whether configure_logs has been called, so that the standard library's levels hold for all lines."""
    return _configured


def configure_logs(log_format: str, log_level: str) -> None:
    """Send structlog's and the standard library's records to stderr in one format.

    Args:
        log_format: json, text, or auto, which is text on a terminal and json elsewhere.
        log_level: debug, info, warning or error.
    """
    global _configured  # noqa: PLW0603 - logging is the process's, as structlog's own configuration is
    _configured = True
    as_text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[Processor] = (
        # The default prints local variables where rich is installed, which can be anybody's data.
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain_traceback)]
        if as_text
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log_level.upper())
    for name in _SILENCED:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
