"""Odd news: merges, reps who never return, versions out of order, clocks that step, stores that go away."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from service_kit import failpoints
from service_kit.spec import Progress
from sla_monitor import store
from sla_monitor.memory import Memory
from tests.integration.sla_monitor.worlds import MARGIN, MONDAY_9, OPEN_UTC, World, a_lead

ACCEPT_DUE = MONDAY_9 + timedelta(minutes=15)
LEAVES_FOR_GOOD = {**OPEN_UTC, "absences": [["2026-03-02T09:10:00Z", "2100-01-01T00:00:00Z"]]}


async def test_a_rep_who_never_returns_is_not_warned_and_holds_up_nobody(world: World) -> None:
    gone, leaving, other = a_lead(), a_lead(), a_lead()
    world.publish_rulebook(warn_at=[0.5])
    world.assigned(gone, calendar=LEAVES_FOR_GOOD)
    world.assigned(leaving, rep_id="rep-joao")
    world.assigned(other, rep_id="rep-ana")
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.hours_changed("rep-joao", 2, LEAVES_FOR_GOOD)
        world.at(MONDAY_9 + timedelta(minutes=9))
        await world.read_all(consumer)
        await world.fire()
        assert {event.lead_id for event in world.out("sla-warned")} == {other}
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        await world.fire()
    assert [event.lead_id for event in world.out("sla-breached")] == [other]


async def test_a_merged_leads_promises_end_without_breach(world: World) -> None:
    ended, survivor = a_lead(), a_lead()
    world.publish_rulebook()
    world.assigned(ended)
    world.assigned(survivor)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(MONDAY_9 + timedelta(minutes=5))
        merge = world.merged(ended)
        await world.read_all(consumer)
        world.merged(ended, at=MONDAY_9 + timedelta(minutes=5), kind="merged")
        world.say("lead-merged", world.out("lead-merged")[0], key="other", identity=merge)
        world.merged(kind="undone")
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        await world.fire()
        missing = await world.query(
            "SELECT router_seq - router_facts AS missing, state FROM leads ORDER BY state"
        )
    assert [event.lead_id for event in world.out("sla-breached")] == [survivor]
    assert await world.states(ended) == {"accept 1": "cancelled", "first_response 1": "cancelled"}
    assert missing == [{"missing": 0, "state": "assigned"}, {"missing": 0, "state": "merged"}]


async def test_an_undone_merge_ends_no_promise(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(MONDAY_9 + timedelta(minutes=5))
        world.merged(lead, kind="undone", leads_moved=[lead])
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        await world.fire()
    assert [event.lead_id for event in world.out("sla-breached")] == [lead]


async def test_an_erased_persons_promises_end_without_breach_whatever_the_router_says_later(
    world: World,
) -> None:
    erased, other = a_lead(), a_lead()
    world.publish_rulebook()
    world.assigned(erased)
    world.assigned(other)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(MONDAY_9 + timedelta(minutes=5))
        world.erased(erased)
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        await world.fire()
        states = await world.query("SELECT state FROM leads ORDER BY state")
    assert [event.lead_id for event in world.out("sla-breached")] == [other]
    assert await world.states(erased) == {"accept 1": "cancelled", "first_response 1": "cancelled"}
    assert states == [{"state": "assigned"}, {"state": "erased"}]


async def test_a_merge_read_before_its_lead_is_known_still_ends_its_promises(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.merged(lead, at=MONDAY_9 + timedelta(minutes=1))
        await world.read_all(consumer)
        world.assigned(lead)
        await world.read_all(consumer)
    assert await world.states(lead) == {"accept 1": "cancelled", "first_response 1": "cancelled"}


async def test_a_version_that_arrives_after_a_later_one_is_taken_up_too(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.publish_rulebook(3)
        await world.read_all(consumer)
        await world.catch_up()
        world.assigned(lead, rulebook_version=2)
        await world.read_all(consumer)
        assert await world.states(lead) == {}
        world.publish_rulebook(2)
        await world.read_all(consumer)
        assert await world.catch_up() == 1
    assert await world.states(lead) == {"accept 1": "pending", "first_response 1": "pending"}


async def test_of_two_handoffs_that_wait_each_starts_when_its_version_is_here(world: World) -> None:
    lead = a_lead()
    world.assigned(lead, rulebook_version=2)
    world.assigned(lead, rulebook_version=9, round=2, at=MONDAY_9 + timedelta(minutes=1))
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.publish_rulebook(2)
        await world.read_all(consumer)
        assert await world.catch_up() == 1
        assert await world.states(lead) == {"accept 1": "cancelled", "first_response 1": "cancelled"}
        assert await world.catch_up() == 0
        world.publish_rulebook(9)
        await world.read_all(consumer)
        assert await world.catch_up() == 1
    assert (await world.states(lead))["accept 2"] == "pending"


@pytest.mark.parametrize("year", [1969, 2100, 9999])
async def test_a_moment_that_no_calendar_covers_is_a_dead_letter_and_stops_nothing(
    world: World, year: int
) -> None:
    lead, odd = a_lead(), a_lead()
    moment = datetime(year, 6, 1, tzinfo=UTC)
    world.publish_rulebook()
    world.hours_changed("rep-marta", 2, OPEN_UTC, at=moment)
    world.assigned(odd, at=moment)
    world.merged(odd, at=moment)
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.acted(lead, "declined", at=moment)
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        await world.fire()
    assert [event.lead_id for event in world.out("sla-breached")] == [lead]
    for topic in ("lead-routed", "lead-progressed", "lead-merged", "rep-availability-changed"):
        (letter,) = world.broker.records(f"{topic}-sla-monitor-dlq")
        assert b"1970 to 2099" in dict(letter.headers)["dl_reason"], topic


async def test_after_a_store_was_away_what_waits_is_read_before_anybody_is_accused(world: World) -> None:
    lead, ignored = a_lead(), a_lead()
    world.publish_rulebook()
    world.assigned(lead)
    world.assigned(ignored)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
    world.at(ACCEPT_DUE - timedelta(seconds=1))
    await world.fire()
    world.acted(lead, "contacted")
    world.at(ACCEPT_DUE + timedelta(seconds=60))
    assert await world.fire() == [], "neither reading nor looking was possible for a minute"
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.fire()
    (breached,) = world.out("sla-breached")
    assert (breached.lead_id, breached.unread, breached.late) == (ignored, False, False)
    assert world.out("sla-withdrawn") == []


async def test_a_clock_set_back_does_not_pass_for_reading_ahead(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    async with world.database.acquire() as conn:
        for topic in ("lead-routed", "lead-progressed"):
            for partition in (0, 1):
                await conn.execute(
                    "INSERT INTO read_progress VALUES ($1, $2, $3, $3)",
                    topic,
                    partition,
                    MONDAY_9 + timedelta(hours=1),
                )
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
    world.acted(lead, "contacted", at=ACCEPT_DUE - timedelta(seconds=1))
    world.at(ACCEPT_DUE + MARGIN)
    assert await world.fire(Memory(started=MONDAY_9)) == []
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.fire()
    assert world.out("sla-breached") == []


def _figures() -> dict[str, float]:
    names = {
        "baton_lead_acts_total": {"kind": "contacted"},
        "baton_sla_ended_total": {"kind": "accept", "state": "kept", "trial": "false"},
        "baton_first_response_working_seconds_count": {},
        "baton_speed_to_lead_seconds_count": {},
        "baton_leads_received_total": {"source": "website", "quadrant": "perfect"},
        "baton_sla_due_times_moved_total": {"why": "hours"},
    }
    return {name: REGISTRY.get_sample_value(name, labels) or 0.0 for name, labels in names.items()}


async def test_a_batch_rolled_back_before_its_commit_is_counted_once(world: World) -> None:
    lead, running, test = a_lead(), a_lead(), a_lead()
    world.publish_rulebook()
    world.assigned(lead)
    world.assigned(running)
    world.assigned(test, is_test=True)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
    before = _figures()
    world.scored(lead)
    world.at(MONDAY_9 + timedelta(minutes=5))
    world.hours_changed(
        "rep-marta", 2, {**OPEN_UTC, "absences": [["2026-03-02T09:06:00Z", "2026-03-02T09:07:00Z"]]}
    )
    world.acted(lead, "contacted")
    failpoints.activate("consumer.before_commit=error:deadlock@1")
    try:
        async with world.reading(Memory()) as consumer:
            await world.read_all(consumer)
        assert failpoints.hits("consumer.before_commit") > 1
    finally:
        failpoints.clear()
    after = _figures()
    assert {name: after[name] - before[name] for name in after} == {
        "baton_lead_acts_total": 1,
        "baton_sla_ended_total": 1,
        "baton_first_response_working_seconds_count": 1,
        "baton_speed_to_lead_seconds_count": 1,
        "baton_leads_received_total": 1,
        "baton_sla_due_times_moved_total": 2,
    }


async def test_a_brokers_fast_clock_does_not_pass_for_reading_ahead(world: World) -> None:
    now, ahead = MONDAY_9, MONDAY_9 + timedelta(minutes=5)
    told = [Progress("lead-routed", 0, ahead), Progress("lead-progressed", 0, now)]
    async with world.database.transaction() as conn:
        await store.write_progress(conn, told, now)
        await store.write_progress(conn, told, now + timedelta(seconds=1))
        read = await store.read_progress(conn)
    assert read["lead-routed", 0].read_up_to == now + timedelta(seconds=1)
    assert (read["lead-progressed", 0].read_up_to, read["lead-progressed", 0].moved_at) == (now, now)


async def test_every_change_of_hours_since_the_handoff_counts_and_none_before_it(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    for revision in (1, 2, 3):
        opens = {"tz": "UTC", "week": {"mon": [[f"{9 + revision}:00", "20:00"]]}}
        world.hours_changed("rep-marta", revision, opens, at=MONDAY_9 + timedelta(minutes=revision))
    handoff = {"tz": "UTC", "week": {"mon": [["15:00", "20:00"]]}}
    world.assigned(lead, calendar=handoff)
    world.assigned(lead, calendar=handoff, revision=3, round=2, at=MONDAY_9 + timedelta(minutes=4))
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        rows = await world.query("SELECT round, due_at FROM timers WHERE kind = 'accept'")
    due = {row["round"]: row["due_at"] for row in rows}
    assert due == {1: ACCEPT_DUE + timedelta(hours=3), 2: ACCEPT_DUE + timedelta(hours=6)}


async def test_metrics_tell_the_rulebook_that_is_known_and_those_that_are_refused(world: World) -> None:
    refused = REGISTRY.get_sample_value("baton_rulebooks_refused_total") or 0
    async with world.reading() as consumer:
        world.publish_rulebook(version=3)
        world.publish_rulebook(version=4, document={"time_zone": None})
        await world.read_all(consumer)
        await world.catch_up()
    assert REGISTRY.get_sample_value("baton_rulebook_version") == 3
    assert REGISTRY.get_sample_value("baton_rulebooks_refused_total") == refused + 1
    assert not world.broker.records("rulebook-published-sla-monitor-dlq"), "sent back it would not be usable"
