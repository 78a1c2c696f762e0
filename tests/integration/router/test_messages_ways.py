"""Other ways and other acts: a warning, Apprise, partners, contact by link, and receivers that are down."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from lead_events import Consent
from lead_events.words import CauseKind
from router.settings import RouterSettings
from tests.integration.router.test_messages import (
    SECRET,
    SURE,
    Mailbox,
    deliveries,
    link,
    mailbox,
    tell,
    text_of,
    with_mail,
)
from tests.integration.router.test_messages_slack import Server, server
from tests.integration.router.worlds import World, lead_id, rep, rulebook

__all__ = ["mailbox", "server"]

HOOK = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


async def test_a_warning_tells_the_rep_until_when_the_buyer_waits(routing: World, mailbox: Mailbox) -> None:
    world = with_mail(routing, mailbox)
    await world.take("ada")
    await tell(world)
    world.clock.advance(900)
    world.warn("ada", rep_id="ana")
    await world.read()
    await tell(world)
    warning = mailbox.to("ana")[-1]
    until = "Tuesday, 3 March, 10:30 (Europe/Madrid)"
    told = f"ada@example.com waits for you until {until}; 50% of the time is gone"
    assert str(warning["Subject"]).strip() == told
    async with world.client() as client:
        assert (await client.post(link(warning, "Accept"), data=SURE)).status_code == 200


async def test_a_warning_that_came_true_meanwhile_is_dropped(routing: World, mailbox: Mailbox) -> None:
    world = with_mail(routing, mailbox)
    await world.take("ada")
    await tell(world)
    world.warn("ada", rep_id="ana")
    await world.read()
    await world.wiring.messages.make()
    async with world.client() as client:
        contact = {"channel": "phone", "result": "reached"}
        await client.post(link(mailbox.to("ana")[0], "Contacted"), data={**SURE, **contact})
    await tell(world)
    assert len(mailbox.to("ana")) == 1


@pytest.mark.parametrize(
    ("label", "chosen", "kind", "said"),
    [
        ("Contacted", {"channel": "phone", "result": "reached"}, "contacted", "The contact is noted."),
        ("Reject", {"code": "wrong_data"}, "rejected", "The lead is given back for good."),
    ],
)
async def test_contact_and_rejection_by_link_are_the_reps_acts(
    routing: World, mailbox: Mailbox, label: str, chosen: dict[str, str], kind: str, said: str
) -> None:
    world = with_mail(routing, mailbox)
    await world.take("ada")
    await tell(world)
    async with world.client() as client:
        path = link(mailbox.to("ana")[0], label)
        page = await client.get(path)
        assert all(f'name="{field}"' in page.text for field in chosen)
        assert (await client.post(path, data=SURE)).status_code == 422
        done = [await client.post(path, data={**SURE, **chosen}) for _ in range(2)]
    await world.runtime.published()
    assert [each.status_code for each in done] == [200, 200]
    assert said in done[0].text
    assert [(each.kind, each.rep_id) for each in world.progressed("ada")] == [(kind, "ana")]


async def test_a_duplicate_is_named_on_the_page_and_a_slip_moves_nothing(
    routing: World, mailbox: Mailbox
) -> None:
    world = with_mail(routing, mailbox)
    await world.take("ada")
    await world.take("bob")
    await tell(world)
    chosen = {**SURE, "code": "duplicate"}
    async with world.client() as client:
        path = link(mailbox.to("ana")[0], "Reject")
        assert 'name="duplicate_of"' in (await client.get(path)).text
        slip = await client.post(path, data={**chosen, "duplicate_of": "nobody@example.com"})
        assert (slip.status_code, world.progressed("ada")) == (422, [])
        assert "No other lead of that e-mail or id is known" in slip.text
        assert (await client.post(path, data={**chosen, "duplicate_of": " Bob@example.com "})).is_success
    await world.runtime.published()
    assert [each.duplicate_of for each in world.progressed("ada")] == [lead_id("bob")]


async def test_a_partner_is_told_and_accepts_by_the_link(world: World, mailbox: Mailbox) -> None:
    book = rulebook(
        reps={
            "ana": rep("Ana"),
            "paulo": rep("Paulo", team="partners", texts="pt", notify=[{"channel": "email"}]),
            "carla": rep("Carla", team="school", lines=["training"]),
        }
    )
    book["roster"]["teams"]["partners"] = {"name": "Partners"}
    book["routing"]["pools"]["partners"] = {"name": "Partners", "team": "partners"}
    book["routing"]["plans"]["main"] = {
        "rules": [{"id": "far", "when": "lead.country == 'PT'", "pool": "partners"}],
        "fallback": "north",
    }
    await world.publish_rulebook(book)
    told = with_mail(world, mailbox)
    await told.take("ada", country="PT")
    await tell(told)
    (letter,) = mailbox.to("paulo")
    assert letter["Subject"].startswith("Novo lead: ada@example.com")
    async with told.client() as client:
        assert (await client.post(link(letter, "Aceitar"), data=SURE)).status_code == 200
    await told.runtime.published()
    assert [(each.kind, each.rep_id) for each in told.progressed("ada")] == [("accepted", "paulo")]


async def test_content_for_the_buyers_stage_stands_in_the_message(world: World, mailbox: Mailbox) -> None:
    book = rulebook()
    book["content"] = {
        "decision": [
            {"title": "Prices", "url": "https://example.com/prices"},
            {"title": "Precios", "url": "https://example.com/precios", "language": "es"},
            {"title": "Prezzi", "url": "https://example.com/prezzi", "language": "it"},
        ],
        "awareness": [{"title": "What it is", "url": "https://example.com/what"}],
    }
    await world.publish_rulebook(book)
    told = with_mail(world, mailbox)
    await told.take("ada", language="es")
    async with told.runtime.database.acquire() as conn:
        await conn.execute("""UPDATE leads SET told = told || '{"buyer_stage": "decision"}'""")
    await tell(told)
    text = text_of(mailbox.to("ana")[0])
    assert "- Prices: https://example.com/prices\n- Precios: https://example.com/precios\n" in text
    assert "Prezzi" not in text
    assert "example.com/what" not in text


async def test_what_a_form_asked_and_what_became_of_an_earlier_lead_stand_in_the_message(
    routing: World, mailbox: Mailbox
) -> None:
    told = with_mail(routing, mailbox)
    await told.take("old", person="ada")
    await told.act("ana", "old", "outcome", {"result": "lost", "reason": "too dear"})
    await told.take("new", person="ada", attributes={"wants_demo": True, "budget_range": "10-20k"})
    await tell(told)
    holder = told.holder("new")
    assert holder is not None
    text = text_of(mailbox.to(holder)[-1])
    assert "ANSWERS IN THE FORM\n- wants demo: yes\n- budget range: 10-20k\n" in text
    assert (
        "EARLIER LEADS OF THIS PERSON\n- Platform: lost, Tuesday, 3 March, 10:00 (Europe/Madrid), Ana" in text
    )


async def test_a_reps_list_tells_of_a_buyer_what_a_message_tells(routing: World) -> None:
    await routing.take("old", person="ada")
    await routing.act("ana", "old", "outcome", {"result": "lost", "reason": "too dear"})
    agreed = Consent(given=True, text="Write to me", purposes=["partners"])
    asked = {"why_now": "x", "size": 3, "budget": "y"}
    await routing.take("new", person="ada", consent=agreed, attributes=asked)
    again = dict(sorted(asked.items()))
    await routing.take("new", person="ada", consent=agreed, attributes=again, cause=CauseKind.SIGNAL)
    holder = routing.holder("new")
    assert holder is not None
    [mine] = await routing.mine(holder)
    assert list(mine["profile"]["attributes"]) == ["why_now", "size", "budget"], "as the form asked"
    assert (mine["consent"]["given"], mine["consent"]["purposes"]) == (True, ["partners"])
    assert {name: mine[name] for name in ("persona", "buyer_stage")} == {"persona": None, "buyer_stage": None}
    assert mine["received_at"] is not None
    [before] = mine["earlier_leads"]
    told = {name: before[name] for name in ("lead_id", "line", "close_reason", "rep")}
    assert told == {"lead_id": str(lead_id("old")), "line": "main", "close_reason": "lost", "rep": "Ana"}


def with_hooks(world: World, server: Server, folder: Path, **secrets: str) -> World:
    for name, value in {"hook": HOOK, **secrets}.items():
        (folder / name).write_text(value)
    world.settings = RouterSettings(
        **{
            **world.settings.model_dump(),
            "link_secret": SecretStr(SECRET),
            "public_url": "http://router",
            "secrets_dir": folder,
            "delivery_allow": "127.0.0.0/8",
        }
    )
    world.__post_init__()
    return world


def hook(port: int) -> dict[str, Any]:
    return {"channel": "webhook", "to": f"http://127.0.0.1:{port}/hook", "secret": "hook"}


async def test_a_rep_is_told_by_any_service_that_apprise_knows(
    world: World, server: Server, tmp_path: Path
) -> None:
    told = with_hooks(world, server, tmp_path, chat=f"json://127.0.0.1:{server.port}/chat")
    await told.publish_rulebook(
        rulebook(
            reps={
                "ana": rep("Ana", notify=[{"channel": "apprise", "secret": "chat"}]),
                "carla": rep("Carla", team="school", lines=["training"]),
            }
        )
    )
    await told.take("ada")
    await tell(told)
    (posted,) = server.of("/chat")
    assert posted["title"] == "New lead: ada@example.com (perfect)"
    assert "Accept: http://router/act/" in posted["message"]
    assert [row["state"] for row in await deliveries(told)] == ["delivered"]


async def test_a_message_in_back_off_for_hours_is_dropped_once_its_round_is_over(
    world: World, server: Server, tmp_path: Path
) -> None:
    told = with_hooks(world, server, tmp_path)
    (tmp_path / "hook").unlink()
    reps = {
        "ana": rep("Ana", notify=[hook(server.port)]),
        "bea": rep("Bea", notify=[hook(server.port)]),
        "carla": rep("Carla", team="school", lines=["training"]),
    }
    await told.publish_rulebook(rulebook(reps=reps))
    await told.take("ada")
    for _ in range(6):
        await tell(told)
        told.clock.advance(1200)
    (waiting,) = await deliveries(told)
    assert (waiting["state"], waiting["outcome"]) == ("pending", "misconfigured")
    assert waiting["attempts"] > 2
    told.breach("ada", rep_id="ana")
    await told.read()
    (tmp_path / "hook").write_text(HOOK)
    told.clock.advance(7200)
    await tell(told)
    about = {(posted["type"], posted["data"]["round"]) for posted in server.of("/hook")}
    assert ("assigned", 1) not in about
    assert ("assigned", 2) in about, "who has it now hears of it"
    first = next(row for row in await deliveries(told) if row["id"] == waiting["id"])
    assert (first["state"], first["detail"]) == ("dropped", "the round is over: timed_out")


@pytest.fixture
async def broken() -> AsyncIterator[int]:
    """A receiver that answers everything with 503."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(refuse, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()


async def test_one_webhook_that_is_down_keeps_no_other_rep_waiting(
    world: World, server: Server, broken: int, tmp_path: Path
) -> None:
    told = with_hooks(world, server, tmp_path)
    reps = {
        "ana": rep("Ana", capacity=40, notify=[hook(broken)]),
        "bea": rep("Bea", capacity=40, notify=[hook(server.port)]),
        "carla": rep("Carla", team="school", lines=["training"]),
    }
    await told.publish_rulebook(rulebook(reps=reps))
    await told.take(*(f"a{number}" for number in range(40)))
    await tell(told)
    sender = told.wiring.messages.sender
    assert len(server.of("/hook")) == 20, "all of hers"
    rows = await deliveries(told)
    tried = [row for row in rows if row["state"] == "pending" and row["attempts"]]
    assert len(tried) < 20, "the circuit of who is down opened after a few"
    before = sum(row["attempts"] for row in rows)
    await sender.work()
    assert sum(row["attempts"] for row in await deliveries(told)) == before, "it is left alone for a while"
    await told.take("one-more", "and-another")
    await tell(told)
    assert len(server.of("/hook")) == 21
