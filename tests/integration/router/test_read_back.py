"""What a router makes of its own topics after its store was restored to an earlier moment, or lost."""

from typing import Any

from lead_events.words import CauseKind, Stage
from router.books import Books
from router.handlers.read_back import stages
from tests.integration.router.test_messages import Mailbox, mailbox, tell, with_mail
from tests.integration.router.worlds import World
from tests.integration.stores import empty, read_back

__all__ = ["mailbox"]

_TABLES = """
FOR place, listed IN
    SELECT c.relname, string_agg(quote_ident(a.attname), ',' ORDER BY a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        AND a.attgenerated = '' AND NOT a.attisdropped
    WHERE c.relnamespace = 'router'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND c.relname NOT LIKE '%yoyo%'
    GROUP BY c.relname
LOOP {} END LOOP
"""
_KEEP = _TABLES.format(
    "EXECUTE format('CREATE TABLE kept.%I AS SELECT %s FROM router.%I', place, listed, place);"
)
_BACK = _TABLES.format(
    "EXECUTE format('DELETE FROM router.%I', place);"
    "EXECUTE format('INSERT INTO router.%I (%s) OVERRIDING SYSTEM VALUE SELECT * FROM kept.%I',"
    " place, listed, place);"
)


async def keep(world: World) -> None:
    """A backup of the store as it stands."""
    await _do(world, f"DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept; {_block(_KEEP)}")


async def restore(world: World) -> None:
    """The store as it was kept; the service starts and reads back."""
    await world.stop_reading()
    await _do(world, f"SET LOCAL session_replication_role = replica; {_block(_BACK)}")
    await _do(world, "UPDATE lineage SET name = 'the timeline before'")
    await start(world)


async def start(world: World) -> None:
    """Read back until the router may work."""
    world.__post_init__()
    await read_back(world.runtime, stages(world.wiring.news, Books()))


async def begin(world: World) -> None:
    """As a service has it that ran for a while: with marks."""
    await start(world)
    await keep(world)


async def _do(world: World, sql: str) -> None:
    async with world.runtime.database.transaction() as conn:
        await conn.execute(sql)


def _block(loop: str) -> str:
    return f"DO $$ DECLARE place text; listed text; BEGIN {loop}; END $$"


async def rounds(world: World) -> list[tuple[Any, ...]]:
    """Who had which lead in which round, and how that ended."""
    async with world.runtime.database.acquire() as conn:
        rows = await conn.fetch(
            "SELECT lead_id, round, rep_id, assigned_at, accepted_at, contacted_at, ended_at, ended_by"
            " FROM assignments ORDER BY lead_id, round"
        )
    return [tuple(row) for row in rows]


async def test_reps_are_not_told_again_of_rounds_that_were_read_back(
    routing: World, mailbox: Mailbox
) -> None:
    world = with_mail(routing, mailbox)
    await begin(world)
    await world.take("ada")
    await tell(world)
    before = await rounds(world)
    await restore(with_mail(world, mailbox))
    assert await rounds(world) == before
    await world.read()
    await tell(world)
    assert len(mailbox.letters) == 1
    assert await rounds(world) == before


async def test_an_empty_store_is_filled_with_what_was_decided_and_done(routing: World) -> None:
    world = routing
    await world.take("ada", "ben")
    assert (await world.act(world.holder("ada") or "", "ada", "accept")).is_success
    before, loads = await rounds(world), await world.loads()
    told = len(world.routed())
    await world.stop_reading()
    empty(world.settings.require_dsn(), "router")
    await start(world)
    await world.read()
    assert (await rounds(world), await world.loads()) == (before, loads)
    assert len(world.routed()) == told, "nothing was decided again"


async def test_a_change_of_hours_after_a_restore_is_news_to_others(routing: World) -> None:
    world = routing
    await begin(world)
    for capacity in (3, 4, 5):
        assert (await world.operate("PATCH", "/v1/reps/ana", json={"capacity": capacity})).is_success
    told = max(each.revision for each in world.availability() if each.rep_id == "ana")
    await restore(world)
    assert (await world.operate("PATCH", "/v1/reps/ana", json={"capacity": 9})).is_success
    await world.runtime.published()
    news = [each.revision for each in world.availability() if each.rep_id == "ana"]
    assert news[-2:] == [told + 1, told + 2], "as the store has it, and then the change"


async def test_a_rep_whom_the_restored_roster_lacks_is_there_without_capacity(routing: World) -> None:
    world = routing
    await begin(world)
    new = {
        "id": "dora",
        "name": "Dora",
        "email": "dora@example.com",
        "team": "north",
        "calendar": "office",
        "lines": ["main"],
    }
    assert (await world.operate("POST", "/v1/reps", json=new)).is_success
    await world.runtime.published()
    await restore(world)
    async with world.runtime.database.acquire() as conn:
        row = await conn.fetchrow("SELECT name, team, capacity, email FROM reps WHERE id = 'dora'")
    assert row is not None
    assert tuple(row) == ("Dora", "north", 0, "")


async def test_a_lead_that_was_never_told_is_decided_after_a_restore(routing: World) -> None:
    world = routing
    await begin(world)
    world.score("ada")
    await restore(world)
    await world.read()
    assert world.holder("ada") is not None


async def test_a_lead_of_nurturing_that_asks_after_a_restore_is_handed_out(routing: World) -> None:
    world = routing
    await begin(world)
    world.score("ada", stage=Stage.MQL)
    await world.read()
    await restore(world)
    await world.read()
    world.score("ada", cause=CauseKind.EXPLICIT_ASK)
    await world.read()
    assert world.kinds("ada")[-1] == "assigned"
