"""Whether this process traces. Nothing of OpenTelemetry is imported while it does not.

On and off, and everything else, by OpenTelemetry's own environment variables.
"""

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from service_kit.records import Headers
from service_kit.settings import SettingsRefused

if TYPE_CHECKING:
    from service_kit.tracing_spans import Tracing

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""Tracing is on while one of them is set."""
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SPOKEN = "http/protobuf"
_TRACEPARENT = re.compile(rb"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
HEADER = "traceparent"


class TracingMisconfigured(SettingsRefused):
    """An environment variable of OpenTelemetry says what cannot be done here: correct it, or unset it."""


def tracing_of(
    service: str, instance: str, version: str = "", environ: Mapping[str, str] = os.environ
) -> "Tracing | None":
    """What this process traces with; None while no endpoint is set. Raises TracingMisconfigured."""
    if not is_on(environ):
        return None
    _check(environ)
    from service_kit.tracing_export import exporting

    return exporting(service=service, instance=instance, version=version)


def is_on(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether an endpoint is set, and OTEL_SDK_DISABLED is not true."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return any(environ.get(name, "").strip() for name in ENDPOINTS)


def _check(environ: Mapping[str, str]) -> None:
    for name in ENDPOINTS:
        written = environ.get(name, "").strip()
        if written and not (urlsplit(written).scheme in ("http", "https") and urlsplit(written).netloc):
            raise TracingMisconfigured(f"{name} is no http address: write http://collector:4318, or unset it")
    for name in _PROTOCOLS:
        protocol = environ.get(name, "").strip() or _SPOKEN
        if protocol != _SPOKEN:
            raise TracingMisconfigured(
                f"{name} is not {_SPOKEN}, the only way spans are sent (to port 4318): unset it"
            )


def log_processors() -> list[Any]:
    """What puts the ids of the current span into log entries; nothing while tracing is off."""
    if not is_on():
        return []
    from service_kit.tracing_spans import add_span_ids

    return [add_span_ids]


def trace_id_of(headers: Headers) -> str | None:
    """The trace of a record, for a log entry about it; None without a readable one."""
    for name, value in headers:
        if name == HEADER and (found := _TRACEPARENT.fullmatch(value or b"")):
            return found[1].decode()
    return None
