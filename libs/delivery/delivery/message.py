"""A message, where it goes, and how an attempt to bring it there ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID


class Channel(StrEnum):
    """By which way a message goes."""

    WEBHOOK = "webhook"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Target:
    """One receiver: a webhook's `url` with the name of the `secret` it is signed with, or an e-mail
    address."""

    channel: Channel
    url: str = ""
    secret: str = ""
    address: str = ""

    @classmethod
    def webhook(cls, url: str, secret: str) -> "Target":
        """A webhook; `secret` is the secret's name."""
        return cls(Channel.WEBHOOK, url=url, secret=secret)

    @classmethod
    def email(cls, address: str) -> "Target":
        """One address; several receivers are several messages, so that one bad address holds up no other."""
        return cls(Channel.EMAIL, address=address)

    def as_json(self) -> dict[str, str]:
        """For the table of attempts."""
        if self.channel is Channel.EMAIL:
            return {"address": self.address}
        return {"url": self.url, "secret": self.secret}


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. `id` is the same in every attempt, so that a receiver knows a repeat.

    `kind` is the `type` of a webhook's body; `data` goes to webhooks, `subject` and `text` to people (and
    stand in the webhook too). `about`: what the message speaks of.
    """

    id: UUID
    about: UUID
    kind: str
    target: Target
    subject: str
    text: str
    created_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


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

    @property
    def is_final(self) -> bool:
        """Whether no further attempt is made."""
        return self in (Outcome.DELIVERED, Outcome.GONE, Outcome.IMPOSSIBLE, Outcome.OUT_OF_TIME)


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of one attempt, in words for the operator, and the wait that the receiver asked for."""

    outcome: Outcome
    detail: str | None = None
    wait: timedelta | None = None


class Carrier(Protocol):
    """One channel: brings messages to its receivers."""

    async def carry(self, message: Message, now: datetime) -> Result:
        """One attempt. Raises nothing that a receiver or a network can cause."""
