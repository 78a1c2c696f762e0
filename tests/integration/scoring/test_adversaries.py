"""What an unkind world sends: odd texts, late and repeated reports, merges between an ask and its answer."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY

from lead_events import Closing, LeadProgressed, Outcome, Verdict
from lead_events.ids import lead_id
from lead_events.words import CauseKind, CloseReason, ProgressKind, QuarantineReason
from scoring.accounting import conservation_answer
from service_kit import failpoints
from service_kit.records import Outgoing

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PHONE = "+34600111222"


def late(lead: UUID, cause: UUID, reason: CloseReason = CloseReason.MERGED) -> LeadProgressed:
    return LeadProgressed(
        lead_id=lead,
        line="main",
        seq=2,
        kind=ProgressKind.ARRIVED_AFTER_CLOSE,
        at=START,
        round=1,
        closing=Closing(reason=reason, at=START, seq=1),
        cause_id=cause,
    )


def ended(lead: UUID, kind: ProgressKind, minute: int) -> LeadProgressed:
    outcome = Outcome(result="won") if kind is ProgressKind.OUTCOME else None
    at = START + timedelta(minutes=minute)
    return LeadProgressed(lead_id=lead, line="main", seq=minute, kind=kind, at=at, round=1, outcome=outcome)


async def leads(world: "World") -> dict[UUID, dict[str, object]]:
    return {row["id"]: row for row in await world.fetch("SELECT * FROM leads")}


async def merged_leads(world: "World") -> tuple[UUID, UUID, UUID]:
    """The lead that lives, the one that ended in it, and a submission that had joined the ended one."""
    older = world.submit({"external_id": "crm-7"})
    await world.settle()
    younger = world.submit({"email": "eva@example.com"}, received_at=START + timedelta(hours=1))
    await world.settle()
    joined = world.submit({"email": "eva@example.com"}, received_at=START + timedelta(hours=2))
    await world.settle()
    both = {"email": "eva@example.com", "phone": PHONE, "external_id": "crm-7"}
    world.submit(both, received_at=START + timedelta(hours=3))
    await world.settle()
    return lead_id(older.submission_id, "main"), lead_id(younger.submission_id, "main"), joined.submission_id


async def test_a_late_ask_for_a_merged_lead_is_an_ask_of_the_survivor_and_counted_once(
    world: "World",
) -> None:
    survivor, other, cause = await merged_leads(world)
    assert (await leads(world))[survivor]["submissions"] == 4
    for _ in range(2):
        world.send(late(other, cause), "lead-progressed")
    await world.settle()
    event = world.scored()[-1]
    assert (event.lead_id, event.submissions) == (survivor, 4)
    assert (event.cause.kind, event.cause.id) == (CauseKind.AFTER_CLOSE, cause)
    kept = await leads(world)
    assert (kept[survivor]["submissions"], kept[other]["submissions"]) == (4, 1)
    (moved,) = await world.fetch("SELECT state, lead_ids FROM submissions WHERE id = $1", cause)
    assert moved == {"state": "joined", "lead_ids": [survivor]}
    assert (await world.effects())["noted"] == 1


async def test_a_late_ask_for_a_lead_merged_into_a_closed_one_opens_a_lead(world: "World") -> None:
    survivor, other, cause = await merged_leads(world)
    world.send(ended(survivor, ProgressKind.REJECTED, 1), "lead-progressed", partition=0)
    world.send(late(other, cause), "lead-progressed", partition=0)
    await world.settle()
    event = world.scored()[-1]
    assert (event.lead_id, event.seq, event.submissions) == (lead_id(cause, "main"), 1, 1)
    kept = await leads(world)
    assert (kept[survivor]["submissions"], kept[other]["submissions"]) == (3, 1)


async def test_a_late_ask_after_a_chain_of_merges_reaches_the_last_survivor(world: "World") -> None:
    middle, last, cause = await merged_leads(world)
    first = world.submit({"external_id": "crm-1"}, received_at=START - timedelta(days=1))
    await world.settle()
    world.submit({"external_id": "crm-1", "phone": PHONE}, received_at=START + timedelta(hours=4))
    await world.settle()
    survivor = lead_id(first.submission_id, "main")
    assert (await leads(world))[middle]["merged_into"] == survivor
    world.send(late(last, cause), "lead-progressed")
    await world.settle()
    event = world.scored()[-1]
    assert (event.lead_id, event.submissions, event.cause.id) == (survivor, 6, cause)


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_in_any_order_the_earliest_closing_is_the_one_that_is_kept(
    world: "World", order: tuple[int, ...]
) -> None:
    first = world.submit()
    await world.settle()
    lead = lead_id(first.submission_id, "main")
    told = [
        ended(lead, ProgressKind.RECYCLED, 1),
        ended(lead, ProgressKind.OUTCOME, 2),
        ended(lead, ProgressKind.REJECTED, 3),
    ]
    for place in order:
        world.send(told[place], "lead-progressed", partition=0)
        if place == order[0]:
            await world.settle()
    await world.settle()
    row = (await leads(world))[lead]
    assert (row["state"], row["close_reason"]) == ("closed", "recycled")
    assert row["closed_at"] == START + timedelta(minutes=1)


@pytest.mark.parametrize("text", ["C:\\u0000", "\\\\u0000", "a\\u0000b\\u00e9"])
async def test_a_text_that_only_looks_like_nul_is_a_lead_like_any_other(world: "World", text: str) -> None:
    sent = world.submit({"email": "eva@example.com", "message": text})
    await world.settle()
    assert (await world.states())[sent.submission_id] == "opened"
    assert world.scored()[-1].profile.message == text


@pytest.mark.parametrize("text", ["\x00", "C:\\\x00", "\\\\\x00"])
async def test_nul_itself_is_a_dead_letter_and_the_rest_goes_on(world: "World", text: str) -> None:
    world.submit({"email": "eva@example.com", "message": text}, partition=0)
    good = world.submit({"email": "ugo@example.com"}, partition=0)
    await world.settle()
    assert await world.states() == {good.submission_id: "opened"}
    (dead,) = world.broker.records("lead-submitted-scoring-dlq")
    assert b"NUL" in dict(dead.headers)["dlq_reason"] if "dlq_reason" in dict(dead.headers) else True


@pytest.mark.parametrize(
    "profile",
    [
        {"name": "Ana 🌸 Íñigo ٣ ‮ x"},
        {"message": "m" * 10_000, "company": "🌸" * 10_000, "name": "n" * 10_000},
        {"attributes": {"a" * 2_000: "b" * 10_000, "": 1, "x.y": [1, "2", None], "deep": {"a": {"b": []}}}},
        {"employees": 2**62},
        {"email": "e" * 2_000 + "@example.com"},
        {"external_id": " \t "},
        {"email": "info@müller.example", "phone": ""},
    ],
)
async def test_a_weird_profile_is_still_a_lead(world: "World", profile: dict[str, object]) -> None:
    sent = world.submit({"email": "eva@example.com"} | profile)
    await world.settle()
    assert (await world.states())[sent.submission_id] == "opened"
    assert len(world.scored()) == 1


async def test_a_key_too_long_for_the_store_buries_only_its_own_submission(world: "World") -> None:
    world.submit({"external_id": "".join(str(uuid4()) for _ in range(400))}, partition=0)
    good = world.submit({"email": "ugo@example.com"}, partition=0)
    await world.settle()
    assert await world.states() == {good.submission_id: "opened"}


async def test_a_time_beyond_the_calendar_is_a_dead_letter_and_the_rest_goes_on(world: "World") -> None:
    world.submit({"email": "eva@example.com"}, partition=0)
    (record,) = world.broker.records("lead-submitted")
    assert record.value is not None
    bad = record.value.replace(b"2026-03-02T09:00:00Z", b"9999-12-31T23:59:59-12:00")
    assert bad != record.value
    headers = [(name, value) for name, value in record.headers if name != "ce_id" and value is not None]
    identity = ("ce_id", str(uuid4()).encode())
    world.broker.append(Outgoing("lead-submitted", b"k", bad, (*headers, identity)), partition=0)
    worse = [(n, v) for n, v in headers if n != "ce_time"]
    worse += [("ce_id", str(uuid4()).encode()), ("ce_time", b"9999-12-31T23:59:59-12:00")]
    world.broker.append(Outgoing("lead-submitted", b"k", record.value, tuple(worse)), partition=0)
    good = world.submit({"email": "ugo@example.com"}, partition=0)
    await world.settle()
    assert (await world.states())[good.submission_id] == "opened"
    assert (await world.effects())["dead_letters"] == 2


async def test_one_spelling_of_an_email_is_shown_and_one_lead_kept(world: "World") -> None:
    world.submit({"email": "Ana.Ruiz@Example.com"})
    world.submit({"email": "ana.ruiz@example.com"}, received_at=START + timedelta(hours=1))
    await world.settle()
    event = world.scored()[-1]
    assert (event.submissions, event.profile.email) == (2, "Ana.Ruiz@Example.com")


async def test_a_test_lead_becomes_a_real_one_with_its_first_real_submission(world: "World") -> None:
    world.submit(is_test=True)
    await world.settle()
    world.submit(received_at=START + timedelta(hours=1))
    await world.settle()
    world.submit(received_at=START + timedelta(hours=2), is_test=True)
    await world.settle()
    assert [event.is_test for event in world.scored()] == [True, False, False]


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_what_was_rolled_back_and_repeated_is_counted_once(world: "World") -> None:
    name, labels = "baton_scoring_quarantined_total", {"reason": "honeypot"}
    before = sample(name, **labels)
    failpoints.activate("consumer.before_commit=error:deadlock@1")
    try:
        verdict = Verdict(outcome="quarantined", reason=QuarantineReason.HONEYPOT)
        world.submit(verdict=verdict)
        await world.settle()
    finally:
        failpoints.clear()
    assert sample(name, **labels) == before + 1


async def test_a_gap_in_a_producers_numbering_blocks_nothing(world: "World") -> None:
    first = world.submit()
    await world.settle()
    lead = lead_id(first.submission_id, "main")
    gap = ended(lead, ProgressKind.REJECTED, 1).model_copy(update={"seq": 7})
    world.send(gap, "lead-progressed")
    await world.settle()
    assert (await leads(world))[lead]["state"] == "closed"


@pytest.mark.parametrize("lines", list(permutations(["main", "training"])))
async def test_one_person_who_asks_for_both_lines_has_a_lead_of_each_that_sees_the_other(
    world: "World", lines: tuple[str, ...]
) -> None:
    for number, line in enumerate(lines):
        world.submit(lines=[line], received_at=START + timedelta(hours=number), fingerprint=line)
        await world.settle()
    newest = {event.line: event for event in world.scored()}
    assert [other.line for other in newest["main"].other_leads] == ["training"]
    assert [other.line for other in newest["training"].other_leads] == ["main"]
    assert newest[lines[0]].cause.kind is CauseKind.RESCORE


async def test_the_submissions_of_a_chain_of_merged_leads_are_all_listed(world: "World") -> None:
    await merged_leads(world)
    first = world.submit({"external_id": "crm-1"}, received_at=START - timedelta(days=1))
    await world.settle()
    world.submit({"external_id": "crm-1", "phone": PHONE}, received_at=START + timedelta(hours=4))
    await world.settle()
    from scoring.store import views

    async with world.database.acquire() as conn:
        found = await views.lead(conn, lead_id(first.submission_id, "main"))
    assert found is not None
    assert len(found["submission_list"]) == found["submissions"] == 6


async def test_conservation_holds_over_numbers_that_are_missing_void_or_of_a_dead_instance(
    world: "World",
) -> None:
    world.submit({"email": "a@example.com"}, receipt=world.receipt("dies"))
    world.receipt("dies")
    world.submit({"email": "b@example.com"}, receipt=world.receipt("dies"))
    world.receipt("lives")
    world.submit({"email": "c@example.com"}, receipt=world.receipt("lives", voided=[1]))
    await world.settle()
    answer = await conservation_answer(world.database)
    books = {each["instance"]: each for each in answer["instances"]}
    assert (books["dies"]["arrived"], books["dies"]["unknown"], books["dies"]["unaccounted"]) == (2, 1, 0)
    assert (books["lives"]["arrived"], books["lives"]["unknown"]) == (2, 0)
    assert answer["unaccounted"] == 0


async def test_an_ask_merged_into_a_lead_that_was_closed_unheard_is_not_forgotten(world: "World") -> None:
    """The merging form asks for another line; the closing of the older lead is still on its way."""
    older = world.submit({"external_id": "crm-7"})
    await world.settle()
    world.submit({"email": "eva@example.com"}, received_at=START + timedelta(hours=1))
    await world.settle()
    both = {"email": "eva@example.com", "external_id": "crm-7"}
    merging = world.submit(both, received_at=START + timedelta(hours=2), lines=["training"])
    await world.settle()
    survivor = lead_id(older.submission_id, "main")
    told = [event for event in world.scored() if event.lead_id == survivor][-1]
    assert (told.cause.kind, told.cause.id) == (CauseKind.EXPLICIT_ASK, merging.submission_id)
    world.send(late(survivor, merging.submission_id, CloseReason.REJECTED), "lead-progressed")
    await world.settle()
    event = world.scored()[-1]
    assert (event.lead_id, event.line) == (lead_id(merging.submission_id, "main"), "main")
    assert [row["state"] for row in (await leads(world)).values()].count("open") == 2
    (kept,) = await world.fetch(
        "SELECT lead_ids, merged_leads FROM submissions WHERE id = $1", merging.submission_id
    )
    training = lead_id(merging.submission_id, "training")
    assert kept == {"lead_ids": [training], "merged_leads": [event.lead_id]}
    world.send(late(survivor, merging.submission_id, CloseReason.REJECTED), "lead-progressed")
    await world.settle()
    assert world.scored()[-1] == event
    assert (await leads(world))[survivor]["submissions"] == 2
