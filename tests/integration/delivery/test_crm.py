"""Requests to CRMs and the tokens they are sent with, against a local receiver."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from delivery.addresses import Allowed
from delivery.crm_auth import Auth, Signer
from delivery.crm_exchange import ANSWER_BYTES, Answer, Call, Exchange
from delivery.message import Outcome, Result
from service_kit.secrets import Secrets
from tests.integration.delivery.conftest import Receiver

NOW = datetime(2026, 3, 6, 18, 10, tzinfo=UTC)
ALLOWED = Allowed.parse("127.0.0.0/8")
SECRETS = Secrets(environ={"BATON_SECRET_CLIENT": "s3cret&=", "BATON_SECRET_AGAIN": "refresh-1"})


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def call(receiver: Receiver, host: str = "127.0.0.1") -> Call:
    return Call("POST", f"http://{host}:{receiver.port}/x?y=1", {"X-A": "b"}, b"{}")


def token(receiver: Receiver, text: str, more: bytes = b"") -> None:
    body = b'{"access_token": "' + text.encode() + b'"' + more + b"}"
    receiver.answers = [answer("200 OK", body)]


def oauth(receiver: Receiver, refresh: str | None = None) -> Auth:
    url = f"http://127.0.0.1:{receiver.port}/token"
    return Auth("oauth2", "client", token_url=url, client_id="id 1", refresh_token=refresh)


class Names:
    async def addresses(self, host: str, port: int) -> Sequence[str]:
        return ["10.0.0.7"]


async def test_an_answer_is_read_as_json_with_its_wait(receiver: Receiver) -> None:
    receiver.answers = [answer("429 Slow", b'{"id": 7}', "Retry-After: 30")]
    found = await Exchange(allowed=ALLOWED).send(call(receiver), NOW)
    assert isinstance(found, Answer)
    assert (found.status, found.document, found.wait) == (429, {"id": 7}, timedelta(seconds=30))
    assert receiver.got[0][0]["x-a"] == "b"


async def test_what_a_redirect_points_at_is_not_asked(receiver: Receiver) -> None:
    receiver.answers = [answer("307 There", b"", f"Location: http://127.0.0.1:{receiver.port}/in")]
    found = await Exchange(allowed=ALLOWED).send(call(receiver), NOW)
    assert isinstance(found, Answer)
    assert (found.status, len(receiver.got)) == (307, 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "[::ffff:127.0.0.1]"])
async def test_no_connection_is_made_inside(receiver: Receiver, host: str) -> None:
    found = await Exchange().send(call(receiver, host), NOW)
    assert isinstance(found, Result)
    assert found.outcome in (Outcome.REFUSED_ADDRESS, Outcome.LATER)
    assert receiver.got == []


async def test_a_name_that_leads_inside_is_refused(receiver: Receiver) -> None:
    found = await Exchange(resolver=Names()).send(Call("GET", "https://crm.example.com/x"), NOW)
    assert isinstance(found, Result)
    assert found.outcome is Outcome.REFUSED_ADDRESS


async def test_an_answer_without_end_is_not_read(receiver: Receiver) -> None:
    receiver.answers = [answer("200 OK", b"x" * (ANSWER_BYTES + 1))]
    found = await Exchange(allowed=ALLOWED).send(call(receiver), NOW)
    assert isinstance(found, Result)
    assert "longer than" in (found.detail or "")


async def test_one_that_does_not_answer_is_tried_later(receiver: Receiver) -> None:
    receiver.answers = [b""]
    found = await Exchange(allowed=ALLOWED, attempt_seconds=0.05).send(call(receiver), NOW)
    assert isinstance(found, Result)
    assert found.outcome is Outcome.LATER


async def test_a_token_is_asked_for_once_while_it_is_good(receiver: Receiver) -> None:
    token(receiver, "t1", b', "expires_in": 3600')
    signer = Signer(SECRETS, Exchange(allowed=ALLOWED))
    for minutes in (0, 58):
        shown = await signer.headers(oauth(receiver), NOW + timedelta(minutes=minutes))
        assert shown == {"Authorization": "Bearer t1"}
    [(headers, body)] = receiver.got
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert body == b"grant_type=client_credentials&client_id=id+1&client_secret=s3cret%26%3D"
    token(receiver, "t2")
    assert await signer.headers(oauth(receiver), NOW + timedelta(minutes=59)) == {
        "Authorization": "Bearer t2"
    }


async def test_a_refresh_token_is_shown_where_there_is_one(receiver: Receiver) -> None:
    token(receiver, "t1")
    await Signer(SECRETS, Exchange(allowed=ALLOWED)).headers(oauth(receiver, "again"), NOW)
    assert b"grant_type=refresh_token" in receiver.got[0][1]
    assert b"refresh_token=refresh-1" in receiver.got[0][1]


async def test_a_token_that_was_refused_is_asked_for_again(receiver: Receiver) -> None:
    signer, auth = Signer(SECRETS, Exchange(allowed=ALLOWED)), oauth(receiver)
    token(receiver, "t1")
    await signer.headers(auth, NOW)
    assert signer.refused(auth)
    assert not signer.refused(auth), "another try fares no better"
    token(receiver, "t2")
    assert await signer.headers(auth, NOW) == {"Authorization": "Bearer t2"}


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (answer("400 No", b'{"error": "invalid_client", "client_secret": "s3cret"}'), Outcome.MISCONFIGURED),
        (answer("200 OK", b"[]"), Outcome.MISCONFIGURED),
        (answer("200 OK", b'{"access_token": "a\\nb"}'), Outcome.MISCONFIGURED),
        (answer("503 Busy"), Outcome.LATER),
    ],
)
async def test_a_refusal_of_a_token_is_told_without_secrets(
    receiver: Receiver, reply: bytes, outcome: Outcome
) -> None:
    receiver.answers = [reply]
    found = await Signer(SECRETS, Exchange(allowed=ALLOWED)).headers(oauth(receiver), NOW)
    assert isinstance(found, Result)
    assert found.outcome is outcome
    assert "s3cret" not in (found.detail or "")


async def test_a_password_goes_as_basic_and_a_key_in_its_header(receiver: Receiver) -> None:
    signer = Signer(Secrets(environ={"BATON_SECRET_CLIENT": "ada:pw"}), Exchange())
    assert await signer.headers(Auth("basic", "client"), NOW) == {"Authorization": "Basic YWRhOnB3"}
    assert await signer.headers(Auth("header", "client", header="X-Key"), NOW) == {"X-Key": "ada:pw"}
    missing = await signer.headers(Auth("bearer", "nowhere"), NOW)
    assert isinstance(missing, Result)
    assert missing.outcome is Outcome.MISCONFIGURED
