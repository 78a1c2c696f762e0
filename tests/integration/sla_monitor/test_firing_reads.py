"""What firing looks at before it says anything: hours that changed unseen, and what was said before."""

from datetime import timedelta

from sla_monitor import store
from sla_monitor.store import RepHours
from tests.integration.sla_monitor.worlds import MARGIN, MONDAY_9, OPEN_UTC, OUT, World, a_lead

ACCEPT_DUE = MONDAY_9 + timedelta(minutes=15)
HALF_AN_HOUR_LATER = OPEN_UTC | {"date_overrides": {"2026-03-02": [["09:30", "24:00"]]}}


async def test_a_change_of_hours_that_met_a_handoff_unseen_moves_the_promise_before_it_breaks(
    world: World,
) -> None:
    """Two batches side by side see neither the other's handoff nor the other's change of hours."""
    lead = a_lead()
    world.publish_rulebook(warn_at=[])
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        calendar = world.memory.calendars.learn(HALF_AN_HOUR_LATER)
        async with world.database.transaction() as conn:
            await store.insert_calendars(conn, {calendar: HALF_AN_HOUR_LATER})
            change = RepHours("rep-marta", 2, MONDAY_9 + timedelta(minutes=5), calendar, True)
            await store.insert_rep_hours(conn, [change])
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        assert await world.fire() == []
        (moved,) = await world.query("SELECT due_after FROM timer_moves ORDER BY due_after LIMIT 1")
        assert moved["due_after"] == MONDAY_9 + timedelta(minutes=40)
        world.at(MONDAY_9 + timedelta(minutes=40) + MARGIN)
        await world.read_all(consumer)
        await world.fire()
    (breached,) = world.out("sla-breached", lead)
    assert breached.due_at == MONDAY_9 + timedelta(minutes=40)


async def test_a_level_that_was_said_is_passed_over_whatever_the_timer_says_of_itself(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook(warn_at=[0.5])
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(MONDAY_9 + timedelta(minutes=8))
        await world.read_all(consumer)
        assert len(await world.fire()) == 1
        await world.query("UPDATE timers SET next_level = 0, next_at = warns_at[1] WHERE kind = 'accept'")
        assert await world.fire() == []
        (timer,) = await world.query("SELECT next_level, next_at FROM timers WHERE kind = 'accept'")
        assert (timer["next_level"], timer["next_at"]) == (1, ACCEPT_DUE)
    assert len([event for topic in OUT for event in world.out(topic, lead)]) == 1


async def test_what_is_kept_of_an_event_is_what_was_published(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook(warn_at=[0.5])
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        for moment in (MONDAY_9 + timedelta(minutes=8), ACCEPT_DUE + MARGIN):
            world.at(moment)
            await world.read_all(consumer)
            await world.fire()
    kept = await world.query("SELECT event FROM firings WHERE event_id IS NOT NULL ORDER BY event -> 'seq'")
    told = [*world.out("sla-warned", lead), *world.out("sla-breached", lead)]
    told.sort(key=lambda event: event.seq)
    assert [row["event"] for row in kept] == [
        event.model_dump(mode="json", exclude_none=True) for event in told
    ]
