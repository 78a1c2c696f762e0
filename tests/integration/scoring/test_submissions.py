"""What becomes of submissions, through the running consumer."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from lead_events import Verdict
from lead_events.ids import lead_id, person_id
from lead_events.words import CauseKind, Quadrant, QuarantineReason, Stage
from tests.patience import HANGS_AFTER

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def test_a_newcomer_becomes_a_person_with_a_scored_lead(world: "World") -> None:
    sent = world.submit({"email": "eva@example.com", "employees": 80})
    await world.settle()
    (event,) = world.scored()
    assert event.lead_id == lead_id(sent.submission_id, "main")
    assert event.person_id == person_id(sent.submission_id)
    assert (event.seq, event.submissions, event.cause.kind) == (1, 1, CauseKind.EXPLICIT_ASK)
    assert (event.score.fit, event.score.interest) == (70, 40)
    assert (event.quadrant, event.stage, event.sql_at) == (Quadrant.WARM, Stage.SQL, START)
    by_rule = {each.rule: each for each in event.score.contributions}
    assert by_rule["titled"].points == 0
    assert "job_title" in (by_rule["titled"].error or "")
    assert await world.states() == {sent.submission_id: "opened"}


async def test_a_returning_person_joins_the_open_lead_and_is_scored_again(world: "World") -> None:
    world.submit({"email": "eva@example.com", "employees": 80})
    await world.settle()
    again = world.submit({"email": "eva@example.com"}, received_at=START + timedelta(hours=1))
    await world.settle()
    first, second = world.scored()
    assert second.lead_id == first.lead_id
    assert (second.seq, second.submissions, second.quadrant) == (2, 2, Quadrant.PERFECT)
    assert second.profile.employees == 80
    assert second.sql_at == START
    assert (await world.states())[again.submission_id] == "joined"


async def test_each_submission_tells_its_own_source_beside_the_one_that_opened_the_lead(
    world: "World",
) -> None:
    world.submit({"email": "eva@example.com", "employees": 80}, source="website")
    world.submit(
        {"email": "eva@example.com"},
        source="partners",
        campaign="autumn",
        received_at=START + timedelta(hours=1),
    )
    await world.settle()
    first, second = world.scored()
    assert (first.source, first.cause.source, first.cause.campaign) == ("website", "website", None)
    assert (second.source, second.cause.source, second.cause.campaign) == ("website", "partners", "autumn")


async def test_two_spellings_of_a_gmail_mailbox_are_one_person_where_the_rulebook_says_so(
    bare_world: "World",
) -> None:
    world = bare_world
    await world.publish_rulebook(world.document | {"matching": {"gmail_dots_and_tags": True}})
    first = world.submit({"email": "ana@gmail.com"})
    second = world.submit({"email": "A.Na+x@gmail.com"}, received_at=START + timedelta(hours=1))
    other = world.submit({"email": "a.na@company.example"}, received_at=START + timedelta(hours=2))
    await world.settle()
    assert await world.states() == {
        first.submission_id: "opened",
        second.submission_id: "joined",
        other.submission_id: "opened",
    }


async def test_two_spellings_are_two_persons_by_themselves(world: "World") -> None:
    world.submit({"email": "ana@gmail.com"})
    world.submit({"email": "a.na@gmail.com"}, received_at=START + timedelta(hours=1))
    await world.settle()
    assert set((await world.states()).values()) == {"opened"}


async def test_a_double_click_across_two_slots_is_a_duplicate(world: "World") -> None:
    edge = datetime(2026, 3, 2, 9, 4, 59, tzinfo=UTC)
    first = world.submit(received_at=edge)
    second = world.submit(received_at=edge + timedelta(seconds=2))
    assert first.submission_id != second.submission_id
    await world.settle()
    assert (await world.states())[second.submission_id] == "duplicate"
    assert len(world.scored()) == 1


async def test_a_double_click_in_another_batch_is_a_duplicate_too(world: "World") -> None:
    edge = datetime(2026, 3, 2, 9, 4, 59, tzinfo=UTC)
    world.submit(received_at=edge)
    await world.settle()
    second = world.submit(received_at=edge + timedelta(seconds=2))
    later = world.submit(received_at=edge + timedelta(minutes=6))
    await world.settle()
    states = await world.states()
    assert (states[second.submission_id], states[later.submission_id]) == ("duplicate", "joined")


async def test_one_submission_for_both_lines_opens_two_leads_that_name_each_other(world: "World") -> None:
    world.submit(lines=["main", "training"])
    await world.settle()
    main, training = sorted(world.scored(), key=lambda event: event.line)
    assert (main.line, training.line) == ("main", "training")
    assert [other.lead_id for other in main.other_leads] == [training.lead_id]
    assert [other.lead_id for other in training.other_leads] == [main.lead_id]


async def test_a_lead_of_another_line_later_is_shown_to_the_first_rep(world: "World") -> None:
    world.submit()
    await world.settle()
    world.submit(lines=["training"], received_at=START + timedelta(hours=1), fingerprint="other")
    await world.settle()
    events = world.scored()
    again = [event for event in events if event.line == "main"][-1]
    assert again.seq == 2
    assert again.cause.kind is CauseKind.RESCORE
    assert [other.line for other in again.other_leads] == ["training"]


async def test_the_same_submission_in_another_record_changes_nothing(world: "World") -> None:
    sent = world.submit(key="k1", key_origin="header")
    await world.settle()
    retried = sent.model_copy(update={"receipt": world.receipt()})
    world.send(retried, event_id=uuid4(), time=START + timedelta(days=2))
    world.send(retried, time=START)
    await world.settle()
    effects = await world.effects()
    assert (effects["opened"], effects["repeated"], effects["repeats"]) == (1, 1, 1)
    assert len(world.scored()) == 1


async def test_a_key_used_with_two_contents_goes_to_quarantine(world: "World") -> None:
    world.submit(key="k1", key_origin="header")
    await world.settle()
    other = world.submit({"email": "ugo@example.com"}, key="k1", key_origin="header")
    await world.settle()
    rows = await world.fetch("SELECT submission_id, reason FROM quarantine")
    assert rows == [{"submission_id": other.submission_id, "reason": QuarantineReason.KEY_REUSED}]
    assert await world.fetch("SELECT 1 FROM identity_keys WHERE value = 'ugo@example.com'") == []


async def test_a_vendor_may_correct_what_it_sent(world: "World") -> None:
    world.submit(key="v1", key_origin="vendor")
    await world.settle()
    corrected = world.submit({"email": "eva@example.com", "employees": 90}, key="v1", key_origin="vendor")
    await world.settle()
    assert (await world.states())[corrected.submission_id] == "joined"


async def test_a_quarantined_submission_waits_and_touches_nobody(world: "World") -> None:
    verdict = Verdict(outcome="quarantined", reason=QuarantineReason.HONEYPOT, detail="fax_number")
    sent = world.submit(verdict=verdict)
    await world.settle()
    assert await world.states() == {sent.submission_id: "quarantined"}
    assert world.scored() == []
    assert await world.fetch("SELECT 1 FROM persons") == []
    assert await world.fetch("SELECT 1 FROM identity_keys") == []


async def test_a_line_without_scorecard_goes_to_quarantine(world: "World") -> None:
    sent = world.submit(lines=["main", "unheard-of"])
    await world.settle()
    (row,) = await world.fetch("SELECT submission_id, reason, detail FROM quarantine")
    assert (row["submission_id"], row["reason"]) == (sent.submission_id, "mapping_error")
    assert "unheard-of" in row["detail"]


async def test_an_import_is_published_in_its_own_lane_and_starts_at_its_release(world: "World") -> None:
    world.submit({"email": "eva@example.com", "employees": 80}, topic="lead-imported")
    await world.settle()
    assert world.scored() == []
    (event,) = world.published("lead-scored-bulk")
    assert event.journey.released_at == event.sql_at == event.journey.scored_at


async def test_a_test_stays_marked_and_a_real_one_takes_the_mark_away(world: "World") -> None:
    world.submit(is_test=True)
    await world.settle()
    world.submit(received_at=START + timedelta(hours=1))
    await world.settle()
    assert [event.is_test for event in world.scored()] == [True, False]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANGS_AFTER):
        while not condition():  # noqa: ASYNC110 - nothing to wait on: the consumer works on its own
            await asyncio.sleep(0.01)


async def test_without_a_rulebook_submissions_wait_and_none_is_dead_lettered(bare_world: "World") -> None:
    bare_world.submit()
    consumer = bare_world.consumer()
    task = asyncio.create_task(consumer.run())
    await until(lambda: "rulebook" in (consumer.not_ready() or ""))
    await bare_world.publish_rulebook()
    await until(lambda: bool(bare_world.scored()))
    consumer.stop()
    await task
    assert "dead_letters" not in await bare_world.effects()


async def test_a_nul_is_a_dead_letter_and_the_rest_goes_on(world: "World") -> None:
    world.submit({"email": "nul@example.com", "name": "a\x00b"})
    world.submit({"email": "eva@example.com"})
    await world.settle()
    effects = await world.effects()
    assert (effects["opened"], effects["dead_letters"]) == (1, 1)
