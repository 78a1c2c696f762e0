"""Compare before you switch: on stored leads, in the shadow, and then by a promotion that is recorded."""

import json
from collections.abc import AsyncIterator
from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from lead_events.words import ProgressKind, Quadrant
from scorecard.compiled import CompiledScorecard
from scoring import comparison
from scoring.api import scoring_router
from scoring.comparison import AT_ONCE, Candidate, Comparisons, TooManyComparisons
from scoring.domain import shadows as shadow_scores
from scoring.store import persons
from service_kit.problems import install_problems
from tests.integration.scoring.conftest import RULEBOOK, START, World
from tests.integration.scoring.test_rescoring import LOWER, Switch, document
from tests.integration.scoring.test_signals import SignalsWorld

CARD = {**RULEBOOK["scorecards"]["main"], "fit": LOWER}
"""By this one whoever says how many people there are fits."""


def with_shadow(**changed: Any) -> dict[str, Any]:
    found = deepcopy(RULEBOOK)
    found["shadow_scorecards"] = {"main": {**CARD, **changed}}
    return found


@pytest.fixture
async def client(bare_world: World) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install_problems(app)
    app.include_router(scoring_router(bare_world.runtime))
    token = bare_world.runtime.settings.operator_token.get_secret_value()
    headers = {"Authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://scoring", headers=headers) as found:
        yield found


@pytest.fixture
async def switch(world: World) -> Switch:
    made = Switch(world)
    await made.rounds()
    return made


async def end(world: World, email: str, kind: ProgressKind, result: str | None = None) -> None:
    """Sales ends the open lead of a person."""
    rows = await world.fetch(
        "SELECT l.id, l.person_id, l.line FROM leads l JOIN persons p ON p.id = l.person_id"
        " WHERE p.profile->>'email' = $1 AND l.state = 'open'",
        email,
    )
    await world.fetch(
        "UPDATE leads SET state = 'closed', close_reason = $2, closed_at = $3 WHERE id = $1",
        rows[0]["id"],
        result or kind.value,
        START + timedelta(days=2),
    )


async def compared(client: httpx.AsyncClient, **question: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    answer = await client.post("/v1/scorecards/compare", json={"line": "main", **question})
    assert answer.status_code == 200, answer.text
    first, *_, last = (json.loads(line) for line in answer.text.splitlines())
    return first, last["result"]


async def shadow_of(client: httpx.AsyncClient) -> dict[str, Any]:
    (found,) = (await client.get("/v1/scorecards/shadow")).json()["shadows"]
    assert isinstance(found, dict)
    return found


async def test_a_scorecard_is_compared_on_stored_leads_and_nothing_is_kept(
    switch: Switch, client: httpx.AsyncClient
) -> None:
    world = switch.world
    await switch.leads(4)
    world.submit({"email": "small@example.com"}, lines=["main"])
    world.submit({"email": "test@example.com", "employees": 10}, lines=["main"], is_test=True)
    await world.settle()
    await end(world, "p0@example.com", ProgressKind.OUTCOME, "won")
    await end(world, "p1@example.com", ProgressKind.REJECTED)
    before = await world.fetch("SELECT * FROM leads ORDER BY id")
    told = len(world.scored())
    first, result = await compared(client, b={"scorecard": CARD})
    assert (first["a"]["name"], first["b"]["name"]) == ("version 1, in force", "the scorecard given")
    assert (result["leads"], result["ended"], result["won"]) == (5, 2, 1)
    assert (result["other_quadrant"], result["other_stage"]) == (4, 4)
    assert result["quadrants"]["cold"] == {"perfect": 0, "warm": 4, "curious": 0, "cold": 1}
    assert result["b"]["quadrants"]["warm"] == {"open": 2, "ended": 2, "won": 1, "won_share": 0.5}
    assert result["a"]["expected"] == {"by_its_own_value": None, "by_outcomes_so_far": 1.5}
    assert {each["profile"]["email"] for each in result["sample"]} == {f"p{n}@example.com" for n in range(4)}
    assert result["sample"][0]["b"]["quadrant"] == "warm"
    assert await world.fetch("SELECT * FROM leads ORDER BY id") == before
    assert (len(world.scored()), await world.fetch("SELECT 1 FROM shadow_scores")) == (told, [])


async def test_what_scorecards_say_they_win_is_added_up(switch: Switch, client: httpx.AsyncClient) -> None:
    await switch.leads(2)
    rates = {"perfect": 0.5, "warm": 0.25, "curious": 0.1, "cold": 0.1}
    value = {"mean_deal": "100.00", "close_rates": rates}
    _, result = await compared(client, b={"scorecard": {**CARD, "value": value}})
    assert result["b"]["expected"]["by_its_own_value"] == 0.5


async def test_each_scorecard_is_compared_by_the_acts_that_it_alone_would_know(
    switch: Switch, client: httpx.AsyncClient
) -> None:
    """Whoever only stands in a list has done something by the one that counts pages, by the other nothing."""
    await switch.leads(1)
    await switch.world.fetch("UPDATE leads SET is_own = false")
    signals, at = SignalsWorld(switch.world), await now(switch.world)
    signals.send({"email": "p0@example.com"}, at=at, received_at=at)
    await signals.settle()
    pages = {"id": "pages", "kinds": ["page_view"], "points": 5, "half_life": "10d", "reason": "was here"}
    a, b = ({"scorecard": {**CARD, "mql": "act", "signals": rules}} for rules in ([], [pages]))
    _, result = await compared(client, a=a, b=b)
    assert result["stages"]["lead"] == {"lead": 0, "mql": 0, "sql": 1}


async def test_so_many_comparisons_run_at_once_and_no_more(switch: Switch) -> None:
    await switch.leads(1)
    comparisons = Comparisons(switch.world.runtime)
    a, b = await comparisons.ready("main", Candidate(), Candidate(scorecard=CARD))
    running = [comparisons.compare("main", a, b, most=5) for _ in range(AT_ONCE)]
    for each in running:
        await anext(each)
    with pytest.raises(TooManyComparisons, match="ask again"):
        await comparisons.ready("main", Candidate())
    await running[0].aclose()
    assert len(await comparisons.ready("main", Candidate())) == 1
    assert "result" in [told async for told in running[1]][-1]


@pytest.fixture
def none_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "AT_ONCE", 0)


@pytest.mark.usefixtures("none_may", "switch")
async def test_a_comparison_too_many_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/scorecards/compare", json={"line": "main", "b": {"version": 1}})
    assert (answer.status_code, "ask again" in answer.json()["detail"]) == (429, True)


async def test_versions_rulebooks_and_the_shadow_are_compared_too(
    switch: Switch, client: httpx.AsyncClient
) -> None:
    await switch.leads(3)
    await switch.to(with_shadow())
    expected: list[tuple[dict[str, Any], int]] = [
        ({"version": 1}, 0),
        ({}, 0),
        ({"shadow": True}, 3),
        ({"rulebook": document(fit=LOWER)}, 3),
    ]
    for b, moved in expected:
        assert (await compared(client, b=b))[1]["other_quadrant"] == moved
    assert (await compared(client, a={"version": 1}, b={"shadow": True}, most=2))[1]["leads"] == 2


@pytest.mark.parametrize(
    ("sentence", "b", "status", "said"),
    [
        (
            "a slip in a condition",
            {"scorecard": {**CARD, "fit": [{**LOWER[0], "when": "has(lead.employes)"}]}},
            422,
            "lead.employes",
        ),
        ("no scorecard at all", {"scorecard": {"points": 5}}, 422, "scorecards.main"),
        ("a version that never was", {"version": 99}, 404, "version 99 was never published"),
        ("no shadow", {"shadow": True}, 404, "publish one in shadow-scorecards/main.yaml"),
        ("two at once", {"version": 1, "shadow": True}, 422, "send one of"),
    ],
)
async def test_what_cannot_be_compared_is_refused_with_what_to_write(
    sentence: str, b: dict[str, Any], status: int, said: str, switch: Switch, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/v1/scorecards/compare", json={"line": "main", "b": b})
    assert (answer.status_code, said in answer.text) == (status, True), (sentence, answer.text)


async def test_the_shadow_scores_live_and_publishes_nothing(
    switch: Switch, client: httpx.AsyncClient
) -> None:
    world = switch.world
    await switch.to(with_shadow())
    world.submit({"email": "a@example.com", "employees": 10}, lines=["main"], received_at=await now(world))
    world.submit({"email": "b@example.com"}, lines=["main"], received_at=await now(world))
    await world.settle()
    assert [each.quadrant for each in world.scored()] == [Quadrant.COLD] * 2
    found = await shadow_of(client)
    assert (found["leads"], found["differ"], found["line"]) == (2, 1, "main")
    assert found["since"] is not None
    (lead,) = found["differing"]
    assert (lead["profile"]["email"], lead["quadrant"], lead["shadow_quadrant"]) == (
        "a@example.com",
        "cold",
        "warm",
    )
    (row,) = await world.fetch("SELECT contributions FROM shadow_scores WHERE quadrant = 'warm'")
    assert row["contributions"][1] == {"rule": "large", "dimension": "fit", "points": 60}
    await end(world, "a@example.com", ProgressKind.OUTCOME, "won")
    won = (await shadow_of(client))["conversions"]
    assert (won["real"]["cold"]["won"], won["shadow"]["warm"]["won_share"]) == (1, 1.0)
    await end(world, "b@example.com", ProgressKind.RECYCLED)
    assert (await shadow_of(client))["conversions"]["real"]["cold"]["ended"] == 2
    await world.fetch("UPDATE leads SET closed_at = $1 WHERE close_reason = 'recycled'", START)
    world.submit({"email": "b@example.com", "name": "Bea"}, lines=["main"], received_at=await now(world))
    await world.settle()
    await end(world, "b@example.com", ProgressKind.OUTCOME, "won")
    won = (await shadow_of(client))["conversions"]
    assert (won["real"]["cold"]["ended"], won["real"]["cold"]["won"]) == (2, 2), "given back, then won"


async def now(world: World) -> Any:
    async with world.database.acquire() as conn:
        return await world.database.clock.now(conn)


async def test_another_scorecard_in_the_shadow_begins_anew(switch: Switch, client: httpx.AsyncClient) -> None:
    world = switch.world
    await switch.to(with_shadow())
    world.submit({"email": "a@example.com", "employees": 10}, lines=["main"], received_at=await now(world))
    await world.settle()
    await switch.to(with_shadow(fit_base=11))
    assert (await shadow_of(client))["leads"] == 0


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    def score(compiled: CompiledScorecard, *_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(shadow_scores, "score", score)


@pytest.mark.usefixtures("failing")
async def test_a_shadow_that_fails_costs_the_real_score_nothing(switch: Switch) -> None:
    world = switch.world
    await switch.to(with_shadow())
    world.submit({"email": "a@example.com", "employees": 60}, lines=["main"], received_at=await now(world))
    await world.settle()
    assert world.scored()[-1].quadrant is Quadrant.WARM
    assert await world.fetch("SELECT 1 FROM shadow_scores") == []


async def test_a_shadow_that_cannot_be_kept_costs_the_real_score_nothing(switch: Switch) -> None:
    world = switch.world
    await switch.to(with_shadow())
    await world.fetch("ALTER TABLE shadow_scores ADD CONSTRAINT none_at_all CHECK (fit < 0)")
    try:
        world.submit(
            {"email": "a@example.com", "employees": 60}, lines=["main"], received_at=await now(world)
        )
        await world.settle()
    finally:
        await world.fetch("ALTER TABLE shadow_scores DROP CONSTRAINT none_at_all")
    assert world.scored()[-1].quadrant is Quadrant.WARM


async def test_a_promotion_makes_the_shadow_decide_and_says_who_and_why(
    switch: Switch, client: httpx.AsyncClient
) -> None:
    world = switch.world
    await switch.to(with_shadow())
    world.submit({"email": "a@example.com", "employees": 10}, lines=["main"], received_at=await now(world))
    await world.settle()
    decision = {"by": "ana", "why": "more of them were won"}
    done = (await client.post("/v1/scorecards/main/promote", json=decision)).json()
    assert (done["rulebook_version"], done["based_on"], done["leads"], done["differed"]) == (3, 2, 1, 1)
    rulebook = (await client.get("/v1/rulebooks/3")).json()
    assert rulebook["published_by"] == "ana"
    assert rulebook["rulebook"]["scorecards"]["main"]["fit"][0]["when"] == "has(lead.employees)"
    assert rulebook["rulebook"]["shadow_scorecards"] == {}
    (kept,) = (await client.get("/v1/scorecards/promotions")).json()["promotions"]
    assert (kept["by"], kept["why"], kept["line"], kept["rulebook_version"]) == (
        "ana",
        "more of them were won",
        "main",
        3,
    )
    await world.fetch("UPDATE rulebook_versions SET effective_from = clock_timestamp() WHERE version = 3")
    await switch.rounds()
    assert switch.told()[-1].quadrant is Quadrant.WARM, "open leads are scored again by it"
    again = await client.post("/v1/scorecards/main/promote", json=decision)
    assert (again.status_code, "publish shadow-scorecards/main.yaml first" in again.text) == (404, True)


async def test_a_promotion_is_not_undone_by_the_version_it_is_made_of(
    switch: Switch, client: httpx.AsyncClient
) -> None:
    """One planned for next week holds the shadow: what is made of it takes effect then, not before."""
    world = switch.world
    planned = await now(world) + timedelta(days=7)
    body = {"rulebook": with_shadow(), "published_by": "ana", "effective_from": planned.isoformat()}
    assert (await client.post("/v1/rulebooks", json=body)).status_code == 201
    soon = {"by": "ana", "why": "now", "effective_from": (planned - timedelta(days=1)).isoformat()}
    early = await client.post("/v1/scorecards/main/promote", json=soon)
    assert (early.status_code, "leave it out" in early.text) == (422, True)
    assert await world.fetch("SELECT 1 FROM promotions") == []
    done = (await client.post("/v1/scorecards/main/promote", json={"by": "ana", "why": "then"})).json()
    assert done["effective_from"] == planned.isoformat().replace("+00:00", "Z")


async def test_an_erased_person_leaves_no_score_in_the_shadow(switch: Switch) -> None:
    world = switch.world
    await switch.to(with_shadow())
    world.submit({"email": "a@example.com", "employees": 10}, lines=["main"], received_at=await now(world))
    await world.settle()
    (row,) = await world.fetch("SELECT lead_id FROM shadow_scores")
    async with world.database.transaction() as conn:
        await persons.erase_leads(conn, [UUID(str(row["lead_id"]))], START)
    assert await world.fetch("SELECT 1 FROM shadow_scores") == []
