"""Five kinds of promises, pauses, reminders, volume and trials, through the running consumer."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sla_monitor.memory import Memory
from tests.integration.sla_monitor.worlds import MONDAY_9, OPEN_UTC, World, a_lead

MINUTE = timedelta(minutes=1)
DAY: dict[str, Any] = {"tz": "UTC", "week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed")}}


def only(**promise: Any) -> dict[str, Any]:
    return {"perfect": promise}


def said(world: World, topic: str, lead: UUID | None = None) -> list[Any]:
    return [event.kind for event in world.out(topic, lead)]


async def test_each_kind_is_opened_kept_and_broken_as_the_agreement_says(world: World) -> None:
    silent, good = a_lead(), a_lead()
    attempts = {"count": 3, "within": "180m"}
    world.publish_rulebook(
        warn_at=[0.5],
        promises=only(next_response_within="20m", attempts=attempts, outcome_within="100m"),
    )
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for lead in (silent, good):
            world.assigned(lead)
            world.acted(lead, "contacted", contact="attempt")
            world.acted(lead, "asked_again", asked_at=MONDAY_9)
        await world.up_to(consumer, MONDAY_9 + 10 * MINUTE)
        assert said(world, "sla-warned") == ["next_response", "next_response"]
        world.acted(good, "contacted", contact="conversation")
        await world.up_to(consumer, MONDAY_9 + 20 * MINUTE)
        assert said(world, "sla-breached") == ["next_response"]
        world.acted(good, "outcome", outcome={"result": "meeting"})
        await world.up_to(consumer, MONDAY_9 + 60 * MINUTE)
        await world.up_to(consumer, MONDAY_9 + 100 * MINUTE)
    assert said(world, "sla-breached") == ["next_response", "next_attempt", "outcome"]
    assert said(world, "sla-breached", good) == []
    assert await world.states(good) == {
        "outcome 1": "kept",
        "next_response 1": "kept",
        "next_attempt 1": "kept",
    }


async def test_a_pause_is_never_lost_and_what_was_left_is_left_after(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook(promises=only(outcome_within="100m"))
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead)
        await world.up_to(consumer, MONDAY_9 + 10 * MINUTE)
        world.acted(lead, "paused", at=MONDAY_9 + 10 * MINUTE, code="waits_for_buyer")
        await world.up_to(consumer, MONDAY_9 + 500 * MINUTE)
        assert said(world, "sla-warned") == said(world, "sla-breached") == []
        world.acted(lead, "resumed", at=MONDAY_9 + 500 * MINUTE)
        await world.up_to(consumer, MONDAY_9 + 590 * MINUTE - MINUTE)
        assert said(world, "sla-breached") == []
        await world.up_to(consumer, MONDAY_9 + 590 * MINUTE)
    (breached,) = world.out("sla-breached")
    assert breached.charged_to == "rep"
    parts = {
        (stretch.part, stretch.detail): stretch.microseconds // 60_000_000 for stretch in breached.attribution
    }
    assert parts == {("rep", "rep-marta"): 100, ("paused", "waits_for_buyer"): 490}
    moves = await world.query("SELECT why, due_before, due_after FROM timer_moves ORDER BY id")
    assert [(move["why"], move["due_before"], move["due_after"]) for move in moves] == [
        ("paused", MONDAY_9 + 100 * MINUTE, None),
        ("resumed", None, MONDAY_9 + 590 * MINUTE),
    ]


async def test_a_pause_that_turns_up_late_withdraws_a_breach_which_may_come_again_once(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook(promises=only(outcome_within="100m"))
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead)
        await world.up_to(consumer, MONDAY_9 + 100 * MINUTE)
        until = MONDAY_9 + 130 * MINUTE
        world.acted(lead, "paused", at=MONDAY_9 + 90 * MINUTE, code="waits_for_buyer", until=until)
        await world.up_to(consumer, MONDAY_9 + 110 * MINUTE)
        (withdrawn,) = world.out("sla-withdrawn")
        assert (withdrawn.act_kind, withdrawn.due_at) == ("paused", MONDAY_9 + 100 * MINUTE)
        await world.up_to(consumer, MONDAY_9 + 140 * MINUTE)
        for _ in range(5):
            await world.fire(Memory(started=MONDAY_9))
    assert [event.due_at for event in world.out("sla-breached")] == [
        MONDAY_9 + 100 * MINUTE,
        MONDAY_9 + 140 * MINUTE,
    ]
    ids = [dict(record.headers)["ce_id"] for record in world.broker.records("sla-breached")]
    assert withdrawn.withdraws == UUID(ids[0].decode())
    assert len(set(ids)) == 2
    levels = await world.query("SELECT level FROM firings WHERE event_id IS NOT NULL ORDER BY id")
    assert [row["level"] for row in levels][-3:] == ["breach", "withdrawal", "breach:2"]
    assert await world.states(lead) == {"outcome 1": "breached"}


async def test_hours_that_turn_up_late_withdraw_a_breach_too(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook(promises=only(accept_within="15m"))
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead)
        await world.up_to(consumer, MONDAY_9 + 15 * MINUTE)
        away = {**OPEN_UTC, "absences": [["2026-03-02T09:10:00Z", "2026-03-02T10:00:00Z"]]}
        world.hours_changed("rep-marta", 2, away, at=MONDAY_9 + 8 * MINUTE)
        await world.read_all(consumer)
    (withdrawn,) = world.out("sla-withdrawn")
    assert (withdrawn.act_kind, withdrawn.act_at) == ("hours_changed", MONDAY_9 + 8 * MINUTE)
    assert await world.states(lead) == {"accept 1": "pending"}


async def test_reminders_follow_a_breach_in_working_time_until_somebody_acts(world: World) -> None:
    idle, late = a_lead(), a_lead()
    world.publish_rulebook(promises=only(accept_within="4h"), reminders={"every": "3h", "at_most": 3})
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for lead in (idle, late):
            world.assigned(lead, calendar=DAY)
        await world.up_to(consumer, MONDAY_9 + timedelta(hours=4))
        assert said(world, "sla-breached") == ["accept", "accept"]
        await world.up_to(consumer, MONDAY_9 + timedelta(hours=7))
        assert [event.number for event in world.out("sla-reminded")] == [1, 1]
        world.acted(late, "accepted")
        await world.up_to(consumer, MONDAY_9 + timedelta(hours=23))
        assert len(world.out("sla-reminded")) == 2, "nothing is said at night"
        await world.up_to(consumer, MONDAY_9 + timedelta(hours=26))
        for _ in range(5):
            await world.fire(Memory(started=MONDAY_9))
        await world.up_to(consumer, MONDAY_9 + timedelta(hours=29))
        await world.up_to(consumer, MONDAY_9 + timedelta(hours=60))
    reminded = world.out("sla-reminded", idle)
    assert [(event.number, event.at_most, event.reminds_at - MONDAY_9) for event in reminded] == [
        (1, 3, timedelta(hours=7)),
        (2, 3, timedelta(hours=26)),
        (3, 3, timedelta(hours=29)),
    ]
    assert len(world.out("sla-reminded", late)) == 1


async def test_a_reminder_follows_the_reps_hours_as_they_change_after_the_breach(world: World) -> None:
    """The rep falls ill, and is back two days before the time that their absence named."""
    lead, hour = a_lead(), timedelta(hours=1)
    ill = {**DAY, "absences": [["2026-03-02T13:30:00Z", "2026-03-04T12:00:00Z"]]}
    world.publish_rulebook(promises=only(first_response_within="4h"), reminders={"every": "2h", "at_most": 3})
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead, calendar=DAY)
        await world.up_to(consumer, MONDAY_9 + 4 * hour)
        world.at(MONDAY_9 + 4.5 * hour)
        world.hours_changed("rep-marta", 2, ill)
        await world.read_all(consumer)
        await world.up_to(consumer, MONDAY_9 + 6 * hour)
        assert world.out("sla-reminded") == []
        world.at(MONDAY_9 + 6.25 * hour)
        world.hours_changed("rep-marta", 3, DAY)
        await world.up_to(consumer, MONDAY_9 + 7.75 * hour)
    (reminded,) = world.out("sla-reminded")
    assert (reminded.number, reminded.reminds_at) == (1, MONDAY_9 + 7.75 * hour)


async def test_a_rep_who_comes_back_after_all_is_reminded_again(world: World) -> None:
    lead, hour = a_lead(), timedelta(hours=1)
    gone = {**DAY, "absences": [["2026-03-02T13:30:00Z", "2099-12-31T00:00:00Z"]]}
    world.publish_rulebook(promises=only(first_response_within="4h"), reminders={"every": "2h", "at_most": 1})
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead, calendar=DAY)
        await world.up_to(consumer, MONDAY_9 + 4 * hour)
        world.at(MONDAY_9 + 4.5 * hour)
        world.hours_changed("rep-marta", 2, gone)
        await world.up_to(consumer, MONDAY_9 + 8 * hour)
        assert world.out("sla-reminded") == []
        world.hours_changed("rep-marta", 3, DAY)
        await world.up_to(consumer, MONDAY_9 + 25.6 * hour)
    assert [event.number for event in world.out("sla-reminded")] == [1]


async def test_reminders_may_come_at_night_and_after_an_outage_only_the_last_is_said(world: World) -> None:
    lead = a_lead()
    reminders = {"every": "1h", "at_most": 5, "at_night": True}
    world.publish_rulebook(promises=only(accept_within="8h"), reminders=reminders)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead, calendar=DAY)
        await world.up_to(consumer, MONDAY_9 + timedelta(hours=8))
        await world.up_to(consumer, MONDAY_9 + timedelta(hours=9))
        await world.up_to(consumer, MONDAY_9 + timedelta(hours=12, minutes=30))
    assert [event.number for event in world.out("sla-reminded")] == [1, 4]
    rows = await world.query("SELECT level, outcome FROM firings WHERE level LIKE 'reminder%' ORDER BY id")
    assert [(row["level"], row["outcome"]) for row in rows] == [
        ("reminder:1", "fired"),
        ("reminder:2", "skipped_reminded"),
        ("reminder:3", "skipped_reminded"),
        ("reminder:4", "fired"),
    ]


async def test_a_breach_said_late_is_not_reminded_of_in_the_same_breath(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook(promises=only(accept_within="15m"), reminders={"every": "1h", "at_most": 3})
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead)
        await world.read_all(consumer)
        await world.up_to(consumer, MONDAY_9 + timedelta(hours=2, minutes=30))
        assert world.out("sla-reminded") == []
        await world.up_to(consumer, MONDAY_9 + timedelta(hours=3, minutes=15))
    assert [event.late for event in world.out("sla-breached")] == [True]
    assert [event.number for event in world.out("sla-reminded")] == [3]


async def test_above_the_agreed_volume_a_late_answer_is_charged_to_nobody(world: World) -> None:
    leads = sorted((a_lead() for _ in range(3)), key=str)
    tested, own = a_lead(), a_lead()
    world.publish_rulebook(
        promises=only(accept_within="15m", outcome_within="15m"), volume={"per_day": 2, "per_month": 400}
    )
    for lead in leads:
        world.scored(lead)
    world.scored(tested, is_test=True)
    world.scored(own, form_id="+own", source="own")
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for lead in (*reversed(leads), tested):
            world.assigned(lead, is_test=lead == tested)
        await world.up_to(consumer, MONDAY_9 + 15 * MINUTE)
    charged = {(event.lead_id, event.kind): event.charged_to for event in world.out("sla-breached")}
    assert [charged[lead, "accept"] for lead in leads] == ["rep", "rep", "nobody"]
    assert [charged[lead, "outcome"] for lead in leads] == ["rep", "rep", "rep"]


async def test_the_volume_of_a_month_counts_on_over_its_days(world: World) -> None:
    first, second = a_lead(), a_lead()
    world.publish_rulebook(promises=only(accept_within="15m"), volume={"per_month": 1})
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for day, lead in enumerate((first, second)):
            world.at(MONDAY_9 + timedelta(days=day))
            world.scored(lead)
            world.assigned(lead)
            await world.read_all(consumer)
            await world.up_to(consumer, MONDAY_9 + timedelta(days=day, minutes=15))
    assert [event.charged_to for event in world.out("sla-breached")] == ["rep", "nobody"]


async def test_a_trial_is_measured_for_its_teams_and_shown_apart(world: World) -> None:
    ours, theirs = a_lead(), a_lead()
    trial = {
        "name": "Faster",
        "state": "trial",
        "trial_teams": ["iberia"],
        "sales": {"promises": only(accept_within="5m"), "warn_at": [0.5]},
    }
    over = {"name": "Old", "state": "retired", "sales": {"promises": only(accept_within="1m")}}
    drafted = {"name": "New", "state": "draft", "sales": {"promises": only(accept_within="1m")}}
    agreements = {"faster": trial, "old": over, "new": drafted}
    world.publish_rulebook(agreements=agreements, promises=only(accept_within="15m"), warn_at=[0.5])
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(ours)
        world.assigned(theirs, team="italia", rep_id="rep-ion")
        await world.up_to(consumer, MONDAY_9 + 5 * MINUTE)
        await world.up_to(consumer, MONDAY_9 + 15 * MINUTE)
    breached = [
        (e.lead_id == ours, e.agreement, e.is_trial, e.target_seconds) for e in world.out("sla-breached")
    ]
    assert sorted(breached) == [
        (False, "agreement", False, 900),
        (True, "agreement", False, 900),
        (True, "faster", True, 300),
    ]


async def test_an_agreement_holds_on_its_days_only(world: World) -> None:
    lead = a_lead()
    ended = {
        "name": "March",
        "state": "trial",
        "last_day": "2026-03-01",
        "sales": {"promises": only(accept_within="1m")},
    }
    world.publish_rulebook(agreements={"march": ended}, promises=only(accept_within="15m"))
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead)
        await world.read_all(consumer)
    rows = await world.query("SELECT agreement FROM timers")
    assert [row["agreement"] for row in rows] == ["agreement"]


async def test_a_promise_that_earlier_news_leaves_without_cause_is_cancelled_on_record(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook(promises=only(next_response_within="20m"))
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead)
        world.acted(lead, "contacted", seq=2)
        world.acted(lead, "asked_again", seq=4, at=MONDAY_9 + 10 * MINUTE)
        await world.read_all(consumer)
        world.acted(lead, "asked_again", seq=3, at=MONDAY_9 + 5 * MINUTE)
        await world.read_all(consumer)
        rows = await world.query("SELECT state, ended_kind, due_at FROM timers ORDER BY due_at")
    assert [(row["state"], row["ended_kind"], row["due_at"] - MONDAY_9) for row in rows] == [
        ("pending", None, 25 * MINUTE),
        ("cancelled", "superseded", 30 * MINUTE),
    ]


async def test_an_act_that_closes_a_lead_keeps_its_promises(world: World) -> None:
    """The router says so twice at one moment, and numbers acts and its own decisions apart."""
    lead = a_lead()
    world.publish_rulebook(promises=only(first_response_within="30m", outcome_within="100m"))
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead)
        for kind in ("accepted", "paused", "resumed", "rejected"):
            code = "waits_for_buyer" if kind == "paused" else None
            world.acted(lead, kind, at=MONDAY_9 + MINUTE, code=code)
        world.routed(lead, "closed", at=MONDAY_9 + MINUTE, close_reason="rejected")
        await world.read_all(consumer)
        (row,) = await world.query("SELECT router_seq - router_facts AS missing, state FROM leads")
    assert await world.states(lead) == {"first_response 1": "kept", "outcome 1": "kept"}
    assert row == {"missing": 0, "state": "closed"}
