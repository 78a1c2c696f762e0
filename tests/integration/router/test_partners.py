"""No path to a partner goes past what the person agreed to: by hand, by a queue, or found by themselves."""

from typing import Any
from uuid import UUID

from lead_events import Consent
from lead_events.ids import lead_id as lead_of
from lead_events.words import Stage
from tests.integration.router.test_acts_by_hand import order
from tests.integration.router.test_own_leads import ADA, enter, entered, scoring_says
from tests.integration.router.test_plans import AGREED, plan
from tests.integration.router.worlds import World, lead_id


async def test_nobody_gives_a_partner_a_lead_whose_person_did_not_agree(world: World) -> None:
    await world.publish_rulebook(plan())
    await world.take("joao", country="BR", consent=Consent(given=True))
    forced: list[dict[str, Any]] = [{}, {"force": True}]
    for more in forced:
        refused = await order(world, "joao", "assign", rep="dan", **more)
        assert refused.status_code == 409
        assert "dan is a partner, and the person did not agree to partners" in refused.json()["detail"]
    assert world.kinds("joao") == ["assigned"]
    await world.take("joao", country="BR", consent=AGREED)
    assert (await order(world, "joao", "assign", rep="dan")).status_code == 200
    assert world.holder("joao") == "dan"


def open_to_all(capacity: int) -> dict[str, Any]:
    """Dan's pool asks for no consent; he has so many places."""
    document = plan()
    del document["routing"]["pools"]["partners"]["partner_consent"]
    document["roster"]["reps"]["dan"]["capacity"] = capacity
    return document


async def test_who_waits_for_partners_and_did_not_agree_to_them_goes_by_the_rules(world: World) -> None:
    await world.publish_rulebook(open_to_all(0))
    await world.take("joao", country="BR", consent=Consent(given=True))
    await world.take("rosa", country="BR", consent=AGREED)
    assert [world.holder(name) for name in ("joao", "rosa")] == [None, None]
    await world.publish_rulebook(plan(), version=2)
    await world.hand_out()
    assert [world.holder(name) for name in ("joao", "rosa")] == ["eva", None]
    await world.operate("PATCH", "/v1/reps/dan", json={"capacity": 2})
    await world.hand_out()
    assert [world.holder(name) for name in ("joao", "rosa")] == ["eva", "dan"]
    assert "Dan" not in "".join(event.why or "" for event in world.routed("joao"))


async def test_a_lead_read_back_waits_for_partners_until_its_state_says_what_its_person_agreed_to(
    world: World,
) -> None:
    await world.publish_rulebook(open_to_all(0))
    await world.take("rosa", country="BR", consent=AGREED)
    await world.publish_rulebook(plan(), version=2)
    await world.operate("PATCH", "/v1/reps/dan", json={"capacity": 2})
    async with world.runtime.database.acquire() as conn:
        await conn.execute("UPDATE leads SET scored_seq = 0, told = '{}'")
    await world.hand_out()
    assert world.holder("rosa") is None
    await world.take("rosa", country="BR", consent=AGREED)
    await world.hand_out()
    assert world.holder("rosa") == "dan"


async def test_whom_a_partner_finds_is_theirs_but_not_what_we_knew_before_of_somebody(world: World) -> None:
    await world.publish_rulebook(plan())
    found = UUID((await enter(world, "dan", **ADA)).json()["id"])
    await scoring_says(world, str(found), lead_of(found, "main"))
    assert (await world.loads())["dan"] == 1
    await world.take("known", stage=Stage.MQL)
    world.clock.advance(60)
    again = (await enter(world, "dan", **{**ADA, "email": "known@example.com"})).json()["id"]
    await scoring_says(world, again, lead_id("known"), seq=9)
    assert (await world.loads())["dan"] == 1
    told = (await entered(world, "dan"))[0]
    assert (told["became"], told["has"]) == ("joined", None)
