"""What screens see of running promises, and whose minutes a late lead's were."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from sla_monitor.handlers.gauges import export_gauges
from tests.integration.sla_monitor.test_api import ok, value
from tests.integration.sla_monitor.test_kinds import DAY, MINUTE, only
from tests.integration.sla_monitor.worlds import MONDAY_9, OPEN_UTC, World, a_lead


async def test_running_promises_are_shown_with_what_is_left_of_them(
    world: World, api: httpx.AsyncClient
) -> None:
    paused, running, night = a_lead(), a_lead(), a_lead()
    world.publish_rulebook(promises=only(outcome_within="100m"))
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.assigned(paused)
        world.assigned(running, team="italia", rep_id="rep-ion")
        world.assigned(night, team="italia", rep_id="rep-ada", calendar=DAY)
        await world.up_to(consumer, MONDAY_9 + 10 * MINUTE)
        world.acted(paused, "paused", at=MONDAY_9 + 10 * MINUTE, code="waits_for_buyer")
        world.acted(night, "paused", at=MONDAY_9 + 10 * MINUTE, code="waits_for_buyer",
            until=MONDAY_9 + timedelta(hours=9))  # fmt: skip
        await world.read_all(consumer)
        world.at(MONDAY_9 + 25 * MINUTE)
        found = await ok(api, "/v1/status/timers")
        await export_gauges(world.database)
    by_lead = {each["lead_id"]: each for each in found["timers"]}
    assert [each["lead_id"] for each in found["timers"]] == [str(running), str(night), str(paused)]
    runs = by_lead[str(running)]
    assert (runs["remaining_working_seconds"], runs["share_used"], runs["is_paused"]) == (4500.0, 0.25, False)
    assert runs["rep_is_working"] is True
    assert datetime.fromisoformat(runs["predicted_breach_at"]) == MONDAY_9 + 100 * MINUTE
    still = by_lead[str(paused)]
    assert (still["remaining_working_seconds"], still["is_paused"]) == (5400.0, True)
    assert still["predicted_breach_at"] is None
    assert by_lead[str(night)]["is_paused"] is True
    (shown,) = (await ok(api, f"/v1/leads/{paused}/timers"))["timers"]
    assert shown["state"] == "paused"
    (pause,) = shown["pauses"]
    assert (pause["reason"], pause["until"]) == ("waits_for_buyer", None)
    (ending,) = (await ok(api, f"/v1/leads/{night}/timers"))["timers"][0]["pauses"]
    assert datetime.fromisoformat(ending["until"]) == MONDAY_9 + timedelta(hours=9)
    assert value("baton_sla_open_timers", kind="outcome", time_left="paused", trial="false") == 2
    assert value("baton_sla_open_timers", kind="outcome", time_left="under_1d", trial="false") == 1


async def test_a_screen_filters_and_pages(world: World, api: httpx.AsyncClient) -> None:
    leads = [a_lead() for _ in range(4)]
    trial = {"name": "T", "state": "trial", "sales": {"promises": only(accept_within="5m")}}
    world.publish_rulebook(agreements={"t": trial})
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for number, lead in enumerate(leads):
            world.assigned(lead, team=f"team-{number % 2}", rep_id=f"rep-{number}")
        await world.read_all(consumer)

    async def shown(**query: Any) -> list[tuple[str, str, str]]:
        page = await ok(api, "/v1/status/timers", **query)
        return sorted((each["team"], each["rep_id"], each["kind"]) for each in page["timers"])

    assert len(await shown()) == 8
    assert len(await shown(team="team-1")) == 4
    assert await shown(team="team-1", kind="accept") == [
        ("team-1", "rep-1", "accept"),
        ("team-1", "rep-3", "accept"),
    ]
    assert await shown(rep="rep-2", due_within=900) == [("team-0", "rep-2", "accept")]
    assert await shown(line="other") == []
    assert len(await shown(trial=True)) == 4
    assert await shown(trial=True, rep="rep-2", kind="accept") == [("team-0", "rep-2", "accept")]
    assert await shown(trial=False) == await shown()
    first = await ok(api, "/v1/status/timers", limit=5)
    rest = await ok(api, "/v1/status/timers", limit=5, cursor=first["next_cursor"])
    ids = {each["id"] for page in (first, rest) for each in page["timers"]}
    assert (len(first["timers"]), len(rest["timers"]), len(ids)) == (5, 3, 8)
    assert rest["next_cursor"] is None
    assert (await api.get("/v1/status/timers", params={"kind": "lunch"})).status_code == 422
    assert (await api.get("/v1/status/timers", params={"cursor": "x"})).status_code == 422


async def test_a_list_of_promises_is_narrowed_by_team_rep_line_kind_and_trial(
    world: World, api: httpx.AsyncClient
) -> None:
    trial = {"name": "T", "state": "trial", "sales": {"promises": only(accept_within="5m")}}
    world.publish_rulebook(agreements={"t": trial})
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for number in range(4):
            world.assigned(a_lead(), team=f"team-{number % 2}", rep_id=f"rep-{number}")
        await world.read_all(consumer)
    cases: list[tuple[dict[str, Any], int]] = [
        ({}, 12),
        ({"team": "team-1"}, 6),
        ({"rep": "rep-2"}, 3),
        ({"line": "other"}, 0),
        ({"kind": "accept"}, 8),
        ({"trial": True}, 4),
        ({"trial": False, "team": "team-0", "kind": "first_response"}, 2),
        ({"team": "team-1", "state": "breached"}, 0),
    ]
    for query, many in cases:
        assert len((await ok(api, "/v1/timers", **query))["timers"]) == many, query


async def test_a_screen_says_when_the_rep_does_not_work(world: World, api: httpx.AsyncClient) -> None:
    lead = a_lead()
    world.publish_rulebook(promises=only(accept_within="15m"))
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.at(MONDAY_9 + timedelta(hours=8))
        world.assigned(lead, calendar=DAY)
        await world.read_all(consumer)
        (shown,) = (await ok(api, "/v1/status/timers"))["timers"]
    assert shown["rep_is_working"] is False
    assert datetime.fromisoformat(shown["predicted_breach_at"]) == MONDAY_9 + timedelta(days=1, minutes=15)


async def test_why_a_lead_is_late_is_told_to_the_microsecond(world: World, api: httpx.AsyncClient) -> None:
    lead = a_lead()
    received = MONDAY_9 - timedelta(minutes=7, microseconds=3)
    world.publish_rulebook(promises=only(accept_within="15m"))
    world.scored(
        lead,
        journey={
            "occurred_at": received - timedelta(seconds=11),
            "received_at": received,
            "durable_at": received + timedelta(seconds=20),
            "scored_at": received + timedelta(seconds=50),
        },
    )
    async with world.reading() as consumer:
        await world.read_all(consumer)
        world.routed(lead, "held", hold_reason="no_capacity", round=0, at=MONDAY_9 - timedelta(minutes=5))
        world.assigned(lead)
        await world.up_to(consumer, MONDAY_9 + 15 * MINUTE)
        world.acted(lead, "contacted", at=MONDAY_9 + 16 * MINUTE)
        await world.read_all(consumer)
        found = await ok(api, f"/v1/leads/{lead}/path")
    start, end = (datetime.fromisoformat(found[name]) for name in ("from", "to"))
    lengths = [each["microseconds"] for each in found["stretches"]]
    assert sum(lengths) == sum(found["sides"].values()) == (end - start) // timedelta(microseconds=1)
    sides = {each["part"]: each["side"] for each in found["stretches"]}
    assert sides == {
        "source_delay": "marketing",
        "intake": "system",
        "scoring": "system",
        "routing": "system",
        "held": "sales_team",
        "rep": "rep",
    }
    (breach,) = found["breaches"]
    assert (breach["kind"], breach["charged_to"], breach["ended_by"]) == ("accept", "rep", "contacted")
    assert breach["rule"] == "the rep's own working time alone used up what was promised"
    assert breach["sides"]["rep"] == 900_000_000
    assert breach["is_withdrawn"] is False


async def test_above_the_volume_nothing_of_sales_time_is_anybodys(
    world: World, api: httpx.AsyncClient
) -> None:
    leads = sorted((a_lead(), a_lead()), key=str)
    world.publish_rulebook(promises=only(accept_within="15m"), volume={"per_day": 1})
    for lead in leads:
        world.scored(lead)
    async with world.reading() as consumer:
        await world.read_all(consumer)
        for lead in leads:
            world.routed(lead, "held", hold_reason="no_capacity", round=0)
        world.at(MONDAY_9 + 5 * MINUTE)
        for lead in leads:
            world.assigned(lead, calendar=OPEN_UTC)
        await world.up_to(consumer, MONDAY_9 + 20 * MINUTE)
        found = await ok(api, f"/v1/leads/{leads[1]}/path")
    assert found["is_above_volume"] is True
    assert found["sides"]["nobody"] == 300_000_000
    (breach,) = found["breaches"]
    assert (breach["charged_to"], breach["rule"]) == (
        "nobody",
        "the lead came above the agreed volume, up to which the promises of speed hold",
    )


async def test_a_lead_nobody_knows_has_no_path(world: World, api: httpx.AsyncClient) -> None:
    answer = await api.get(f"/v1/leads/{a_lead()}/path")
    assert answer.status_code == 404
