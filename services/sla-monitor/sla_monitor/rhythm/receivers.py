"""Who gets a page: entries of the rulebook as receivers, each known by one text."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from delivery.message import Channel, Target
from rulebook.models import Notify
from rulebook.normalise import email_key

SLACK_TOKEN = "slack-token"  # noqa: S105 - the name of the secret
"""Name of the secret that holds Slack's bot token, where an entry names no other."""


def receivers(ways: Iterable[Notify]) -> dict[str, Target]:
    """Targets by the text that one receiver is known by; who is named twice is one."""
    found: dict[str, Target] = {}
    for way in ways:
        target = _target(way)
        found.setdefault(_known_by(target), target)
    return found


def _target(way: Notify) -> Target:
    to, secret = way.to or "", way.secret or ""
    match way.channel:
        case "email":
            return Target.email(to)
        case "webhook":
            return Target.webhook(to, secret)
        case "slack":
            return Target.slack(to, secret or SLACK_TOKEN, way.member or "")
        case "apprise":
            return Target.apprise(secret)


def _known_by(target: Target) -> str:
    match target.channel:
        case Channel.EMAIL:
            return f"email:{email_key(target.address)}"
        case Channel.SLACK:
            return f"slack:{target.address}"
        case Channel.WEBHOOK:
            return f"webhook:{target.url}"
        case Channel.APPRISE:
            return f"apprise:{target.secret}"


def shown(receiver: str) -> str:
    """A receiver for people: of a webhook the server only, as a path or query may be a secret."""
    channel, _, to = receiver.partition(":")
    return f"{channel}:{urlsplit(to).hostname}" if channel == Channel.WEBHOOK else receiver
