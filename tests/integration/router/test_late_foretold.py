"""Late answers that are foretold when it was nobody's turn: an owner's, and those given out at night."""

from uuid import UUID

from prometheus_client import REGISTRY

from lead_events.scored import Account
from lead_events.words import AccountStanding
from tests.integration.router.test_messages import Mailbox, mailbox, tell, text_of, with_mail
from tests.integration.router.test_messages_team_leads import led, slow
from tests.integration.router.worlds import World

__all__ = ["mailbox"]

TO_THE_EVENING = 10 * 3600
"""From 10:00 in Madrid."""


def expected(name: str = "baton_late_answers_expected_total") -> float:
    return REGISTRY.get_sample_value(name, {"pool": "north"}) or 0.0


def of_ana() -> Account:
    standing = AccountStanding.OPEN_DEAL
    return Account(id=UUID(int=5), crm_id="A-5", name="Acme", standing=standing, owner="ana@example.com")


async def test_an_owner_who_will_answer_late_keeps_the_lead_and_the_team_lead_hears_before(
    world: World, mailbox: Mailbox
) -> None:
    told, before = await slow(world, mailbox), expected()
    for name in ("first", "second"):
        await told.take(name, account=of_ana(), email=f"{name}@acme.example")
    assert [told.holder(name) for name in ("first", "second")] == ["ana", "ana"]
    assert expected() - before == 1
    assert "a late answer is expected" in (told.routed("second")[-1].why or "")
    assert "a late answer is expected" not in (told.routed("first")[-1].why or "")
    told.clock.advance(40)
    await tell(told)
    (letter,) = mailbox.to("rosa")
    assert "second@acme.example: Ana" in text_of(letter)
    assert "first@acme.example" not in text_of(letter)


async def test_of_leads_given_out_at_night_those_that_nobody_can_answer_in_time_are_told_that_night(
    world: World, mailbox: Mailbox
) -> None:
    before = expected()
    book = led()
    book["routing"]["pools"]["north"] |= {
        "deadline_aware": True,
        "answer_takes": "45m",
        "when_nobody_open": "first_to_open",
    }
    await world.publish_rulebook(book)
    night = with_mail(world, mailbox)
    night.clock.advance(TO_THE_EVENING)
    for name in ("a", "b", "c"):
        await night.take(name)
    assert {night.holder(name) for name in ("a", "b")} == {"ana", "bea"}
    assert night.holder("c") in ("ana", "bea")
    assert expected() - before == 1
    night.clock.advance(40)
    await tell(night)
    (letter,) = mailbox.to("rosa")
    assert "c@example.com" in text_of(letter)
    assert "a@example.com" not in text_of(letter)


async def test_where_a_team_has_no_lead_who_leads_the_fallbacks_hears_of_late_answers_to_come(
    world: World, mailbox: Mailbox
) -> None:
    book = led(lead=None)
    book["roster"]["teams"]["school"]["lead"] = "rosa"
    book["roster"]["reps"]["carla"]["lines"] = ["training", "main"]
    book["routing"]["pools"]["north"] |= {"deadline_aware": True, "answer_takes": "45m"}
    book["routing"]["pools"]["courses"] = {"name": "Courses", "reps": ["carla"]}
    book["routing"]["plans"]["main"] = {"rules": [{"id": "all", "pool": "north"}], "fallback": "courses"}
    await world.publish_rulebook(book)
    told = with_mail(world, mailbox)
    for name in ("a", "b", "c"):
        await told.take(name)
    told.clock.advance(40)
    await tell(told)
    (letter,) = mailbox.to("rosa")
    assert "c@example.com" in text_of(letter)
    told.clock.advance(60)
    await tell(told)
    assert len(mailbox.to("rosa")) == 1, "once"
