"""Requests of accounts that sales knows: to the owner, to the customers' pool; of competitors to nobody."""

from typing import Any
from uuid import UUID

import pytest

from lead_events import Account, Handling
from lead_events.words import AccountStanding, CauseKind, ImportMode, Quadrant, Stage
from tests.integration.router.worlds import World, lead_id, rep, rulebook

CUSTOMER, PARTNER, OPEN_DEAL, COMPETITOR, NONE = (
    AccountStanding.CUSTOMER,
    AccountStanding.PARTNER,
    AccountStanding.OPEN_DEAL,
    AccountStanding.COMPETITOR,
    AccountStanding.NONE,
)


def account(standing: AccountStanding, owner: str | None = None) -> Account:
    return Account(id=UUID(int=17), crm_id="A-17", name="Acme Robotics", standing=standing, owner=owner)


def company(**plan: Any) -> dict[str, Any]:
    """Two reps of the north, Dora who looks after customers, and Zoe, an account manager without turns."""
    made = rulebook(
        {
            "ana": rep("Ana"),
            "bea": rep("Bea"),
            "dora": rep("Dora", team="care", capacity=1),
            "zoe": rep("Zoe", team="key", weight=0),
            "carla": rep("Carla", team="school", lines=["training"]),
        }
    )
    made["roster"]["teams"] |= {"care": {"name": "Care"}, "key": {"name": "Key accounts"}}
    made["routing"]["pools"]["care"] = {"name": "Customer care", "team": "care"}
    made["forms"]["demo"]["explicit_ask"] = False
    made["routing"]["plans"]["main"] |= plan
    return made


@pytest.fixture
async def serving(world: World) -> World:
    """A router whose plan has a pool for customers."""
    await world.publish_rulebook(company(customers="care"))
    return world


@pytest.mark.parametrize("standing", [CUSTOMER, PARTNER, OPEN_DEAL])
async def test_a_request_of_ours_goes_to_the_owner_before_any_rule(
    serving: World, standing: AccountStanding
) -> None:
    await serving.take("ada", account=account(standing, "zoe"), employees=5000)
    assert serving.holder("ada") == "zoe", "of no pool and without a share, and the account is hers"
    [event] = serving.routed("ada")
    assert "Zoe" in event.why
    assert "owner of the account" in event.why
    assert (await serving.loads())["zoe"] == 1
    [mine] = await serving.mine("zoe")
    assert mine["account"]["crm_id"] == "A-17"


async def test_the_crm_may_name_an_owner_by_e_mail(serving: World) -> None:
    await serving.take("ada", account=account(CUSTOMER, "Zoe@Example.com"))
    assert serving.holder("ada") == "zoe"


@pytest.mark.parametrize(
    ("why", "owner", "says"),
    [
        ("nobody of the roster", "gone", "owner gone is no rep"),
        ("sells another line", "carla", "selling another line"),
        ("no owner at all", None, "so the plan's pool for customers"),
    ],
)
async def test_a_customer_whose_owner_cannot_goes_to_the_customers_pool(
    serving: World, why: str, owner: str | None, says: str
) -> None:
    await serving.take("ada", account=account(CUSTOMER, owner))
    assert serving.holder("ada") == "dora", why
    assert says in serving.routed("ada")[0].why


async def test_an_owner_at_capacity_passes_the_next_one_on(serving: World) -> None:
    for name in ("a", "b", "c"):
        await serving.take(name, account=account(CUSTOMER, "zoe"))
    assert [serving.holder(name) for name in ("a", "b", "c")] == ["zoe", "zoe", "dora"]
    assert "cannot take it: at capacity" in serving.routed("c")[0].why


async def test_an_open_deal_whose_owner_cannot_goes_by_the_rules(serving: World) -> None:
    await serving.take("ada", account=account(OPEN_DEAL, "gone"))
    assert serving.holder("ada") == "ana"
    assert "owner gone is no rep" in serving.routed("ada")[0].why


async def test_without_a_customers_pool_the_rules_choose(world: World) -> None:
    await world.publish_rulebook(company())
    await world.take("ada", account=account(CUSTOMER))
    assert world.holder("ada") == "ana"


async def test_a_customer_who_asks_is_answered_whatever_the_score(serving: World) -> None:
    cold = {"stage": Stage.MQL, "quadrant": Quadrant.COLD}
    await serving.take("ada", account=account(CUSTOMER, "zoe"), cause=CauseKind.EXPLICIT_ASK, **cold)
    assert serving.holder("ada") == "zoe"
    await serving.take("mia", account=account(CUSTOMER, "zoe"), cause=CauseKind.SIGNAL, **cold)
    assert serving.routed("mia") == [], "a page seen is no request"
    await serving.take("eva", account=account(NONE, "zoe"), cause=CauseKind.EXPLICIT_ASK, **cold)
    assert serving.routed("eva") == [], "an account that is nothing to us yet is scored as any"


async def test_an_account_that_is_nothing_to_us_goes_by_the_rules(serving: World) -> None:
    await serving.take("ada", account=account(NONE, "zoe"))
    assert serving.holder("ada") == "ana"


async def test_competitors_go_to_nobody(serving: World) -> None:
    await serving.take("ada", account=account(COMPETITOR, "zoe"))
    await serving.take("ada", account=account(COMPETITOR, "zoe"), cause=CauseKind.EXPLICIT_ASK)
    [event] = serving.routed("ada")
    assert (event.kind, event.rep) == ("nurturing", None)
    assert "its account is a competitor" in event.why
    lead = (await serving.operate("GET", f"/v1/leads/{lead_id('ada')}")).json()
    assert (lead["state"], lead["account"]["standing"]) == ("nurturing", "competitor")
    decisions = (await serving.operate("GET", f"/v1/leads/{lead_id('ada')}/decisions")).json()
    assert len(decisions["decisions"]) == 1, "said once"


async def test_unless_the_plan_says_so(world: World) -> None:
    await world.publish_rulebook(company(competitors="spare"))
    await world.take("ada", account=account(COMPETITOR, "zoe"))
    assert world.holder("ada") == "ana"
    assert "the plan's pool for competitors" in world.routed("ada")[0].why


async def test_a_lead_in_the_queue_leaves_it_when_it_turns_out_to_be_a_competitors(serving: World) -> None:
    serving.clock.advance(12 * 3600)
    await serving.take("ada")
    assert serving.kinds("ada") == ["held"]
    await serving.take("ada", account=account(COMPETITOR), cause=CauseKind.ACCOUNT, topic="lead-scored-bulk")
    assert serving.kinds("ada") == ["held", "nurturing"]
    serving.clock.advance(12 * 3600)
    assert await serving.hand_out() == 0


async def test_a_lead_in_the_queue_goes_to_the_owner_once_the_account_is_known(serving: World) -> None:
    for name in ("a", "b", "c", "d"):
        await serving.take(name)
    await serving.take("ada")
    assert serving.kinds("ada") == ["held"]
    await serving.take(
        "ada", account=account(CUSTOMER, "zoe"), cause=CauseKind.ACCOUNT, topic="lead-scored-bulk"
    )
    assert serving.holder("ada") == "zoe"


async def test_a_lead_with_a_rep_stays_when_the_account_becomes_known(serving: World) -> None:
    await serving.take("ada")
    await serving.take(
        "ada", account=account(CUSTOMER, "zoe"), cause=CauseKind.ACCOUNT, topic="lead-scored-bulk"
    )
    assert serving.kinds("ada") == ["assigned"]
    assert serving.holder("ada") == "ana"


async def test_an_owner_who_declines_hands_it_to_the_customers_pool(serving: World) -> None:
    await serving.take("ada", account=account(CUSTOMER, "zoe"))
    assert (await serving.act("zoe", "ada", "decline", {"reason": "on leave"})).status_code == 200
    assert serving.holder("ada") == "dora"
    assert "having declined this lead" in serving.routed("ada")[-1].why


async def test_whoever_waited_goes_to_the_owner_if_they_are_of_the_pool(serving: World) -> None:
    held = account(CUSTOMER, "dora")
    serving.clock.advance(12 * 3600)
    await serving.take("ada", account=held)
    assert serving.kinds("ada") == ["held"]
    serving.clock.advance(12 * 3600)
    assert await serving.hand_out() == 1
    assert serving.holder("ada") == "dora"
    assert "owner of the account" in serving.routed("ada")[-1].why


async def test_an_imported_list_of_customers_stays_in_the_lane_of_imports(serving: World) -> None:
    paced = Handling(import_id=UUID(int=9), mode=ImportMode.PACED, per_rep_daily=5)
    await serving.take("ada", account=account(CUSTOMER, "zoe"), handling=paced, topic="lead-scored-bulk")
    [event] = serving.routed("ada")
    assert (event.kind, event.pool, event.hold_reason) == ("held", "care", "paced")


async def test_rules_read_the_account(world: World) -> None:
    document = company()
    document["routing"]["plans"]["main"]["rules"] = [
        {"id": "named", "when": "has(account.owner) && account.owner == 'zoe'", "pool": "spare"},
        {"id": "partners", "when": "account.standing == 'partner'", "pool": "care"},
    ]
    await world.publish_rulebook(document)
    await world.take("ada", account=account(NONE, "zoe"))
    await world.take("mia", account=account(PARTNER))
    await world.take("eva")
    assert [world.routed(name)[0].pool for name in ("ada", "mia", "eva")] == ["spare", "care", "north"]
