"""What operators can ask, and what the figures say."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from prometheus_client import REGISTRY

from sla_monitor.handlers.gauges import export_gauges
from sla_monitor.main import build_app
from tests.integration.sla_monitor.worlds import MARGIN, MONDAY_9, World, a_lead

ACCEPT_DUE = MONDAY_9 + timedelta(minutes=15)


async def ok(api: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await api.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_lead_shows_its_promises_and_who_had_it(world: World, api: httpx.AsyncClient) -> None:
    lead = a_lead()
    world.publish_rulebook()
    received = MONDAY_9 - timedelta(minutes=2)
    world.scored(
        lead,
        journey={
            "received_at": received,
            "durable_at": received + timedelta(seconds=20),
            "scored_at": received + timedelta(seconds=50),
        },
    )
    world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        world.at(MONDAY_9 + timedelta(minutes=10))
        world.acted(lead, "accepted", at=MONDAY_9 + timedelta(minutes=9))
        await world.read_all(consumer)
        found = await ok(api, f"/v1/leads/{lead}/timers")
    accept, response = found["timers"]
    assert (accept["kind"], accept["state"], accept["ended_by"]) == ("accept", "kept", "accepted")
    assert (response["state"], response["remaining_working_seconds"]) == ("pending", 1200.0)
    assert [warning["share"] for warning in response["warnings"]] == [0.5, 0.8]
    parts = [(part["part"], part["microseconds"] / 1e6) for part in found["attribution"]["parts"]]
    assert parts == [("intake", 20.0), ("scoring", 30.0), ("routing", 70.0), ("rep", 600.0)]
    assert found["state"] == "assigned"


async def test_firings_are_read_on_from_a_cursor(world: World, api: httpx.AsyncClient) -> None:
    leads = [a_lead() for _ in range(3)]
    world.publish_rulebook()
    for lead in leads:
        world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
        assert await ok(api, "/v1/firings") == {"firings": [], "next_cursor": 0}
        world.at(ACCEPT_DUE + MARGIN)
        await world.read_all(consumer)
        await world.fire()
        page = await ok(api, "/v1/firings", limit=2)
        rest = await ok(api, "/v1/firings", after=page["next_cursor"])
        world.acted(leads[0], "accepted", at=ACCEPT_DUE)
        await world.read_all(consumer)
        more = await ok(api, "/v1/firings", after=rest["next_cursor"])
    seen = [row["id"] for answer in (page, rest, more) for row in answer["firings"]]
    assert len(seen) == len(set(seen)) == 3 + 3 + 1
    (withdrawal,) = more["firings"]
    assert (withdrawal["level"], withdrawal["event"]["act_kind"]) == ("withdrawal", "accepted")
    assert withdrawal["event"]["lead_id"] == str(leads[0])
    nothing = await ok(api, "/v1/firings", after=more["next_cursor"])
    assert nothing == {"firings": [], "next_cursor": more["next_cursor"]}


async def test_timers_are_paged_by_state_and_due_time(world: World, api: httpx.AsyncClient) -> None:
    leads = [a_lead() for _ in range(3)]
    world.publish_rulebook()
    for lead in leads:
        world.assigned(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        await world.catch_up()
    pages, cursor = [], None
    while True:
        page = await ok(api, "/v1/timers", limit=4, **({"cursor": cursor} if cursor else {}))
        pages.append(page["timers"])
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [len(page) for page in pages] == [4, 2]
    due = [timer["due_at"] for page in pages for timer in page]
    assert due == sorted(due)
    assert len({timer["id"] for page in pages for timer in page}) == 6
    assert (await ok(api, "/v1/timers", state="breached"))["timers"] == []


async def test_bad_questions_are_refused_with_what_to_send(world: World, api: httpx.AsyncClient) -> None:
    for path, status, word in (
        (f"/v1/leads/{a_lead()}/timers", 404, "baton leads"),
        ("/v1/leads/7/timers", 422, "lead_id"),
        ("/v1/timers?state=lost", 422, "pending"),
        ("/v1/timers?cursor=tomorrow~7", 422, "cursor"),
        (f"/v1/timers?cursor=0001-01-01T00:00:00%2B20:00~{UUID(int=1)}", 422, "cursor"),
        (f"/v1/timers?cursor=infinity{UUID(int=1)}", 422, "cursor"),
        ("/v1/timers?cursor=%00~%00", 422, "cursor"),
        ("/v1/timers?limit=0", 422, "limit"),
        ("/v1/firings?after=seven", 422, "after"),
        (f"/v1/firings?after={2**64}.1", 422, "after"),
    ):
        answer = await api.get(path)
        assert answer.status_code == status, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert word in answer.text, path
    far_east = f"2026-01-01T00:00:00%2B20:00~{UUID(int=1)}"
    assert (await api.get(f"/v1/timers?cursor={far_east}")).status_code == 200
    for token in ({"Authorization": "Bearer no"}, {"Authorization": ""}):
        refused = await api.get("/v1/timers", headers=token)
        assert refused.status_code == 401
        assert refused.headers["content-type"] == "application/problem+json"


async def test_what_was_read_is_accounted_for(world: World, api: httpx.AsyncClient) -> None:
    lead, other = a_lead(), a_lead()
    world.publish_rulebook()
    world.scored(lead)
    world.assigned(lead)
    world.routed(other, "held", hold_reason="no_capacity", round=0)
    async with world.reading() as consumer:
        await world.read_all(consumer)
    answer = await ok(api, "/v1/conservation")
    assert answer["unaccounted"] == 0
    assert answer["leads"] == {"assigned": 1, "held": 1}
    read = {hop["topic"]: (hop["hop"], hop["read"]) for hop in answer["hops"]}
    assert read["lead-routed"] == ("router-sla-monitor", 2)


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_requests_of_known_accounts_are_no_new_leads_and_their_speed_counts(world: World) -> None:
    def figures() -> list[float]:
        return [
            value("baton_leads_received_total", source="website", quadrant="perfect"),
            *(
                value("baton_account_requests_total", standing=standing)
                for standing in ("customer", "partner", "open_deal", "competitor")
            ),
            value("baton_speed_to_lead_seconds_count"),
        ]

    account = {"id": UUID(int=17), "crm_id": "A-17", "name": "Acme"}
    world.publish_rulebook()
    async with world.reading() as consumer:
        await world.read_all(consumer)
        before = figures()
        for standing in ("customer", "none"):
            lead = a_lead()
            world.scored(lead, account=account | {"standing": standing})
            world.assigned(lead)
            world.acted(lead, "contacted", at=world.clock.now())
        await world.read_all(consumer)
    assert [new - old for new, old in zip(figures(), before, strict=True)] == [1, 1, 0, 0, 0, 2]


OWN = {"form_id": "+own", "source": "own"}


@pytest.mark.parametrize("first", ["scored", "contacted", "assigned"])
async def test_what_a_rep_found_earns_marketing_nothing_and_breaks_no_promise(
    world: World, api: httpx.AsyncClient, first: str
) -> None:
    """In whatever order it is heard of."""

    def figures() -> list[float]:
        return [
            value("baton_leads_received_total", source="other", quadrant="perfect"),
            value("baton_own_leads_total"),
            value("baton_speed_to_lead_seconds_count"),
            value("baton_first_response_working_seconds_count"),
        ]

    lead = a_lead()
    news = {
        "scored": lambda: world.scored(lead, **OWN),
        "assigned": lambda: world.assigned(lead, is_own=True),
        "contacted": lambda: world.acted(lead, "contacted", at=world.clock.now(), seq=1),
    }
    world.publish_rulebook()
    async with world.reading() as consumer:
        await world.read_all(consumer)
        before = figures()
        for name in sorted(news, key=lambda each: each != first):
            news[name]()
            await world.read_all(consumer)
        world.clock.advance(86_400)
        await world.read_all(consumer)
        assert await world.fire() == []
    assert [new - old for new, old in zip(figures(), before, strict=True)] == [0, 1, 0, 0]
    shown = await ok(api, f"/v1/leads/{lead}/timers")
    assert (shown["is_own"], shown["timers"]) == (True, [])


async def test_what_sales_gives_back_as_another_one_again_is_taken_off_its_source(world: World) -> None:
    def figures() -> list[float]:
        return [
            value("baton_leads_received_total", source="website", quadrant="perfect"),
            value("baton_leads_duplicate_total", source="website"),
            value("baton_leads_duplicate_total", source="other"),
        ]

    world.publish_rulebook()
    async with world.reading() as consumer:
        await world.read_all(consumer)
        before = figures()
        for given in ({}, {"is_test": True}, OWN):
            lead = a_lead()
            world.scored(lead, **given)
            is_test = bool(given.get("is_test"))
            world.assigned(lead, is_test=is_test, is_own=given is OWN)
            world.acted(lead, "rejected", code="duplicate", is_test=is_test)
            await world.read_all(consumer)
        world.acted(a_lead(), "rejected", code="wrong_data")
        await world.read_all(consumer)
    assert [new - old for new, old in zip(figures(), before, strict=True)] == [1, 1, 0]


async def test_figures_count_leads_and_response_times_and_leave_tests_out(world: World) -> None:
    def figures() -> list[float]:
        return [
            value("baton_leads_received_total", source="website", quadrant="perfect"),
            value("baton_leads_received_total", source="other", quadrant="perfect"),
            value("baton_leads_routed_total", kind="assigned"),
            value("baton_holds_total", reason="no_capacity"),
            value("baton_lead_acts_total", kind="rejected"),
            value("baton_speed_to_lead_seconds_sum"),
            value("baton_first_response_working_seconds_sum"),
            value("baton_accept_working_seconds_count"),
            value("baton_sla_breached_total", kind="accept", team="iberia", charged_to="rep", trial="false"),
        ]

    world.publish_rulebook()
    async with world.reading() as consumer:
        await world.read_all(consumer)
        before = figures()
        for is_test in (True, False):
            answered, ignored, held = a_lead(), a_lead(), a_lead()
            world.scored(answered, is_test=is_test)
            world.scored(ignored, is_test=is_test, source="a page nobody declared")
            world.assigned(answered, is_test=is_test)
            world.assigned(ignored, is_test=is_test)
            world.routed(held, "held", hold_reason="no_capacity", round=0, is_test=is_test)
            world.acted(held, "rejected", is_test=is_test)
            opened = world.clock.now()
            world.acted(answered, "accepted", at=opened + timedelta(minutes=1), is_test=is_test)
            world.acted(answered, "contacted", at=opened + timedelta(minutes=2), is_test=is_test)
            await world.read_all(consumer)
            world.at(opened + timedelta(minutes=15) + MARGIN)
            await world.read_all(consumer)
            await world.fire()
            world.at(opened + timedelta(minutes=20))
            await world.read_all(consumer)
    await export_gauges(world.database)
    change = [after - earlier for after, earlier in zip(figures(), before, strict=True)]
    assert change == [1, 1, 2, 1, 1, 120, 120, 1, 1]
    assert value("baton_sla_open_timers", kind="first_response", time_left="over", trial="false") == 0
    assert value("baton_sla_open_timers", kind="first_response", time_left="under_1h", trial="false") == 1
    assert value("baton_sla_leads", state="held") == 2
    assert value("baton_sla_missing_facts") == 0
    assert value("baton_sla_reading_age_seconds", topic="lead-routed") >= 0


async def test_the_application_reads_and_fires_by_itself(world: World) -> None:
    lead = a_lead()
    world.publish_rulebook()
    world.assigned(lead)
    application = build_app(world.settings, runtime=world.runtime)
    async with application.router.lifespan_context(application):

        async def opened() -> bool:
            return bool(await world.query("SELECT FROM timers"))

        await world.eventually(opened)
        world.at(ACCEPT_DUE + MARGIN)

        async def breached() -> bool:
            return len(world.out("sla-breached")) == 1

        await world.eventually(breached)
    assert world.out("sla-breached")[0].kind == "accept"
