"""A message, where it goes, and how an attempt to bring it there ended."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID


class Channel(StrEnum):
    """By which way a message goes."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    SLACK = "slack"
    APPRISE = "apprise"


@dataclass(frozen=True, slots=True)
class Target:
    """One receiver: a webhook's `url` with the name of the `secret` it is signed with, an e-mail address, a
    member or channel of Slack with the name of the secret that holds the token, or the name of the secret
    that holds the URL of an Apprise service. `member`: who in a channel of Slack it is for."""

    channel: Channel
    url: str = ""
    secret: str = ""
    address: str = ""
    member: str = ""

    @classmethod
    def webhook(cls, url: str, secret: str) -> "Target":
        """A webhook; `secret` is the secret's name."""
        return cls(Channel.WEBHOOK, url=url, secret=secret)

    @classmethod
    def email(cls, address: str) -> "Target":
        """One address; several receivers are several messages, so that one bad address holds up no other."""
        return cls(Channel.EMAIL, address=address)

    @classmethod
    def slack(cls, address: str, secret: str, member: str = "") -> "Target":
        """A member (`U…`) or channel (`C…`, `D…`) of Slack; `secret` is the name of the token's secret."""
        return cls(Channel.SLACK, address=address, secret=secret, member=member)

    @classmethod
    def apprise(cls, secret: str) -> "Target":
        """Any service that Apprise knows; `secret` is the name of the secret that holds its URL."""
        return cls(Channel.APPRISE, secret=secret)

    @property
    def receiver(self) -> str:
        """Channel and server behind it: what fails for one message will fail for the next to the same."""
        server = urlsplit(self.url).netloc.rpartition("@")[2].lower() if self.url else ""
        return f"{self.channel}:{server or (self.secret if self.channel is not Channel.EMAIL else '')}"

    def as_json(self) -> dict[str, str]:
        """For the table of attempts."""
        fields = {"url": self.url, "secret": self.secret, "address": self.address, "member": self.member}
        return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside an e-mail; other channels leave it out. `kind`: its media type, such as text/html."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. `id` is the same in every attempt, so that a receiver knows a repeat.

    `kind` is the `type` of a webhook's body; `data` goes to webhooks, `subject` and `text` to people (and
    stand in the webhook too). `about`: what the message speaks of. `html` is the text once more, for e-mail
    that shows it, `attachments` go with e-mail, and `blocks` are for Slack; all three are composed when a
    message goes out and kept nowhere.
    `replaces`: the receipt of an earlier one that this one changes, where the channel can.
    """

    id: UUID
    about: UUID
    kind: str
    target: Target
    subject: str
    text: str
    created_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    html: str | None = None
    attachments: Sequence[Attachment] = ()
    blocks: Sequence[Mapping[str, Any]] = ()
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Stale:
    """What the message was to tell is over: it is not sent. `why` in words for the operator."""

    why: str


Prepare = Callable[[Message, datetime], Awaitable[Message | Stale]]
"""What a service does to a message before each attempt: composes it as things are now, or calls it off."""


class Outcome(StrEnum):
    """How one attempt ended."""

    DELIVERED = "delivered"  # the receiver has it
    LATER = "later"  # try again: not reached, or the receiver asks to wait
    GONE = "gone"  # the receiver wants no more of it (410, a mailbox that does not exist)
    REFUSED_ADDRESS = "refused_address"  # it leads where this service sends nothing; settings may change that
    MISCONFIGURED = (
        "misconfigured"  # a secret, an address or a server is missing here; may be mended meanwhile
    )
    IMPOSSIBLE = "impossible"  # can never be sent as it is
    OUT_OF_TIME = "out_of_time"  # tried for as long as was agreed
    STALE = "stale"  # not sent: what it was to tell is over

    @property
    def is_final(self) -> bool:
        """Whether no further attempt is made."""
        return self in (
            Outcome.DELIVERED,
            Outcome.GONE,
            Outcome.IMPOSSIBLE,
            Outcome.OUT_OF_TIME,
            Outcome.STALE,
        )


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of one attempt, in words for the operator, and the wait that the receiver asked for.

    `receipt`: what the channel names the message by that arrived, where it can be changed later. `only_this`:
    the server behind the channel is well, and refused this message or address alone.
    """

    outcome: Outcome
    detail: str | None = None
    wait: timedelta | None = None
    receipt: str | None = None
    only_this: bool = False


class Carrier(Protocol):
    """One channel: brings messages to its receivers."""

    async def carry(self, message: Message, now: datetime) -> Result:
        """One attempt. Raises nothing that a receiver or a network can cause."""
