"""What is told of promises: by kind, again and again while they are open, and of trials as trials."""

from typing import Any

import pytest
from prometheus_client import REGISTRY

from lead_events.words import ChargedTo, TimerKind
from tests.integration.router.test_messages import Mailbox, deliveries, mailbox, tell, text_of, with_mail
from tests.integration.router.test_messages_team_leads import led, subjects
from tests.integration.router.worlds import World, lead_id, rep

__all__ = ["mailbox"]

TRIAL: dict[str, Any] = {"agreement": "spring", "is_trial": True}
REACHED = {"channel": "phone", "result": "reached"}
TRIED = {"channel": "phone", "result": "no_answer"}


def tried(**sales: Any) -> dict[str, Any]:
    """Rosa leads the north; an agreement for spring is on trial beside the one that binds."""
    book = led(rosa=rep("Rosa", team="school", lines=["training"]))
    book["agreement"]["sales"] |= {"reassign_on_accept_breach": False, **sales}
    book["agreements"] = {
        "spring": {
            "name": "Spring of speed",
            "state": "trial",
            "sales": {"promises": {"perfect": {"accept_within": "5m", "outcome_within": "8h"}}},
        }
    }
    return book


async def told_of(world: World, mailbox: Mailbox, **sales: Any) -> World:
    await world.publish_rulebook(tried(**sales))
    told = with_mail(world, mailbox)
    await told.take("ada")
    await tell(told)
    mailbox.to("ana").clear()
    return told


async def stale(world: World, kind: str) -> list[str | None]:
    rows = await deliveries(world)
    return [row["detail"] for row in rows if row["kind"] == kind and row["outcome"] == "stale"]


async def effects(world: World, topic: str) -> dict[str, int]:
    hops = (await world.operate("GET", "/v1/conservation")).json()["hops"]
    found: dict[str, int] = next(hop["effects"] for hop in hops if hop["topic"] == topic)
    return found


async def test_a_reminder_goes_to_the_rep_and_to_who_heard_of_the_breach(
    world: World, mailbox: Mailbox
) -> None:
    told = await told_of(world, mailbox)
    told.clock.advance(1800)
    timer = lead_id("timer")
    told.breach("ada", rep_id="ana", timer_id=timer)
    told.remind("ada", rep_id="ana", number=2, timer_id=timer)
    await told.read()
    await tell(told)
    assert subjects(mailbox, "ana")[-1] == "ada@example.com: still not accepted, reminder 2 of 3"
    assert sorted(subjects(mailbox, "rosa")) == [
        "Ana did not accept ada@example.com in time",
        "Ana, ada@example.com: still not accepted, reminder 2 of 3",
    ], "made at one moment, they may go in either order"
    assert not any("/act/" in text_of(each) for each in mailbox.to("rosa")), "it is the rep who answers"
    assert await effects(told, "sla-reminded") == {"reminder_shown": 1}
    timers = (await told.operate("GET", f"/v1/leads/{lead_id('ada')}")).json()["timers"]
    levels = {(each["level"], each["number"], each["at_most"]) for each in timers}
    assert levels == {("breached", None, None), ("reminded", 2, 3)}
    await tell(told)
    assert len(mailbox.to("rosa")) == 2, "each is told once"


@pytest.mark.parametrize(
    ("sentence", "kind", "act", "body", "detail"),
    [
        ("yes keeps accepting", TimerKind.ACCEPT, "accept", {}, "the rep has answered"),
        ("a try is a response", TimerKind.FIRST_RESPONSE, "contacted", TRIED, "the rep has answered"),
        ("a try is a try", TimerKind.NEXT_ATTEMPT, "contacted", TRIED, "the rep has answered"),
        (
            "a meeting is an outcome",
            TimerKind.OUTCOME,
            "outcome",
            {"result": "meeting"},
            "the rep has answered",
        ),
        ("yes is no response", TimerKind.FIRST_RESPONSE, "accept", {}, None),
        ("a talk is no outcome", TimerKind.OUTCOME, "contacted", REACHED, None),
        (
            "what stands still is not asked for",
            TimerKind.OUTCOME,
            "pause",
            {"code": "waits_for_buyer"},
            "the promise stands still: the rep has paused the lead",
        ),
    ],
)
async def test_what_was_kept_meanwhile_is_not_reminded_of(
    world: World,
    mailbox: Mailbox,
    sentence: str,
    kind: TimerKind,
    act: str,
    body: dict[str, Any],
    detail: str | None,
) -> None:
    told = await told_of(world, mailbox)
    told.clock.advance(1800)
    told.remind("ada", rep_id="ana", number=1, kind=kind)
    told.warn("ada", rep_id="ana", kind=kind)
    await told.read()
    told.clock.advance(1)
    answer = await told.act("ana", "ada", act, body)
    assert answer.status_code == 200, answer.text
    await tell(told)
    expected = [] if detail is None else [detail]
    assert (await stale(told, "reminded"), await stale(told, "warned")) == (expected, expected), sentence


async def test_where_only_a_talk_is_a_response_a_try_leaves_the_reminder(
    world: World, mailbox: Mailbox
) -> None:
    told = await told_of(world, mailbox, first_response="conversation")
    told.clock.advance(1800)
    told.remind("ada", rep_id="ana", number=1, kind=TimerKind.FIRST_RESPONSE)
    await told.read()
    await told.act("ana", "ada", "contacted", TRIED)
    await tell(told)
    assert subjects(mailbox, "ana")[-1] == "ada@example.com: still unanswered, reminder 1 of 3"


async def test_a_reminder_of_a_round_that_is_over_is_dropped(world: World, mailbox: Mailbox) -> None:
    told = await told_of(world, mailbox)
    await told.act("ana", "ada", "decline", {"reason": "no"})
    told.remind("ada", rep_id="ana", number=1)
    await told.read()
    await tell(told)
    assert await effects(told, "sla-reminded") == {"reminder_too_late": 1}
    assert await stale(told, "reminded") == ["the round is over: declined"]


async def test_a_promise_kept_before_its_breach_came_is_told_to_nobody(
    world: World, mailbox: Mailbox
) -> None:
    told = await told_of(world, mailbox)
    told.clock.advance(1800)
    await told.act("ana", "ada", "outcome", {"result": "meeting"})
    told.breach("ada", rep_id="ana", kind=TimerKind.OUTCOME)
    await told.read()
    await tell(told)
    assert subjects(mailbox, "rosa") == []
    assert await effects(told, "sla-breached") == {"breach_contacted_meanwhile": 1}


async def test_a_trial_is_shown_as_one_and_nothing_follows(world: World, mailbox: Mailbox) -> None:
    """The agreement that binds would pass the lead on; the one on trial does not."""
    told = await told_of(world, mailbox, reassign_on_accept_breach=True)
    before = REGISTRY.get_sample_value("baton_unowned_breaches_total") or 0.0
    told.clock.advance(1800)
    timer = lead_id("timer")
    told.warn("ada", rep_id="ana", **TRIAL)
    told.breach("ada", rep_id="ana", timer_id=timer, **TRIAL)
    told.remind("ada", rep_id="ana", number=1, timer_id=timer, **TRIAL)
    await told.read()
    await tell(told)
    assert told.holder("ada") == "ana"
    assert told.kinds("ada") == ["assigned"]
    [mine] = await told.mine("ana")
    assert (mine["warned_at"], mine["breached_at"]) == (None, None)
    first = next(each for each in mailbox.to("ana") if "waits for you" in str(each["Subject"]))
    assert str(first["Subject"]).startswith("[Trial] ada@example.com waits for you until")
    assert text_of(first).startswith("Trial of Spring of speed: nothing follows from it.")
    assert sorted(subjects(mailbox, "rosa")) == [
        "[Trial] Ana did not accept ada@example.com in time",
        "[Trial] Ana, ada@example.com: still not accepted, reminder 1 of 3",
    ]
    assert await effects(told, "sla-warned") == {"warning_of_a_trial": 1}
    assert await effects(told, "sla-breached") == {"breach_of_a_trial": 1}
    assert await effects(told, "sla-reminded") == {"reminder_of_a_trial": 1}
    assert (REGISTRY.get_sample_value("baton_unowned_breaches_total") or 0.0) == before


async def test_a_trial_of_a_round_that_is_over_is_counted_apart_too(world: World, mailbox: Mailbox) -> None:
    told = await told_of(world, mailbox)
    await told.act("ana", "ada", "decline", {"reason": "no"})
    told.breach("ada", rep_id="ana", **TRIAL)
    await told.read()
    assert await effects(told, "sla-breached") == {"trial_too_late": 1}


async def test_a_breach_that_is_charged_to_nobody_still_finds_the_buyer_another_rep(
    world: World, mailbox: Mailbox
) -> None:
    told = await told_of(world, mailbox, reassign_on_accept_breach=True)
    told.clock.advance(1800)
    told.breach("ada", rep_id="ana", charged_to=ChargedTo.NOBODY)
    await told.read()
    assert told.holder("ada") == "bea"


async def test_the_agreement_of_the_day_of_the_handoff_says_whether_a_lead_goes_on(
    world: World, mailbox: Mailbox
) -> None:
    """Tuesday's passes leads on, Wednesday's does not: a lead of Tuesday is Tuesday's."""
    book = tried(reassign_on_accept_breach=True)
    signed = {side: {"name": "N", "on": "2026-01-01"} for side in ("marketing", "sales")}
    book["agreement"] |= {"signatures": signed, "last_day": "2026-03-03"}
    book["agreements"]["wednesday"] = {
        **book["agreement"],
        "first_day": "2026-03-04",
        "last_day": None,
        "sales": {**book["agreement"]["sales"], "reassign_on_accept_breach": False},
    }
    await world.publish_rulebook(book)
    await world.take("ada")
    world.clock.advance(86_400)
    await world.take("bob")
    of_bob = world.holder("bob") or ""
    world.clock.advance(1800)
    world.breach("ada", rep_id="ana")
    world.breach("bob", rep_id=of_bob)
    await world.read()
    assert (world.kinds("ada"), world.holder("ada")) == (["assigned", "taken_back", "assigned"], "bea")
    assert world.holder("bob") == of_bob


async def test_no_team_lead_hears_of_a_breach_that_is_taken_back_before_its_message_goes_out(
    world: World, mailbox: Mailbox
) -> None:
    told = await told_of(world, mailbox)
    told.clock.advance(1800)
    breach = told.breach("ada", rep_id="ana")
    told.withdraw("ada", breach, rep_id="ana", kind=TimerKind.ACCEPT)
    await told.read()
    await tell(told)
    assert subjects(mailbox, "rosa") == []
    assert told.holder("ada") == "ana"
