"""A token that fails is told at once and loudly; replaced, everything that waited is fetched, none twice."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from prometheus_client import REGISTRY

from intake import metrics
from intake.notices.api import notices_router
from service_kit.auth_gate import Gate
from service_kit.problems import install_problems
from service_kit.settings import ServiceSettings
from tests.integration.intake.notices.vendor import Vendor, json_answer
from tests.integration.intake.notices.world import (
    HOUR,
    META,
    MINUTE,
    NOON,
    World,
    linkedin_notice,
    meta_notice,
)


def failing_tokens(vendor: str) -> float | None:
    return REGISTRY.get_sample_value("baton_vendor_token_failing", {"vendor": vendor})


async def test_an_expired_token_is_replaced_and_everything_is_fetched_none_twice(
    world: World, vendor: Vendor
) -> None:
    vendor.token = "new-token"
    leads = [str(lead) for lead in range(100, 140)]
    async with world.running():
        for lead in leads:
            await world.take(meta_notice(lead))
        await world.settled()
        assert world.submitted() == []
        (report,) = await world.reports()
        assert (report.form_id, report.vendor, report.state, report.reason) == (
            META,
            "meta",
            "failing",
            "token",
        )
        assert (report.since, report.waiting) == (NOON, 40)
        assert "code 190" in (report.detail or "")
        assert failing_tokens("meta") == 1
        asked = len(vendor.asked)
        assert asked <= 8, "one round finds out; the rest are put back without asking"
        world.give_token("meta-token", "new-token")
        await world.pass_time(MINUTE, times=2)
        reports = await world.reports()
    assert sorted(event.key or "" for event in world.submitted()) == leads
    assert len({event.submission_id for event in world.submitted()}) == 40
    assert [each.state for each in reports] == ["failing", "recovered"]
    assert failing_tokens("meta") == 0
    assert world.standing.as_json() == []
    assert world.books.unaccounted == 0


async def test_another_vendor_goes_on_meanwhile(world: World, vendor: Vendor) -> None:
    world.give_token("meta-token", "expired")
    async with world.running():
        await world.take(meta_notice("101"))
        await world.take(linkedin_notice("abc-5"), "linkedin-ads")
        await world.settled()
        await world.reports()
    assert [event.key for event in world.submitted()] == ["abc-5"]
    assert (failing_tokens("meta"), failing_tokens("linkedin")) == (1, 0)


async def test_a_token_that_is_not_there_is_told_by_the_secrets_name(world: World, vendor: Vendor) -> None:
    (world.secrets / "meta-token").unlink()
    async with world.running():
        await world.take(meta_notice("101"))
        await world.settled()
        (report,) = await world.reports()
        assert (report.reason, vendor.asked) == ("secret_missing", [])
        assert "'meta-token'" in (report.detail or "")
        world.give_token("meta-token", vendor.token)
        await world.pass_time(MINUTE)
    assert len(world.submitted()) == 1


async def test_what_still_fails_is_told_again_every_hour(world: World, vendor: Vendor) -> None:
    vendor.token = "other"
    async with world.running():
        await world.take(meta_notice("101"))
        await world.settled()
        assert len(await world.reports()) == 1
        assert len(await world.reports()) == 1
        await world.pass_time(30 * MINUTE)
        assert len(await world.reports()) == 1
        await world.pass_time(HOUR)
        assert len(await world.reports()) == 2


async def test_a_report_that_the_broker_does_not_take_is_made_again(world: World, vendor: Vendor) -> None:
    vendor.token = "other"
    async with world.running():
        await world.take(meta_notice("101"))
        await world.settled()
        world.broker.away = True
        await world.reporter.work()
        world.broker.away = False
        assert len(await world.reports()) == 1
        await world.settled()


async def test_a_single_failure_is_no_alert_and_an_outage_is(world: World, vendor: Vendor) -> None:
    vendor.scripted["101"] = [json_answer(500, b"")]
    async with world.running(at_once=1):
        await world.take(meta_notice("101"))
        await world.settled()
        assert await world.reports() == []
        await world.pass_time(MINUTE)
        vendor.always = json_answer(502, b"")
        await world.take(meta_notice("102", "103", "104", "105", "106"))
        await world.settled()
        (report,) = await world.reports()
        assert report.reason == "vendor_error"
        asked = len(vendor.asked)
        assert asked == 2 + 3, "after three failures in a row the vendor is left alone for a while"
        vendor.always = None
        await world.pass_time(MINUTE, times=2)
    assert len({event.submission_id for event in world.submitted()}) == 6


async def test_a_vendor_that_asks_for_time_is_given_it(world: World, vendor: Vendor) -> None:
    vendor.scripted["101"] = [json_answer(429, b"", retry_after="150")]
    async with world.running(at_once=1):
        await world.take(meta_notice("101"))
        await world.settled()
        await world.take(meta_notice("102"))
        await world.pass_time(MINUTE, times=2)
        assert len(vendor.asked) == 1
        await world.pass_time(MINUTE)
    assert len(vendor.asked) == 3
    assert len(world.submitted()) == 2


async def test_the_operator_sees_what_fails_since_when_and_how_many_wait(
    world: World, vendor: Vendor
) -> None:
    vendor.token = "other"
    app = FastAPI()
    install_problems(app)
    settings = ServiceSettings.model_validate({"operator_token": "secret"})
    app.include_router(notices_router(Gate(settings), world.standing, world.books))
    async with world.running():
        await world.take(meta_notice("101", "102"))
        await world.settled()
        world.clock.advance(timedelta(seconds=6).total_seconds())
        await world.until(lambda: sum(world.books.waiting.values()) == 2)
        async with AsyncClient(transport=ASGITransport(app), base_url="http://intake") as client:
            assert (await client.get("/v1/notices")).status_code == 401
            answer = await client.get("/v1/notices", headers={"authorization": "Bearer secret"})
    (form,) = answer.json()["forms"]
    assert (form["form_id"], form["reason"], form["state"], form["waiting"]) == (META, "token", "failing", 2)
    assert form["since"] == "2026-03-02T12:00:00Z"
    assert answer.json()["to_be_fetched"]["lead-notified-retry-1m"] == 2
    assert (answer.json()["taken"], answer.json()["put_back"]) == (2, 2)


@pytest.mark.parametrize("vendor_name", metrics.VENDORS)
def test_every_series_of_a_vendor_stands_at_zero_from_the_start(vendor_name: str) -> None:
    metrics.start_at_zero()
    assert failing_tokens(vendor_name) is not None
    labels = {"vendor": vendor_name, "trouble": "throttled"}
    assert REGISTRY.get_sample_value("baton_intake_fetch_troubles_total", labels) is not None
