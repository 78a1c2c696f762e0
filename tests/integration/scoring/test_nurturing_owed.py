"""What marketing's tool was not told while no webhook was named; whom it is not told of; and what becomes of
a day that was agreed where its person has a test open, and in training once it has come."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx

from lead_events import Outcome
from lead_events.words import CauseKind, ProgressKind, Stage
from scoring.accounts import AccountDesk
from scoring.domain.erasure import ErasureKeys
from scoring.persons import Named, Order, PersonDesk
from scoring.waking import WakeUps
from tests.integration.delivery.conftest import Receiver
from tests.integration.scoring import test_nurturing as base
from tests.integration.scoring.test_accounts import catch_up
from tests.integration.scoring.test_feedback import assigned, heard, rows_of, said
from tests.integration.scoring.test_nurturing import (
    START,
    deliver,
    document,
    heard_by,
    here,
    looked,
    operator,
    recycled,
    submitted,
)
from tests.integration.scoring.test_nurturing_families import unsubscribed

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

told, client, receiver = base.told, base.client, base.receiver

EVA, LEO, MIA = ({"email": f"{name}@example.com"} for name in ("eva", "leo", "mia"))
GOOD = {"employees": 90, "job_title": "CEO"}


async def in_force(world: "World", rulebook: dict[str, Any]) -> None:
    """At once, as after its thirty seconds."""
    async with world.database.acquire() as conn:
        await conn.execute("UPDATE rulebook_versions SET rulebook = $1", rulebook)
    await looked(world)


async def test_who_left_while_no_webhook_was_named_is_told_once_it_is_named_again(
    told: "World", client: httpx.AsyncClient, receiver: Receiver
) -> None:
    for each in (EVA, LEO, MIA):
        await submitted(told, each)
    await looked(told)
    await deliver(told)
    receiver.got.clear()
    (row,) = await told.fetch("SELECT rulebook FROM rulebook_versions")
    named = row["rulebook"]
    await in_force(told, document(told, csv={"hour": 6}))
    await unsubscribed(client, told, "eva@example.com")
    erasing = PersonDesk(told.runtime, ErasureKeys.of("a long secret"))
    await erasing.erase(Named(key=("email", "leo@example.com")), Order("ops", "t1"))
    await looked(told)
    await deliver(told)
    assert receiver.got == []
    await in_force(told, named)
    await looked(told)
    await deliver(told)
    left = [(kind, data["because"]) for kind, data in heard_by(receiver)]
    assert sorted(left) == [("nurturing.left", "erased"), ("nurturing.left", "unsubscribed")]


async def test_another_webhook_is_not_told_who_left_the_one_before(
    told: "World", client: httpx.AsyncClient, receiver: Receiver
) -> None:
    await submitted(told, EVA)
    await submitted(told, LEO)
    await looked(told)
    await deliver(told)
    receiver.got.clear()
    await in_force(told, document(told, csv={"hour": 6}))
    await unsubscribed(client, told, "eva@example.com")
    await looked(told)
    webhook = {"url": f"http://127.0.0.1:{receiver.port}/other", "secret": "tool"}
    await in_force(told, document(told, webhook=webhook))
    await deliver(told)
    ((kind, data),) = heard_by(receiver)
    assert (kind, data["contact"]["email"]) == ("nurturing.entered", "leo@example.com")
    assert (await client.post("/v1/nurturing/resend", headers=operator(told))).json() == {"sent_again": 0}


async def test_a_competitors_lead_is_there_and_not_handed_to_marketing(
    told: "World", receiver: Receiver
) -> None:
    account = {"crm_id": "A-1", "name": "Acme", "domains": ["acme.example"], "standing": "competitor"}
    desk = AccountDesk(told.runtime)
    await desk.keep([account], by="ops")
    await submitted(told, {"email": "eva@acme.example"})
    assert (await here(told))["eva@acme.example"]["kept_back"] == "competitor"
    await desk.keep([account | {"standing": "none"}], by="ops")
    await catch_up(told)
    assert (await here(told))["eva@acme.example"]["kept_back"] is None
    await desk.keep([account | {"line": "training", "standing": "competitor"}], by="ops")
    await catch_up(told)
    assert (await here(told))["eva@acme.example"]["kept_back"] is None, "of another line"
    await deliver(told)
    assert [kind for kind, _ in heard_by(receiver)] == ["nurturing.entered"]


async def test_a_test_that_is_open_takes_nobodys_day_and_is_none_from_then_on(told: "World") -> None:
    old = await submitted(told, EVA | GOOD)
    await recycled(told, old, START + timedelta(days=2))
    test = await submitted(told, EVA, is_test=True, received_at=START + timedelta(days=1))
    await WakeUps(told.runtime).work()
    await told.runtime.published()
    woken = [each for each in told.published("lead-scored-bulk") if each.cause.kind is CauseKind.WAKE_UP]
    assert [(each.lead_id, each.is_test, each.stage) for each in woken] == [(test, False, Stage.SQL)]
    assert await told.fetch("SELECT became FROM wake_ups") == [{"became": "joined"}]


async def test_a_lead_that_was_given_back_and_won_later_is_one_row_that_was_won(
    told: "World", client: httpx.AsyncClient
) -> None:
    old = await submitted(told, EVA | GOOD)
    await recycled(told, old, START + timedelta(days=2))
    client.headers.update(operator(told))
    assert [(row["lead_id"], row["won"]) for row in await rows_of(client)] == [(str(old), 0)]
    await WakeUps(told.runtime).work()
    assert [row["won"] for row in await rows_of(client)] == [0]
    (row,) = await told.fetch("SELECT id FROM leads WHERE state = 'open'")
    assigned(told, row["id"], START + timedelta(days=2, hours=1))
    won = Outcome(result="won")
    said(told, row["id"], ProgressKind.OUTCOME, outcome=won, at=START + timedelta(days=3))
    await heard(told)
    assert [(found["lead_id"], found["won"]) for found in await rows_of(client)] == [(str(row["id"]), 1)]
    question = {"line": "main", "a": {}, "b": {}}
    answer = await client.post("/v1/scorecards/compare", json=question)
    result = answer.text.splitlines()[-1]
    assert '"ended":1,"won":1' in result, result


async def test_many_who_are_found_to_be_one_at_once_are_looked_at_once_each(told: "World") -> None:
    for number in range(10, 40):
        told.submit({"phone": f"+346000000{number}"}, received_at=START + timedelta(minutes=number))
    await told.settle()
    async with told.database.acquire() as conn:
        await conn.execute("DELETE FROM nurturing_looks")
        first = await conn.fetchval("SELECT id FROM persons ORDER BY id LIMIT 1")
        await conn.execute("UPDATE persons SET merged_into = $1 WHERE id <> $1", first)
    assert await told.fetch("SELECT count(*) FROM nurturing_looks") == [{"count": 30}]
