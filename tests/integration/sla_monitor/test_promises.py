"""Promises on leads, through the running consumer: kept, broken, and never broken by late news."""

import asyncio
from datetime import timedelta

from sla_monitor.memory import Memory
from tests.integration.sla_monitor.worlds import MARGIN, MONDAY_9, OPEN_UTC, OUT, World, a_lead

ACCEPT_DUE = MONDAY_9 + timedelta(minutes=15)
RESPONSE_DUE = MONDAY_9 + timedelta(minutes=30)
MS = timedelta(milliseconds=1)


async def test_warnings_come_at_their_shares_and_a_breach_after_the_due_time(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook(warn_at=[0.8, 0.5])
    world.scored(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(lead)
        await world.read_all(consumer)
        assert await world.fire() == []
        world.at(MONDAY_9 + timedelta(minutes=8))
        await world.read_all(consumer)
        await world.fire()
        (warned,) = world.out("sla-warned")
        assert (warned.kind, warned.share, warned.warns_at) == (
            "accept",
            0.5,
            MONDAY_9 + timedelta(minutes=7.5),
        )
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        await world.fire()
    (breached,) = world.out("sla-breached")
    assert (breached.kind, breached.round, breached.due_at) == ("accept", 1, ACCEPT_DUE)
    assert (breached.charged_to, breached.late, breached.unread) == ("rep", False, False)
    assert [(s.part, s.detail, s.microseconds) for s in breached.attribution] == [
        ("rep", "rep-marta", 900_000_000)
    ]
    skipped = await world.query("SELECT level FROM firings WHERE outcome = 'skipped_breached'")
    assert [row["level"] for row in skipped] == ["warning:0.8"]
    seqs = [event.seq for topic in OUT for event in world.out(topic, lead)]
    assert sorted(seqs) == list(range(1, len(seqs) + 1))


async def test_an_act_in_time_whose_news_is_late_takes_the_breach_back_once(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        await world.fire()
        assert len(world.out("sla-breached")) == 1
        world.acted(lead, "accepted", at=ACCEPT_DUE - MS)
        await world.read_all(consumer)
        world.acted(lead, "contacted", at=ACCEPT_DUE - 2 * MS)
        await world.read_all(consumer)
        await world.fire()
    (withdrawn,) = world.out("sla-withdrawn")
    (breached,) = world.out("sla-breached")
    assert (withdrawn.act_kind, withdrawn.act_at) == ("accepted", ACCEPT_DUE - MS)
    record = world.broker.records("sla-breached")[0]
    assert dict(record.headers)["ce_id"] == str(withdrawn.withdraws).encode()
    assert withdrawn.timer_id == breached.timer_id
    assert (await world.states(lead))["accept 1"] == "withdrawn"


async def test_an_act_after_the_due_time_leaves_the_breach(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(ACCEPT_DUE + MS)
        world.acted(lead, "accepted")
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        await world.fire()
    assert world.out("sla-withdrawn") == []
    assert len(world.out("sla-breached")) == 1


async def test_an_act_at_the_due_time_itself_keeps_the_promise(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(ACCEPT_DUE)
        world.acted(lead, "contacted")
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        await world.fire()
    assert world.out("sla-breached") == []
    assert await world.states(lead) == {"accept 1": "kept", "first_response 1": "kept"}


async def test_a_monitor_away_for_five_minutes_breaks_no_promise_that_was_kept(world: World) -> None:
    leads = [a_lead() for _ in range(20)]
    world.publish_rulebook()
    for lead in leads:
        world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
    world.at(ACCEPT_DUE - timedelta(minutes=1))
    for lead in leads[:10]:
        world.acted(lead, "contacted")
    world.at(ACCEPT_DUE + timedelta(minutes=4))
    again = Memory()
    assert await world.fire(again) == [], "nothing is read yet"
    async with world.reading(again) as consumer:
        await world.read_all(consumer)
        await world.fire(again)
    breached = {event.lead_id for event in world.out("sla-breached")}
    assert breached == set(leads[10:])
    assert world.out("sla-withdrawn") == []
    assert all(event.late for event in world.out("sla-breached"))


async def test_two_monitors_fire_each_level_once(world: World) -> None:
    leads = [a_lead() for _ in range(30)]
    world.publish_rulebook()
    for lead in leads:
        world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(RESPONSE_DUE + MARGIN)
        await world.read_all(consumer)
        other = Memory(started=MONDAY_9)
        await asyncio.gather(*(world.fire(memory) for memory in (world.memory, other) * 3))
        await world.fire()
    assert len(world.out("sla-breached")) == 60
    assert len({event.timer_id for event in world.out("sla-breached")}) == 60


async def test_a_thousand_runs_after_a_breach_say_it_once(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook(warn_at=[0.5])
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        for _ in range(1000):
            await world.fire()
    assert [event.kind for event in world.out("sla-breached")] == ["accept"]


async def test_a_lead_that_moves_to_a_team_without_that_promise_has_it_cancelled_on_record(
    world: World,
) -> None:
    lead = a_lead()
    world.publish_rulebook()
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(MONDAY_9 + timedelta(minutes=5))
        world.routed(lead, "taken_back", round=1)
        world.assigned(lead, round=2, quadrant="warm", team="nurture", rep_id="rep-joao")
        await world.read_all(consumer)
        world.at(RESPONSE_DUE + MARGIN)
        await world.read_all(consumer)
        await world.fire()
    assert await world.states(lead) == {
        "accept 1": "cancelled",
        "first_response 1": "cancelled",
        "first_response 2": "pending",
    }
    (row,) = await world.query("SELECT ended_kind, ended_at FROM timers WHERE kind = 'accept'")
    assert row == {"ended_kind": "taken_back", "ended_at": MONDAY_9 + timedelta(minutes=5)}
    assert world.out("sla-breached") == []


async def test_when_reading_stands_still_for_thirty_seconds_a_timer_fires_unread(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
    world.at(ACCEPT_DUE)
    assert await world.fire(Memory(started=MONDAY_9)) == []
    world.at(ACCEPT_DUE + timedelta(seconds=29.999))
    assert await world.fire(Memory(started=MONDAY_9)) == []
    world.at(ACCEPT_DUE + timedelta(seconds=30))
    assert await world.fire(Memory(started=MONDAY_9 + timedelta(minutes=15, seconds=1))) == []
    await world.fire(Memory(started=MONDAY_9))
    (breached,) = world.out("sla-breached")
    assert (breached.unread, breached.late) == (True, False)


async def test_an_act_racing_the_breach_by_a_millisecond_ends_as_kept_whoever_comes_first(
    world: World,
) -> None:
    leads = [a_lead() for _ in range(20)]
    world.publish_rulebook()
    for lead in leads:
        world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        for lead in leads:
            world.acted(lead, "contacted", at=ACCEPT_DUE - MS)
        await asyncio.gather(world.read_all(consumer), *(world.fire() for _ in range(5)))
        await world.fire()
    fired = {event.timer_id for event in world.out("sla-breached")}
    assert {event.timer_id for event in world.out("sla-withdrawn")} == fired
    for lead in leads:
        assert set((await world.states(lead)).values()) <= {"kept", "withdrawn"}


async def test_a_handoff_that_arrives_after_its_acts_is_judged_by_them(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.at(MONDAY_9 + timedelta(minutes=5))
        world.acted(lead, "contacted", seq=2)
        await world.read_all(consumer)
        world.at(RESPONSE_DUE + timedelta(hours=1))
        world.assigned(lead, seq=1, at=MONDAY_9)
        await world.read_all(consumer)
        assert await world.fire() == []
    assert await world.states(lead) == {"accept 1": "kept", "first_response 1": "kept"}


async def test_a_change_of_hours_moves_running_promises_and_is_recorded(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(MONDAY_9 + timedelta(minutes=10))
        away = {"absences": [["2026-03-02T09:10:00Z", "2026-03-02T12:00:00Z"]]}
        world.hours_changed("rep-marta", 2, {**_open(), **away})
        world.hours_changed("rep-marta", 2, {**_open(), **away})
        await world.read_all(consumer)
        moves = await world.query("SELECT * FROM timer_moves ORDER BY due_after")
        world.at(RESPONSE_DUE + MARGIN)
        await world.read_all(consumer)
        await world.fire()
        assert world.out("sla-breached") == []
        world.at(MONDAY_9 + timedelta(hours=3, minutes=5) + MARGIN)
        await world.read_all(consumer)
        await world.fire()
    assert [(m["revision"], m["due_before"], m["due_after"]) for m in moves] == [
        (2, ACCEPT_DUE, MONDAY_9 + timedelta(hours=3, minutes=5)),
        (2, RESPONSE_DUE, MONDAY_9 + timedelta(hours=3, minutes=20)),
    ]
    assert [event.kind for event in world.out("sla-breached")] == ["accept"]


def _open() -> dict[str, object]:
    return {"tz": "UTC", "week": {"mon": [["00:00", "24:00"]]}}


async def test_test_leads_run_timers_and_unusable_events_become_dead_letters(world: World) -> None:
    lead, bad = a_lead(), a_lead()
    world.publish_rulebook()
    world.assigned(lead, is_test=True)
    world.assigned(bad, calendar={"zone": "Europe/Lisbon"})
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        await world.fire()
    (breached,) = world.out("sla-breached")
    assert breached.is_test
    (letter,) = world.broker.records("lead-routed-sla-monitor-dlq")
    assert b"rep.calendar.zone" in dict(letter.headers)["dl_reason"]


async def test_a_rep_who_has_left_does_not_answer_for_what_they_could_not_do(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(MONDAY_9 + timedelta(minutes=5))
        world.hours_changed("rep-marta", 2, OPEN_UTC, is_active=False)
        await world.read_all(consumer)
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        await world.fire()
    (breached,) = world.out("sla-breached")
    assert (breached.charged_to, breached.due_at) == ("sales_team", ACCEPT_DUE)


async def test_a_missing_number_is_counted_and_holds_nothing_up(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    """One decision and three acts: both are numbered from 1."""
    world.assigned(lead, seq=2)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.acted(lead, "contacted", seq=4)
        await world.read_all(consumer)
        (row,) = await world.query("SELECT router_seq - router_facts AS missing FROM leads")
    assert row == {"missing": 4}
    assert await world.states(lead) == {"accept 1": "kept", "first_response 1": "kept"}


async def test_a_promise_stands_under_the_version_its_handoff_names_and_waits_for_it(world: World) -> None:
    first, second = a_lead(), a_lead()
    world.publish_rulebook()
    world.assigned(first)
    world.assigned(second, rulebook_version=2)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        assert await world.catch_up() == 1
        promises = {"perfect": {"first_response_within": "2h"}}
        world.publish_rulebook(2, promises=promises)
        await world.read_all(consumer)
        assert await world.catch_up() == 1
        assert await world.catch_up() == 0
    assert await world.states(first) == {"accept 1": "pending", "first_response 1": "pending"}
    assert await world.states(second) == {"first_response 1": "pending"}
    (row,) = await world.query("SELECT due_at FROM timers WHERE rulebook_version = 2")
    assert row == {"due_at": MONDAY_9 + timedelta(hours=2)}


async def test_of_two_versions_that_a_lead_waits_for_either_wakes_it(world: World) -> None:
    lead = a_lead()
    world.assigned(lead, rulebook_version=2)
    world.assigned(lead, round=2, rulebook_version=3)
    async with world.reading() as consumer:
        world.publish_rulebook(3)
        await world.read_all(consumer)
        assert await world.catch_up() == 1
        assert await world.catch_up() == 0
        assert await world.states(lead) == {"accept 2": "pending", "first_response 2": "pending"}
        world.publish_rulebook(2)
        await world.read_all(consumer)
        assert await world.catch_up() == 1
        assert await world.catch_up() == 0
    assert "accept 1" in await world.states(lead)
    (row,) = await world.query("SELECT awaits_version, awaits_versions FROM leads")
    assert row == {"awaits_version": None, "awaits_versions": []}
