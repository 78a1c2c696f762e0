"""A person is erased: the CRM hears of it by ids alone, also when it is away or was just being told."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from router.crm.ledger import ERASED_FOR
from tests.integration.router.crm.conftest import CrmWorld
from tests.integration.router.crm.crms import Crm, book, contacts

TABLES = ("crm_records", "crm_news")


def forgetting(crm: Crm, **more: Any) -> dict[str, Any]:
    """Contacts, and a request that has one deleted."""
    connection = contacts(crm, **more)
    connection["requests"]["forget"] = {
        "on": ["erased"],
        "method": "POST",
        "path": "/contacts/forget",
        "body": {"id": "{crm.contact}"},
    }
    return connection


@pytest.fixture
async def told(routed: CrmWorld, crm: Crm) -> CrmWorld:
    """A CRM that keeps Ada as c-1."""
    crm.answers("GET", "/search", 200, {"results": []})
    crm.answers("POST", "/contacts", 201, {"id": "c-1"})
    crm.answers("POST", "/contacts/forget", 204)
    await routed.publish_rulebook(book(forgetting(crm)))
    routed.score("ada")
    await routed.tell()
    return routed


async def test_a_crm_is_told_by_its_id_and_the_id_is_forgotten(told: CrmWorld, crm: Crm) -> None:
    told.erase("ada")
    await told.tell()
    assert (crm.asked[-1].path, crm.asked[-1].document) == ("/contacts/forget", {"id": "c-1"})
    assert all("ada@" not in str(row) for row in await told.rows("SELECT * FROM crm_requests"))
    for table in TABLES:
        assert await told.rows(f"SELECT * FROM {table}") == [], table
    await told.tell()
    assert len(crm.asked) == 3


async def test_what_the_crm_does_not_know_any_more_is_not_made_to_be_deleted(
    told: CrmWorld, crm: Crm
) -> None:
    crm.answers("POST", "/contacts/forget", 404)
    told.erase("ada")
    await told.tell()
    assert [each.path for each in crm.asked[2:]] == ["/contacts/forget"]
    [done] = await told.requests("done")
    assert (done["kind"], done["detail"]) == ("erased", "it was not there any more")


async def test_a_person_whom_no_crm_was_told_of_is_no_news_for_it(routed: CrmWorld, crm: Crm) -> None:
    crm.answers("GET", "/search", 503)
    await routed.publish_rulebook(book(forgetting(crm)))
    routed.score("ada")
    await routed.tell()
    routed.erase("ada")
    await routed.tell()
    assert [each.method for each in crm.asked] == ["GET"]
    [skipped] = await routed.requests("skipped")
    assert skipped["detail"] == "no contact of them is known there"


async def test_a_crm_that_is_away_hears_of_it_for_four_weeks_and_then_somebody_deletes_by_hand(
    told: CrmWorld, crm: Crm
) -> None:
    crm.answers("POST", "/contacts/forget", 503)
    told.erase("ada")
    await told.tell()
    told.clock.advance(timedelta(days=27).total_seconds())
    await told.tell()
    [waits] = await told.requests("pending")
    assert waits["kind"] == "erased"
    told.clock.advance((ERASED_FOR - timedelta(days=27)).total_seconds())
    await told.tell()
    [lost] = await told.requests("given_up")
    assert lost["detail"] == "answered 503; still there, delete it by hand: contact c-1"
    assert await told.rows("SELECT * FROM crm_records") == []


class SlowCrm(Crm):
    """Answers once it may."""

    may: asyncio.Event
    asks: asyncio.Event

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asks.set()
        await self.may.wait()
        await super().talk(reader, writer)


async def test_who_is_erased_while_a_crm_is_just_told_of_them_is_erased_there_too(routed: CrmWorld) -> None:
    slow = SlowCrm()
    slow.may, slow.asks = asyncio.Event(), asyncio.Event()
    server = await asyncio.start_server(slow.talk, "127.0.0.1", 0)
    slow.port = server.sockets[0].getsockname()[1]
    slow.answers("GET", "/search", 200, {"results": []})
    slow.answers("POST", "/contacts", 201, {"id": "c-1"})
    slow.answers("POST", "/contacts/forget", 204)
    await routed.publish_rulebook(book(forgetting(slow)))
    routed.score("ada")
    await routed.read()
    telling = asyncio.create_task(routed.wiring.crm.sender.work())
    await slow.asks.wait()
    routed.erase("ada")
    await routed.read()
    slow.may.set()
    await telling
    await routed.tell()
    assert (slow.asked[-1].path, slow.asked[-1].document) == ("/contacts/forget", {"id": "c-1"})
    for table in TABLES:
        assert await routed.rows(f"SELECT * FROM {table}") == [], table
    server.close()


async def test_after_a_day_away_a_crm_that_answers_again_hears_of_everything_at_once(
    routed: CrmWorld, crm: Crm
) -> None:
    """Nobody is held back meanwhile, and the hour of the last back-off is not waited for."""
    crm.answers("GET", "/search", 503)
    await routed.publish_rulebook(book(contacts(crm)))
    names = ("ada", "bob", "eva", "ivo")
    for name in names:
        routed.score(name)
    for _ in range(24):
        await routed.tell()
        routed.clock.advance(3600)
    assert {routed.holder(name) for name in names} == {"ana", "bea"}
    assert len(await routed.requests("pending")) == len(names)
    await routed.tell()
    crm.answers("GET", "/search", 200, {"results": []})
    crm.answers("POST", "/contacts", 201, {"id": "c-1"})
    while not await routed.requests("done"):
        routed.clock.advance(60)
        await routed.tell()
    assert await routed.requests("pending") == [], "the first that is due finds it well, and wakes the others"
