"""E-mail over SMTP: plain text, with the same as HTML and files where a message has them; one receiver."""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from delivery.message import Message, Outcome, Result

ATTEMPT_SECONDS = 30.0
SUBJECT_CHARACTERS = 200
_NO_MAILBOX = frozenset({550, 551, 553})
"""RFC 5321, 4.2.3: no such mailbox, not here, a name not allowed."""
_CLOSING = 421
"""RFC 5321, 4.2.3: the server takes nothing more, whoever it is for."""
_FOR_GOOD = 500
"""RFC 5321, 4.2.1: from here on a reply is about what was sent, and not about how the server is."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mail is handed in. `encryption`: from the first byte, by STARTTLS, or only where offered."""

    host: str
    port: int
    encryption: str
    user: str | None = None
    password: str | None = None

    @classmethod
    def parse(cls, url: str) -> "MailServer":
        """From smtps://user:password@host:465, smtp://user:password@host:587 or smtp://host:25.

        With a password STARTTLS is insisted on; `?starttls=never` turns it off for a server in one's own
        network, `?starttls=always` insists without a password. Raises ValueError that says what to write.
        """
        try:
            parts = urlsplit(url.strip(_AROUND))
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        wish = parse_qs(parts.query).get("starttls", [""])[0]
        is_whole = parts.path in ("", "/") and not parts.fragment and "@" not in parts.query
        if parts.scheme not in ("smtp", "smtps") or not (parts.hostname and is_whole) or wish not in _WISHES:
            raise ValueError(
                "BATON_SMTP_URL: write smtp://user:password@host:587 or smtps://user:password@host:465 "
                "(with ?starttls=never or ?starttls=always where the usual does not do; "
                "in user and password / as %2F, ? as %3F, # as %23, % as %25)"
            )
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        usual = "always" if password else "offered"
        encryption = "tls" if parts.scheme == "smtps" else wish or usual
        return cls(parts.hostname, port or _PORTS[parts.scheme], encryption, user, password)


_AROUND = " \t\r\n\ufeff"
"""What editors leave at the ends of a file."""
_WISHES = ("", "always", "never")
_PORTS = {"smtp": 587, "smtps": 465}
_STARTTLS: dict[str, bool | None] = {"tls": False, "always": True, "never": False, "offered": None}


class Mail:
    """Carries messages as e-mail. Without a server or a sender every attempt says what is missing."""

    def __init__(
        self, server: MailServer | None, sender: str, *, attempt_seconds: float = ATTEMPT_SECONDS
    ) -> None:
        self._server = server
        self._sender = sender
        self._attempt_seconds = attempt_seconds

    async def carry(self, message: Message, now: datetime) -> Result:
        """One attempt. A mailbox that does not exist: gone; anything else that fails: later."""
        if self._server is None or not self._sender:
            return Result(Outcome.MISCONFIGURED, "e-mail needs BATON_SMTP_URL and BATON_SMTP_FROM")
        try:
            letter = letter_of(message, self._sender)
        except (ValueError, MessageError, IndexError) as error:
            return Result(Outcome.IMPOSSIBLE, f"the address or text makes no e-mail: {error}"[:300])
        try:
            async with asyncio.timeout(self._attempt_seconds):
                return await self._hand_in(self._server, letter)
        except TimeoutError:
            return Result(Outcome.LATER, f"the mail server took longer than {self._attempt_seconds:g} s")
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refused(error.recipients[0])
        except aiosmtplib.SMTPDataError as error:
            detail = f"the mail server refused the letter: {error.code}"
            return Result(Outcome.LATER, detail, only_this=error.code >= _FOR_GOOD)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return Result(Outcome.LATER, f"{type(error).__name__}: {error}".replace("\n", " ")[:300])

    async def _hand_in(self, server: MailServer, letter: EmailMessage) -> Result:
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.encryption == "tls",
            start_tls=_STARTTLS[server.encryption],
            timeout=self._attempt_seconds,
        )
        async with client:
            await client.send_message(letter)
        return Result(Outcome.DELIVERED, f"handed to {server.host}")


def letter_of(message: Message, sender: str) -> EmailMessage:
    """The e-mail. Its Message-ID comes from the message's id, so that a repeat is known as one.

    Raises ValueError for an address that is none, so no address can bring in a header of its own.
    """
    origin, receiver = _address(sender), _address(message.target.address)
    letter = EmailMessage(policy=SMTP)
    letter["From"] = Address("Baton", addr_spec=origin)
    letter["To"] = Address(addr_spec=receiver)
    letter["Subject"] = one_line(message.subject)
    letter["Date"] = format_datetime(message.created_at)
    letter["Message-ID"] = f"<{message.id}@{origin.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers
    letter.set_content(message.text, cte="quoted-printable")
    if message.html is not None:
        letter.add_alternative(message.html, subtype="html", cte="quoted-printable")
    for each in message.attachments:
        main, _, sub = each.kind.partition("/")
        letter.add_attachment(each.content, maintype=main, subtype=sub, filename=one_line(each.name))
    return letter


_ONE_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f<>(),;:\"\[\]\\@]+@[^\s\x00-\x1f\x7f<>(),;:\"\[\]\\@]+")


def _address(text: str) -> str:
    if not _ONE_ADDRESS.fullmatch(text) or "=?" in text:
        raise ValueError(f"{text!r} is not one plain address such as ana@example.com")
    return text


def one_line(text: str) -> str:
    """Without line breaks, control characters and those that turn the direction of writing, as long as a
    subject may be. What looks like an encoded word (RFC 2047) is taken apart: a header is read as it is set,
    and what was encoded in it would become lines of its own."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(printable.replace("=?", "= ?").split())[:SUBJECT_CHARACTERS]


def _refused(error: aiosmtplib.SMTPRecipientRefused) -> Result:
    outcome = Outcome.GONE if error.code in _NO_MAILBOX else Outcome.LATER
    detail = f"the mail server refused the receiver: {error.code}"
    return Result(outcome, detail, only_this=error.code != _CLOSING)
