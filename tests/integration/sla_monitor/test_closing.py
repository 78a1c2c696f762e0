"""Signing a month, what is booked with the second name, and what becomes of later news."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from service_kit.postgres import Connection
from sla_monitor.ledger import closing
from sla_monitor.ledger.book import Correction
from tests.integration.sla_monitor.ledgers import month
from tests.integration.sla_monitor.worlds import MARGIN, MONDAY_9, World, a_lead

THIRD_WORKING_DAY = datetime(2026, 4, 3, 8, 0, tzinfo=UTC)
GOALS = {"marketing": {"goals": {"all": {"goal": 10}}}}


async def _sign(api: httpx.AsyncClient, side: str, period: str = "2026-03") -> httpx.Response:
    body = {"side": side, "name": f"Head of {side}"}
    return await api.post(f"/v1/reports/{period}/sign", json=body)


async def _closed(api: httpx.AsyncClient, period: str = "2026-03") -> None:
    assert not (await _sign(api, "marketing", period)).json()["is_closed"]
    assert (await _sign(api, "sales", period)).json()["is_closed"]


async def _a_month(world: World, lead: UUID) -> None:
    """One lead delivered in March, accepted in time, answered late."""
    world.publish_rulebook(agreement=GOALS)
    world.scored(lead)
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(MONDAY_9 + timedelta(minutes=1))
        world.acted(lead, "accepted")
        world.at(MONDAY_9 + timedelta(minutes=30) + MARGIN)
        await world.read_all(consumer)
        await world.fire()
    world.at(THIRD_WORKING_DAY)


async def test_the_second_signature_closes_and_books_each_part(world: World, api: httpx.AsyncClient) -> None:
    lead = a_lead()
    await _a_month(world, lead)
    await _closed(api)
    book = await month(world)
    assert book.closing.is_closed
    assert book.closing.sales == ("Head of sales", THIRD_WORKING_DAY)
    assert {(each.measure, each.goal): each.amount for each in book.booked} == {
        ("delivered", "all"): Decimal(1),
        ("due", None): Decimal(1),
        ("kept", "accept"): Decimal(1),
        ("broken", "first_response"): Decimal(1),
    }
    actions = [each["action"] for each in (await api.get("/v1/audit")).json()["audit"]]
    assert actions == ["month.sign", "month.sign"]


async def test_what_turns_out_later_is_a_correction_of_the_open_month(
    world: World, api: httpx.AsyncClient
) -> None:
    lead = a_lead()
    await _a_month(world, lead)
    await _closed(api)
    timers = {row.kind.value: row.id for row in (await month(world)).promises}
    async with world.reading() as consumer:
        world.acted(lead, "contacted", at=MONDAY_9 + timedelta(minutes=20))
        await world.read_all(consumer)
    expected = {
        Correction("2026-03", "broken", timers["first_response"], Decimal(-1), "first_response"),
        Correction("2026-03", "kept", timers["first_response"], Decimal(1), "first_response"),
        Correction("2026-03", "worked", lead, Decimal(1), None),
    }
    assert set((await month(world, "2026-04")).corrections) == expected
    assert (await month(world)).corrections == ()
    booked = {(each.measure, each.goal) for each in (await month(world)).booked}
    assert ("broken", "first_response") in booked
    world.at(datetime(2026, 5, 7, 8, 0, tzinfo=UTC))
    await _closed(api, "2026-04")
    assert set((await month(world, "2026-04")).corrections) == expected
    assert (await month(world, "2026-05")).corrections == ()


async def test_an_objection_decided_after_the_closing_is_a_correction_too(
    world: World, api: httpx.AsyncClient
) -> None:
    lead = a_lead()
    await _a_month(world, lead)
    world.at(MONDAY_9 + timedelta(days=40))
    await _closed(api)
    window = {
        "from": MONDAY_9.isoformat(),
        "until": (MONDAY_9 + timedelta(hours=1)).isoformat(),
        "why": "the exchange was down",
    }
    await api.post("/v1/incidents", json=window)
    (found,) = (await month(world, "2026-04")).corrections
    assert (found.of, found.measure, found.amount) == ("2026-03", "broken", Decimal(-1))


async def test_a_month_is_not_signed_before_its_day_nor_twice_nor_out_of_turn(
    world: World, api: httpx.AsyncClient
) -> None:
    assert (await _sign(api, "sales")).json()["title"] == "Nothing is agreed yet"
    await _a_month(world, a_lead())
    for unreadable in ("March", "2026-3", "2026-00", "\uff12026-03"):
        assert (await _sign(api, "sales", unreadable)).status_code == 422, unreadable
    early = await _sign(api, "sales", "2026-04")
    assert (early.status_code, early.json()["signs_from"]) == (409, "2026-05-05")
    assert "working day 3" in early.json()["detail"]
    assert (await _sign(api, "sales")).status_code == 200
    again = await _sign(api, "sales")
    assert (again.status_code, again.json()["title"]) == (409, "This side has signed")
    assert (await _sign(api, "marketing")).json()["is_closed"]
    assert (await _sign(api, "marketing")).status_code == 409
    world.at(datetime(2026, 6, 9, 8, 0, tzinfo=UTC))
    assert "sign 2026-04 before 2026-05" in (await _sign(api, "sales", "2026-05")).json()["detail"]
    assert "was over before" in (await _sign(api, "sales", "2026-02")).json()["detail"]


async def test_what_waits_are_months_that_may_be_signed_with_the_sides_that_have_not(
    world: World, api: httpx.AsyncClient
) -> None:
    async def waits() -> dict[str, list[str]]:
        found = (await api.get("/v1/agreement/waiting")).json()
        assert found["objections"] == 0
        return {each["period"]: each["sides"] for each in found["months"]}

    assert await waits() == {}, "nothing is agreed"
    await _a_month(world, a_lead())
    assert await waits() == {"2026-03": ["marketing", "sales"]}, "no month before the first rulebook"
    await _sign(api, "marketing")
    assert await waits() == {"2026-03": ["sales"]}
    await _sign(api, "sales")
    assert await waits() == {}
    world.at(datetime(2026, 5, 4, 8, 0, tzinfo=UTC))
    assert await waits() == {}, "the third working day has not come"
    world.at(datetime(2026, 6, 9, 8, 0, tzinfo=UTC))
    both = ["marketing", "sales"]
    assert list((await waits()).items()) == [("2026-04", both), ("2026-05", both)], "in the order of signing"


async def test_two_who_sign_at_once_close_the_month_once(world: World, api: httpx.AsyncClient) -> None:
    await _a_month(world, a_lead())
    answers = await asyncio.gather(*(_sign(api, side) for side in ("marketing", "sales", "sales")))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 409]
    assert [answer.json().get("is_closed") for answer in answers].count(True) == 1
    booked = await world.query("SELECT count(*) AS found FROM bookings")
    assert booked == [{"found": 4}]


async def test_what_arrives_while_a_month_is_being_closed_is_booked_or_a_correction(
    world: World, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The news commits after the closing has taken its look at the store, and before it commits itself."""
    lead = a_lead()
    await _a_month(world, lead)
    await _sign(api, "marketing")
    reached, go_on = asyncio.Event(), asyncio.Event()

    book_them = closing._copy

    async def held(conn: Connection, lines: bytes) -> int:
        reached.set()
        await go_on.wait()
        return await book_them(conn, lines)

    monkeypatch.setattr(closing, "_copy", held)
    signing = asyncio.create_task(_sign(api, "sales"))
    await reached.wait()
    async with world.reading() as consumer:
        world.acted(lead, "contacted", at=MONDAY_9 + timedelta(minutes=20))
        await world.read_all(consumer)
    go_on.set()
    assert (await signing).json()["is_closed"]
    assert {each.measure for each in (await month(world)).booked} == {"delivered", "due", "kept", "broken"}
    later = {each.measure: each.amount for each in (await month(world, "2026-04")).corrections}
    assert later == {"broken": Decimal(-1), "kept": Decimal(1), "worked": Decimal(1)}


async def test_a_breach_is_said_while_a_month_is_being_closed(
    world: World, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _a_month(world, a_lead())
    await _sign(api, "marketing")
    reached, go_on = asyncio.Event(), asyncio.Event()
    book_them = closing._copy

    async def held(conn: Connection, lines: bytes) -> int:
        reached.set()
        await go_on.wait()
        return await book_them(conn, lines)

    monkeypatch.setattr(closing, "_copy", held)
    signing = asyncio.create_task(_sign(api, "sales"))
    await reached.wait()
    late = a_lead()
    async with world.reading() as consumer:
        world.scored(late)
        world.assigned(late)
        await world.read_all(consumer)
        await world.catch_up()
        await world.up_to(consumer, THIRD_WORKING_DAY + timedelta(minutes=30))
    assert [each.kind.value for each in world.out("sla-breached", late)] == ["accept", "first_response"]
    assert not signing.done()
    go_on.set()
    assert (await signing).json()["is_closed"]


async def test_a_month_whose_bookings_cannot_be_computed_stays_open_and_is_signed_again(
    world: World, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _a_month(world, a_lead())
    await _sign(api, "marketing")
    with monkeypatch.context() as broken:
        broken.setattr(world.settings, "dsn", SecretStr("postgresql://nobody@127.0.0.1:1/none"))
        answer = await _sign(api, "sales")
    assert (answer.status_code, answer.json()["title"]) == (503, "The month could not be closed")
    assert await world.query("SELECT FROM bookings") == []
    assert (await _sign(api, "sales")).json()["is_closed"]


async def test_a_closed_months_report_stands_as_it_was_signed_whatever_comes_later(
    world: World, api: httpx.AsyncClient
) -> None:
    lead = a_lead()
    await _a_month(world, lead)
    await _closed(api)
    signed = (await api.get("/v1/reports/2026-03")).json()
    assert (signed["head"]["state"], signed["head"]["signatures"][1]["name"]) == ("closed", "Head of sales")
    assert signed["sales"]["promises"][1]["broken_in_all"] == 1
    async with world.reading() as consumer:
        world.acted(lead, "contacted", at=MONDAY_9 + timedelta(minutes=29))
        world.acted(
            lead, "outcome", at=MONDAY_9 + timedelta(days=3), result="lost", code="price", reason="no"
        )
        await world.read_all(consumer)
    world.at(THIRD_WORKING_DAY + timedelta(days=1))
    assert (await api.get("/v1/reports/2026-03")).json() == signed
    assert "Head of sales" in (await api.get("/v1/reports/2026-03", params={"format": "html"})).text
    corrected = (await api.get("/v1/reports/2026-04")).json()["disputes"]["corrections"]
    assert {each["of"] for each in corrected} == {"2026-03"}


async def test_a_report_kept_by_a_release_with_other_figures_is_made_anew(
    world: World, api: httpx.AsyncClient
) -> None:
    await _a_month(world, a_lead())
    await _closed(api)
    signed = (await api.get("/v1/reports/2026-03")).json()
    async with world.database.acquire() as conn:
        await conn.execute("""UPDATE months SET report = '{"head": {}}'""")
    again = (await api.get("/v1/reports/2026-03")).json()
    assert again["sales"] == signed["sales"]
    assert again["marketing"] == signed["marketing"]
