"""Each channel against a local receiver."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from uuid import UUID, uuid4

import pytest
from standardwebhooks.webhooks import Webhook

from delivery.addresses import Allowed
from delivery.mail import Mail, MailServer
from delivery.message import Message, Outcome, Target
from delivery.webhook import ANSWER_BYTES, Webhooks
from service_kit.secrets import Secrets
from tests.integration.delivery.conftest import SECRET, Mailbox, Receiver

ALLOWED = Allowed.parse("127.0.0.0/8")
SECRETS = Secrets(environ={"BATON_SECRET_ALERTS": SECRET})


class Rebinding:
    """A name whose address is public when asked first, and loopback afterwards, or the other way round."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        return [self.answers.pop(0)]


def message(target: Target) -> Message:
    identity: UUID = uuid4()
    at = datetime(2026, 3, 6, 18, 10, tzinfo=UTC)
    return Message(
        identity, identity, "form.silent", target, "Silent", "Nothing since noon.", at, {"form": "demo"}
    )


def to(receiver: Receiver, host: str = "127.0.0.1") -> Message:
    return message(Target.webhook(f"http://{host}:{receiver.port}/alerts?x=1", "alerts"))


def answer(status: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Length: 0", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def test_a_webhook_arrives_signed(receiver: Receiver) -> None:
    sent, now = to(receiver), datetime.now(UTC)
    result = await Webhooks(SECRETS, allowed=ALLOWED).carry(sent, now)
    assert result.outcome is Outcome.DELIVERED
    headers, body = receiver.got[0]
    read = Webhook(SECRET).verify(body, headers)
    assert headers["webhook-id"] == str(sent.id)
    assert read["type"] == "form.silent"
    assert read["data"] == {"form": "demo", "subject": "Silent", "text": "Nothing since noon."}


@pytest.mark.parametrize(
    ("reply", "outcome", "wait"),
    [
        (answer("200 OK"), Outcome.DELIVERED, None),
        (answer("410 Gone"), Outcome.GONE, None),
        (answer("500 Oops"), Outcome.LATER, None),
        (answer("404 Not Found"), Outcome.LATER, None),
        (answer("302 Found", "Location: http://127.0.0.1:1/"), Outcome.LATER, None),
        (answer("429 Slow", "Retry-After: 120"), Outcome.LATER, timedelta(seconds=120)),
        (
            answer("503 Busy", "Retry-After: Fri, 06 Mar 2026 18:12:00 GMT"),
            Outcome.LATER,
            timedelta(seconds=120),
        ),
        (answer("503 Busy", "Retry-After: 99999999999"), Outcome.LATER, timedelta(hours=6)),
        (answer("429 Slow", "Retry-After: soon"), Outcome.LATER, None),
        (b"nonsense\r\n\r\n", Outcome.LATER, None),
    ],
)
async def test_what_an_answer_means(
    receiver: Receiver, reply: bytes, outcome: Outcome, wait: timedelta | None
) -> None:
    receiver.answers = [reply]
    result = await Webhooks(SECRETS, allowed=ALLOWED).carry(
        to(receiver), datetime(2026, 3, 6, 18, 10, tzinfo=UTC)
    )
    assert (result.outcome, result.wait) == (outcome, wait)
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("reply", "only_this"),
    [
        pytest.param(answer("404 Not Found"), True, id="no such path: others of the host may be well"),
        pytest.param(answer("302 Found", "Location: http://127.0.0.1:1/"), True, id="a URL to correct"),
        pytest.param(answer("429 Slow"), False, id="the host has enough"),
        pytest.param(answer("503 Busy"), False, id="the host is down"),
        pytest.param(b"nonsense\r\n\r\n", False, id="no HTTP"),
    ],
)
async def test_a_refusal_of_one_url_says_nothing_of_the_host(
    receiver: Receiver, reply: bytes, only_this: bool
) -> None:
    receiver.answers = [reply]
    result = await Webhooks(SECRETS, allowed=ALLOWED).carry(to(receiver), datetime.now(UTC))
    assert (result.outcome, result.only_this) == (Outcome.LATER, only_this)


async def test_an_answer_without_end_is_not_read(receiver: Receiver) -> None:
    receiver.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n" + b"x" * (2 * ANSWER_BYTES)]
    result = await Webhooks(SECRETS, allowed=ALLOWED).carry(to(receiver), datetime.now(UTC))
    assert result.outcome is Outcome.DELIVERED


async def test_a_receiver_that_says_nothing_costs_the_time_of_one_attempt(receiver: Receiver) -> None:
    receiver.answers = [b""]
    webhooks = Webhooks(SECRETS, allowed=ALLOWED, attempt_seconds=0.1)
    result = await webhooks.carry(to(receiver), datetime.now(UTC))
    assert result.outcome is Outcome.LATER


async def test_loopback_is_refused_unless_allowed(receiver: Receiver) -> None:
    result = await Webhooks(SECRETS).carry(to(receiver), datetime.now(UTC))
    assert result.outcome is Outcome.REFUSED_ADDRESS
    assert receiver.got == []


async def test_a_name_that_leads_inside_is_refused(receiver: Receiver) -> None:
    sent = message(Target.webhook("http://hooks.example.com/", "alerts"))
    result = await Webhooks(SECRETS, resolver=Rebinding("127.0.0.1")).carry(sent, datetime.now(UTC))
    assert result.outcome is Outcome.REFUSED_ADDRESS


async def test_a_name_that_changes_after_it_was_judged_changes_nothing(receiver: Receiver) -> None:
    """The name would lead to 203.0.113.1 when asked again; the connection goes where the first answer led."""
    names = Rebinding("127.0.0.1", "203.0.113.1")
    allowed = Allowed.parse("127.0.0.0/8")
    result = await Webhooks(SECRETS, allowed=allowed, resolver=names).carry(
        to(receiver, "rebound.example.com"), datetime.now(UTC)
    )
    assert result.outcome is Outcome.DELIVERED
    assert receiver.got[0][0]["host"] == f"rebound.example.com:{receiver.port}"
    assert names.answers == ["203.0.113.1"]


async def test_a_secret_without_a_value_is_told(receiver: Receiver) -> None:
    result = await Webhooks(Secrets(environ={}), allowed=ALLOWED).carry(to(receiver), datetime.now(UTC))
    assert result.outcome is Outcome.MISCONFIGURED
    assert "BATON_SECRET_ALERTS" in (result.detail or "")


def mail(mailbox: Mailbox) -> Mail:
    return Mail(MailServer.parse(f"smtp://127.0.0.1:{mailbox.port}"), "baton@example.org")


async def test_an_email_arrives(mailbox: Mailbox) -> None:
    sent = message(Target.email("ana@example.com"))
    result = await mail(mailbox).carry(sent, datetime.now(UTC))
    assert result.outcome is Outcome.DELIVERED, result.detail
    letter = message_from_bytes(mailbox.letters[0], policy=default)
    assert (letter["To"], letter["Subject"]) == ("ana@example.com", "Silent")
    assert letter["Message-ID"] == f"<{sent.id}@example.org>"


async def test_a_name_that_hides_a_line_break_brings_in_no_header(mailbox: Mailbox) -> None:
    name = "=?utf-8?q?Ada=0D=0ABcc:_eva=40example.com=0D=0A=0D=0Aclick?="
    sent = replace(message(Target.email("ana@example.com")), subject=f"New lead: {name}")
    result = await mail(mailbox).carry(sent, datetime.now(UTC))
    assert result.outcome is Outcome.DELIVERED, result.detail
    letter = message_from_bytes(mailbox.letters[0], policy=default)
    assert letter["Bcc"] is None
    assert letter["Message-ID"] == f"<{sent.id}@example.org>", "the head goes on after the subject"
    assert "eva" in letter["Subject"], "as they typed it"


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [("550 5.1.1 no such mailbox", Outcome.GONE), ("451 4.7.1 come back", Outcome.LATER)],
)
async def test_a_refused_receiver(mailbox: Mailbox, reply: str, outcome: Outcome) -> None:
    mailbox.refuses = reply
    result = await mail(mailbox).carry(message(Target.email("ana@example.com")), datetime.now(UTC))
    assert result.outcome is outcome


@pytest.mark.parametrize(
    ("reply", "only_this"),
    [
        pytest.param("554 5.7.1 looks like spam", True, id="this letter alone"),
        pytest.param("451 4.3.0 no disk left", False, id="the server's own trouble"),
    ],
)
async def test_a_refused_letter_says_nothing_of_the_server(
    mailbox: Mailbox, reply: str, only_this: bool
) -> None:
    mailbox.takes = reply
    result = await mail(mailbox).carry(message(Target.email("ana@example.com")), datetime.now(UTC))
    assert (result.outcome, result.only_this) == (Outcome.LATER, only_this)


async def test_with_a_password_an_unencrypted_server_gets_none(mailbox: Mailbox) -> None:
    server = MailServer.parse(f"smtp://baton:secret@127.0.0.1:{mailbox.port}")
    sent = message(Target.email("ana@example.com"))
    result = await Mail(server, "baton@example.org").carry(sent, datetime.now(UTC))
    assert result.outcome is Outcome.LATER
    assert mailbox.letters == []
    assert "secret" not in (result.detail or "")


async def test_no_mail_server_is_told_or_waited_for() -> None:
    sent = message(Target.email("ana@example.com"))
    result = await Mail(None, "").carry(sent, datetime.now(UTC))
    assert result.outcome is Outcome.MISCONFIGURED
    closed = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = closed.sockets[0].getsockname()[1]
    closed.close()
    await closed.wait_closed()
    gone = Mail(MailServer.parse(f"smtp://127.0.0.1:{port}"), "baton@example.org")
    assert (await gone.carry(sent, datetime.now(UTC))).outcome is Outcome.LATER
