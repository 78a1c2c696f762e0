"""What a way of telling somebody lacks to reach anybody: the same for the rulebook and for the roster."""

from collections.abc import Iterator
from typing import NamedTuple

from rulebook.models import Notify
from rulebook.normalise import read_email


class Lack(NamedTuple):
    """`key` is the field it is about, None for the way as a whole; `hint` says what to write."""

    key: str | None
    message: str
    hint: str


def lacks(way: Notify) -> Iterator[Lack]:
    """Each channel needs something else."""
    if way.channel == "email" and way.to is not None and read_email(way.to).value is None:
        yield Lack("to", f"`{way.to}` is no e-mail address", "write one, or leave it out")
    elif way.channel == "slack" and not way.to:
        yield Lack(None, "names nobody in Slack", "add `to:` with the id of a member or channel")
    elif way.channel == "webhook" and not (way.to or "").startswith(("https://", "http://")):
        yield Lack(None, "has no address to send to", "add `to: https://...`")
    if way.channel != "slack" and way.member is not None:
        yield Lack("member", "is of Slack alone", "delete it, or write `channel: slack`")
    if way.channel in ("webhook", "apprise") and way.secret is None:
        what = "what it is signed with" if way.channel == "webhook" else "the URL it sends to"
        yield Lack(None, f"names no secret: {what}", "add `secret: NAME`")
