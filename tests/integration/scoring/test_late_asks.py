"""Asks that the router answers after a closing, while what they ask by is replayed, corrected or erased."""

import importlib.resources
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from lead_events import Closing, Consent, LeadProgressed, LeadSubmitted, Profile
from lead_events.ids import lead_id
from lead_events.words import CloseReason, ProgressKind
from tests.integration.scoring.test_replays import send_again

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVA, LEO, PHONE = {"email": "eva@example.com"}, {"email": "leo@example.com"}, {"phone": "+34600111222"}


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def agreed(minutes: int) -> Consent:
    return Consent(given=True, text=f"agreed after {minutes} minutes", at=at(minutes))


def late(world: "World", lead: UUID, cause: UUID, *, is_test: bool = False) -> None:
    """The router answers that the lead was closed before this ask came."""
    report = LeadProgressed(
        lead_id=lead,
        line="main",
        seq=2,
        kind=ProgressKind.ARRIVED_AFTER_CLOSE,
        at=START,
        round=1,
        closing=Closing(reason=CloseReason.REJECTED, at=START, seq=1),
        cause_id=cause,
        is_test=is_test,
    )
    world.send(report, "lead-progressed", partition=0)


async def joined(world: "World", **given: Any) -> tuple[UUID, LeadSubmitted]:
    """A lead, and a submission that has joined it while nobody here knew that it was closed."""
    first = world.submit(EVA)
    await world.settle()
    second = world.submit(EVA, received_at=at(10), consent=agreed(10), fingerprint="second", **given)
    await world.settle()
    return lead_id(first.submission_id, "main"), second


async def of_one_batch(world: "World", closed: UUID, asked: LeadSubmitted, first: str, **mapped: Any) -> None:
    """A replay of a submission and the late ask by it are read together, one of them first."""
    await world.stop()
    for what in sorted(["replay", "late ask"], key=lambda each: each != first):
        if what == "replay":
            send_again(world, asked, **mapped)
        else:
            late(world, closed, asked.submission_id)
    await world.settle()


async def open_leads(world: "World") -> list[dict[str, Any]]:
    return await world.fetch(
        "SELECT l.*, p.profile ->> 'email' AS email, consent ->> 'text' AS agreed FROM leads l"
        " JOIN persons p ON p.id = l.person_id WHERE l.state = 'open' ORDER BY l.opened_at"
    )


async def test_a_late_ask_of_what_was_corrected_meanwhile_is_the_corrections(world: "World") -> None:
    vendor = {"key": "v-1", "key_origin": "vendor"}
    closed, asked = await joined(world, **vendor)
    corrected = world.submit(
        EVA, received_at=at(11), fingerprint="third", is_test=True, explicit_ask=False, **vendor
    )
    await world.settle()
    late(world, closed, asked.submission_id)
    await world.settle()
    (lead,) = await open_leads(world)
    assert (lead["is_test"], lead["asks"], lead["agreed"], lead["submissions"]) == (True, False, None, 1)
    (row,) = await world.fetch("SELECT lead_ids FROM submissions WHERE id = $1", corrected.submission_id)
    assert row["lead_ids"] == [lead["id"]]
    (left,) = await world.fetch("SELECT submissions, consent FROM leads WHERE id = $1", closed)
    assert (left["submissions"], left["consent"]) == (1, None)


@pytest.mark.parametrize("first", ["replay", "late ask"])
async def test_a_replay_and_a_late_ask_of_one_batch_leave_a_lead_as_it_is_mapped_now(
    world: "World", first: str
) -> None:
    closed, asked = await joined(world)
    await of_one_batch(world, closed, asked, first, is_test=True, consent=None)
    (lead,) = await open_leads(world)
    assert (lead["is_test"], lead["agreed"], lead["submissions"]) == (True, None, 1)


@pytest.mark.parametrize("first", ["replay", "late ask"])
async def test_whoever_turns_out_to_be_somebody_else_beside_a_late_ask_takes_everything_along(
    world: "World", first: str
) -> None:
    closed, asked = await joined(world)
    await of_one_batch(world, closed, asked, first, profile=Profile(**LEO))
    (lead,) = [each for each in await open_leads(world) if each["agreed"] is not None]
    assert (lead["email"], lead["agreed"]) == ("leo@example.com", "agreed after 10 minutes")
    held = await world.fetch("SELECT lead_ids FROM submissions WHERE id = $1", asked.submission_id)
    assert held == [{"lead_ids": [lead["id"]]}]
    assert await world.fetch("SELECT 1 FROM leads WHERE id = $1 AND consent IS NOT NULL", closed) == []


async def test_a_late_ask_of_an_erased_submission_opens_nothing_and_takes_nothing_away(
    world: "World",
) -> None:
    closed, asked = await joined(world)
    await world.fetch(
        "UPDATE submissions SET state = 'erased', person_id = NULL, lead_ids = '{}', event = '{}'"
        " WHERE id = $1",
        asked.submission_id,
    )
    late(world, closed, asked.submission_id)
    await world.settle()
    assert await open_leads(world) == []
    (left,) = await world.fetch("SELECT submissions FROM leads WHERE id = $1", closed)
    assert left["submissions"] == 2


async def test_an_ask_that_no_submission_brings_takes_none_from_the_closed_lead(world: "World") -> None:
    closed, _ = await joined(world)
    late(world, closed, uuid4())
    await world.settle()
    (left,) = await world.fetch("SELECT submissions FROM leads WHERE id = $1", closed)
    assert left["submissions"] == 2


async def test_a_replay_that_merges_persons_asks_for_whoever_ends_in_another_lead(world: "World") -> None:
    """The router has closed the older lead; nobody here knows."""
    older = world.submit(PHONE)
    younger = world.submit(EVA, received_at=at(5))
    await world.settle()
    closed = lead_id(older.submission_id, "main")
    send_again(world, younger, profile=Profile(**EVA, **PHONE))
    await world.settle()
    asked = [each for each in world.published("lead-scored-bulk") if each.lead_id == closed]
    assert [each.cause.kind for each in asked] == ["explicit_ask"]
    late(world, closed, younger.submission_id)
    await world.settle()
    (lead,) = await open_leads(world)
    assert (lead["submissions"], lead["asks"]) == (1, True)


async def test_who_ended_in_a_lead_closed_unheard_is_no_test_because_the_one_who_showed_it_is(
    world: "World",
) -> None:
    older = world.submit(PHONE)
    world.submit(EVA, received_at=at(5))
    merging = world.submit(EVA | PHONE, received_at=at(10), lines=["training"], is_test=True)
    await world.settle()
    late(world, lead_id(older.submission_id, "main"), merging.submission_id)
    await world.settle()
    main = {lead["line"]: lead for lead in await open_leads(world)}["main"]
    assert (main["is_test"], main["asks"]) == (False, True)


async def test_a_late_ask_for_who_holds_an_open_lead_of_the_line_already_is_counted_once(
    world: "World",
) -> None:
    older = world.submit(EVA)
    world.submit(PHONE, received_at=at(5))
    merging = world.submit(EVA | PHONE, received_at=at(10), lines=["training"])
    await world.settle()
    closed = lead_id(older.submission_id, "main")
    report = LeadProgressed(
        lead_id=closed, line="main", seq=1, kind=ProgressKind.REJECTED, at=START, round=1, reason="x"
    )
    world.send(report, "lead-progressed")
    await world.settle()
    send_again(world, merging, lines=["training", "main"])
    await world.settle()
    late(world, closed, merging.submission_id)
    await world.settle()
    assert {lead["line"]: lead["submissions"] for lead in await open_leads(world)} == {
        "training": 1,
        "main": 1,
    }


async def test_who_ended_in_a_lead_closed_unheard_moves_on_with_the_own_late_ask(world: "World") -> None:
    """And leaves nothing behind when all of it turns out to be somebody else's."""
    older = world.submit(PHONE)
    younger = world.submit(EVA, received_at=at(5))
    await world.settle()
    send_again(world, younger, profile=Profile(**EVA, **PHONE), consent=agreed(6))
    await world.settle()
    late(world, lead_id(older.submission_id, "main"), younger.submission_id)
    await world.settle()
    send_again(world, younger, profile=Profile(**LEO), consent=agreed(6))
    await world.settle()
    (lead,) = await open_leads(world)
    assert (lead["email"], lead["submissions"], lead["opened_by"]) == (LEO["email"], 1, younger.submission_id)
    others = await world.fetch("SELECT consent FROM leads WHERE id <> $1", lead["id"])
    assert [row["consent"] for row in others] == [None, None]


async def test_a_late_ask_takes_no_id_of_an_erased_lead(world: "World") -> None:
    """Its submission opened a lead once, went to another person, and who was left there was erased."""
    moved = world.submit(LEO)
    other = world.submit(EVA, received_at=at(1))
    await world.settle()
    erased, closed = lead_id(moved.submission_id, "main"), lead_id(other.submission_id, "main")
    send_again(world, moved, profile=Profile(**EVA))
    await world.settle()
    await world.fetch("DELETE FROM scores WHERE lead_id = $1", erased)
    await world.fetch("UPDATE leads SET state = 'erased', merged_into = NULL WHERE id = $1", erased)
    late(world, closed, moved.submission_id)
    await world.settle()
    (lead,) = await open_leads(world)
    assert lead["id"] not in (erased, closed)


async def test_a_report_of_a_lead_whose_heir_belongs_to_nobody_known_by_a_key_is_taken(
    world: "World",
) -> None:
    """Its person has only a phone that others share: no key leads there."""
    other_phone = {"phone": "+34600111333"}
    story = [LEO, other_phone, LEO | other_phone, EVA | PHONE, LEO | PHONE, LEO]
    sent = []
    for number, who in enumerate(story):
        line = "training" if number > 3 else "main"
        sent.append(world.submit(who, received_at=at(10 * number), lines=[line], fingerprint=str(number)))
        await world.settle()
    for number, who in ((4, EVA), (0, EVA), (2, EVA), (1, PHONE)):
        send_again(world, sent[number], profile=Profile(**who))
        await world.settle()
    late(world, lead_id(sent[1].submission_id, "main"), uuid4())
    await world.settle()
    effects = await world.effects()
    assert sum(effects.get(what, 0) for what in ("noted", "opened", "joined")) > len(story) - 1


@pytest.mark.parametrize("number", range(3))
async def test_leads_that_change_places_in_one_batch_are_kept(world: "World", number: int) -> None:
    """Two forms had their addresses swapped; both persons stay, for they have leads of another line, too."""
    sent = {}
    for minutes, (name, who) in enumerate({"eva": EVA, "leo": LEO}.items()):
        sent[name] = world.submit(who, received_at=at(minutes), fingerprint=f"{name} {number}")
        world.submit(who, received_at=at(minutes + 10), lines=["training"], fingerprint=f"{name} training")
    await world.settle()
    await world.stop()
    send_again(world, sent["leo"], profile=Profile(email="zed@example.com"))
    send_again(world, sent["eva"], profile=Profile(**LEO))
    send_again(world, sent["leo"], profile=Profile(**EVA))
    await world.settle()
    main = [lead for lead in await open_leads(world) if lead["line"] == "main"]
    assert sorted((lead["email"], lead["opened_by"]) for lead in main) == [
        ("eva@example.com", sent["leo"].submission_id),
        ("leo@example.com", sent["eva"].submission_id),
    ]


APART = importlib.resources.files("scoring") / "migrations" / "0009.scoring.merged-leads.sql"


async def test_what_was_only_merged_is_told_apart_when_a_store_is_brought_up_to_date(world: "World") -> None:
    older = world.submit(EVA)
    world.submit(PHONE, received_at=at(5))
    merging = world.submit(EVA | PHONE, received_at=at(10), lines=["training"])
    replayed = world.submit(LEO, received_at=at(20), lines=["main"])
    await world.settle()
    send_again(world, replayed, lines=["training"])
    await world.settle()
    now = await world.fetch("SELECT id, lead_ids, merged_leads FROM submissions ORDER BY id")
    await world.fetch("UPDATE submissions SET lead_ids = lead_ids || merged_leads, merged_leads = '{}'")
    _, apart = APART.read_text().split("WITH parts")
    await world.fetch("WITH parts" + apart)
    assert await world.fetch("SELECT id, lead_ids, merged_leads FROM submissions ORDER BY id") == now
    kept = {row["id"]: row for row in now}[merging.submission_id]
    assert kept["merged_leads"] == [lead_id(older.submission_id, "main")]
