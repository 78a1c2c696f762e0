"""Structured logs: one JSON line an entry, with the ids of lead and event wherever they are known."""

import logging
import sys
import traceback
from collections.abc import Sequence
from typing import Any, TextIO

import orjson
import structlog

from service_kit.connection_faults import causes
from service_kit.errors import describe

_NOISY = {
    "aiokafka": logging.CRITICAL,  # logs an error on every retry; our own entries say what matters
    "asyncio": logging.WARNING,
    "yoyo": logging.WARNING,
    "httpx": logging.WARNING,
    "uvicorn.access": logging.WARNING,
    # quote addresses that hold secrets, and what is sent; `message not delivered` says what matters
    "apprise": logging.CRITICAL,
    "requests": logging.CRITICAL,
    "slack_sdk": logging.CRITICAL,
    "urllib3": logging.CRITICAL,
}
_OURS = ("service_kit", "delivery", "rulebook", "scorecard", "worktime", "uvicorn")
"""Packages beside a service's own that log as much as is asked for. Other libraries quote at length what they
read and send, so of them only warnings are let through.
"""


def _told(exc_info: Any) -> str:
    """Where it came from and what it was, without what Python's own way would quote. Causes come first."""
    errors = reversed(causes(exc_info[1])) if exc_info[1] is not None else ()
    return "\n".join("".join(traceback.format_tb(each.__traceback__)) + describe(each) for each in errors)


def _dumps(entry: Any, **_: Any) -> str:
    return orjson.dumps(entry, default=str).decode()


def configure_logs(
    *,
    service: str,
    instance: str,
    level: str = "info",
    more: Sequence[Any] = (),
    stream: TextIO | None = None,
) -> None:
    """Send structlog's and the standard library's entries to stdout as JSON lines; the last call holds.

    `more`: processors of structlog that add to each entry. `stream`: another one, for a process whose stdout
    is its answer.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.stdlib.ExtraAdder(),
        _with({"service": service, "instance": instance}),
        *more,
        structlog.processors.ExceptionRenderer(_told),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_dumps),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    for name in (*_OURS, service.replace("-", "_"), service.partition("-")[0]):
        logging.getLogger(name).setLevel(level.upper())
    for name, limit in _NOISY.items():
        logging.getLogger(name).setLevel(limit)


def _with(fields: dict[str, str]) -> Any:
    def add(_: Any, __: str, entry: dict[str, Any]) -> dict[str, Any]:
        for name, value in fields.items():
            entry.setdefault(name, value)
        return entry

    return add


def logger(name: str) -> Any:
    """A structlog logger; `name` is the module's."""
    return structlog.stdlib.get_logger(name)


def about(*, lead: object = None, event: object = None, submission: object = None) -> Any:
    """Context manager: entries inside carry these ids."""
    named = {"lead_id": lead, "event_id": event, "submission_id": submission}
    return structlog.contextvars.bound_contextvars(**{k: str(v) for k, v in named.items() if v is not None})
