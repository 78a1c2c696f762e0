"""Two persons turn out to be one: of two open leads of a line one ends here, wherever it was."""

from lead_events.words import CauseKind, Stage
from tests.integration.router.worlds import World, lead_id


async def effects(world: World, topic: str = "lead-merged") -> dict[str, int]:
    answer = (await world.operate("GET", "/v1/conservation")).json()
    assert answer["unaccounted"] == 0
    assert sum(answer["leads"].values()) == answer["leads_known"]
    return next(hop["effects"] for hop in answer["hops"] if hop["topic"] == topic)


async def states(world: World) -> dict[str, int]:
    leads = (await world.operate("GET", "/v1/conservation")).json()["leads"]
    return {state: count for state, count in leads.items() if count}


async def test_a_merged_lead_leaves_its_rep_who_takes_the_one_that_waits_best(routing: World) -> None:
    await routing.take("a", "b", "c", "d")
    await routing.take("waiting")
    holder = routing.holder("b")
    routing.merge(ended=["b"])
    await routing.read()
    closed = routing.routed("b")[-1]
    assert (closed.kind, closed.close_reason, closed.seq, closed.round) == ("closed", "merged", 2, 1)
    assert closed.rep is not None
    assert closed.rep.id == holder
    assert closed.why == "Closed: it became one with another lead"
    assert await routing.drain() == 1
    assert routing.holder("waiting") == holder
    await routing.loads()
    assert await states(routing) == {"assigned": 4, "merged": 1}
    assert await effects(routing) == {"merged_leads_ended": 1}


async def test_a_lead_assigned_and_merged_in_one_batch_leaves_no_open_round_and_no_load(
    routing: World,
) -> None:
    for rep in await routing.loads():
        await routing.operate("PATCH", f"/v1/reps/{rep}", json={"capacity": 10})
    await routing.take("a", "b", "c", "d", "e", "f")
    routing.score("ada")
    for number in range(100):  # broker time counts milliseconds: the merge is to stand behind in the batch
        routing.score(f"nobody {number}", stage=Stage.MQL)
    routing.merge(ended=["ada", "a", "b"])
    await routing.read()
    assert routing.kinds("ada") == ["assigned", "closed"]
    assert await states(routing) == {"assigned": 4, "merged": 3, "nurturing": 100}
    await routing.loads()


async def test_whoever_waits_for_a_rep_busy_only_within_a_batch_is_drained(routing: World) -> None:
    await routing.take("a", "b", "c")
    routing.score("ada")
    routing.score("waiting")
    for number in range(100):
        routing.score(f"nobody {number}", stage=Stage.MQL)
    routing.merge(ended=["ada"])
    await routing.read()
    assert routing.kinds("ada") == ["assigned", "closed"]
    assert routing.kinds("waiting") == ["held"]
    assert await routing.drain() == 1
    assert routing.kinds("waiting") == ["held", "assigned"]
    await routing.loads()


async def test_a_merged_lead_that_waits_loses_its_place(routing: World) -> None:
    await routing.take("a", "b", "c", "d")
    await routing.take("first")
    routing.clock.advance(60)
    await routing.take("second")
    routing.merge(ended=["first"])
    await routing.read()
    assert routing.kinds("first") == ["held", "closed"]
    await routing.end("a")
    assert await routing.drain() == 1
    assert routing.kinds("second") == ["held", "assigned"]
    assert (await routing.operate("GET", "/v1/held")).json() == {"held": []}


async def test_a_lead_still_in_nurturing_ends_merged_too(routing: World) -> None:
    await routing.take("ada", stage=Stage.MQL)
    routing.merge(ended=["ada"])
    await routing.read()
    assert routing.kinds("ada") == ["closed"]
    await routing.take("ada", cause=CauseKind.RESCORE)
    assert routing.kinds("ada") == ["closed"]
    assert await states(routing) == {"merged": 1}


async def test_a_lead_merged_before_it_was_heard_of_is_never_routed_and_its_ask_is_answered(
    routing: World,
) -> None:
    routing.merge(ended=["late"])
    await routing.read()
    asked = routing.score("late")
    await routing.read()
    assert routing.kinds("late") == ["closed"]
    [answer] = routing.progressed("late")
    assert (answer.kind, answer.cause_id, answer.line) == ("arrived_after_close", asked, "main")
    assert answer.closing is not None
    assert (answer.closing.reason, answer.closing.seq) == ("merged", 1)


async def test_a_merge_told_twice_or_after_the_rep_closed_changes_nothing(routing: World) -> None:
    await routing.take("ada", "bob")
    await routing.end("bob")
    identity = lead_id("merge")
    for _ in range(2):
        routing.merge(ended=["ada", "ada", "bob"], identity=identity)
        await routing.read()
    routing.merge(ended=["ada", "bob"], seq=2)
    await routing.read()
    assert routing.kinds("ada") == ["assigned", "closed"]
    assert routing.routed("bob")[-1].close_reason == "lost"
    assert await effects(routing) == {"merged_leads_ended": 1, "merge_noted": 1}
    assert await states(routing) == {"closed": 1, "merged": 1}
    await routing.loads()


async def test_merge_and_lead_in_one_batch_end_the_lead_in_either_order(routing: World) -> None:
    routing.score("ada")
    routing.merge(ended=["ada", "bob"])
    routing.score("bob")
    await routing.read()
    for name in ("ada", "bob"):
        assert routing.kinds(name)[-1] == "closed"
    assert await states(routing) == {"merged": 2}
    await routing.loads()


async def test_an_undone_merge_is_noted_and_leads_stay_with_their_reps(routing: World) -> None:
    await routing.take("ada")
    routing.merge(kind="undone", ended=["ada"])
    await routing.read()
    assert routing.kinds("ada") == ["assigned"]
    assert await effects(routing) == {"undone_merge_noted": 1}


async def test_of_an_undone_merge_an_assigned_lead_stays_and_what_left_it_is_routed_anew(
    routing: World,
) -> None:
    """As scoring tells it: the lead with its person, and what others had sent into it as a lead of theirs."""
    await routing.take("ada")
    holder = routing.holder("ada")
    routing.merge(kind="undone", ended=[])
    routing.score("ada", cause=CauseKind.RESCORE, person="somebody else")
    routing.score("caller", cause=CauseKind.RESCORE, person="caller")
    await routing.read()
    assert routing.kinds("ada") == ["assigned"]
    assert routing.holder("ada") == holder
    assert routing.kinds("caller") == ["assigned"]
    shown = (await routing.operate("GET", f"/v1/leads/{lead_id('ada')}")).json()
    assert shown["person_id"] == str(lead_id("somebody else"))
    await routing.loads()


async def test_the_rep_of_a_merged_lead_is_told_where_it_went(routing: World) -> None:
    await routing.take("ada")
    routing.merge(ended=["ada"])
    await routing.read()
    assert await routing.mine("ana") == []
    refused = await routing.act("ana", "ada", "contacted", {"channel": "phone", "result": "reached"})
    assert refused.status_code == 409
    assert "merged" in refused.json()["state"]
    assert "another lead of the same person" in refused.json()["state"]
    routing.clock.advance(1800)
    routing.breach("ada", rep_id="ana")
    await routing.read()
    assert await effects(routing, "sla-breached") == {"breach_round_over": 1}
