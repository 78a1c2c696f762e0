"""A rep pauses a lead and resumes it: what is taken, what is published, and which promises stand still."""

from datetime import timedelta
from typing import Any

import pytest

from lead_events.words import TimerKind
from tests.integration.router.test_timers import effects
from tests.integration.router.worlds import TUESDAY_10, World, lead_id, rep, rulebook

WAIT = {"code": "buyer_asked_to_wait"}


def agreed(pauses: dict[str, list[str]] | None = None, **sales: Any) -> dict[str, Any]:
    document = rulebook()
    document["agreement"]["sales"] |= sales
    if pauses is not None:
        document["agreement"]["sales"]["pauses"] = pauses
    return document


def in_days(days: float) -> str:
    return (TUESDAY_10 + timedelta(days=days)).isoformat()


async def test_a_pause_is_published_with_its_reason_and_its_end(routing: World) -> None:
    await routing.take("ada")
    body = WAIT | {"reason": "back from holiday then", "until": in_days(2)}
    answer = await routing.act("ana", "ada", "pause", body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["act"], answer.json()["state"]) == ("paused", "assigned")
    routing.clock.advance(60)
    assert (await routing.act("ana", "ada", "resume")).json()["act"] == "resumed"
    paused, resumed = routing.progressed("ada")
    assert (paused.kind.value, paused.code, paused.reason) == (
        "paused",
        "buyer_asked_to_wait",
        "back from holiday then",
    )
    assert (paused.until, paused.round, paused.rep_id) == (TUESDAY_10 + timedelta(days=2), 1, "ana")
    assert (resumed.kind.value, resumed.code, resumed.until) == ("resumed", None, None)
    assert [paused.seq, resumed.seq] == [1, 2]


async def test_the_rep_sees_since_when_why_and_what_stands_still(routing: World) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "pause", WAIT | {"until": in_days(2)})
    routing.clock.advance(60)
    await routing.act("ana", "ada", "pause", {"code": "waits_for_buyer", "reason": "sends papers"})
    [mine] = await routing.mine("ana")
    first, second = mine["paused"]
    assert (first["code"], first["reason"], first["promises"]) == (
        "buyer_asked_to_wait",
        None,
        ["next_response", "next_attempt", "outcome"],
    )
    assert (second["until"], second["reason"]) == (None, "sends papers")
    assert mine["respond_by"] is not None, "the first response does not stand still"
    routing.clock.advance(timedelta(days=2).total_seconds())
    [mine] = await routing.mine("ana")
    assert [each["code"] for each in mine["paused"]] == ["waits_for_buyer"], "the first went on by itself"
    await routing.act("ana", "ada", "resume")
    assert (await routing.mine("ana"))[0]["paused"] == []
    story = (await routing.operate("GET", f"/v1/leads/{lead_id('ada')}")).json()["pauses"]
    assert [(each["round"], each["code"]) for each in story] == [
        (1, "buyer_asked_to_wait"),
        (1, "waits_for_buyer"),
    ]


@pytest.mark.parametrize(
    ("sentence", "body", "says"),
    [
        (
            "a reason that nobody agreed on",
            {"code": "siesta"},
            "write one of: buyer_asked_to_wait, waits_for_buyer",
        ),
        ("an end that has passed", WAIT | {"until": in_days(0)}, "a moment to come within a year"),
        ("an end in more than a year", WAIT | {"until": in_days(367)}, "more than 366 days ahead"),
        ("a slip", WAIT | {"untill": in_days(1)}, "untill"),
        ("no reason", {}, "code"),
    ],
)
async def test_what_cannot_be_is_said_with_what_to_write(
    routing: World, sentence: str, body: dict[str, Any], says: str
) -> None:
    await routing.take("ada")
    answer = await routing.act("ana", "ada", "pause", body)
    assert answer.status_code == 422, sentence
    assert says in answer.text
    assert routing.progressed("ada") == []


async def test_who_does_not_have_the_lead_pauses_nothing(routing: World) -> None:
    await routing.take("ada")
    assert (await routing.act("bea", "ada", "pause", WAIT)).status_code == 404
    await routing.act("ana", "ada", "decline", {"reason": "no"})
    gone = await routing.act("ana", "ada", "pause", WAIT)
    assert gone.status_code == 409
    assert "declined by you" in gone.json()["state"]
    await routing.act("bea", "ada", "outcome", {"result": "lost"})
    over = await routing.act("bea", "ada", "pause", WAIT)
    assert (over.status_code, "closed as lost" in over.json()["state"]) == (409, True)


async def test_nothing_is_resumed_that_is_not_paused(routing: World) -> None:
    await routing.take("ada")
    refused = await routing.act("ana", "ada", "resume")
    assert refused.status_code == 409
    assert "not paused" in refused.json()["state"]
    await routing.act("ana", "ada", "pause", WAIT | {"until": in_days(1)})
    routing.clock.advance(timedelta(days=1).total_seconds())
    assert (await routing.act("ana", "ada", "resume")).status_code == 409, "it went on by itself"
    await routing.act("ana", "ada", "pause", WAIT)
    done = await routing.act("ana", "ada", "resume", key="k1")
    assert (done.status_code, done.json()["was_paused"]) == (200, True)
    assert (await routing.act("ana", "ada", "resume", key="k1")).json() == done.json(), (
        "one request, sent twice"
    )
    assert (await routing.act("ana", "ada", "resume")).json()["was_paused"] is False


async def test_said_twice_is_done_once(routing: World) -> None:
    """A double click, and a key sent again; what differs, or comes later, is another pause."""
    await routing.take("ada")
    first = await routing.act("ana", "ada", "pause", WAIT)
    again = await routing.act("ana", "ada", "pause", WAIT)
    assert again.json() == first.json()
    await routing.act("ana", "ada", "pause", {"code": "waits_for_buyer"}, key="k1")
    await routing.act("ana", "ada", "pause", {"code": "waits_for_buyer"}, key="k1")
    assert (await routing.act("ana", "ada", "resume", key="k1")).status_code == 422
    routing.clock.advance(301)
    await routing.act("ana", "ada", "pause", {"code": "waits_for_buyer"})
    resumed = await routing.act("ana", "ada", "resume")
    assert resumed.json()["was_paused"] is True
    nothing = resumed.json() | {"was_paused": False}
    assert (await routing.act("ana", "ada", "resume")).json() == nothing
    assert (await routing.act("ana", "ada", "resume", key="k2")).json() == nothing
    await routing.act("ana", "ada", "pause", {"code": "waits_for_buyer"})
    kinds = [each.kind.value for each in routing.progressed("ada")]
    assert kinds == ["paused", "paused", "paused", "resumed", "paused"]


async def test_the_agreement_of_the_handoff_names_the_reasons(world: World) -> None:
    await world.publish_rulebook(agreed({"first": ["outcome"]}))
    await world.take("ada")
    await world.publish_rulebook(agreed({"second": ["outcome"], "other": ["outcome"]}), version=2)
    world.clock.advance(5)
    await world.take("bob")
    assert (await world.act("ana", "ada", "pause", {"code": "first"})).status_code == 200
    refused = await world.act(world.holder("bob") or "", "bob", "pause", {"code": "first"})
    assert "write one of: other, second" in refused.json()["detail"]
    assert (await world.act(world.holder("bob") or "", "bob", "pause", {"code": "other"})).status_code == 200
    assert world.progressed("bob")[0].code == "other"


async def test_every_reason_that_an_agreement_may_name_can_be_said(world: World) -> None:
    longest = "a" * 63
    await world.publish_rulebook(agreed({longest: ["outcome"], "0": ["outcome"]}))
    await world.take("ada")
    for code in (longest, "0"):
        answer = await world.act("ana", "ada", "pause", {"code": code})
        assert answer.status_code == 200, answer.text


async def test_a_breach_of_what_stands_still_is_nobodys_news(routing: World) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "contacted", {"channel": "phone", "result": "reached"})
    await routing.act("ana", "ada", "pause", {"code": "waits_for_buyer"})
    routing.clock.advance(3600)
    routing.breach("ada", rep_id="ana", kind=TimerKind.OUTCOME)
    routing.breach("ada", rep_id="ana", kind=TimerKind.NEXT_RESPONSE)
    await routing.read()
    assert await effects(routing) == {"breach_paused": 1, "breach_of_another_promise": 1}


async def test_a_breach_of_what_stands_still_is_not_shown_to_its_rep(routing: World) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "contacted", {"channel": "phone", "result": "reached"})
    await routing.act("ana", "ada", "pause", {"code": "waits_for_buyer"})
    routing.clock.advance(3600)
    routing.breach("ada", rep_id="ana", kind=TimerKind.OUTCOME)
    await routing.read()
    [mine] = await routing.mine("ana")
    assert mine["breached_at"] is None


async def test_a_response_that_may_be_paused_has_its_deadline_moved_and_its_full_time(world: World) -> None:
    """An agreement may let even the first response stand still: an hour is promised, three quarters of it
    were left when the rep resumed."""
    document = agreed({"in_hospital": ["first_response"]}, reassign_on_response_breach=True)
    await world.publish_rulebook(document)
    await world.take("ada")
    await world.act("ana", "ada", "accept")
    world.clock.advance(900)
    await world.act("ana", "ada", "pause", {"code": "in_hospital"})
    assert (await world.mine("ana"))[0]["respond_by"] is None, "it stands still, and nobody knows until when"
    world.clock.advance(7200)
    world.breach("ada", rep_id="ana", kind=TimerKind.FIRST_RESPONSE)
    await world.read()
    await world.act("ana", "ada", "resume")
    [mine] = await world.mine("ana")
    assert mine["respond_by"] == (TUESDAY_10 + timedelta(hours=3)).isoformat().replace("+00:00", "Z")
    assert await effects(world) == {"breach_paused": 1}
    world.clock.advance(899)
    world.breach("ada", rep_id="ana", kind=TimerKind.FIRST_RESPONSE)
    await world.read()
    assert (await effects(world))["breach_time_left"] == 1


async def test_hours_that_change_move_deadlines_less_what_was_paused(world: World) -> None:
    document = agreed({"in_hospital": ["first_response"]})
    document["roster"]["reps"]["ana"] = rep("Ana")
    await world.publish_rulebook(document)
    await world.take("ada")
    await world.act("ana", "ada", "pause", {"code": "in_hospital", "until": in_days(1 / 24)})
    lunch = {day: [["09:00", "10:30"], ["12:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    changed = await world.operate("PATCH", "/v1/reps/ana", json={"own_hours": lunch})
    assert changed.status_code == 200, changed.text
    [mine] = await world.mine("ana")
    # paused from 10 to 11, closed until 12, one hour of work then
    assert mine["respond_by"] == (TUESDAY_10 + timedelta(hours=3)).isoformat().replace("+00:00", "Z")
