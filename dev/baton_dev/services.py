"""The four services as this package starts them: programs configured by environment variables only."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from baton_dev.process import ManagedProcess


@dataclass(frozen=True)
class Service:
    """One service: its Python package, which is also the name of its schema."""

    name: str
    has_store: bool


INTAKE = Service("intake", has_store=False)
SCORING = Service("scoring", has_store=True)
ROUTER = Service("router", has_store=True)
SLA_MONITOR = Service("sla_monitor", has_store=True)
SERVICES = (INTAKE, SCORING, ROUTER, SLA_MONITOR)

HANDED_ON = ("BATON_SECRET_", "BATON_SECRETS_DIR", "BATON_SMTP_", "BATON_DELIVERY_ALLOW")
"""How settings begin that whoever starts a stack gives to its services: secrets, and where alerts may go."""


@dataclass(frozen=True)
class Surroundings:
    """What every service is told about where it runs."""

    home: Path
    kafka: str
    dsn: Mapping[str, str]
    operator_token: str
    extra: Mapping[str, str]
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What one alone is told, by its name; `topics` is the job that makes them."""


def settings(service: Service, around: Surroundings, *, port: int, instance: str) -> dict[str, str]:
    """Return the environment of one instance: of what the starter's own says about Baton only what it is
    HANDED_ON."""
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("BATON_") or name.startswith(HANDED_ON)
    }
    env |= {
        "BATON_KAFKA": around.kafka,
        "BATON_HTTP_HOST": "127.0.0.1",
        "BATON_HTTP_PORT": str(port),
        "BATON_OPERATOR_TOKEN": around.operator_token,
        "BATON_INSTANCE": instance,
        "PYTHONUNBUFFERED": "1",
    }
    if service.has_store:
        env["BATON_DSN"] = around.dsn[service.name]
        env["BATON_ERASURE_KEY"] = "only for a stack on one's own machine"
    else:
        folder = around.home / instance
        folder.mkdir(parents=True, exist_ok=True)
        env["BATON_DATA_DIR"] = str(folder)
    return env | dict(around.extra) | dict(around.own.get(service.name, {}))


def instance_process(service: Service, around: Surroundings, *, port: int, instance: str) -> ManagedProcess:
    """Return one instance of a service, not yet started; `instance` names it in logs, metrics and folders."""
    return ManagedProcess(
        instance,
        [sys.executable, "-m", service.name],
        env=settings(service, around, port=port, instance=instance),
        log_path=around.home / "logs" / f"{instance}.log",
        base_url=f"http://127.0.0.1:{port}",
    )
