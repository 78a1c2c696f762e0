"""Signals in scoring: each kept once, whose they are, gone with the person, and none unaccounted for."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from lead_events import LeadSignalled
from scoring import metrics
from scoring.domain.erasure import ErasureKeys
from scoring.main import build_app
from scoring.settings import ScoringSettings
from scoring.signals import NAME, TOPIC, Signals, signals_spec
from scoring.store import persons
from scoring.store import signals as store
from service_kit.conservation import read_hops
from tests.integration.scoring.conftest import START, TOKEN, World
from tests.patience import HANGS_AFTER

VISITOR = "0b6f1c8e-3c57-4a0e-9a51-6f2f0d7f3b11"
ALWAYS = {"visitor": VISITOR}


class SignalsWorld:
    """The consumer of signals beside a world's submissions."""

    def __init__(self, world: World, keys: ErasureKeys | None = None) -> None:
        self.world = world
        self.consumer = world.runtime.consumer(signals_spec(Signals(keys)))

    def send(self, identity: dict[str, str] | None = None, **given: Any) -> LeadSignalled:
        values: dict[str, Any] = {
            "signal_id": uuid4(),
            "kind": "page_view",
            "at": START,
            "received_at": START,
            "identity": ALWAYS if identity is None else identity,
            "form_id": "demo",
            "source": "website",
        }
        signal = LeadSignalled(**(values | given))
        self.world.send(signal, TOPIC)
        return signal

    async def settle(self) -> None:
        """Take everything that has been sent."""
        task = asyncio.create_task(self.consumer.run())
        async with asyncio.timeout(HANGS_AFTER):
            while await self._is_behind():
                if task.done():
                    task.result()
                await asyncio.sleep(0.005)
        self.consumer.stop()
        await task
        self.consumer = self.world.runtime.consumer(self.consumer.spec)

    async def _is_behind(self) -> bool:
        rows = await self.world.fetch(
            "SELECT partition, next_offset FROM position WHERE consumer = $1 AND topic = $2", NAME, TOPIC
        )
        positions = {row["partition"]: row["next_offset"] for row in rows}
        broker = self.world.broker
        return any(positions.get(p.partition, 0) < broker.end_of(p) for p in broker.partitions_of(TOPIC))

    async def of_lead(self, lead: UUID) -> list[UUID]:
        async with self.world.database.acquire() as conn:
            found = await store.of_lead(conn, lead, after=None, limit=50)
        return [each["signal_id"] for each in found]


@pytest.fixture
def signals(world: World) -> SignalsWorld:
    return SignalsWorld(world)


async def _lead(world: World, **given: Any) -> UUID:
    sent = world.submit(**given)
    await world.settle()
    (row,) = await world.fetch("SELECT lead_ids FROM submissions WHERE id = $1", sent.submission_id)
    return UUID(str(row["lead_ids"][0]))


async def test_a_visitors_signals_are_the_persons_once_a_submission_says_so_whichever_came_first(
    world: World, signals: SignalsWorld
) -> None:
    before = signals.send(at=START - timedelta(days=1))
    await signals.settle()
    lead = await _lead(world, profile={"email": "eva@example.com"}, visitor=VISITOR)
    after = signals.send(kind="download")
    signals.send({"visitor": "somebody-else"})
    await signals.settle()
    assert await signals.of_lead(lead) == [after.signal_id, before.signal_id]


async def test_a_signal_of_an_email_is_the_persons_and_follows_a_merge(
    world: World, signals: SignalsWorld
) -> None:
    await _lead(world, profile={"email": "eva@example.com"})
    await _lead(world, profile={"email": "other@example.com", "external_id": "77"})
    clicked = signals.send({"email": "EVA@example.com"}, kind="email_click")
    lead = await _lead(world, profile={"email": "eva@example.com", "external_id": "77"})
    await signals.settle()
    assert await signals.of_lead(lead) == [clicked.signal_id]


async def test_an_ask_for_advice_is_kept_as_what_it_is(world: World, signals: SignalsWorld) -> None:
    signals.send(kind="advice_requested", attributes={"topic": "prices"})
    await signals.settle()
    (row,) = await world.fetch("SELECT kind, attributes FROM signals")
    assert (row["kind"], row["attributes"]) == ("advice_requested", {"topic": "prices"})


async def test_a_repeat_under_another_event_and_time_is_a_duplicate_and_all_are_accounted_for(
    world: World, signals: SignalsWorld
) -> None:
    counted = metrics.SIGNALS.labels("custom")._value.get()
    first = signals.send(kind="custom_tasting")
    world.send(first.model_copy(update={"at": START + timedelta(minutes=9)}), TOPIC)
    signals.send({})
    await signals.settle()
    async with world.database.acquire() as conn:
        (hop,) = [each for each in await read_hops(conn) if each.topic == TOPIC]
        assert await store.count(conn) == 1
    assert hop.effects == {"stored": 1, "duplicate": 1}
    assert (hop.read, hop.dead_letters, hop.unaccounted) == (3, 1, 0)
    assert len(world.broker.records(f"{TOPIC}-{NAME}-dlq")) == 1
    assert metrics.SIGNALS.labels("custom")._value.get() == counted + 1


async def test_an_act_that_no_rule_counts_changes_no_score(world: World, signals: SignalsWorld) -> None:
    await _lead(world, visitor=VISITOR)
    published = len(world.scored())
    signals.send()
    await signals.settle()
    assert len(world.scored()) == published


async def test_what_is_from_before_an_erasure_is_not_kept(world: World) -> None:
    keys = ErasureKeys.of("a-secret")
    signals = SignalsWorld(world, keys)
    name = ("email", "eva@example.com")
    async with world.database.transaction() as conn:
        await persons.insert_tombstones(conn, [keys.new_hash(name)], uuid4(), START, keys.checks()[0])
    signals.send({"email": "eva@example.com"}, received_at=START - timedelta(hours=1))
    later = signals.send({"email": "eva@example.com"}, received_at=START + timedelta(hours=1))
    await signals.settle()
    rows = await world.fetch("SELECT id FROM signals")
    assert [row["id"] for row in rows] == [later.signal_id]


async def test_a_person_erased_takes_their_signals_along(world: World, signals: SignalsWorld) -> None:
    sent = world.submit({"email": "eva@example.com"}, visitor=VISITOR)
    await world.settle()
    signals.send()
    signals.send({"email": "eva@example.com"})
    other = signals.send({"visitor": "somebody-else"})
    await signals.settle()
    async with world.database.transaction() as conn:
        gone = await store.erase(conn, [("email", "eva@example.com")], [sent.submission_id])
    assert gone == 2
    assert [row["id"] for row in await world.fetch("SELECT id FROM signals")] == [other.signal_id]


async def test_old_signals_go_in_portions(world: World, signals: SignalsWorld) -> None:
    for day in range(5):
        signals.send(received_at=START - timedelta(days=day))
    await signals.settle()
    async with world.database.transaction() as conn:
        assert await store.expire(conn, START - timedelta(days=1), 2) == 2
        assert await store.expire(conn, START - timedelta(days=1), 2) == 1


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx.AsyncClient]:
    settings = world.runtime.settings
    assert isinstance(settings, ScoringSettings)
    transport = httpx.ASGITransport(app=build_app(settings, world.runtime))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://scoring", headers=headers) as client:
        yield client


async def test_the_operator_reads_a_leads_signals_page_by_page(
    world: World, signals: SignalsWorld, api: httpx.AsyncClient
) -> None:
    lead = await _lead(world, visitor=VISITOR)
    sent = [signals.send(at=START + timedelta(minutes=n), url=f"https://example.com/{n}") for n in range(3)]
    await signals.settle()
    path = f"/v1/leads/{lead}/signals"
    first = (await api.get(path, params={"limit": 2})).json()
    rest = (await api.get(path, params={"limit": 2, "cursor": first["next"]})).json()
    found = [each["signal_id"] for each in first["signals"] + rest["signals"]]
    assert found == [str(each.signal_id) for each in reversed(sent)]
    assert first["signals"][0]["url"] == "https://example.com/2"
    assert (await api.get(f"/v1/leads/{uuid4()}/signals")).status_code == 404
