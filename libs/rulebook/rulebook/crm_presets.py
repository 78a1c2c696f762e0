"""Ready templates: how each CRM wants to be told, kept as YAML in `crms/`, put under a connection when it is
loaded."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from rulebook.documents import read_document

_FOLDER = "crms"


@lru_cache(maxsize=1)
def crm_names() -> tuple[str, ...]:
    """The CRMs with a ready template, sorted."""
    entries = files("rulebook").joinpath(_FOLDER).iterdir()
    return tuple(sorted(entry.name[:-5] for entry in entries if entry.name.endswith(".yaml")))


def with_crm_presets(connections: Any) -> Any:
    """crm.yaml as written, each connection over the template that it names.

    What the connection says wins, key by key; in `auth` and `events` key by key inside, in `requests` request
    by request, and one set to null is not sent. Only what people write is merged, never what is published.
    """
    if not isinstance(connections, Mapping):
        return connections
    return {name: _with_preset(connection) for name, connection in connections.items()}


def _with_preset(connection: Any) -> Any:
    template = connection.get("template") if isinstance(connection, Mapping) else None
    if not isinstance(template, str) or template not in crm_names():
        return connection
    ready = _read(template)
    merged = {**ready, **connection}
    for key in ("auth", "requests", "events"):
        if isinstance(connection.get(key), Mapping) and isinstance(ready.get(key), Mapping):
            merged[key] = {**ready[key], **connection[key]}
    if "events" not in connection:
        merged.pop("events", None)  # it needs a secret: only who asks for it gets it
    if isinstance(merged.get("requests"), Mapping):
        merged["requests"] = {name: each for name, each in merged["requests"].items() if each is not None}
    return merged


@lru_cache(maxsize=16)
def _read(template: str) -> dict[str, Any]:
    path = Path(str(files("rulebook").joinpath(_FOLDER, f"{template}.yaml")))
    value = read_document(path, path.name, ()).value
    return value if isinstance(value, dict) else {}
