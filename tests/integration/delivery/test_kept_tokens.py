"""Refresh tokens that change with every use, against a local server of tokens that takes each once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs

import orjson
import pytest

from delivery.addresses import Allowed
from delivery.crm_auth import ASKED_AGAIN, Auth, Signer
from delivery.crm_exchange import Exchange
from delivery.kept_tokens import TURN, Client, TokenStore
from delivery.message import Outcome, Result
from service_kit.clock import ManualClock
from service_kit.postgres import Database
from service_kit.secrets import Secrets
from tests.integration.delivery.conftest import START
from tests.integration.listening import stream_server

ALLOWED = Allowed.parse("127.0.0.0/8")


@dataclass
class TokenServer:
    """Each refresh token is good once, the last given one only; `is_away`: it answers 503."""

    port: int = 0
    good: str = "refresh-0"
    given: int = 0
    is_away: bool = False
    asked: list[str] = field(default_factory=list)

    def answer(self, fields: dict[str, list[str]]) -> tuple[int, dict[str, object]]:
        [token] = fields["refresh_token"]
        self.asked.append(token)
        if self.is_away:
            return 503, {}
        if token != self.good or fields["client_secret"] not in (["s3cret"], ["newer"]):
            return 400, {"error": "invalid_grant", "error_description": "unknown, expired or used"}
        self.given += 1
        self.good = f"refresh-{self.given}"
        access = f"access-{self.given}"
        return 200, {"access_token": access, "expires_in": 3600, "refresh_token": self.good}

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        status, document = self.answer(parse_qs((await reader.readexactly(length)).decode()))
        body = orjson.dumps(document)
        writer.write(f"HTTP/1.1 {status} So\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[TokenServer]:
    made = TokenServer()
    async with stream_server(made.talk) as made.port:
        yield made


def auth(server: TokenServer) -> Auth:
    url = f"http://127.0.0.1:{server.port}/token"
    return Auth("oauth2", "client", token_url=url, client_id="id", refresh_token="again")


def process(database: Database, **given: str) -> Signer:
    """A process that has just started, with what the deployment gives it."""
    values = {"client": "s3cret", "again": "refresh-0"} | given
    secrets = Secrets(environ={f"BATON_SECRET_{name.upper()}": value for name, value in values.items()})
    return Signer(secrets, Exchange(allowed=ALLOWED), TokenStore(database))


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


async def test_each_new_token_is_kept_and_a_restart_goes_on_with_it(
    server: TokenServer, database: Database
) -> None:
    first = process(database)
    assert await first.headers(auth(server), START) == bearer("access-1")
    later = START + timedelta(hours=1)
    assert await first.headers(auth(server), later) == bearer("access-2")
    second = process(database)
    assert await second.headers(auth(server), later) == bearer("access-2"), "what is good is asked for once"
    assert await second.headers(auth(server), later + timedelta(hours=1)) == bearer("access-3")
    assert server.asked == ["refresh-0", "refresh-1", "refresh-2"]


async def test_a_token_that_was_refused_is_renewed_unless_another_process_has_a_newer_one(
    server: TokenServer, database: Database
) -> None:
    one, other = process(database), process(database)
    for each in (one, other):
        assert await each.headers(auth(server), START) == bearer("access-1")
    assert one.refused(auth(server))
    assert await one.headers(auth(server), START) == bearer("access-2")
    assert other.refused(auth(server))
    assert await other.headers(auth(server), START) == bearer("access-2")
    assert server.given == 2


async def test_of_several_processes_one_asks_at_a_time(
    server: TokenServer, database: Database, clock: ManualClock
) -> None:
    found = await asyncio.gather(*(process(database).headers(auth(server), START) for _ in range(6)))
    told = [each for each in found if isinstance(each, Result)]
    assert all(each == bearer("access-1") for each in found if not isinstance(each, Result))
    assert {each.outcome for each in told} <= {Outcome.LATER}
    assert server.asked == ["refresh-0"]


async def test_who_died_while_asking_holds_up_the_others_for_a_minute_only(
    server: TokenServer, database: Database, clock: ManualClock
) -> None:
    await TokenStore(database).take(Client(auth(server).token_url, "id"))
    waits = await process(database).headers(auth(server), START)
    assert isinstance(waits, Result)
    assert waits.outcome is Outcome.LATER
    clock.advance(TURN.total_seconds())
    assert await process(database).headers(auth(server), START + TURN) == bearer("access-1")


async def test_a_server_that_is_away_costs_no_token(server: TokenServer, database: Database) -> None:
    server.is_away = True
    away = await process(database).headers(auth(server), START)
    assert isinstance(away, Result)
    assert away.outcome is Outcome.LATER
    server.is_away = False
    assert await process(database).headers(auth(server), START) == bearer("access-1")


async def test_what_is_kept_can_be_read_by_nobody_without_the_clients_secret(
    server: TokenServer, database: Database
) -> None:
    await process(database).headers(auth(server), START)
    async with database.acquire() as conn:
        [row] = await conn.fetch("SELECT * FROM oauth_tokens")
    assert b"refresh" not in row["sealed"]
    assert b"access" not in row["sealed"]
    changed = process(database, client="newer\ns3cret")
    assert await changed.headers(auth(server), START) == bearer("access-1"), "while both secrets stand there"
    lost = await process(database, client="another").headers(auth(server), START)
    assert isinstance(lost, Result)


async def test_a_token_that_is_over_is_told_with_what_to_do_and_not_asked_for_again_at_once(
    server: TokenServer, database: Database
) -> None:
    server.good = "somebody else has it"
    signer = process(database)
    for seconds in (0, 59):
        over = await signer.headers(auth(server), START + timedelta(seconds=seconds))
        assert isinstance(over, Result)
        assert over.outcome is Outcome.MISCONFIGURED
        assert (over.detail or "").endswith(
            "connect the app anew and give the new refresh token as the secret 'again'"
        )
    assert server.asked == ["refresh-0"]
    await signer.headers(auth(server), START + ASKED_AGAIN)
    assert len(server.asked) == 2


async def test_a_refresh_token_given_anew_counts_more_than_the_kept_one(
    server: TokenServer, database: Database
) -> None:
    await process(database).headers(auth(server), START)
    server.good = "given anew"
    anew = process(database, again="given anew")
    assert await anew.headers(auth(server), START + timedelta(hours=2)) == bearer("access-2")
    assert server.asked == ["refresh-0", "given anew"]
