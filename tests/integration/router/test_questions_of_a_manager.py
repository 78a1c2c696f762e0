"""What a manager asks about a lead, answered from the words of `baton why` alone."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from typer.testing import CliRunner

from baton_cli.app import app
from lead_events import Money
from lead_events.words import Quadrant
from tests.integration.router.worlds import OPERATOR, World, lead_id, rep, rulebook


def company() -> dict[str, Any]:
    """Ana owns twice Bea's share; Carla is on leave, Dora sells courses only; who goes home soon is passed
    over."""
    reps = {
        "ana": rep("Ana", weight=2, capacity=9),
        "bea": rep("Bea", capacity=9, calendar="late"),
        "carla": rep("Carla", absences=[{"first_day": "2026-03-03", "last_day": "2026-03-06"}]),
        "dora": rep("Dora", lines=["training"]),
    }
    document = rulebook(reps)
    week = {day: [["09:00", "21:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    document["calendars"]["late"] = {"tz": "Europe/Madrid", "week": week}
    document["routing"] = {
        "pools": {
            "spain": {"name": "Spain", "team": "north", "deadline_aware": True},
            "rest": {"name": "Rest", "reps": ["dora"]},
        },
        "plans": {
            "main": {
                "rules": [
                    {
                        "id": "spanish",
                        "when": "has(lead.country) && lead.country == 'ES'",
                        "pool": "spain",
                        "because": "the lead is in Spain",
                    }
                ],
                "fallback": "spain",
            },
            "training": {"fallback": "rest"},
        },
    }
    return document


@asynccontextmanager
async def served(world: World, folder: Path) -> AsyncIterator[Path]:
    """The router on loopback; gives the file by which commands find it."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(world.app, lifespan="off", log_level="critical"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    port = listening.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    file = folder / "stack.json"
    services = dict.fromkeys(("intake", "scoring", "router", "sla_monitor"), url)
    more = {"kafka": "127.0.0.1:9092", "reps": {}, "forms": {}, "versions": {}}
    started = {"started_at": "2026-03-03T09:00:00+00:00", "operator_token": OPERATOR}
    file.write_text(json.dumps({**services, **more, **started}))
    yield file
    server.should_exit = True
    await serving


async def why(world: World, name: str, folder: Path) -> str:
    """What `baton why` prints of a lead, in one line so that a wrapped sentence is found."""
    async with served(world, folder) as file:
        words = ["why", str(lead_id(name)), "--stack", str(file)]
        done = await asyncio.to_thread(CliRunner(env={"COLUMNS": "400"}).invoke, app, words)
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


@pytest.fixture
async def asked(world: World) -> World:
    """Two leads at ten; one when Ana goes home; one at night, which waits; the next morning."""
    await world.publish_rulebook(company())
    await world.take("morning", country="ES")
    await world.take("second", country="ES")
    world.clock.advance(timedelta(hours=7, minutes=55).total_seconds())
    await world.take("evening", country="ES")
    world.clock.advance(timedelta(hours=5).total_seconds())
    await world.take("night", country="ES", quadrant=Quadrant.WARM)
    world.clock.advance(timedelta(hours=10, minutes=5).total_seconds())
    await world.hand_out()
    return world


async def test_why_did_she_get_it_and_not_another(asked: World, tmp_path: Path) -> None:
    told = await why(asked, "morning", tmp_path)
    assert "Ana of Spain: next in turn of 2 by weight, 1 of 9 leads with this one" in told
    assert "not considered: 1 away, 1 selling another line" in told
    for row in ("ana chosen 0 9 2", "bea available 0 9 1", "carla absent 0 2 1", "dora other line 0 2 1"):
        assert row in told


BY_WHAT: list[tuple[str, str, list[str]]] = [
    (
        "whose turn it is",
        "weighted_round_robin",
        ["rep standing open capacity weight owed", "bea available 1 9 1 -0.50", "eva chosen 0 9 1 +0.50"],
    ),
    (
        "who has the least in hand",
        "least_loaded",
        [
            "rep standing open capacity weight last lead (UTC)",
            "ana available 1 9 2 2026-03-03 09:00:00",
            "bea available 1 9 1 2026-03-03 09:01:00",
            "eva chosen 0 9 1 none yet",
        ],
    ),
    (
        "who waited longest",
        "longest_idle",
        [
            "rep standing open capacity weight last lead (UTC)",
            "ana available 1 9 2 2026-03-03 09:00:00",
            "bea available 1 9 1 2026-03-03 09:01:00",
            "eva chosen 0 9 1 none yet",
        ],
    ),
    (
        "who was handed the least money",
        "value_fair",
        [
            "rep standing open capacity weight owed last lead (UTC)",
            "ana available 1 9 2 -625.00 2026-03-03 09:00:00",
            "bea available 1 9 1 -1,250.00 2026-03-03 09:01:00",
            "eva chosen 0 9 1 0 none yet",
            "owed: EUR, for each unit of weight,",
        ],
    ),
]


@pytest.mark.parametrize(("strategy", "said"), [case[1:] for case in BY_WHAT], ids=[c[0] for c in BY_WHAT])
async def test_by_what_was_she_chosen(world: World, tmp_path: Path, strategy: str, said: list[str]) -> None:
    """Of the third lead of the same value, a minute after the second."""
    document = company()
    document["roster"]["reps"] |= {"eva": rep("Eva", capacity=9)}
    document["routing"]["pools"]["spain"] |= {"strategy": strategy, "deadline_aware": False}
    await world.publish_rulebook(document)
    for name in ("first", "second", "third"):
        world.score(name, country="ES", expected_value=Money(minor=125_000, currency="EUR"))
        await world.read()
        world.clock.advance(60)
    told = await why(world, "third", tmp_path)
    for row in said:
        assert row in told


async def test_of_very_many_reps_those_nearest_are_shown_and_the_rest_counted(
    world: World, tmp_path: Path
) -> None:
    document = company()
    document["roster"]["reps"] |= {f"eva{number:03}": rep(f"Eva{number:03}") for number in range(200)}
    await world.publish_rulebook(document)
    await world.take("one", country="ES")
    told = await why(world, "one", tmp_path)
    assert "of 204 reps those whose turn was nearest; all of them: 201 available, 1 absent, 1 chosen" in told


async def test_what_brought_it_to_this_team(asked: World, tmp_path: Path) -> None:
    assert "rule spanish (the lead is in Spain)" in await why(asked, "morning", tmp_path)


async def test_why_did_it_wait_and_until_when(asked: World, tmp_path: Path) -> None:
    told = await why(asked, "night", tmp_path)
    assert "Held in Spain: nobody who could take it is at work; next try Wed 2026-03-04 08:00 UTC" in told
    assert "waited since Tue 2026-03-03 21:55 UTC; rule spanish (the lead is in Spain)" in told


async def test_was_somebody_passed_over(asked: World, tmp_path: Path) -> None:
    told = await why(asked, "evening", tmp_path)
    assert "it was the turn of Ana, who could not answer in time" in told
    assert "went past ana, who could not answer in time" in told
    assert "ana too late" in told


async def test_until_when_does_she_have_and_what_has_she_done(asked: World, tmp_path: Path) -> None:
    holder = asked.holder("morning")
    assert holder == "ana"
    await asked.act(holder, "morning", "accept")
    await asked.act(holder, "morning", "contacted", {"channel": "phone", "result": "reached"})
    told = await why(asked, "morning", tmp_path)
    assert "accept by respond by" in told
    assert "2026-03-03 09:30" in told
    assert "ana accepted" in told
    assert "ana contacted" in told
    assert "channel phone" in told
