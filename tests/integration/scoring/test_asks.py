"""Requests for advice as they run: whoever is known and has no open lead for it gets one, and only they."""

from typing import Any
from uuid import UUID, uuid4

from lead_events import Profile, Rerun
from lead_events.ids import lead_id
from lead_events.words import CauseKind, ProgressKind, RerunKind
from tests.integration.scoring.conftest import START
from tests.integration.scoring.test_interest import VISITOR, Timed, timed
from tests.integration.scoring.test_reports import late, progressed

__all__ = ["timed"]

ADVICE: dict[str, Any] = {"kind": "advice_requested", "url": None}
EVA = {"email": "eva@example.com"}


async def ended(timed: Timed, **given: Any) -> UUID:
    """A lead of hers that sales has ended."""
    lead = await timed.submit(**given)
    timed.world.send(progressed(lead, ProgressKind.REJECTED), "lead-progressed")
    await timed.world.settle()
    return lead


async def open_leads(timed: Timed) -> dict[UUID, str]:
    rows = await timed.world.fetch("SELECT id, line FROM leads WHERE state = 'open'")
    return {row["id"]: row["line"] for row in rows}


async def test_who_has_an_open_lead_of_another_line_only_gets_one_of_the_line_asked_about(
    timed: Timed,
) -> None:
    first = await timed.submit()
    ask = await timed.view(**ADVICE, line="training", identity=EVA)
    new = lead_id(ask, "training")
    assert await open_leads(timed) == {first: "main", new: "training"}
    told = timed.last()
    assert (told.lead_id, told.form_id, told.cause.kind) == (new, "demo", CauseKind.EXPLICIT_ASK)


async def test_whose_address_it_is_asks_and_not_whose_browser(timed: Timed) -> None:
    await ended(timed, visitor=None)
    his = await timed.submit("leo@example.com", fingerprint="leo")
    ask = await timed.view(**ADVICE, identity={**EVA, "visitor": VISITOR})
    assert await open_leads(timed) == {his: "main", lead_id(ask, "main"): "main"}


async def test_an_ask_that_is_repeated_opens_nothing_after_its_lead_has_ended(timed: Timed) -> None:
    await ended(timed)
    sent = timed.signals.send(EVA, **ADVICE)
    await timed.signals.settle()
    lead = lead_id(sent.signal_id, "main")
    assert list(await open_leads(timed)) == [lead]
    timed.world.send(progressed(lead, ProgressKind.REJECTED), "lead-progressed")
    await timed.world.settle()
    timed.world.send(sent, "lead-signalled")
    await timed.signals.settle()
    assert await open_leads(timed) == {}


async def test_a_late_ask_of_the_router_for_the_same_request_opens_one_lead(timed: Timed) -> None:
    """Scoring heard of the closing later than the router, which so met the request with a closed lead."""
    first = await timed.submit()
    ask = await timed.view(**ADVICE, identity=EVA)
    assert timed.last().cause.id == ask
    for _ in range(2):
        timed.world.send(late(first, ask), "lead-progressed")
    await timed.world.settle()
    (lead,) = await open_leads(timed)
    assert lead == lead_id(ask, "main")
    again = await timed.view(**ADVICE, identity=EVA)
    assert (timed.last().lead_id, timed.last().cause.id) == (lead, again)


async def test_a_form_that_joins_and_is_put_right_leaves_the_ask_where_it_is(timed: Timed) -> None:
    await ended(timed)
    ask = await timed.view(**ADVICE, identity=EVA)
    lead = lead_id(ask, "main")
    sent = timed.world.submit(EVA, fingerprint="second", received_at=START)
    await timed.world.settle()
    assert timed.last().lead_id == lead
    rerun = Rerun(kind=RerunKind.REMAPPED, cause_id=uuid4(), at=START, by="ana")
    his = sent.model_copy(update={"rerun": rerun, "profile": Profile(email="leo@example.com")})
    timed.world.send(his, "lead-imported", event_id=uuid4())
    await timed.world.settle()
    (row,) = await timed.world.fetch("SELECT state, submissions, asks FROM leads WHERE id = $1", lead)
    assert (row["state"], row["submissions"], row["asks"]) == ("open", 1, True)
    await timed.now(lead)
