"""Nurturing of whoever turns out to be one person, under several lines and addresses; what the tool must hear
of those who left before."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx

from lead_events import Consent
from lead_events.words import CauseKind, ImportMode, ProgressKind, Stage
from scoring.accounts import AccountDesk
from scoring.domain.erasure import ErasureKeys
from scoring.nurturing_list import NurturingFile
from scoring.persons import Named, Order, PersonDesk
from scoring.waking import WakeUps
from service_kit.clock import ManualClock, ManualTransactionClock
from tests.integration.delivery.conftest import Receiver
from tests.integration.scoring import test_nurturing as base
from tests.integration.scoring.test_accounts import catch_up
from tests.integration.scoring.test_feedback import heard, said
from tests.integration.scoring.test_nurturing import (
    START,
    deliver,
    document,
    heard_by,
    here,
    looked,
    operator,
    recycled,
    rows_in,
    submitted,
)

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

told, client, receiver = base.told, base.client, base.receiver

PHONE = {"phone": "+34600111222"}
EVA = {"email": "eva@example.com"}
FAR = datetime(2099, 4, 1, 8, tzinfo=UTC)


async def unsubscribed(client: httpx.AsyncClient, world: "World", *emails: str) -> None:
    report = {"unsubscribes": [{"email": email} for email in emails]}
    answer = await client.post("/v1/nurturing/unsubscribes", json=report, headers=operator(world))
    assert answer.json()["taken"] == len(emails), answer.text


async def lines_here(world: "World") -> list[str]:
    await looked(world)
    rows = await world.fetch("SELECT line FROM nurturing WHERE left_at IS NULL ORDER BY line")
    return [row["line"] for row in rows]


async def two_lines_of_one_person(world: "World") -> None:
    """An open lead of one line, and a recycled one of another that stays with whom it was of."""
    await submitted(world, EVA)
    other = await submitted(world, PHONE, lines=["training"], received_at=START + timedelta(minutes=1))
    await recycled(world, other, FAR, line="training")
    assert await lines_here(world) == ["main", "training"]
    await submitted(world, EVA | PHONE, received_at=START + timedelta(hours=5))
    assert await lines_here(world) == ["main", "training"]
    roots = await world.fetch("SELECT DISTINCT person_id FROM nurturing WHERE left_at IS NULL")
    assert len(roots) == 1


async def test_who_unsubscribes_leaves_every_line_also_by_a_lead_from_before_a_merge(
    told: "World", client: httpx.AsyncClient, receiver: Receiver
) -> None:
    await two_lines_of_one_person(told)
    await unsubscribed(client, told, "eva@example.com")
    assert await lines_here(told) == []
    await deliver(told)
    gone = [(data["line"], data["because"]) for kind, data in heard_by(receiver) if kind.endswith("left")]
    assert ("training", "unsubscribed") in gone


async def test_who_is_merged_with_somebody_unsubscribed_leaves_every_line(
    told: "World", client: httpx.AsyncClient
) -> None:
    await unsubscribed(client, told, "eva@example.com")
    await submitted(told, PHONE)
    await submitted(told, EVA, lines=["training"], received_at=START + timedelta(minutes=1))
    assert await lines_here(told) == ["main"]
    await submitted(
        told, EVA | PHONE, lines=["training"], received_at=START + timedelta(minutes=2), consent=None
    )
    assert await lines_here(told) == []


async def test_an_address_that_unsubscribed_before_makes_whoever_gives_it_leave_every_line(
    told: "World", client: httpx.AsyncClient
) -> None:
    await unsubscribed(client, told, "eva@example.com")
    await submitted(told, PHONE)
    assert await lines_here(told) == ["main"]
    await submitted(told, EVA | PHONE, lines=["training"], received_at=START + timedelta(minutes=2))
    assert await lines_here(told) == []


async def test_who_is_to_be_left_alone_leaves_by_leads_of_everybody_they_turned_out_to_be(
    told: "World",
) -> None:
    await two_lines_of_one_person(told)
    await submitted(told, {"email": "eva.b@example.com"}, received_at=START + timedelta(hours=6))
    desk = PersonDesk(told.runtime, ErasureKeys())
    await desk.suppress(Named(key=("email", "eva.b@example.com")), Order("ops", "t1"))
    await submitted(
        told,
        {"email": "eva.b@example.com", "external_id": "C-1"},
        received_at=START + timedelta(hours=7),
        explicit_ask=False,
    )
    await submitted(told, EVA | {"external_id": "C-1"}, received_at=START + timedelta(hours=8))
    assert await lines_here(told) == []


async def test_gmails_spellings_of_an_address_are_one_and_an_erasure_takes_them_all(
    told: "World", client: httpx.AsyncClient
) -> None:
    await unsubscribed(client, told, "E.va.Pons+news@gmail.com")
    await submitted(told, {"email": "evap.ons@googlemail.com"})
    assert await lines_here(told) == []
    desk = PersonDesk(told.runtime, ErasureKeys.of("a long secret"))
    name = Named(key=("email", "evap.ons@googlemail.com"))
    exported = (await desk.export(name, Order("ops", "t1")))[1]
    assert {each["value"] for each in exported["unsubscribes"]} == {
        "e.va.pons+news@gmail.com",
        "evapons@gmail.com",
    }
    await desk.erase(name, Order("ops", "t1"))
    assert await told.fetch("SELECT 1 FROM unsubscribes") == []


async def test_the_tool_hears_an_address_that_becomes_known_later(told: "World", receiver: Receiver) -> None:
    await submitted(told, PHONE | {"first_name": "Eva"})
    await looked(told)
    await submitted(told, PHONE | {"email": "eva@example.com"}, received_at=START + timedelta(hours=1))
    await looked(told)
    await looked(told)
    await deliver(told)
    said = sorted((data["revision"], kind, data["contact"]) for kind, data in heard_by(receiver))
    assert said == [
        (1, "nurturing.entered", {"first_name": "Eva"}),
        (2, "nurturing.changed", {"first_name": "Eva", "email": "eva@example.com"}),
    ]


async def test_of_an_erased_person_the_tool_hears_also_if_they_had_left_before(
    told: "World", receiver: Receiver
) -> None:
    await submitted(told, EVA)
    await looked(told)
    await submitted(told, EVA | {"employees": 90, "job_title": "CEO"}, received_at=START + timedelta(hours=1))
    assert await lines_here(told) == []
    desk = PersonDesk(told.runtime, ErasureKeys.of("a long secret"))
    await desk.erase(Named(key=("email", "eva@example.com")), Order("ops", "t1"))
    await looked(told)
    await looked(told)
    await deliver(told)
    said = [
        (data["revision"], data["because"], data["contact"])
        for kind, data in heard_by(receiver)
        if kind == "nurturing.left"
    ]
    assert said == [(3, "erased", {})], "the message of before was taken back"
    assert "eva" not in json.dumps(await told.fetch("SELECT * FROM nurturing"), default=str).lower()


async def test_who_comes_back_after_months_is_told_under_a_higher_revision(
    told: "World", receiver: Receiver
) -> None:
    await submitted(told, EVA)
    await looked(told)
    await submitted(told, EVA, consent=Consent(given=False, at=START + timedelta(hours=1)))
    desk = PersonDesk(told.runtime, ErasureKeys())
    await desk.suppress(Named(key=("email", "eva@example.com")), Order("ops", "t1"))
    assert await lines_here(told) == []
    async with told.database.acquire() as conn:
        await conn.execute("UPDATE nurturing SET left_at = left_at - interval '90 days'")
    await looked(told)
    await desk.allow(Named(key=("email", "eva@example.com")), Order("ops", "t1"))
    yes = Consent(given=True, text_version="2026-01", at=START + timedelta(days=90))
    await submitted(told, EVA, received_at=START + timedelta(days=90), consent=yes)
    assert await lines_here(told) == ["main"]
    await deliver(told)
    revisions = [data["revision"] for _, data in heard_by(receiver)]
    assert sorted(revisions) == [1, 2, 3]


async def test_the_daily_file_names_who_was_handed_over_and_may_not_be_any_more(
    bare_world: "World", tmp_path: Path
) -> None:
    world = bare_world
    await world.publish_rulebook(document(world, csv={"hour": 6}))
    await submitted(world, EVA)
    await looked(world)
    clock = ManualClock(datetime.now(UTC).replace(hour=12))
    world.database.clock = ManualTransactionClock(clock)
    await NurturingFile(world.runtime, tmp_path).work()
    clock.advance(3600)
    no = Consent(given=False, text_version="2026-01", at=START + timedelta(hours=1))
    await submitted(world, EVA, received_at=START + timedelta(hours=1), consent=no)
    await looked(world)
    clock.advance(24 * 3600)
    await NurturingFile(world.runtime, tmp_path).work()
    rows = rows_in(tmp_path / f"nurturing-{clock.now().date()}.csv")
    assert [(row["state"], row["reason"]) for row in rows] == [("left", "not to be handed over any more")]


async def test_what_was_given_up_is_sent_again_on_demand_the_newest_of_each_contact(
    told: "World", client: httpx.AsyncClient, receiver: Receiver
) -> None:
    receiver.answers = [b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"]
    await submitted(told, EVA)
    await submitted(told, {"email": "leo@example.com"})
    await looked(told)
    await submitted(told, EVA | {"company": "Aurora"}, received_at=START + timedelta(hours=1))
    await looked(told)
    erased = PersonDesk(told.runtime, ErasureKeys.of("a long secret"))
    await submitted(told, {"email": "mia@example.com"})
    await looked(told)
    await erased.erase(Named(key=("email", "mia@example.com")), Order("ops", "t1"))
    async with told.database.acquire() as conn:
        await conn.execute("UPDATE deliveries SET give_up_at = now() WHERE state = 'pending'")
    await deliver(told)
    receiver.got.clear()
    receiver.answers = [b"HTTP/1.1 204 No Content\r\n\r\n"]
    await deliver(told)
    assert receiver.got == []
    for sent_again in (2, 0):
        answer = await client.post("/v1/nurturing/resend", headers=operator(told))
        assert answer.json() == {"sent_again": sent_again}
    await deliver(told)
    assert sorted((data["contact"]["email"], data["revision"]) for _, data in heard_by(receiver)) == [
        ("eva@example.com", 2),
        ("leo@example.com", 1),
    ]
    assert (await client.post("/v1/nurturing/resend")).status_code == 401


async def test_one_address_that_is_none_keeps_no_other_from_unsubscribing(
    told: "World", client: httpx.AsyncClient
) -> None:
    odd = ["x" * 400 + "@example.com", "\u2028", "", "eva@example.com\nleo@example.com"]
    report = {"unsubscribes": [{"email": email} for email in [*odd, "eva@example.com"]]}
    answer = await client.post("/v1/nurturing/unsubscribes", json=report, headers=operator(told))
    assert (answer.status_code, answer.json()["taken"]) == (200, 1), answer.text
    assert await told.fetch("SELECT value FROM unsubscribes") == [{"value": "eva@example.com"}]


async def test_nothing_is_sent_again_where_nobody_is_told(
    bare_world: "World", client: httpx.AsyncClient
) -> None:
    await bare_world.publish_rulebook(document(bare_world, csv={"hour": 6}))
    answer = await client.post("/v1/nurturing/resend", headers=operator(bare_world))
    assert answer.status_code == 409
    assert "webhook" in answer.json()["detail"]


async def test_a_request_of_ours_is_not_handed_to_marketing_whatever_its_score(told: "World") -> None:
    account = {"crm_id": "A-1", "name": "Acme", "domains": ["acme.example"], "standing": "customer"}
    desk = AccountDesk(told.runtime)
    await desk.keep([account], by="ops")
    await submitted(told, {"email": "eva@acme.example"}, explicit_ask=True)
    await submitted(told, {"email": "leo@acme.example"})
    await submitted(told, {"email": "mia@other.example"}, explicit_ask=True)
    assert set(await here(told)) == {"leo@acme.example", "mia@other.example"}
    await desk.keep([account | {"domains": ["acme.example", "other.example"]}], by="ops")
    await catch_up(told)
    assert set(await here(told)) == {"leo@acme.example"}
    await desk.keep([account | {"standing": "competitor"}], by="ops")
    await catch_up(told)
    assert set(await here(told)) == {"eva@acme.example", "leo@acme.example", "mia@other.example"}


async def test_a_list_that_names_a_recycled_person_does_not_take_their_day(told: "World") -> None:
    old = await submitted(told, EVA | {"employees": 90, "job_title": "CEO"}, explicit_ask=True)
    await recycled(told, old, START + timedelta(days=2))
    imported = {"import_id": uuid4(), "row": 1, "mode": ImportMode.NURTURE}
    listed = await submitted(
        told, EVA, imported=imported, topic="lead-imported", received_at=START + timedelta(days=1)
    )
    assert (await here(told))["eva@example.com"]["why"] == "imported"
    await WakeUps(told.runtime).work()
    await WakeUps(told.runtime).work()
    await told.runtime.published()
    woken = [each for each in told.published("lead-scored-bulk") if each.cause.kind is CauseKind.WAKE_UP]
    assert [(each.lead_id, each.handling, each.stage) for each in woken] == [(listed, None, Stage.SQL)]
    assert await told.fetch("SELECT became FROM wake_ups") == [{"became": "joined"}]
    assert await here(told) == {}


async def test_a_test_that_has_ended_takes_nobodys_day(told: "World") -> None:
    old = await submitted(told, EVA)
    await recycled(told, old, START + timedelta(days=2))
    test = await submitted(told, EVA, is_test=True, received_at=START + timedelta(days=1))
    said(told, test, ProgressKind.REJECTED, reason="a test", at=START + timedelta(days=1, hours=1))
    await heard(told)
    assert (await here(told))["eva@example.com"]["why"] == "recycled"
    await WakeUps(told.runtime).work()
    assert await told.fetch("SELECT became FROM wake_ups") == [{"became": "opened"}]


async def test_a_lead_whose_line_has_no_scorecard_wakes_once_it_has_one(told: "World") -> None:
    old = await submitted(told, EVA, lines=["training"])
    await recycled(told, old, START + timedelta(days=2), line="training")
    whole = (await told.fetch("SELECT rulebook FROM rulebook_versions"))[0]["rulebook"]
    cards = {line: card for line, card in whole["scorecards"].items() if line != "training"}
    async with told.database.acquire() as conn:
        await conn.execute("UPDATE rulebook_versions SET rulebook = $1", whole | {"scorecards": cards})
        await WakeUps(told.runtime).work()
        assert await told.fetch("SELECT became FROM wake_ups") == [{"became": None}]
        await conn.execute("UPDATE rulebook_versions SET rulebook = $1", whole)
    await WakeUps(told.runtime).work()
    assert await told.fetch("SELECT became FROM wake_ups") == [{"became": "opened"}]
