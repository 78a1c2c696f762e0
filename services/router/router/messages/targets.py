"""Where messages go: entries of the roster as receivers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from delivery.message import Target

SLACK_TOKEN = "slack-token"  # noqa: S105 - the name of the secret
"""Name of the secret that holds Slack's bot token, where an entry names no other."""


def targets_of(notify: Sequence[Mapping[str, Any]], email: str) -> Iterable[tuple[int, Target]]:
    """The receiver of each entry, with its place; an entry that names none has been refused on its way in."""
    for place, entry in enumerate(notify):
        target = _target(entry, email)
        if target is not None:
            yield place, target


def _target(entry: Mapping[str, Any], email: str) -> Target | None:
    to, secret = entry.get("to") or "", entry.get("secret") or ""
    match entry["channel"]:
        case "email":
            return Target.email(to or email) if to or email else None
        case "webhook" if to and secret:
            return Target.webhook(to, secret)
        case "slack" if to:
            return Target.slack(to, secret or SLACK_TOKEN, entry.get("member") or "")
        case "apprise" if secret:
            return Target.apprise(secret)
    return None
