"""From a scored lead to the message in a mailbox, and back by its link."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from pydantic import SecretStr

from lead_events.words import CauseKind
from router.settings import RouterSettings
from tests.integration.listening import mail_server
from tests.integration.router.worlds import World, rep, rulebook

SECRET = "a secret of thirty-two characters"
SURE = {"sure": "yes"}
"""What the form of the page sends beside what is chosen."""


@dataclass
class Mailbox:
    """A mail server on loopback that keeps what it gets."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    def to(self, name: str) -> list[EmailMessage]:
        return [each for each in self.letters if each["To"] == f"{name}@example.com"]


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    made = Mailbox()
    async with mail_server(made) as made.port:
        yield made


def with_mail(world: World, mailbox: Mailbox, **more: Any) -> World:
    """The same router as it runs with a mail server and links."""
    settings = RouterSettings(
        **{
            **world.settings.model_dump(),
            "smtp_url": SecretStr(f"smtp://127.0.0.1:{mailbox.port}?starttls=never"),
            "smtp_from": "baton@example.com",
            "link_secret": SecretStr(SECRET),
            "public_url": "http://router",
            **more,
        }
    )
    world.settings = settings
    world.__post_init__()
    return world


async def tell(world: World) -> None:
    """What the two parts do in their next round."""
    await world.wiring.messages.make()
    await world.wiring.messages.sender.work()


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def link(letter: EmailMessage, label: str) -> str:
    found = re.search(rf"^{label}: http://router(\S+)$", text_of(letter), re.MULTILINE)
    assert found is not None, text_of(letter)
    return found[1]


async def deliveries(world: World) -> list[dict[str, Any]]:
    async with world.runtime.database.acquire() as conn:
        rows = await conn.fetch("SELECT * FROM deliveries ORDER BY created_at, id")
    return [dict(row) for row in rows]


async def test_a_lead_reaches_its_rep_by_mail_and_is_accepted_by_the_link(
    routing: World, mailbox: Mailbox
) -> None:
    world = with_mail(routing, mailbox)
    await world.take("ada", first_name="Ada", last_name="Byron")
    await tell(world)
    (letter,) = mailbox.to("ana")
    assert letter["Subject"] == "New lead: Ada Byron (perfect)"
    assert "Accept by Tuesday, 3 March, 10:30 (Europe/Madrid)" in text_of(letter)
    page = letter.get_body(("html",))
    assert page is not None
    assert 'lang="en"' in page.get_content()
    async with world.client() as client:
        path = link(letter, "Accept")
        for method in ("GET", "HEAD", "GET"):
            shown = await client.request(method, path)
            assert shown.status_code == 200
        assert world.progressed("ada") == [], "a scanner that follows every link accepts nothing"
        assert shown.headers["cache-control"] == "no-store"
        assert shown.headers["referrer-policy"] == "no-referrer"
        assert "script" not in shown.text
        done = [await client.post(path, data=SURE) for _ in range(2)]
    await world.runtime.published()
    assert [(each.status_code, "accepted" in each.text) for each in done] == [(200, True)] * 2
    assert [(event.kind, event.rep_id) for event in world.progressed("ada")] == [("accepted", "ana")]
    await tell(world)
    assert len(mailbox.letters) == 1, "nobody is told twice"


async def test_why_a_rep_has_a_lead_is_told_in_their_language(world: World, mailbox: Mailbox) -> None:
    reps = {"ana": rep("Ana", texts="es"), "carla": rep("Carla", team="school", lines=["training"])}
    await world.publish_rulebook(rulebook(reps=reps))
    told = with_mail(world, mailbox)
    await told.take("ada")
    await tell(told)
    (letter,) = mailbox.to("ana")
    why = text_of(letter).partition("POR QUÉ USTED\n")[2].partition("\n\n")[0]
    assert why.splitlines()[0].startswith("- Ana, de ")
    assert "nadie más puede atenderlo ahora; 1 de " in why
    assert "leads con este" in why


async def test_who_answers_what_does_not_fit_any_more_reads_so_in_their_language(
    world: World, mailbox: Mailbox
) -> None:
    reps = {"ana": rep("Ana", texts="it"), "carla": rep("Carla", team="school", lines=["training"])}
    await world.publish_rulebook(rulebook(reps=reps))
    told = with_mail(world, mailbox)
    await told.take("ada")
    await tell(told)
    await told.act("ana", "ada", "accept")
    async with told.client() as client:
        path = link(mailbox.to("ana")[0], "Non accettare")
        late = await client.post(path, data={**SURE, "code": "no_time"})
    assert late.status_code == 409
    assert "Questo non vale più: il lead è già accettato." in late.text


async def test_no_personal_data_stands_in_the_rows_of_messages(routing: World, mailbox: Mailbox) -> None:
    world = with_mail(routing, mailbox)
    await world.take("ada", first_name="Ada", last_name="Byron")
    await tell(world)
    (row,) = await deliveries(world)
    assert "ada" not in str(row).lower().replace("readable", "")
    assert (row["state"], row["subject"], row["text"]) == ("delivered", "", "")


async def test_who_declines_by_link_is_replaced_and_who_comes_too_late_is_told_who_has_it(
    routing: World, mailbox: Mailbox
) -> None:
    world = with_mail(routing, mailbox)
    await world.take("ada")
    await tell(world)
    (letter,) = mailbox.to("ana")
    async with world.client() as client:
        nothing = await client.post(link(letter, "Decline"), data=SURE)
        declined = [
            await client.post(link(letter, "Decline"), data={**SURE, "code": "no_time"}) for _ in range(2)
        ]
        late = await client.post(link(letter, "Accept"), data=SURE)
        shown = await client.get(link(letter, "Accept"))
    await world.runtime.published()
    assert nothing.status_code == 422
    assert [each.status_code for each in declined] == [200, 200]
    assert (late.status_code, shown.status_code) == (409, 409)
    assert "Bea has it now." in late.text
    assert "ada@example.com" not in late.text + shown.text
    assert world.holder("ada") == "bea"
    await tell(world)
    assert len(mailbox.to("bea")) == 1


async def test_a_message_of_a_round_that_is_over_is_dropped(routing: World, mailbox: Mailbox) -> None:
    world = with_mail(routing, mailbox)
    await world.take("ada")
    await world.wiring.messages.make()
    await world.act("ana", "ada", "decline", {"reason": "on a train"})
    await tell(world)
    assert mailbox.to("ana") == []
    assert len(mailbox.to("bea")) == 1
    stale = [row for row in await deliveries(world) if row["outcome"] == "stale"]
    assert [row["detail"] for row in stale] == ["the round is over: declined"]


async def test_an_erased_person_is_told_of_to_nobody(routing: World, mailbox: Mailbox) -> None:
    world = with_mail(routing, mailbox)
    await world.take("ada")
    await world.wiring.messages.make()
    world.erase("ada")
    await world.read()
    await tell(world)
    assert mailbox.letters == []


async def test_what_waits_for_an_answer_is_told_once_a_mail_server_is_set(
    routing: World, mailbox: Mailbox
) -> None:
    await routing.take("ada", "bob")
    await routing.wiring.messages.make()
    assert await deliveries(routing) == [], "no message is made for a way that cannot send"
    holder = routing.holder("ada") or ""
    await routing.act(holder, "ada", "accept")
    world = with_mail(routing, mailbox)
    await tell(world)
    assert [each["To"] for each in mailbox.letters] == [f"{routing.holder('bob')}@example.com"]
    again = with_mail(world, mailbox)
    await tell(again)
    assert len(mailbox.letters) == 1, "a restart tells nobody twice"


async def test_a_buyer_who_asks_again_is_told_to_the_rep(routing: World, mailbox: Mailbox) -> None:
    world = with_mail(routing, mailbox)
    await world.take("ada")
    await world.take("ada", cause=CauseKind.EXPLICIT_ASK)
    await tell(world)
    assert sorted(each["Subject"] for each in mailbox.to("ana")) == [
        "New lead: ada@example.com (perfect)",
        "ada@example.com asks again",
    ]


async def test_a_breach_takes_the_lead_back_and_its_rep_hears_of_it(routing: World, mailbox: Mailbox) -> None:
    world = with_mail(routing, mailbox)
    await world.take("ada")
    await tell(world)
    world.clock.advance(1800)
    world.breach("ada", rep_id="ana")
    await world.read()
    await tell(world)
    lost = mailbox.to("ana")[-1]
    assert lost["Subject"] == "No longer yours: ada@example.com"
    assert "Bea has it now." in text_of(lost)


async def test_a_breach_that_moves_nothing_is_the_team_leads(world: World, mailbox: Mailbox) -> None:
    book = rulebook(reps={"ana": rep("Ana"), "carla": rep("Carla", team="school", texts="it")})
    book["roster"]["teams"]["north"] = {"name": "North", "lead": "carla"}
    book["routing"]["plans"].pop("training")
    book["routing"]["pools"].pop("courses")
    book["lines"] = {"main": "Platform"}
    book["scorecards"].pop("training")
    await world.publish_rulebook(book)
    told = with_mail(world, mailbox)
    await told.take("ada")
    told.clock.advance(1800)
    told.breach("ada", rep_id="ana")
    await told.read()
    await tell(told)
    (letter,) = mailbox.to("carla")
    assert letter["Subject"] == "Ana non ha accettato in tempo: ada@example.com"


@pytest.mark.parametrize("token", ["x", "A" * 46, "%00", "..%2f..%2fetc"])
async def test_a_link_that_is_none_is_a_page_that_says_so(
    routing: World, mailbox: Mailbox, token: str
) -> None:
    world = with_mail(routing, mailbox)
    async with world.client() as client:
        answers = [await client.request(method, f"/act/{token}") for method in ("GET", "POST")]
    assert {each.status_code for each in answers} <= {404}


async def test_a_team_lead_is_told_once_what_stays_with_who_is_away(world: World, mailbox: Mailbox) -> None:
    book = rulebook()
    book["roster"]["teams"]["north"] = {"name": "North", "lead": "bea"}
    await world.publish_rulebook(book)
    told = with_mail(world, mailbox)
    await told.take("ada")
    await told.act("ana", "ada", "accept")
    until = (told.clock.now() + timedelta(days=3)).isoformat()
    for _ in range(2):
        answer = await told.operate("POST", "/v1/reps/ana/absences", json={"until": until})
        assert answer.status_code == 201, answer.text
        await told.wiring.absentees.look()
    await tell(told)
    (letter,) = [each for each in mailbox.to("bea") if "away" in each["Subject"]]
    assert letter["Subject"] == "Ana is away: 1 open lead"
    assert "ada@example.com (perfect)" in text_of(letter)
