"""What every service reads from its environment."""

import importlib.metadata
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError

from service_kit.connection_settings import ConnectionSettings

S = TypeVar("S")


def _instance() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


class ServiceSettings(ConnectionSettings):
    """Settings shared by all services; a service adds its own in a subclass.

    `service` is the service's name as in group ids and `ce_source`; `store_schema` its schema in PostgreSQL.
    """

    service: ClassVar[str] = "service"
    store_schema: ClassVar[str] = "public"

    http_host: str = "127.0.0.1"
    http_port: int = Field(8080, ge=0, le=65535)
    operator_token: SecretStr = Field(
        SecretStr(""), description="bearer token of the operator API; empty: closed"
    )
    router_url: str = Field(
        "",
        pattern=r"^(https?://[^/?#\s]+/?)?$",
        description="the router, which knows whose a token is; empty: only the operator's own is taken here",
    )
    access_token: SecretStr = Field(
        SecretStr(""),
        description="what the router is asked with: a token with tokens:check; empty: the operator's own",
    )
    oidc_issuer: str = Field(
        "",
        description="the company's OpenID Connect provider, as its tokens name it under iss; empty: none",
    )
    oidc_audience: str = Field("", description="what its tokens must be for (aud), comma-separated")
    oidc_role_claim: str = Field("roles", min_length=1, description="the claim that says what somebody is")
    oidc_roles: dict[str, Literal["rep", "team_lead", "manager", "operator"]] = Field(
        default_factory=dict, description='JSON: values of that claim and our roles, {"sales": "rep"}'
    )
    secrets_dir: Path | None = Field(
        None, description="folder whose files are secrets, named as the rulebook names them"
    )
    instance: str = Field(default_factory=_instance, description="name of this process among its like")
    version: str = Field("", max_length=60, description="of the release; empty: that of the package")
    log_level: str = Field("info", pattern="(?i)^(debug|info|warning|error)$")

    batch_max: int = Field(500, ge=1, le=10_000, description="records in one transaction, at most")
    gather_ms: int = Field(25, ge=0, le=1000, description="least distance between the starts of two batches")
    pool_size: int = Field(
        8, ge=4, le=100, description="PostgreSQL connections of this process; gauges may keep two of them"
    )
    statement_timeout_ms: int = Field(15_000, ge=100)
    lock_timeout_ms: int = Field(5_000, ge=100)
    publish_deadline_ms: int = Field(10_000, ge=100, description="ours, around the whole send")
    outbox_claim_ms: int = Field(
        15_000, ge=100, description="how long a published row is left to its publisher"
    )
    dead_letter_limit: int = Field(100, ge=0, description="in ten minutes; beyond it the consumer stops")
    stop_seconds: float = Field(10.0, gt=0, le=60)
    failpoints: str = Field("", description="tests only: name=kill@3,name=error:deadlock,name=sleep:0.5")

    @property
    def release(self) -> str:
        """The version set, else that of the service's package; `unknown` where none is installed."""
        try:
            return self.version or importlib.metadata.version(f"baton-{self.service}")
        except importlib.metadata.PackageNotFoundError:
            return "unknown"


class SettingsRefused(ValueError):
    """The environment says something that cannot be: correct the variables named."""


def read_settings(kind: Callable[[], S]) -> S:
    """Settings from the environment. Raises SettingsRefused, a line a fault, quoting no value."""
    try:
        return kind()
    except ValidationError as error:
        raise SettingsRefused("\n".join(_fault(each) for each in error.errors(include_input=False))) from None


def _fault(fault: Any) -> str:
    said = str(fault["msg"]).removeprefix("Value error, ")
    variable = "_".join(str(part) for part in fault["loc"][:1]).upper()
    return f"BATON_{variable}: {said}" if variable else said
