"""What team leads hear: late answers to come, declines that wait for their word, broken promises."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from prometheus_client import REGISTRY

from lead_events.words import TimerKind
from tests.integration.router.test_messages import (
    SURE,
    Mailbox,
    deliveries,
    link,
    mailbox,
    tell,
    text_of,
    with_mail,
)
from tests.integration.router.worlds import World, lead_id, rep, rulebook

__all__ = ["mailbox"]


def led(*, lead: str | None = "rosa", **reps: Any) -> dict[str, Any]:
    """Team north is led by Rosa, who is told in Italian and gets no leads."""
    everybody = {
        "ana": rep("Ana"),
        "bea": rep("Bea"),
        "carla": rep("Carla", team="school", lines=["training"]),
        "rosa": rep("Rosa", team="school", lines=["training"], texts="it"),
        **reps,
    }
    book = rulebook(reps=everybody)
    if lead is not None:
        book["roster"]["teams"]["north"]["lead"] = lead
    return book


def unowned() -> float:
    return REGISTRY.get_sample_value("baton_unowned_absences_total") or 0.0


def subjects(mailbox: Mailbox, name: str) -> list[str]:
    return [str(each["Subject"]) for each in mailbox.to(name)]


async def slow(world: World, mailbox: Mailbox, **more: Any) -> World:
    """Each lead takes 45 minutes of the promised hour, so that nobody answers a second one in time."""
    book = led(**more)
    book["routing"]["pools"]["north"] |= {"deadline_aware": True, "answer_takes": "45m"}
    await world.publish_rulebook(book)
    return with_mail(world, mailbox)


async def test_late_answers_to_come_are_told_together_within_a_minute(world: World, mailbox: Mailbox) -> None:
    told = await slow(world, mailbox)
    for name in ("a", "b", "c", "d"):
        await told.take(name)
    await tell(told)
    assert mailbox.to("rosa") == [], "the first waits for others"
    told.clock.advance(40)
    await tell(told)
    (letter,) = mailbox.to("rosa")
    assert letter["Subject"] == "Risposte attese in ritardo: 2 lead aperti"
    when = "promesso entro martedì 3 marzo, 11:00 (Europe/Madrid), atteso martedì 3 marzo, 11:30"
    for name in ("c", "d"):
        rep_name = (told.holder(name) or "").capitalize()
        assert f"{name}@example.com: {rep_name}, {when}" in text_of(letter)
    assert "a@example.com" not in text_of(letter)


async def test_a_team_lead_hears_of_more_late_answers_only_after_a_while(
    world: World, mailbox: Mailbox
) -> None:
    told = await slow(world, mailbox, bea=rep("Bea", capacity=20), ana=rep("Ana", capacity=20))
    for name in ("a", "b", "c"):
        await told.take(name)
    told.clock.advance(31)
    await tell(told)
    for name in ("d", "e", "f"):
        await told.take(name)
        told.clock.advance(60)
        await tell(told)
    assert len(mailbox.to("rosa")) == 1
    told.clock.advance(timedelta(minutes=13).total_seconds())
    await tell(told)
    assert subjects(mailbox, "rosa")[1:] == ["Risposte attese in ritardo: 3 lead aperti"]
    told.clock.advance(3600)
    await tell(told)
    assert len(mailbox.to("rosa")) == 2, "nothing new, so nothing is told"


async def test_late_answers_that_came_after_all_are_told_of_to_nobody(world: World, mailbox: Mailbox) -> None:
    told = await slow(world, mailbox)
    for name in ("a", "b", "c"):
        await told.take(name)
    told.clock.advance(31)
    await told.wiring.messages.make()
    reached = {"channel": "phone", "result": "reached"}
    answer = await told.act(told.holder("c") or "", "c", "contacted", reached)
    assert answer.status_code == 200, answer.text
    await tell(told)
    assert mailbox.to("rosa") == []
    (row,) = [row for row in await deliveries(told) if row["kind"] == "late_expected"]
    assert (row["outcome"], row["detail"]) == ("stale", "all of these leads are answered or have gone on")


async def test_without_a_team_lead_late_answers_are_nobodys_news(world: World, mailbox: Mailbox) -> None:
    told = await slow(world, mailbox, lead=None)
    for name in ("a", "b", "c"):
        await told.take(name)
    told.clock.advance(31)
    await tell(told)
    assert "late_expected" not in {row["kind"] for row in await deliveries(told)}
    async with told.runtime.database.acquire() as conn:
        left = await conn.fetchval(
            "SELECT count(*) FROM decisions WHERE proof ? 'is_late' AND late_told_at IS NULL"
        )
    assert left == 0


async def test_who_leads_the_team_hears_of_leads_that_nobody_may_take(world: World, mailbox: Mailbox) -> None:
    await world.publish_rulebook(led())
    told = with_mail(world, mailbox)
    await told.take("a", "b")
    for name in ("a", "b"):
        for _ in range(2):
            answer = await told.act(told.holder(name) or "", name, "decline", {"reason": "no"})
            assert answer.status_code == 200, answer.text
    assert told.kinds("a")[-1] == told.kinds("b")[-1] == "held"
    await tell(told)
    assert mailbox.to("rosa") == [], "the first waits for others"
    told.clock.advance(40)
    await tell(told)
    (letter,) = mailbox.to("rosa")
    assert letter["Subject"] == "North: nessuno può prendere 2 lead aperti"
    assert "a@example.com (perfetto)" in text_of(letter)
    told.clock.advance(3600)
    await tell(told)
    assert len(mailbox.to("rosa")) == 1, "nothing new, so nothing is told"


async def test_leads_that_waited_for_a_place_are_nobodys_once_all_have_left(
    world: World, mailbox: Mailbox
) -> None:
    one = {name: rep(name.title(), capacity=1) for name in ("ana", "bea")}
    await world.publish_rulebook(led(lead="rosa", **one))
    told = with_mail(world, mailbox)
    await told.take("a", "b", "c")
    assert (await told.operate("GET", "/v1/held")).json()["held"][0]["hold_reason"] == "no_capacity"
    for name in one:
        assert (await told.operate("POST", f"/v1/reps/{name}/left")).status_code == 200
        await told.drain()
    held = (await told.operate("GET", "/v1/held")).json()["held"]
    assert [each["hold_reason"] for each in held] == ["pool_empty"] * 3
    again = told.kinds("c")
    told.clock.advance(40)
    await told.drain()
    await tell(told)
    assert told.kinds("c") == again, "what has not changed is not told again"
    (letter,) = mailbox.to("rosa")
    assert letter["Subject"] == "North: nessuno può prendere 3 lead aperti"


async def test_leads_that_somebody_may_take_after_all_are_told_of_to_nobody(
    world: World, mailbox: Mailbox
) -> None:
    await world.publish_rulebook(led(bea=rep("Bea", team="school")))
    told = with_mail(world, mailbox)
    await told.take("a")
    assert (await told.act("ana", "a", "decline", {"reason": "no"})).status_code == 200
    told.clock.advance(40)
    await told.wiring.messages.make()
    assert (await told.operate("PATCH", "/v1/reps/bea", json={"team": "north"})).status_code == 200
    await told.drain()
    assert told.holder("a") == "bea"
    await tell(told)
    assert mailbox.to("rosa") == []


async def test_leads_that_nobody_may_take_and_nobody_hears_of_are_counted(
    world: World, mailbox: Mailbox
) -> None:
    book = led(lead=None)
    await world.publish_rulebook(book)
    told = with_mail(world, mailbox)
    before = REGISTRY.get_sample_value("baton_unowned_holds_total") or 0.0
    await told.take("a")
    for _ in range(2):
        await told.act(told.holder("a") or "", "a", "decline", {"reason": "no"})
    for _ in range(3):
        told.clock.advance(40)
        await tell(told)
    assert REGISTRY.get_sample_value("baton_unowned_holds_total") == before + 1


async def asked_to_decline(world: World, mailbox: Mailbox, **more: Any) -> tuple[World, EmailMessage]:
    book = led(**more)
    book["agreement"]["sales"]["declines_a_week"] = 0
    await world.publish_rulebook(book)
    told = with_mail(world, mailbox)
    await told.take("ada")
    await tell(told)
    async with told.client() as client:
        answer = await client.post(link(mailbox.to("ana")[0], "Decline"), data={**SURE, "code": "no_time"})
    assert "Your team lead decides on it first." in answer.text
    await tell(told)
    return told, mailbox.to("rosa")[0]


async def test_a_team_lead_confirms_a_decline_by_the_link(world: World, mailbox: Mailbox) -> None:
    told, letter = await asked_to_decline(world, mailbox)
    assert letter["Subject"] == "Ana chiede di rifiutare ada@example.com"
    assert "MOTIVO\n- non ho tempo" in text_of(letter)
    path = link(letter, "Lasciarlo andare")
    async with told.client() as client:
        shown = [await client.request(method, path) for method in ("GET", "HEAD")]
        assert [each.status_code for each in shown] == [200, 200]
        assert "Ana: ada@example.com" in shown[0].text
        assert told.holder("ada") == "ana", "reading decides nothing"
        done = [await client.post(path, data=SURE) for _ in range(2)]
        other = await client.post(link(letter, "Resta"), data=SURE)
    await told.runtime.published()
    assert [each.status_code for each in done] == [200, 200]
    assert (other.status_code, "già stato deciso" in other.text) == (409, True)
    assert told.holder("ada") == "bea"
    assert told.progressed("ada")[-1].kind == "declined"
    (entry, *_) = (await told.operate("GET", "/v1/audit")).json()["audit"]
    assert (entry["action"], entry["role"], entry["subject"]) == ("decline.confirm", "team_lead", "rosa")
    await tell(told)
    assert len(mailbox.to("rosa")) == 1
    assert len(mailbox.to("bea")) == 1


async def test_a_team_lead_refuses_a_decline_by_the_link(world: World, mailbox: Mailbox) -> None:
    told, letter = await asked_to_decline(world, mailbox)
    async with told.client() as client:
        done = await client.post(link(letter, "Resta"), data=SURE)
        late = await client.post(link(letter, "Lasciarlo andare"), data=SURE)
    await told.runtime.published()
    assert (done.status_code, late.status_code) == (200, 409)
    assert told.holder("ada") == "ana"


async def test_a_decline_that_the_rep_took_back_is_not_decided_any_more(
    world: World, mailbox: Mailbox
) -> None:
    told, letter = await asked_to_decline(world, mailbox)
    await told.act("ana", "ada", "accept")
    async with told.client() as client:
        shown = await client.get(link(letter, "Lasciarlo andare"))
        late = await client.post(link(letter, "Lasciarlo andare"), data=SURE)
    await told.runtime.published()
    assert (shown.status_code, late.status_code) == (409, 409)
    assert told.holder("ada") == "ana"


async def test_who_asks_to_decline_does_not_decide_on_it_by_a_link(world: World, mailbox: Mailbox) -> None:
    """However the link came to be theirs: nobody is sent one about what they asked themselves."""
    told, letter = await asked_to_decline(world, mailbox)
    team = {"name": "North", "lead": "ana"}
    assert (await told.operate("PUT", "/v1/teams/north", json=team)).status_code == 200
    async with told.runtime.database.acquire() as conn:
        await conn.execute("UPDATE asked_declines SET told = 'ana'")
    async with told.client() as client:
        path = link(letter, "Lasciarlo andare")
        refused = [await client.get(path), await client.post(path, data=SURE)]
    assert [each.status_code for each in refused] == [409, 409]
    assert all("Nobody decides on their own decline" in each.text for each in refused)
    assert told.holder("ada") == "ana"


async def test_who_leads_the_team_no_more_decides_nothing_by_an_old_link(
    world: World, mailbox: Mailbox
) -> None:
    told, letter = await asked_to_decline(world, mailbox)
    answer = await told.operate("PUT", "/v1/teams/north", json={"name": "North", "lead": "carla"})
    assert answer.status_code == 200, answer.text
    async with told.client() as client:
        path = link(letter, "Lasciarlo andare")
        late = [await client.get(path), await client.post(path, data=SURE)]
    assert [each.status_code for each in late] == [404, 404]
    assert told.holder("ada") == "ana"


COURSES = [
    pytest.param({"team": "school"}, id="a fallback of a team"),
    pytest.param({"reps": ["ana", "carla"]}, id="a fallback of named reps"),
]
"""Pools whose breaches go to who leads team school."""


@pytest.mark.parametrize("lead", ["rosa", None])
@pytest.mark.parametrize("courses", COURSES)
async def test_a_breach_is_told_to_whom_the_decision_names(
    world: World, mailbox: Mailbox, courses: dict[str, Any], lead: str | None
) -> None:
    """Team north has no lead of its own: who leads the fallback pool's team hears of it, or nobody."""
    book = led(lead=None)
    book["routing"]["pools"]["courses"] = {"name": "Courses", **courses}
    book["routing"]["plans"]["main"] = {
        "rules": [{"id": "all", "pool": "north"}],
        "fallback": "courses",
    }
    for name in ("carla", "rosa"):
        book["roster"]["reps"][name]["lines"] = ["training", "main"]
    if lead is not None:
        book["roster"]["teams"]["school"]["lead"] = lead
    book["agreement"]["sales"]["reassign_on_accept_breach"] = False
    await world.publish_rulebook(book)
    told = with_mail(world, mailbox)
    await told.take("ada")
    told.clock.advance(1800)
    told.breach("ada", rep_id="ana", kind=TimerKind.ACCEPT)
    await told.read()
    await tell(told)
    heard = ["Ana non ha accettato in tempo: ada@example.com"] if lead is not None else []
    assert subjects(mailbox, "rosa") == heard
    command = f"baton lead assign {lead_id('ada')} REP"
    assert all(command in text_of(each) for each in mailbox.to("rosa")), "it says how to decide"
    assert subjects(mailbox, "carla") == []


@pytest.mark.parametrize("courses", COURSES)
@pytest.mark.parametrize(
    ("lead", "gone", "hears"),
    [
        ("rosa", None, "rosa"),
        ("ana", None, "carla"),
        (None, None, "carla"),
        ("rosa", "rosa", "carla"),
    ],
)
async def test_what_stays_with_who_is_away_is_told_to_somebody_who_can_decide(
    world: World, mailbox: Mailbox, courses: dict[str, Any], lead: str | None, gone: str | None, hears: str
) -> None:
    """Not to who is away themselves, nor to nobody: then to who leads the team of the plan's fallback."""
    book = led(lead=lead)
    book["routing"]["pools"]["courses"] = {"name": "Courses", **courses}
    book["routing"]["plans"]["main"] = {"rules": [{"id": "all", "pool": "north"}], "fallback": "courses"}
    for name in ("carla", "rosa"):
        book["roster"]["reps"][name]["lines"] = ["training", "main"]
    book["roster"]["teams"]["school"]["lead"] = "carla"
    await world.publish_rulebook(book)
    told = with_mail(world, mailbox)
    await told.take("ada")
    await told.act("ana", "ada", "accept")
    if gone is not None:
        await told.operate("POST", f"/v1/reps/{gone}/left")
    await told.operate("POST", "/v1/reps/ana/absences", json={"until": "2026-03-05"})
    await tell(told)
    heard = [name for name in ("ana", "carla", "rosa") for each in subjects(mailbox, name) if "Ana" in each]
    assert heard == [hears]


async def test_where_nobody_can_hear_what_stays_with_who_is_away_it_is_counted(
    world: World, mailbox: Mailbox
) -> None:
    await world.publish_rulebook(led(lead="ana"))
    told = with_mail(world, mailbox)
    await told.take("ada")
    await told.act("ana", "ada", "accept")
    before = unowned()
    for _ in range(2):
        await told.operate("POST", "/v1/reps/ana/absences", json={"until": "2026-03-05"})
    await tell(told)
    assert not [each for each in subjects(mailbox, "ana") if "away" in each]
    assert unowned() == before + 1


async def test_a_breach_that_gave_the_lead_to_another_is_no_news_for_the_team_lead(
    world: World, mailbox: Mailbox
) -> None:
    await world.publish_rulebook(led())
    told = with_mail(world, mailbox)
    await told.take("ada")
    told.clock.advance(1800)
    told.breach("ada", rep_id="ana")
    await told.read()
    await tell(told)
    assert told.holder("ada") == "bea"
    assert "breached" not in {row["kind"] for row in await deliveries(told)}
