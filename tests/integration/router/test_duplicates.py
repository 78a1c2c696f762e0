"""A rep gives a lead back as another one: which one is said, told to scoring, and looked up first."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.integration.router.worlds import World, lead_id


def same_as(other: object) -> dict[str, Any]:
    return {"reason": "I speak with her already", "code": "duplicate", "duplicate_of": str(other)}


async def reject(world: World, name: str, other: object, key: str | None = None) -> Any:
    return await world.act(str(world.holder(name)), name, "reject", same_as(other), key)


def told(world: World, name: str) -> list[UUID | None]:
    return [event.duplicate_of for event in world.progressed(name)]


async def test_the_lead_that_it_is_again_is_told_by_id_or_by_e_mail(routing: World) -> None:
    await routing.take("eva", "ada", "bob")
    for name, other in (("ada", lead_id("eva")), ("bob", "Eva@Example.com")):
        answer = await reject(routing, name, other)
        assert (answer.status_code, answer.json()["state"]) == (200, "closed"), answer.text
        assert told(routing, name) == [lead_id("eva")]
    listed = (await routing.operate("GET", "/v1/repairs")).json()["repairs"]
    assert listed == [], "nobody has to put right what scoring makes one"


async def test_of_an_e_mail_the_open_lead_of_the_line_is_meant(routing: World) -> None:
    eva = {"email": "eva@example.com", "person": "eva"}
    await routing.take("over", **eva)
    await routing.end("over")
    await routing.take("open", **eva)
    await routing.take("course", line="training", **eva)
    await routing.take("ada")
    await reject(routing, "ada", "eva@example.com")
    assert told(routing, "ada") == [lead_id("open")]


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (lead_id("ada"), "it names this lead itself"),
        (uuid4(), "is known here"),
        ("nobody@example.com", "no other lead of this e-mail"),
        ("ada@example.com", "no other lead of this e-mail"),
        ("see Eva", "neither a lead's id nor an e-mail"),
        (lead_id("tried"), "is a test lead"),
    ],
)
async def test_what_is_no_other_lead_is_refused_in_words_and_nothing_moves(
    routing: World, other: object, says: str
) -> None:
    await routing.take("ada")
    await routing.take("tried", is_test=True)
    answer = await reject(routing, "ada", other)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert "write the other lead's id or its person's e-mail" in answer.json()["detail"]
    assert told(routing, "ada") == []
    assert routing.holder("ada") is not None


async def test_only_who_has_a_lead_learns_whether_another_is_known(routing: World) -> None:
    await routing.take("ada")
    for other in (uuid4(), "nobody@example.com"):
        answer = await routing.act("carla", "ada", "reject", same_as(other))
        assert answer.status_code == 404


async def test_another_code_names_no_lead(routing: World) -> None:
    await routing.take("ada", "eva")
    body = same_as(lead_id("eva")) | {"code": "wrong_data"}
    answer = await routing.act(str(routing.holder("ada")), "ada", "reject", body)
    assert answer.status_code == 422
    assert "send the code duplicate" in answer.text


async def test_said_again_under_its_key_it_means_the_lead_that_it_meant_at_first(routing: World) -> None:
    await routing.take("eva", "ada")
    first = await reject(routing, "ada", "eva@example.com", "k-1")
    await routing.end("eva")
    await routing.take("newer", email="eva@example.com", person="eva")
    holder = str(routing.progressed("ada")[0].rep_id)
    again = await routing.act(holder, "ada", "reject", same_as("eva@example.com"), "k-1")
    assert (again.status_code, again.json()) == (200, first.json())
    other = await routing.act(holder, "ada", "reject", same_as(lead_id("newer")), "k-1")
    assert other.status_code == 422, "the same key with another lead is another act"
    assert told(routing, "ada") == [lead_id("eva")]


async def test_no_e_mail_stays_with_the_act(routing: World) -> None:
    await routing.take("eva", "ada")
    await reject(routing, "ada", "eva@example.com")
    async with routing.runtime.database.acquire() as conn:
        kept = await conn.fetchval("SELECT content::text FROM acts WHERE lead_id = $1", lead_id("ada"))
    assert str(lead_id("eva")) in kept
    assert "example.com" not in kept


async def test_an_erased_lead_is_nobody(routing: World) -> None:
    await routing.take("eva", "ada")
    routing.erase("eva")
    await routing.read()
    answer = await reject(routing, "ada", lead_id("eva"))
    assert answer.status_code == 422
