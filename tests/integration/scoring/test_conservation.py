"""What intake numbered, what was read and what is kept: the difference is told, and is 0."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from lead_events import Receipt, Verdict
from lead_events.words import QuarantineReason
from scoring.accounting import RECEIPTS_HOP, ReceiptsBook, conservation_answer
from scoring.domain import receipts
from service_kit.metrics import UNACCOUNTED
from tests.patience import HANGS_AFTER

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def answer(world: "World") -> dict[str, Any]:
    return await conservation_answer(world.database)


async def test_every_submission_is_in_exactly_one_state(world: "World") -> None:
    world.submit({"email": "a@example.com"})
    await world.settle()
    world.submit({"email": "a@example.com"}, received_at=START + timedelta(hours=1))
    world.submit({"email": "a@example.com"}, received_at=START - timedelta(seconds=2), partition=1)
    world.submit(verdict=Verdict(outcome="quarantined", reason=QuarantineReason.HONEYPOT))
    await world.settle()
    found = await answer(world)
    told = {state: number for state, number in found["submissions"].items() if number}
    assert told == {"opened": 1, "joined": 1, "duplicate": 1, "quarantined": 1}
    assert found["unaccounted"] == 0
    assert {hop["hop"] for hop in found["hops"]} >= {"intake-scoring", RECEIPTS_HOP, "scoring-store"}


async def test_a_submission_missing_from_the_store_shows(world: "World") -> None:
    sent = world.submit()
    await world.settle()
    await world.fetch("DELETE FROM submissions WHERE id = $1", sent.submission_id)
    assert (await answer(world))["unaccounted"] == 1


async def test_repeats_and_voided_numbers_count_as_arrived(world: "World") -> None:
    sent = world.submit()
    world.send(sent.model_copy(update={"receipt": world.receipt()}))
    world.receipt()
    world.submit({"email": "b@example.com"}, receipt=Receipt(instance="intake-1", number=4, voided=[3]))
    await world.settle()
    (instance,) = (await answer(world))["instances"]
    assert instance == {"instance": "intake-1", "highest": 4, "arrived": 4, "unaccounted": 0, "unknown": 0}


async def test_a_lost_number_is_first_unknown_then_unaccounted_then_found(
    world: "World", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "GRACE", timedelta(0))
    book = ReceiptsBook(world.database)

    async def heard(number: int) -> None:
        receipt = Receipt(instance="intake-1", number=number)
        world.submit({"email": f"n{number}@example.com"}, receipt=receipt, fingerprint=str(uuid4()))
        await world.settle()
        await world.fetch(
            "INSERT INTO reading VALUES ('lead-submitted', 0, now() + interval '1 hour')"
            " ON CONFLICT (topic, partition) DO UPDATE SET read_up_to = excluded.read_up_to"
        )
        await world.fetch("UPDATE reading SET read_up_to = now() + interval '1 hour'")
        await book.work()

    await heard(1)
    await heard(3)
    (instance,) = (await answer(world))["instances"]
    assert (instance["unknown"], instance["unaccounted"]) == (1, 0)
    await heard(4)
    await heard(5)
    (instance,) = (await answer(world))["instances"]
    assert (instance["unknown"], instance["unaccounted"]) == (0, 1)
    assert UNACCOUNTED.labels(RECEIPTS_HOP)._value.get() == 1
    await heard(2)
    assert (await answer(world))["unaccounted"] == 0
    assert UNACCOUNTED.labels(RECEIPTS_HOP)._value.get() == 0


async def test_a_submission_that_breaks_scoring_is_buried_and_its_number_has_arrived(
    world: "World", monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("this one cannot be scored")

    monkeypatch.setattr("scoring.domain.desk.Desk.take", broken)
    world.submit()
    await world.settle()
    monkeypatch.undo()
    world.submit({"email": "b@example.com"})
    await world.settle()
    found = await answer(world)
    assert (found["instances"][0]["arrived"], found["unaccounted"]) == (2, 0)
    assert len(world.broker.records("lead-submitted-scoring-dlq")) == 1


async def test_a_receipt_that_cannot_be_kept_stops_nothing(world: "World") -> None:
    world.submit(receipt=Receipt(instance="intake\x00", number=1))
    world.submit({"email": "b@example.com"})
    await world.settle()
    assert len(world.broker.records("lead-submitted-scoring-dlq")) == 1
    found = await answer(world)
    assert [each["instance"] for each in found["instances"]] == ["intake-1"]
    assert found["unaccounted"] == 0


async def test_the_consumer_says_how_far_it_has_read(world: "World") -> None:
    world.submit()
    await world.settle()
    async with asyncio.timeout(HANGS_AFTER):
        while not await world.fetch("SELECT 1 FROM reading"):  # noqa: ASYNC110 - nothing to wait on
            await asyncio.sleep(0.02)
    topics = {row["topic"] for row in await world.fetch("SELECT topic FROM reading")}
    assert topics == {"lead-submitted", "lead-imported"}
