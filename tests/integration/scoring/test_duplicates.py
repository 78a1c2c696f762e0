"""Leads that sales gives back as another one again: one person, or a question for marketing."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from lead_events import LeadProgressed
from lead_events.ids import lead_id, person_id
from lead_events.words import CauseKind, ProgressKind
from rulebook.identity import identity_keys
from rulebook.models import Matching
from scoring.accounting import conservation_answer
from scoring.api.duplicates import duplicate_routes
from scoring.api.merges import merge_routes
from scoring.domain.erasure import ErasureKeys
from scoring.domain.grouping import persons_of
from scoring.duplicates import Duplicates
from scoring.feedback import feedback_spec
from scoring.persons import Named, Order, PersonDesk
from service_kit.problems import install_problems
from tests.integration.scoring.test_feedback import taken
from tests.integration.scoring.test_identity_at_once import grouped, post, profiles

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVA, LEO = {"email": "eva@example.com", "name": "Eva"}, {"email": "leo@example.com", "name": "Leo"}
CELL, DESK = {"phone": "+34600111222"}, {"phone": "+34600333444"}
WHY = {"by": "rosa", "reason": "asked the rep"}


@pytest.fixture
async def client(world: "World") -> AsyncIterator[httpx.AsyncClient]:
    settings = world.runtime.settings
    app = FastAPI()
    install_problems(app)
    router = APIRouter(prefix="/v1")
    merge_routes(router, world.runtime)
    duplicate_routes(router, world.runtime)
    app.include_router(router)
    headers = {"Authorization": f"Bearer {settings.operator_token.get_secret_value()}"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://scoring", headers=headers) as found:
        yield found


async def sent(world: "World", *profiles: dict[str, Any], **given: Any) -> list[UUID]:
    """Submissions an hour apart; their ids."""
    ids = []
    for hours, profile in enumerate(profiles):
        moment = START + timedelta(hours=hours)
        named = {"received_at": moment, "fingerprint": str(uuid4())} | given
        ids.append(world.submit(profile, **named).submission_id)
        await world.settle()
    return ids


def lead(submission: UUID, line: str = "main") -> UUID:
    return lead_id(submission, line)


def duplicate(world: "World", one: UUID, of: UUID | None, **given: Any) -> UUID:
    """A rep gives a lead back as another one again."""
    event = LeadProgressed(
        **{
            "lead_id": one,
            "line": "main",
            "seq": 1,
            "kind": ProgressKind.REJECTED,
            "at": START + timedelta(days=1),
            "round": 1,
            "rep_id": "ana",
            "reason": "I speak with her",
            "code": "duplicate",
            "duplicate_of": of,
            **given,
        }
    )
    return world.send(event, "lead-progressed", event_id=given.get("event_id", uuid4()))


async def looked(world: "World") -> dict[str, Any]:
    """What became of the one that was told."""
    await world.settle()
    await Duplicates(world.runtime).work()
    await world.runtime.published()
    await world.settle()
    (row,) = await world.fetch("SELECT state, why FROM duplicates")
    return row


async def whose(world: "World", submission: UUID) -> UUID:
    """Who sent it, as they are now."""
    (row,) = await world.fetch("SELECT person_id FROM submissions WHERE id = $1", submission)
    into = {row["id"]: row["merged_into"] for row in await world.fetch("SELECT id, merged_into FROM persons")}
    person: UUID = row["person_id"]
    while into[person] is not None:
        person = into[person]
    return person


async def asked(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found = await client.get("/v1/duplicates")
    assert found.status_code == 200, found.text
    listed: list[dict[str, Any]] = found.json()["duplicates"]
    return listed


async def test_who_has_not_said_who_they_are_is_whoever_the_rep_says(world: "World") -> None:
    eva, caller = await sent(world, EVA, CELL)
    duplicate(world, lead(caller), lead(eva))
    assert await looked(world) == {"state": "merged", "why": None}
    assert await whose(world, caller) == person_id(eva)
    (event,) = world.merged()
    assert (event.kind, event.person_id, event.other_person_id) == (
        "merged",
        person_id(eva),
        person_id(caller),
    )
    states = {row["id"]: row["state"] for row in await world.fetch("SELECT id, state FROM leads")}
    assert states == {lead(eva): "open", lead(caller): "closed"}, "the named one lives, whichever is older"
    told = world.scored()[-1]
    assert (told.lead_id, told.cause.kind, told.profile.phone) == (
        lead(eva),
        CauseKind.RESCORE,
        CELL["phone"],
    )
    await sent(world, CELL)
    assert world.scored()[-1].lead_id == lead(eva), "who calls again is known"
    assert (await conservation_answer(world.database))["unaccounted"] == 0


async def test_the_named_lead_lives_also_where_it_is_the_younger(world: "World") -> None:
    caller, eva = await sent(world, CELL, EVA)
    duplicate(world, lead(caller), lead(eva))
    assert (await looked(world))["state"] == "merged"
    assert await whose(world, eva) == person_id(caller), "the older person stands for both"
    (row,) = await world.fetch("SELECT state, person_id FROM leads WHERE id = $1", lead(eva))
    assert row == {"state": "open", "person_id": person_id(caller)}
    assert world.merged()[0].leads_ended == []


async def test_told_again_and_read_twice_it_is_done_once(world: "World") -> None:
    eva, caller = await sent(world, EVA, CELL)
    first = duplicate(world, lead(caller), lead(eva))
    await looked(world)
    duplicate(world, lead(caller), lead(eva), event_id=first)
    assert (await looked(world))["state"] == "merged"
    assert len(world.merged()) == 1
    assert len(await world.fetch("SELECT 1 FROM merges")) == 1


async def test_several_instances_look_at_each_once(world: "World") -> None:
    eva, one, other = await sent(world, EVA, CELL, DESK)
    duplicate(world, lead(one), lead(eva))
    duplicate(world, lead(other), lead(one))
    await world.settle()
    await asyncio.gather(*(Duplicates(world.runtime).work() for _ in range(3)))
    await world.runtime.published()
    assert {await whose(world, each) for each in (eva, one, other)} == {person_id(eva)}
    assert len(world.merged()) == 2


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_in_whatever_order_it_is_told_the_same_are_one(world: "World", order: tuple[int, ...]) -> None:
    ids = await sent(world, EVA, CELL, DESK, {"phone": "+34600555666"})
    told = [(ids[1], ids[0]), (ids[2], ids[1]), (ids[3], ids[2])]
    for number in order:
        one, other = told[number]
        duplicate(world, lead(one), lead(other))
        await world.settle()
        await Duplicates(world.runtime).work()
    await world.runtime.published()
    assert {await whose(world, each) for each in ids} == {person_id(ids[0])}


async def test_two_who_have_each_said_who_they_are_are_a_question_and_marketing_answers(
    world: "World", client: httpx.AsyncClient
) -> None:
    eva, leo = await sent(world, EVA, LEO)
    identity = duplicate(world, lead(leo), lead(eva))
    assert await looked(world) == {"state": "asked", "why": "two_people"}
    assert (world.merged(), await whose(world, leo)) == ([], person_id(leo))
    await taken(world, feedback_spec())
    (shown,) = await asked(client)
    assert (shown["id"], shown["lead_id"], shown["of_lead_id"]) == (
        str(identity),
        str(lead(leo)),
        str(lead(eva)),
    )
    assert (shown["profile"]["name"], shown["of_profile"]["name"], shown["reason"]) == (
        "Leo",
        "Eva",
        "I speak with her",
    )
    said = [await client.post(f"/v1/duplicates/{identity}/merge", json=WHY) for _ in range(2)]
    assert [(each.status_code, each.json()["state"]) for each in said] == [(200, "merged")] * 2
    await world.runtime.published()
    assert await whose(world, leo) == person_id(eva)
    assert (await asked(client), len(world.merged())) == ([], 1)
    other = await client.post(f"/v1/duplicates/{identity}/apart", json=WHY)
    assert other.status_code == 409
    assert "rosa said so" in other.json()["detail"]
    assert "baton person undo-merge" in other.json()["detail"]


async def test_two_people_stay_two_once_marketing_has_said_so(
    world: "World", client: httpx.AsyncClient
) -> None:
    eva, leo = await sent(world, EVA, LEO)
    identity = duplicate(world, lead(leo), lead(eva))
    await looked(world)
    said = [await client.post(f"/v1/duplicates/{identity}/apart", json=WHY) for _ in range(2)]
    assert [(each.status_code, each.json()["state"]) for each in said] == [(200, "apart")] * 2
    assert (await client.post(f"/v1/duplicates/{identity}/merge", json=WHY)).status_code == 409
    duplicate(world, lead(leo), lead(eva), event_id=identity)
    assert (await looked(world))["state"] == "apart", "the same word again asks nothing again"
    assert await whose(world, leo) == person_id(leo)
    (counts,) = await world.fetch(
        "SELECT is_marketings(id, is_test, origins) AS is_new FROM leads WHERE id = $1", lead(leo)
    )
    assert counts["is_new"], "a lead of its own after all"


async def test_a_merge_by_word_is_undone_as_any_and_stays_so(
    world: "World", client: httpx.AsyncClient
) -> None:
    eva, caller = await sent(world, EVA, CELL)
    duplicate(world, lead(caller), lead(eva))
    await looked(world)
    (shown,) = (await client.get("/v1/merges")).json()["merges"]
    assert (shown["person_id"], shown["submission_id"]) == (str(person_id(caller)), str(caller))
    undone = await client.post(f"/v1/persons/{person_id(caller)}/undo-merge", json=WHY)
    assert undone.status_code == 200, undone.text
    await world.runtime.published()
    assert await whose(world, caller) == person_id(caller)
    assert [each.kind for each in world.merged()] == ["merged", "undone"]
    assert (await looked(world))["state"] == "apart"
    await sent(world, CELL)
    assert world.scored()[-1].person_id == person_id(caller), "who calls again is somebody else"
    (row,) = await world.fetch("SELECT state, person_id FROM leads WHERE id = $1", lead(caller))
    assert row == {"state": "closed", "person_id": person_id(caller)}


async def test_two_whom_an_operator_parted_are_a_question(world: "World", client: httpx.AsyncClient) -> None:
    eva, caller, _ = await sent(world, EVA, CELL, {"email": "eva@example.com", **CELL})
    await client.post(f"/v1/persons/{person_id(caller)}/undo-merge", json=WHY)
    await world.runtime.published()
    await world.settle()
    (row,) = await world.fetch(
        "SELECT id FROM leads WHERE person_id = $1 AND state = 'open'", person_id(caller)
    )
    duplicate(world, row["id"], lead(eva))
    assert await looked(world) == {"state": "asked", "why": "kept_apart"}
    (shown,) = await asked(client)
    await client.post(f"/v1/duplicates/{shown['id']}/merge", json=WHY)
    assert await whose(world, caller) == person_id(eva)


async def test_who_answers_a_phone_that_two_share_is_nobody_and_nothing_is_asked(world: "World") -> None:
    eva, _, caller = await sent(world, {**EVA, **DESK}, {**LEO, **DESK}, DESK)
    duplicate(world, lead(caller), lead(eva))
    assert await looked(world) == {"state": "noted", "why": "no_key"}
    assert await whose(world, caller) != await whose(world, eva)


async def test_a_word_holds_through_the_parting_of_others_by_a_shared_phone(world: "World") -> None:
    """Eva's phone turns out to be an office's: who only called from it goes, whom the rep named stays."""
    eva, known, caller = await sent(world, {**EVA, **DESK}, CELL, DESK)
    duplicate(world, lead(known), lead(eva))
    assert (await looked(world))["state"] == "merged"
    assert len({await whose(world, each) for each in (eva, known, caller)}) == 1
    await sent(world, {**LEO, **DESK})
    assert await whose(world, known) == await whose(world, eva)
    assert await whose(world, caller) != await whose(world, eva)


async def test_open_leads_of_another_line_become_one_and_nobody_is_forgotten(world: "World") -> None:
    eva, caller = await sent(world, EVA, CELL, lines=["main", "training"])
    duplicate(world, lead(caller), lead(eva))
    await looked(world)
    (event,) = world.merged()
    assert event.leads_ended == [lead(caller, "training")]
    assert event.ended_in == [lead(eva, "training")]
    told = {each.lead_id: each.cause.kind for each in world.scored()[-2:]}
    assert told == {lead(eva): CauseKind.RESCORE, lead(eva, "training"): CauseKind.SUBMISSION}


@pytest.mark.parametrize(
    ("given", "state", "why"),
    [
        ({"of": None}, "noted", "not_named"),
        ({"of": "itself"}, "noted", "not_named"),
        ({"of": "unknown"}, "gone", None),
        ({"of": "another line's"}, "one_already", None),
    ],
)
async def test_what_makes_nobody_one(
    world: "World", given: dict[str, Any], state: str, why: str | None
) -> None:
    (eva,) = await sent(world, EVA, lines=["main", "training"])
    of = {
        None: None,
        "itself": lead(eva),
        "unknown": uuid4(),
        "another line's": lead(eva, "training"),
    }[given["of"]]
    duplicate(world, lead(eva), of)
    assert await looked(world) == {"state": state, "why": why}
    assert world.merged() == []


async def test_tests_and_other_rejections_say_nothing_of_anybody(world: "World") -> None:
    eva, caller = await sent(world, EVA, CELL)
    duplicate(world, lead(caller), lead(eva), is_test=True)
    duplicate(world, lead(caller), lead(eva), code="wrong_data")
    duplicate(world, uuid4(), lead(eva))
    await world.settle()
    assert await world.fetch("SELECT 1 FROM duplicates") == []


async def test_of_the_erased_nothing_is_asked_and_nothing_kept(
    world: "World", client: httpx.AsyncClient
) -> None:
    eva, leo, caller = await sent(world, EVA, LEO, CELL)
    duplicate(world, lead(caller), lead(eva))
    await looked(world)
    identity = duplicate(world, lead(leo), lead(eva))
    await world.settle()
    await Duplicates(world.runtime).work()
    desk = PersonDesk(world.runtime, ErasureKeys((b"a-long-random-secret",)))
    _, kept = await desk.export(Named(person_id=person_id(eva)), Order("rosa", "she asked"))
    assert {each["lead_id"]: each["state"] for each in kept["duplicates"]} == {
        lead(caller): "merged",
        lead(leo): "asked",
    }
    await desk.erase(Named(person_id=person_id(eva)), Order("rosa", "she asked"))
    assert await asked(client) == []
    assert await world.fetch("SELECT 1 FROM kept_together") == []
    said = await client.post(f"/v1/duplicates/{identity}/merge", json=WHY)
    assert said.status_code == 409
    assert (await client.post(f"/v1/duplicates/{uuid4()}/merge", json=WHY)).status_code == 404


async def test_a_duplicate_teaches_no_scorecard_and_neither_does_a_lead_that_a_rep_found(
    world: "World",
) -> None:
    eva, caller, leo = await sent(world, EVA, CELL, LEO)
    (own,) = await sent(world, {"email": "own@example.com"}, form_id="+own", source="own")
    duplicate(world, lead(caller), lead(eva))
    await looked(world)
    rows = await world.fetch("SELECT id FROM leads WHERE is_marketings(id, is_test, origins)")
    assert {row["id"] for row in rows} == {lead(eva), lead(leo)}
    assert lead(own) not in {row["id"] for row in rows}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_words_of_sales_among_many_who_post_leave_who_is_who_as_it_is_defined(
    world: "World", seed: int
) -> None:
    chance = random.Random(seed)
    made = profiles(chance)[:120]
    world.runtime.settings.batch_max = 5
    sent = await post(world, range(60), made)
    await world.settle(consumers=3)
    leads = sorted(row["id"] for row in await world.fetch("SELECT id FROM leads WHERE state = 'open'"))
    for one, other in (chance.sample(leads, 2) for _ in range(30)):
        duplicate(world, one, other)

    async def look() -> None:
        for _ in range(8):
            await Duplicates(world.runtime).work()
            await asyncio.sleep(0.02)

    late = asyncio.create_task(post(world, range(60, 120), made))
    await asyncio.gather(world.settle(consumers=3), *(look() for _ in range(3)))
    sent += await late
    await world.settle()
    await look()
    rows = await world.fetch("SELECT kind, value, other_kind, other_value FROM kept_together")
    together = {
        frozenset({(row["kind"], row["value"]), (row["other_kind"], row["other_value"])}) for row in rows
    }
    matching = Matching()
    keys = {
        each.fingerprint: [(key.kind, key.value) for key in identity_keys(dict(each.profile), matching)]
        for each in sent
    }
    assert await grouped(world) == persons_of(keys, (), together)
    states = {row["state"] for row in await world.fetch("SELECT DISTINCT state FROM duplicates")}
    assert "merged" in states
    assert "waits" not in states
    assert await world.fetch("SELECT 1 FROM duplicates WHERE why = 'failed'") == []
    assert (await conservation_answer(world.database))["unaccounted"] == 0
