"""Where the services are and how to talk to them: stack.json, overridden by the environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from baton_cli.errors import BadUsage

_OPERATOR = "BATON_OPERATOR_TOKEN"


class Service(StrEnum):
    """The four services; the value is the key in stack.json."""

    INTAKE = "intake"
    SCORING = "scoring"
    ROUTER = "router"
    SLA_MONITOR = "sla_monitor"

    @property
    def spoken(self) -> str:
        """As people write it."""
        return self.value.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable of its address."""
        return f"BATON_{self.name}_URL"


def service_named(name: str) -> Service:
    """The service of that name, with a hyphen or an underscore. Raises BadUsage."""
    try:
        return Service(name.lower().replace("-", "_"))
    except ValueError:
        known = ", ".join(each.spoken for each in Service)
        raise BadUsage(f"{name!r} is no service; write one of {known}.") from None


@dataclass(frozen=True)
class Stack:
    """What a client knows of an installation. `content` is stack.json, empty without one; `token_from` says
    where the token stands."""

    file: Path | None
    addresses: Mapping[Service, str]
    operator_token: str | None
    content: Mapping[str, Any] = field(default_factory=dict)
    token_from: str = _OPERATOR

    def address(self, service: Service) -> str:
        """The base URL of a service. Raises BadUsage saying where to write it."""
        try:
            return self.addresses[service]
        except KeyError:
            raise BadUsage(
                f"No address of {service.spoken} is known: start a stack with `make run`, "
                f"name its file with --stack, or set {service.variable}."
            ) from None

    @property
    def has_demo_hours(self) -> bool:
        """Whether this is the stack of `make run` with the demo's hours (rulebook.demo_hours)."""
        is_the_files = self.addresses.get(Service.SCORING) == self.content.get(Service.SCORING.value)
        return bool(self.content.get("demo_hours")) and is_the_files

    def form_key(self, form: str) -> str | None:
        """The key of a form, where the stack's file names it."""
        found = self.content.get("forms", {}).get(form)
        return str(found["key"]) if found else None

    def rep_token(self, rep: str) -> str | None:
        """The token of a demo rep, where the stack's file names it."""
        found = self.content.get("reps", {}).get(rep)
        return str(found["token"]) if found else None


def find_stack(named: Path | None, environ: Mapping[str, str], start: Path) -> Stack:
    """The stack in file `named`, else in .baton/stack.json of `start` or the nearest folder above, else none.

    BATON_*_URL and BATON_OPERATOR_TOKEN win over the file. Raises BadUsage for a file that cannot be read.
    """
    file = named if named is not None else _nearest(start)
    content = _read(file) if file is not None else {}
    addresses = {each: str(content[each.value]) for each in Service if each.value in content}
    addresses |= {each: environ[each.variable] for each in Service if environ.get(each.variable)}
    token = environ.get(_OPERATOR)
    if token or file is None:
        return Stack(file, addresses, token, content)
    return Stack(file, addresses, content.get("operator_token"), content, token_from=str(file))


def _nearest(start: Path) -> Path | None:
    for folder in (start, *start.parents):
        file = folder / ".baton" / "stack.json"
        if file.is_file():
            return file
    return None


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadUsage(
            f"There is no {file}: `make run` writes one while it runs; name another with --stack."
        ) from None
    except (OSError, ValueError) as error:
        raise BadUsage(
            f"{file} cannot be read as JSON: {error}. Start the stack again to renew it."
        ) from None
    if not isinstance(content, dict):
        raise BadUsage(f"{file} holds no JSON object. Start the stack again to renew it.")
    return content
