"""What alerts want to know of the router: how long held leads could have gone, first decisions, tokens."""

from datetime import timedelta

from prometheus_client import REGISTRY

from router import metrics
from router.store import q
from tests.integration.router.worlds import World


async def held(world: World, reason: str) -> tuple[float, float]:
    await metrics.export_held(world.runtime.database)()
    labels = {"reason": reason}
    return (
        REGISTRY.get_sample_value("baton_leads_held", labels) or 0.0,
        REGISTRY.get_sample_value("baton_leads_held_overdue_seconds", labels) or 0.0,
    )


def decided() -> float:
    return REGISTRY.get_sample_value("baton_accepted_to_decided_seconds_count") or 0.0


async def test_a_lead_that_waits_for_opening_hours_is_not_overdue_before_they_begin(routing: World) -> None:
    routing.clock.advance(timedelta(hours=12).total_seconds())  # 22:00
    await routing.take("ada")
    assert routing.kinds("ada") == ["held"]
    routing.clock.advance(timedelta(hours=10).total_seconds())  # 8:00
    assert await held(routing, "nobody_open") == (1, 0)
    routing.clock.advance(timedelta(hours=3).total_seconds())
    assert await held(routing, "nobody_open") == (1, timedelta(hours=2).total_seconds())


async def test_a_lead_nobody_has_room_for_is_overdue_from_the_start(routing: World) -> None:
    await routing.take("a", "b", "c", "d", "e")
    routing.clock.advance(600)
    assert await held(routing, "no_capacity") == (1, 600)
    metrics.forget_held()
    assert REGISTRY.get_sample_value("baton_leads_held_overdue_seconds", {"reason": "no_capacity"}) is None


async def test_only_the_first_decision_of_a_lead_counts_for_the_speed_in_front_of_sales(
    routing: World,
) -> None:
    before = decided()
    await routing.take("a", "b", "c", "d", "e")  # the fifth is held
    assert decided() == before + 5
    await routing.take("a")
    await routing.end("a")
    await routing.drain()
    assert routing.kinds("e") == ["held", "assigned"]
    assert decided() == before + 5


async def test_tokens_in_use_that_end_soon_are_counted_until_they_have_a_successor(routing: World) -> None:
    async def expiring() -> float | None:
        await metrics.export_tokens(routing.runtime.database)()
        return REGISTRY.get_sample_value("baton_access_tokens_expiring", {"role": "machine"})

    async def make(days: int) -> str:
        wish = {"name": "crm", "role": "machine", "scopes": ["leads:read"], "days": days}
        made = await routing.operate("POST", "/v1/tokens", json=wish)
        assert made.is_success, made.text
        return str(made.json()["id"])

    identity = await make(days=10)
    assert await expiring() == 0, "nobody has used it"
    async with routing.runtime.database.acquire() as conn:
        await conn.execute(q.note_token_used, identity, routing.clock.now())
    assert await expiring() == 1
    await make(days=300)
    assert await expiring() == 0, "its successor is there"
