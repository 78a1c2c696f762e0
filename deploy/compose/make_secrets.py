"""Makes each password and token of an installation once, and gives each program only its own.

`python make_secrets.py ROOT`: ROOT/all keeps them, ROOT/<program> gets one file a variable. A value given by
the environment takes the place of the one that was made.
"""

import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

SHORTEST = 16
NAMES = (
    "BATON_OPERATOR_TOKEN",
    "BATON_ERASURE_KEY",
    "BATON_LINK_SECRET",
    "BATON_FORM_TOKEN_SECRET",
    "POSTGRES_PASSWORD",
    "SCORING_PASSWORD",
    "ROUTER_PASSWORD",
    "SLA_MONITOR_PASSWORD",
    "GRAFANA_PASSWORD",
)
_LONGER = {"BATON_LINK_SECRET": 32}
_IN_A_URL = ("POSTGRES_PASSWORD", "SCORING_PASSWORD", "ROUTER_PASSWORD", "SLA_MONITOR_PASSWORD")
_URL_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~")
BATON, POSTGRES, GRAFANA = 10001, 999, 472
"""Users in the images."""


class GivenWrongError(ValueError):
    """A value was given that cannot serve; the message says what to write."""


def decide(kept: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """All secrets: the given, else the kept, else new ones. Raises GivenWrongError."""
    for name in NAMES:
        if given.get(name):
            _require_good(name, given[name])
    return {name: given.get(name) or kept.get(name) or secrets.token_urlsafe(32) for name in NAMES}


def _require_good(name: str, value: str) -> None:
    shortest = _LONGER.get(name, SHORTEST)
    if len(value) < shortest:
        raise GivenWrongError(
            f"{name} has {len(value)} characters: write {shortest} or more, or leave it out and one is made."
        )
    if name in _IN_A_URL and not set(value) <= _URL_SAFE:
        raise GivenWrongError(f"{name} stands in an address: write only letters, digits and - _ . ~ in it.")


def share(known: Mapping[str, str]) -> dict[str, tuple[int, dict[str, str]]]:
    """Who gets what: the program's folder, the user that reads it, and its variables."""
    token = {"BATON_OPERATOR_TOKEN": known["BATON_OPERATOR_TOKEN"]}
    roles = {name: known[name] for name in ("SCORING_PASSWORD", "ROUTER_PASSWORD", "SLA_MONITOR_PASSWORD")}
    scoring = token | _dsn(known, "scoring") | {"BATON_ERASURE_KEY": known["BATON_ERASURE_KEY"]}
    router = token | _dsn(known, "router") | {"BATON_LINK_SECRET": known["BATON_LINK_SECRET"]}
    intake = token | {"BATON_FORM_TOKEN_SECRET": known["BATON_FORM_TOKEN_SECRET"]}
    return {
        "postgres": (POSTGRES, {"POSTGRES_PASSWORD": known["POSTGRES_PASSWORD"]}),
        "database": (POSTGRES, roles | {"PGPASSWORD": known["POSTGRES_PASSWORD"]}),
        "intake": (BATON, intake),
        "scoring": (BATON, scoring),
        "router": (BATON, router),
        "sla-monitor": (BATON, token | _dsn(known, "sla_monitor")),
        "operator": (BATON, token),
        "grafana": (GRAFANA, {"GRAFANA_PASSWORD": known["GRAFANA_PASSWORD"]}),
    }


def _dsn(known: Mapping[str, str], role: str) -> dict[str, str]:
    password = known[f"{role.upper()}_PASSWORD"]
    return {"BATON_DSN": f"postgresql://baton_{role}:{password}@postgres:5432/baton"}


def write(root: Path, given: Mapping[str, str]) -> None:
    """Bring the folders below `root` up to date."""
    kept = root / "all" / "secrets.json"
    known = decide(json.loads(kept.read_text()) if kept.exists() else {}, given)
    _put(kept, json.dumps(known, indent=2), os.geteuid())
    for program, (user, variables) in share(known).items():
        for name, value in variables.items():
            _put(root / program / name, value, user)


def _put(path: Path, text: str, user: int) -> None:
    """A file that its user alone reads; whoever reads meanwhile sees the old text or the new."""
    draft = path.with_name(f".{path.name}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        os.fchmod(file.fileno(), 0o400)
        if user != os.geteuid():
            os.fchown(file.fileno(), user, user)
    draft.replace(path)


if __name__ == "__main__":
    try:
        write(Path(sys.argv[1]), os.environ)
    except GivenWrongError as error:
        sys.exit(str(error))
