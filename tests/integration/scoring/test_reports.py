"""What the router and the reps report back, through the running consumer."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from lead_events import Closing, LeadProgressed, LeadRouted, Outcome, Rerun
from lead_events.ids import lead_id
from lead_events.words import CauseKind, CloseReason, ProgressKind, Quadrant, RerunKind, RoutedKind

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def progressed(lead: UUID, kind: ProgressKind, **given: Any) -> LeadProgressed:
    values = {"lead_id": lead, "line": "main", "seq": 1, "kind": kind, "at": START, "round": 1} | given
    return LeadProgressed(**values)


def late(lead: UUID, cause: UUID) -> LeadProgressed:
    closing = Closing(reason=CloseReason.REJECTED, at=START, seq=1)
    return progressed(lead, ProgressKind.ARRIVED_AFTER_CLOSE, seq=2, closing=closing, cause_id=cause)


@pytest.mark.parametrize(
    ("kind", "given", "reason"),
    [
        (ProgressKind.REJECTED, {"reason": "wrong data"}, "rejected"),
        (ProgressKind.RECYCLED, {"reason": "not now"}, "recycled"),
        (ProgressKind.OUTCOME, {"outcome": Outcome(result="won")}, "won"),
        (ProgressKind.OUTCOME, {"outcome": Outcome(result="lost")}, "lost"),
    ],
)
async def test_after_a_closing_the_next_submission_opens_a_new_lead(
    world: "World", kind: ProgressKind, given: dict[str, Any], reason: str
) -> None:
    first = world.submit()
    await world.settle()
    old = lead_id(first.submission_id, "main")
    world.send(progressed(old, kind, **given), "lead-progressed")
    await world.settle()
    second = world.submit(received_at=START + timedelta(hours=1))
    await world.settle()
    (row,) = await world.fetch("SELECT state, close_reason FROM leads WHERE id = $1", old)
    assert row == {"state": "closed", "close_reason": reason}
    assert (await world.states())[second.submission_id] == "opened"
    assert world.scored()[-1].lead_id == lead_id(second.submission_id, "main")


async def test_the_routers_own_closing_closes_too(world: "World") -> None:
    first = world.submit()
    await world.settle()
    old = lead_id(first.submission_id, "main")
    closing = LeadRouted(
        lead_id=old,
        line="main",
        seq=1,
        kind=RoutedKind.CLOSED,
        at=START,
        cause_id=uuid4(),
        quadrant=Quadrant.WARM,
        why="closed by the operator",
        close_reason=CloseReason.REJECTED,
        rulebook_version=1,
    )
    world.send(closing, "lead-routed")
    await world.settle()
    assert await world.fetch("SELECT state FROM leads") == [{"state": "closed"}]


async def test_reports_that_end_nothing_are_noted(world: "World") -> None:
    first = world.submit()
    await world.settle()
    old = lead_id(first.submission_id, "main")
    world.send(progressed(old, ProgressKind.CONTACTED), "lead-progressed")
    world.send(progressed(old, ProgressKind.OUTCOME, outcome=Outcome(result="meeting")), "lead-progressed")
    world.send(progressed(uuid4(), ProgressKind.REJECTED), "lead-progressed")
    await world.settle()
    assert (await world.effects())["noted"] == 3
    assert await world.fetch("SELECT state FROM leads") == [{"state": "open"}]


async def test_an_ask_that_came_after_the_closing_opens_a_lead_of_its_own(world: "World") -> None:
    """Scoring did not know of the closing and let the submission join; the router's answer repairs that."""
    first = world.submit()
    await world.settle()
    second = world.submit(received_at=START + timedelta(hours=1))
    await world.settle()
    old = lead_id(first.submission_id, "main")
    world.send(late(old, second.submission_id), "lead-progressed")
    world.send(late(old, second.submission_id), "lead-progressed")
    await world.settle()
    event = world.scored()[-1]
    assert event.lead_id == lead_id(second.submission_id, "main")
    assert (event.seq, event.cause.kind, event.cause.id) == (1, CauseKind.AFTER_CLOSE, second.submission_id)
    assert event.cause.at == second.received_at
    leads = {row["id"]: row for row in await world.fetch("SELECT id, state, submissions FROM leads")}
    assert (leads[old]["state"], leads[old]["submissions"]) == ("closed", 1)
    (kept,) = await world.fetch("SELECT state, lead_ids FROM submissions WHERE id = $1", second.submission_id)
    assert kept == {"state": "opened", "lead_ids": [event.lead_id]}
    assert (await world.effects())["noted"] == 1
    assert len(world.scored()) == 3


async def test_an_ask_that_came_after_the_closing_joins_the_lead_that_is_open_by_now(world: "World") -> None:
    first = world.submit()
    await world.settle()
    second = world.submit(received_at=START + timedelta(hours=1))
    await world.settle()
    old = lead_id(first.submission_id, "main")
    world.send(progressed(old, ProgressKind.REJECTED), "lead-progressed")
    await world.settle()
    third = world.submit(received_at=START + timedelta(hours=2))
    await world.settle()
    world.send(late(old, second.submission_id), "lead-progressed")
    await world.settle()
    event = world.scored()[-1]
    assert event.lead_id == lead_id(third.submission_id, "main")
    assert (event.seq, event.submissions, event.cause.kind) == (2, 2, CauseKind.AFTER_CLOSE)
    assert len(await world.fetch("SELECT 1 FROM leads WHERE state = 'open'")) == 1


async def test_a_second_report_of_a_late_ask_that_joined_changes_nothing(world: "World") -> None:
    first = world.submit()
    await world.settle()
    second = world.submit(received_at=START + timedelta(hours=1))
    await world.settle()
    old = lead_id(first.submission_id, "main")
    world.send(progressed(old, ProgressKind.REJECTED), "lead-progressed")
    await world.settle()
    world.submit(received_at=START + timedelta(hours=2))
    await world.settle()
    for _ in range(2):
        world.send(late(old, second.submission_id), "lead-progressed")
        await world.settle()
    assert world.scored()[-1].submissions == 2


async def test_a_late_ask_that_is_no_submission_opens_a_lead_where_the_closed_one_came_from(
    world: "World",
) -> None:
    first = world.submit()
    await world.settle()
    ask = uuid4()
    world.send(late(lead_id(first.submission_id, "main"), ask), "lead-progressed")
    await world.settle()
    event = world.scored()[-1]
    assert (event.lead_id, event.form_id, event.cause.id) == (lead_id(ask, "main"), "demo", ask)
    test = world.submit(is_test=True, explicit_ask=False, received_at=START + timedelta(days=1))
    await world.settle()
    rerun = Rerun(kind=RerunKind.REMAPPED, cause_id=uuid4(), at=START, by="ana")
    again = test.model_copy(update={"rerun": rerun, "campaign": "spring"})
    world.send(again, "lead-imported", event_id=uuid4())
    await world.settle()
    (lead,) = await world.fetch("SELECT * FROM leads WHERE id = $1", event.lead_id)
    assert (lead["submissions"], lead["asks"], lead["is_test"]) == (2, True, False)
