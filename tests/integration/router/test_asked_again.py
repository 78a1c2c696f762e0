"""A buyer whose lead a rep has asks again: published once an ask, with the moment the rep was shown it."""

from lead_events.words import CauseKind, Stage
from tests.integration.router.test_held_by_sales import effects
from tests.integration.router.worlds import TUESDAY_10, World, lead_id


async def test_an_ask_is_published_with_its_act_its_round_and_who_sees_it(routing: World) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "accept")
    routing.clock.advance(60)
    cause = routing.score("ada", cause=CauseKind.EXPLICIT_ASK, is_test=True)
    routing.clock.advance(30)
    await routing.read()
    await routing.act("ana", "ada", "contacted", {"channel": "phone", "result": "reached"})
    accepted, asked, contacted = routing.progressed("ada")
    assert [each.seq for each in (accepted, asked, contacted)] == [1, 2, 3]
    assert (asked.kind.value, asked.round, asked.rep_id, asked.cause_id) == ("asked_again", 1, "ana", cause)
    assert asked.asked_at is not None
    assert (asked.asked_at - TUESDAY_10).total_seconds() == 60, "the buyer's act"
    assert (asked.at - TUESDAY_10).total_seconds() == 90, "when the rep was shown it"
    assert asked.is_test


async def test_each_ask_is_published_and_none_twice(routing: World) -> None:
    await routing.take("ada")
    event = lead_id("an event")
    routing.score("ada", cause=CauseKind.SUBMISSION, identity=event)
    routing.score("ada", cause=CauseKind.SUBMISSION)
    await routing.read()
    routing.score("ada", cause=CauseKind.SUBMISSION, identity=event, seq=2)
    routing.score("ada", cause=CauseKind.RESCORE)
    await routing.read()
    asks = [each for each in routing.progressed("ada") if each.kind == "asked_again"]
    assert [each.seq for each in asks] == [1, 2]
    assert len({each.cause_id for each in asks}) == 2
    assert (await effects(routing))["asked_again"] == 2


async def test_an_ask_that_two_states_tell_is_one(routing: World) -> None:
    """Scoring may publish a lead again for the same act, as after two persons were told apart."""
    await routing.take("ada")
    routing.score("ada", cause=CauseKind.SUBMISSION)
    told = routing.broker.records("lead-scored")[-1]
    await routing.read()
    again = routing.published("lead-scored")[-1].model_copy(update={"seq": 3})
    assert told.value is not None
    routing.put("lead-scored", again, str(lead_id("ada")))
    await routing.read()
    assert [each.kind.value for each in routing.progressed("ada")] == ["asked_again"]
    [mine] = await routing.mine("ana")
    assert len(mine["asks"]) == 1


async def test_what_nobody_holds_is_asked_of_nobody(routing: World) -> None:
    await routing.take("ada", stage=Stage.MQL)
    await routing.take("ada", cause=CauseKind.EXPLICIT_ASK, stage=Stage.MQL)
    assert routing.progressed("ada") == []
