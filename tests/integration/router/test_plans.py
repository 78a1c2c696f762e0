"""A plan by tables, languages, consents and named accounts, through the running router."""

from typing import Any
from uuid import UUID

from lead_events.scored import Account
from lead_events.submitted import Consent
from lead_events.words import AccountStanding
from tests.integration.router.worlds import World, rep, rulebook

NORTH = {"territory": "Norte", "country": "PT", "postcode_from": "4000", "postcode_to": "4999"}


def plan(**routing: Any) -> dict[str, Any]:
    """Ana has the north, Bea the south, Dan is a partner, Eva speaks German for all."""
    document = rulebook(
        {
            "ana": rep("Ana", languages=["pt"]),
            "bea": rep("Bea", languages=["pt", "es"]),
            "dan": rep("Dan"),
            "eva": rep("Eva", languages=["de", "en"]),
        }
    )
    document["routing"] = {
        "pools": {
            "north": {"name": "North", "reps": ["ana"], "language": "required"},
            "south": {"name": "South", "reps": ["bea"], "language": "required"},
            "partners": {"name": "Partners", "reps": ["dan"], "partner_consent": "partners"},
            "rest": {"name": "Rest", "reps": ["eva"]},
        },
        "plans": {
            "main": {
                "rules": [
                    {"id": "named", "accounts": "named"},
                    {"id": "abroad", "when": "has(lead.country) && lead.country == 'BR'", "pool": "partners"},
                    {"id": "where", "territories": "portugal"},
                ],
                "fallback": "rest",
                "unspoken": "rest",
            }
        },
        "territories": {
            "portugal": [
                {**NORTH, "pool": "north"},
                {"territory": "Portugal", "country": "PT", "pool": "south"},
            ]
        },
        "accounts": {"named": [{"domain": "acme.pt", "pool": "south", "rep": "eva"}]},
        **routing,
    }
    return document


async def test_a_table_decides_and_a_later_version_of_it_decides_otherwise(world: World) -> None:
    await world.publish_rulebook(plan())
    await world.take("porto", country="PT", postcode="4050-123")
    await world.take("faro", country="PT", postcode="8000-001")
    await world.take("oslo", country="NO")
    assert [world.holder(name) for name in ("porto", "faro", "oslo")] == ["ana", "bea", "eva"]
    assert "territory Norte" in (world.routed("porto")[0].why or "")
    turned = {
        "portugal": [{**NORTH, "pool": "south"}, {"territory": "Portugal", "country": "PT", "pool": "north"}]
    }
    await world.publish_rulebook(plan(territories=turned), version=2, in_seconds=3600)
    await world.take("braga", country="PT", postcode="4700-001")
    assert world.holder("braga") == "ana", "the new table does not hold yet"
    world.clock.advance(3600)
    await world.drain()
    await world.take("viana", country="PT", postcode="4900-001")
    assert world.holder("viana") == "bea"
    assert world.holder("porto") == "ana", "who has a lead keeps it"


async def test_a_lead_in_a_language_that_nobody_of_its_pool_speaks_goes_to_the_pool_for_that(
    world: World,
) -> None:
    await world.publish_rulebook(plan())
    await world.take("dieter", country="PT", postcode="4050-123", language="de")
    await world.take("maria", country="PT", postcode="4050-123", language="pt")
    assert [world.holder(name) for name in ("dieter", "maria")] == ["eva", "ana"]


async def test_partners_get_a_lead_once_its_person_agreed_to_that(world: World) -> None:
    await world.publish_rulebook(plan())
    await world.take("joao", country="BR", consent=Consent(given=True))
    await world.take("rosa", country="BR", consent=Consent(given=True, purposes=["partners"]))
    assert [world.holder(name) for name in ("joao", "rosa")] == ["eva", "dan"]


async def test_the_rep_of_a_named_account_goes_before_its_pool(world: World) -> None:
    await world.publish_rulebook(plan())
    await world.take("ines", email="ines@compras.acme.pt")
    assert (world.holder("ines"), world.routed("ines")[0].pool) == ("eva", "south")


async def test_a_plan_that_asks_no_crm_for_owners_still_knows_its_named_accounts(world: World) -> None:
    document = plan()
    document["routing"]["plans"]["main"]["owners"] = {"account": False}
    await world.publish_rulebook(document)
    await world.take("ines", email="ines@acme.pt")
    assert world.holder("ines") == "eva"


async def test_what_the_crm_says_of_one_of_ours_goes_before_the_table(world: World) -> None:
    await world.publish_rulebook(plan())
    ours = Account(
        id=UUID(int=5), crm_id="A-5", name="Acme", standing=AccountStanding.OPEN_DEAL, owner="ana@example.com"
    )
    await world.take("ines", email="ines@acme.pt", account=ours)
    assert world.holder("ines") == "ana"


async def test_a_table_that_is_not_there_refuses_the_version(world: World) -> None:
    await world.publish_rulebook(plan())
    await world.publish_rulebook(plan(territories={}), version=2)
    await world.take("porto", country="PT", postcode="4050-123")
    assert (world.holder("porto"), world.routed("porto")[0].rulebook_version) == ("ana", 1)


AGREED = Consent(given=True, purposes=["partners"])


async def worked_by_dan(world: World, name: str) -> None:
    """The person agreed to partners, and Dan, one of them, has talked to them."""
    await world.take(name, person="rosa", country="BR", consent=AGREED)
    assert world.holder(name) == "dan"
    await world.act("dan", name, "contacted", {"channel": "phone", "result": "reached"})
    await world.end(name)


async def test_a_partner_who_knows_a_person_gets_no_lead_of_theirs_once_the_consent_is_gone(
    world: World,
) -> None:
    await world.publish_rulebook(plan())
    await worked_by_dan(world, "first")
    await world.take("agrees", person="rosa", country="NO", consent=AGREED)
    await world.take("agrees-no-more", person="rosa", country="NO", consent=Consent(given=True))
    assert [world.holder(name) for name in ("agrees", "agrees-no-more")] == ["dan", "eva"]
    assert "Dan, who knows the person, cannot take it: a partner whom the person did not agree to" in (
        world.routed("agrees-no-more")[-1].why or ""
    )


async def test_a_partner_who_owns_an_account_gets_only_leads_who_agreed_to_that(world: World) -> None:
    named = {"named": [{"domain": "acme.pt", "pool": "south", "rep": "dan"}]}
    await world.publish_rulebook(plan(accounts=named))
    theirs = Account(
        id=UUID(int=5), crm_id="A-5", name="Acme", standing=AccountStanding.PARTNER, owner="dan@example.com"
    )
    await world.take("ines", email="ines@acme.pt")
    await world.take("joao", email="joao@acme.pt", consent=AGREED)
    await world.take("ana", email="ana@other.pt", account=theirs)
    assert [world.holder(name) for name in ("ines", "joao", "ana")] == ["bea", "dan", "eva"]


async def test_what_belonged_to_a_partner_who_left_goes_to_partners_only_with_consent(world: World) -> None:
    document = plan()
    document["routing"]["plans"]["main"]["owners"] = {"when_departed": "team"}
    document["routing"]["pools"]["partners"] = {
        "name": "Partners",
        "team": "school",
        "partner_consent": "partners",
    }
    reps = document["roster"]["reps"]
    reps["dan"]["team"] = "school"
    reps["fay"] = rep("Fay", team="school")
    reps["dan"]["weight"] = 1000
    await world.publish_rulebook(document)
    await worked_by_dan(world, "first")
    await world.operate("POST", "/v1/reps/dan/left")
    await world.take("agrees", person="rosa", country="NO", consent=AGREED)
    await world.take("agrees-no-more", person="rosa", country="NO", consent=Consent(given=True))
    assert [world.holder(name) for name in ("agrees", "agrees-no-more")] == ["fay", "eva"]


async def test_what_waits_for_partners_leaves_their_queue_when_the_consent_is_taken_back(
    world: World,
) -> None:
    document = plan()
    document["roster"]["reps"]["dan"]["capacity"] = 1
    await world.publish_rulebook(document)
    await world.take("first", country="BR", consent=AGREED)
    await world.take("second", country="BR", consent=AGREED)
    assert [world.holder(name) for name in ("first", "second")] == ["dan", None]
    await world.take("second", country="BR", consent=Consent(given=True))
    await world.drain()
    assert world.holder("second") == "eva"
