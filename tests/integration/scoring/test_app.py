"""The application as it is served: its parts run, its commands say what they need."""

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from pydantic import SecretStr

from scoring.__main__ import main
from scoring.main import build_app
from scoring.settings import ScoringSettings
from service_kit.postgres import Database
from service_kit.runtime import Runtime
from tests.patience import HANGS_AFTER

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World


async def test_a_submission_is_scored_by_the_application(world: "World", scoring_dsn: str) -> None:
    settings = ScoringSettings(dsn=SecretStr(scoring_dsn), instance="served")
    database = Database(scoring_dsn, schema="scoring", application_name="baton-scoring")
    app = build_app(settings, Runtime(settings, broker=world.broker, database=database))
    world.submit()
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://scoring") as client,
        asyncio.timeout(HANGS_AFTER),
    ):
        while not world.scored():  # noqa: ASYNC110 - nothing to wait on: the parts work on their own
            await asyncio.sleep(0.01)
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).json() == {"ready": True, "reasons": {}}
        exposition = (await client.get("/metrics")).text
        assert 'baton_scoring_quarantined_total{reason="honeypot"}' in exposition
        assert 'baton_leads_unaccounted{hop="intake-receipts"} 0.0' in exposition
        assert (await client.get("/v1/leads")).status_code == 403
        assert (await client.get("/v1/dead-letters")).status_code == 403


@pytest.mark.parametrize("arguments", [["what"], ["serve", "now"]])
def test_wrong_usage_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage" in capsys.readouterr().err


def test_without_a_dsn_the_command_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BATON_DSN", raising=False)
    assert main(["migrate"]) == 2
    assert "BATON_DSN" in capsys.readouterr().err


def test_migrating_twice_changes_nothing_the_second_time(
    database_dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BATON_DSN", database_dsn)
    assert main(["migrate"]) == 0
    assert "0001.scoring.persons-and-leads" in capsys.readouterr().out
    assert main(["migrate"]) == 0
    assert capsys.readouterr().out == ""
