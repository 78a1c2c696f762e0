"""A person is erased or wants to be left alone: leads end, reps are free again, and nothing is kept."""

from lead_events.words import CauseKind, Stage
from tests.integration.router.worlds import World, lead_id


async def states(world: World) -> dict[str, int]:
    answer = (await world.operate("GET", "/v1/conservation")).json()
    assert answer["unaccounted"] == 0
    assert sum(answer["leads"].values()) == answer["leads_known"]
    return {state: count for state, count in answer["leads"].items() if count}


async def everything(world: World) -> str:
    """All tables of the store as one text."""
    async with world.runtime.database.acquire() as conn:
        tables = await conn.fetch(
            "SELECT relname FROM pg_class"
            " WHERE relnamespace = 'router'::regnamespace AND relkind IN ('r', 'p')"
        )
        rows = [
            str([dict(row) for row in await conn.fetch(f'SELECT * FROM router."{table["relname"]}"')])
            for table in tables
        ]
    return "\n".join(rows)


async def test_an_erased_persons_lead_leaves_its_rep_and_nothing_of_the_person_stays(routing: World) -> None:
    await routing.take("ada", "b", first_name="Ada")
    holder = routing.holder("ada")
    assert holder is not None
    done = await routing.act(holder, "ada", "reject", {"reason": "ada@example.com is a student"}, key="k")
    assert done.status_code == 200
    await routing.take("ada again", person="ada")
    assert "ada@example.com" in await everything(routing)
    routing.erase("ada", "ada again")
    await routing.read()
    await routing.runtime.published()
    found = await everything(routing)
    assert "ada@example.com" not in found
    assert "ada again@example.com" not in found
    assert "b@example.com" in found
    assert routing.routed("ada again")[-1].close_reason == "erased"
    assert routing.kinds("ada") == ["assigned", "closed"], "it was over already: only its data goes"
    assert (await states(routing))["erased"] == 2
    await routing.loads()


async def test_a_rep_freed_by_an_erasure_takes_the_lead_that_waits(routing: World) -> None:
    await routing.take("a", "b", "c", "d")
    await routing.take("waiting")
    holder = routing.holder("b")
    routing.erase("b")
    await routing.read()
    assert await routing.drain() == 1
    assert routing.holder("waiting") == holder
    await routing.loads()


async def test_news_of_an_erased_lead_brings_nothing_back(routing: World) -> None:
    routing.erase("late")
    await routing.read()
    routing.score("late")
    routing.score("late", cause=CauseKind.EXPLICIT_ASK, topic="lead-scored-bulk")
    await routing.read()
    assert "late@example.com" not in await everything(routing)
    assert routing.kinds("late") == ["closed"]
    assert not routing.broker.records("lead-progressed"), "nobody is told that an ask arrived after the close"
    assert await states(routing) == {"erased": 1}


async def test_erased_in_the_batch_that_assigned_it(routing: World) -> None:
    routing.score("ada")
    routing.erase("ada")
    await routing.read()
    assert "ada@example.com" not in await everything(routing)
    assert await states(routing) == {"erased": 1}
    await routing.loads()


async def test_who_wants_to_be_left_alone_is_taken_from_the_rep_who_is_told_why(routing: World) -> None:
    await routing.take("ada")
    holder = routing.holder("ada")
    assert holder is not None
    routing.score("ada", cause=CauseKind.RESCORE, do_not_contact=True)
    await routing.read()
    closed = routing.routed("ada")[-1]
    assert (closed.kind, closed.close_reason) == ("closed", "do_not_contact")
    assert await routing.mine(holder) == []
    (told,) = await routing.mine(holder, "closed")
    assert told["lead_id"] == str(lead_id("ada"))
    assert told["profile"]["email"] == "ada@example.com"
    assert told["why"] == "Closed: the person asked not to be contacted"
    await routing.loads()
    routing.clock.advance(8 * 24 * 3600)
    assert await routing.mine(holder, "closed") == []


async def test_who_wants_to_be_left_alone_is_never_routed(routing: World) -> None:
    routing.score("ada", do_not_contact=True)
    routing.score("bob", stage=Stage.MQL, do_not_contact=True)
    await routing.read()
    assert routing.kinds("ada") == ["closed"]
    assert routing.kinds("bob") == ["closed"]
    assert await states(routing) == {"closed": 2}


async def test_an_export_holds_all_that_is_kept_of_a_persons_leads(routing: World) -> None:
    await routing.take("ada", "bob")
    answer = await routing.operate(
        "GET", f"/v1/persons/{lead_id('nobody')}/export", params={"lead": [str(lead_id("ada"))]}
    )
    (lead,) = answer.json()["leads"]
    assert lead["lead_id"] == str(lead_id("ada"))
    assert lead["profile"]["email"] == "ada@example.com"
    assert len(lead["assignments"]) == len(lead["decisions"]) == 1
