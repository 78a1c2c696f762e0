"""Rescoring as it runs: a new scorecard scores open leads again beside live ones; a kill costs nothing."""

import asyncio
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from uuid import UUID, uuid4

import pytest

from lead_events import LeadScored
from lead_events.words import CauseKind, Quadrant
from scoring import regrade, rescoring
from scoring.rescoring import Rescorings, UnknownLine
from service_kit import failpoints
from service_kit.queries import load_queries
from tests.integration.scoring.conftest import RULEBOOK, World


def document(**changed: Any) -> dict[str, Any]:
    """The rulebook with these parts of the scorecard of `main` instead."""
    found = deepcopy(RULEBOOK)
    found["scorecards"]["main"] |= changed
    return found


LOWER = [{"id": "large", "when": "has(lead.employees)", "points": 60, "reason": "says how large"}]
"""Whoever says how many people there are fits now, and not only from 50 on."""


class Switch:
    """A world in which scorecards take effect at once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rescorings = Rescorings(world.runtime)

    async def to(self, document: dict[str, Any]) -> int:
        version = await self.world.publish_rulebook(document)
        await self.world.fetch(
            "UPDATE rulebook_versions SET effective_from = clock_timestamp() WHERE version = $1", version
        )
        return version

    async def leads(self, count: int, **profile: Any) -> None:
        for number in range(count):
            self.world.submit({"email": f"p{number}@example.com", "employees": 10} | profile, lines=["main"])
        await self.world.settle()

    async def rounds(self, count: int = 1) -> None:
        for _ in range(count):
            await self.rescorings.work()
            await self.world.runtime.published()

    async def last(self) -> dict[str, Any]:
        return (await self.rescorings.newest(1))[0]

    def told(self) -> list[LeadScored]:
        found = self.world.published("lead-scored-bulk")
        return [each for each in found if each.cause.kind is CauseKind.RESCORE]


@pytest.fixture
async def switch(world: World) -> Switch:
    made = Switch(world)
    await made.rounds()
    return made


@pytest.fixture(autouse=True)
def no_failpoints() -> Iterator[None]:
    yield
    failpoints.clear()


async def test_a_new_scorecard_moves_the_open_leads_on_the_bulk_lane(switch: Switch) -> None:
    world = switch.world
    await switch.leads(3)
    world.submit({"email": "small@example.com"}, lines=["main"])
    await world.settle()
    live = len(world.scored())
    await switch.to(document(fit=LOWER))
    await switch.rounds()
    told = switch.told()
    assert [each.quadrant for each in told] == [Quadrant.WARM] * 3
    assert all(each.before is not None and each.before.quadrant is Quadrant.COLD for each in told)
    assert len(world.scored()) == live, "nothing on the live lane"
    last = await switch.last()
    assert {each.cause.id for each in told} == {last["rescoring_id"]}
    assert (last["kind"], last["line"], last["rulebook_version"]) == ("version", "main", 2)
    assert (last["leads"], last["seen"], last["changed"], last["published"]) == (4, 4, 3, 3)
    assert last["moved"] == {"cold mql > warm sql": 3}
    assert last["finished_at"] is not None
    assert last["leads_a_second"] > 0
    await switch.rounds(2)
    assert len(switch.told()) == 3


async def test_a_version_that_changes_nothing_for_scores_rescores_nobody(switch: Switch) -> None:
    await switch.leads(1)
    changed = deepcopy(RULEBOOK)
    changed["roster"]["reps"]["ana"]["name"] = "Ana Maria"
    await switch.to(changed)
    await switch.rounds()
    assert await switch.rescorings.newest(10) == []


async def test_points_that_change_without_moving_a_lead_are_told_once(switch: Switch) -> None:
    await switch.leads(2)
    await switch.to(document(fit_base=12))
    await switch.rounds()
    assert [each.score.fit for each in switch.told()] == [12, 12]
    assert (await switch.last())["moved"] == {}


async def test_another_worth_is_told_of_every_lead(switch: Switch) -> None:
    await switch.leads(2)
    value = {
        "mean_deal": "100.00",
        "close_rates": {"perfect": 0.5, "warm": 0.2, "curious": 0.1, "cold": 0.1},
    }
    await switch.to(document(value=value))
    await switch.rounds()
    worth = [each.expected_value for each in switch.told()]
    assert [each and each.minor for each in worth] == [1000, 1000]
    last = await switch.last()
    assert (last["changed"], last["published"]) == (0, 2)


@pytest.mark.parametrize("place", ["unit.before_commit", "unit.after_commit"])
async def test_a_rescoring_that_is_killed_goes_on_where_it_was(
    switch: Switch, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(rescoring, "CHUNK", 2)
    await switch.leads(7)
    await switch.to(document(fit=LOWER))
    failpoints.activate(f"{place}=crash@3")  # the first unit orders, the third is the second chunk
    with pytest.raises(failpoints.Crash):
        await switch.rescorings.work()
    seen = (await switch.last())["seen"]
    assert seen == (2 if place == "unit.before_commit" else 4)
    failpoints.clear()
    await switch.world.fetch("UPDATE outbox SET claimed_until = '2026-01-01'")
    await switch.world.runtime.sweeper().sweep()
    switch.rescorings = Rescorings(switch.world.runtime)
    await switch.rounds(2)
    await switch.world.settle()
    last = await switch.last()
    assert (last["seen"], last["published"], last["finished_at"] is not None) == (7, 7, True)
    told = switch.told()
    assert len({each.lead_id for each in told}) == 7
    assert [each.seq for each in told] == [2] * len(told)


async def test_the_rate_is_kept_to_round_by_round(switch: Switch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescoring, "CHUNK", 2)
    await switch.leads(5)
    await switch.to(document(fit=LOWER))
    switch.rescorings = Rescorings(switch.world.runtime, rate=2)
    seen = []
    for _ in range(3):
        await switch.rounds()
        seen.append((await switch.last())["seen"])
    assert seen == [2, 4, 5]
    assert (await switch.last())["finished_at"] is not None


async def test_a_newer_scorecard_ends_a_rescoring_under_way(
    switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescoring, "CHUNK", 2)
    await switch.leads(5)
    await switch.to(document(fit=LOWER))
    switch.rescorings = Rescorings(switch.world.runtime, rate=2)
    await switch.rounds()
    await switch.to(RULEBOOK)
    await switch.rounds(3)
    second, first = await switch.rescorings.newest(10)
    assert (first["seen"], first["superseded_by"]) == (2, second["rescoring_id"])
    assert (second["seen"], second["published"]) == (5, 2), "only those who had been told otherwise"
    assert switch.told()[-1].quadrant is Quadrant.COLD


async def test_a_rate_below_a_chunk_is_kept_to_as_well(switch: Switch) -> None:
    await switch.leads(5)
    await switch.to(document(fit=LOWER))
    switch.rescorings = Rescorings(switch.world.runtime, rate=2)
    await switch.rounds()
    assert (await switch.last())["seen"] == 2


async def test_leads_that_another_rescoring_had_not_told_yet_of_their_worth_are_told_by_the_next(
    switch: Switch,
) -> None:
    await switch.leads(5)
    rates = {"perfect": 0.5, "warm": 0.2, "curious": 0.1, "cold": 0.1}
    await switch.to(document(value={"mean_deal": "100.00", "close_rates": rates}))
    switch.rescorings = Rescorings(switch.world.runtime, rate=2)
    await switch.rounds()
    await switch.rescorings.begin("main", by="ana", why="in between")
    await switch.rounds(3)
    assert len({each.lead_id for each in switch.told()}) == 5
    assert all(each.expected_value is not None for each in switch.told())


async def test_a_submission_from_before_the_switch_is_scored_again_also_after_a_rescoring_by_hand(
    switch: Switch,
) -> None:
    world = switch.world
    await switch.leads(3)
    await switch.to(document(fit=LOWER))
    switch.rescorings = Rescorings(world.runtime, rate=2)
    await switch.rounds()
    await switch.rescorings.begin("main", by="ana", why="in between")
    await switch.rounds(3)
    world.submit({"email": "late@example.com", "employees": 10}, lines=["main"])
    await world.settle()
    await switch.rounds()
    assert (switch.told()[-1].quadrant, switch.told()[-1].rulebook_version) == (Quadrant.WARM, 2)
    assert (await switch.last())["late"] == 1


async def test_a_submission_from_before_the_switch_is_scored_again_after_it(switch: Switch) -> None:
    world = switch.world
    await switch.leads(1)
    await switch.to(document(fit=LOWER))
    await switch.rounds()
    world.submit({"email": "late@example.com", "employees": 10}, lines=["main"])
    await world.settle()
    assert world.scored()[-1].rulebook_version == 1
    await switch.rounds()
    assert (switch.told()[-1].quadrant, switch.told()[-1].rulebook_version) == (Quadrant.WARM, 2)
    last = await switch.last()
    assert (last["seen"], last["late"], last["published"]) == (1, 1, 2)
    await switch.rounds()
    assert len(switch.told()) == 2


async def test_live_leads_of_the_same_persons_are_taken_beside(
    switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescoring, "CHUNK", 3)
    world = switch.world
    await switch.leads(12)
    await switch.to(document(fit=LOWER))
    for number in range(12):
        world.submit(
            {"email": f"p{number}@example.com", "employees": 10, "job_title": "CEO"},
            fingerprint=f"again {number}",
        )
    await asyncio.gather(switch.rounds(6), world.settle())
    await switch.rounds(2)
    rows = await world.fetch("SELECT fit, quadrant, seq, rulebook_version FROM leads")
    assert {(row["fit"], row["rulebook_version"]) for row in rows} == {(70, 2)}
    events = [*world.scored(), *switch.told()]
    assert len({(each.lead_id, each.seq) for each in events}) == len(events)


async def test_a_lead_that_cannot_be_scored_is_set_aside_and_named(
    switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    await switch.leads(3)
    await switch.to(document(fit=LOWER))
    (broken, *_) = await switch.world.fetch("SELECT id FROM leads ORDER BY id")
    real = regrade.Regrading.rescore

    def rescore(self: Any, lead: Any, *args: Any, **given: Any) -> bool:
        if lead.id == broken["id"]:
            raise ZeroDivisionError
        return real(self, lead, *args, **given)

    monkeypatch.setattr(regrade.Regrading, "rescore", rescore)
    await switch.rounds(2)
    last = await switch.last()
    assert (last["seen"], last["published"], last["late"]) == (3, 2, 0)
    assert [UUID(each["lead_id"]) for each in last["set_aside"]] == [broken["id"]]


async def test_it_can_be_asked_for_by_hand(switch: Switch) -> None:
    await switch.leads(1)
    asked = await switch.rescorings.begin("main", by="ana", why="to be sure")
    assert (asked["kind"], asked["by"], asked["leads"], asked["seen"]) == ("by_hand", "ana", 1, 0)
    again = await switch.rescorings.begin("main", by="ana", why="twice")
    await switch.rounds()
    first = await switch.rescorings.progress(asked["rescoring_id"])
    assert first["superseded_by"] == again["rescoring_id"]
    assert (await switch.last())["seen"] == 1
    assert switch.told() == []
    with pytest.raises(UnknownLine, match="write one of main, training"):
        await switch.rescorings.begin("mian", by="ana", why="a slip")
    with pytest.raises(LookupError):
        await switch.rescorings.progress(uuid4())


async def test_versions_that_passed_unseen_are_made_up_for(switch: Switch) -> None:
    """There and back again while the part stood still: leads that came in between are brought back."""
    world = switch.world
    await switch.to(document(fit=LOWER))
    await world.fetch("UPDATE rulebook_versions SET effective_from = '2026-01-01' WHERE version = 1")
    await world.fetch("UPDATE rulebook_versions SET effective_from = '2026-02-01' WHERE version = 2")
    await switch.leads(1)
    assert world.scored()[-1].quadrant is Quadrant.WARM
    await switch.to(RULEBOOK)
    switch.rescorings = Rescorings(world.runtime)
    await switch.rounds()
    assert [each.quadrant for each in switch.told()] == [Quadrant.COLD]


@pytest.mark.parametrize(
    ("file", "name", "place"),
    [
        ("rescorings", "leads_to_rescore", "'main', NULL, 100"),
        ("accounts", "all_open_leads", "NULL, 100"),
        ("replays", "submissions_to_map", "'demo-request', '2026-01-01', '2027-01-01', NULL, NULL, 100"),
    ],
)
async def test_a_page_begins_where_the_last_one_ended_also_by_a_plan_that_is_kept(
    world: World, file: str, name: str, place: str
) -> None:
    """PostgreSQL keeps a plan after five pages: one that filters reads all that was passed for each page."""
    query = getattr(load_queries("scoring", f"queries/{file}.sql"), name)
    async with world.database.acquire() as conn, conn.transaction():
        for setting in ("plan_cache_mode = force_generic_plan", "enable_seqscan = off", "enable_sort = off"):
            await conn.execute(f"SET LOCAL {setting}")
        await conn.execute(f"PREPARE page AS {query}")
        plan = "\n".join(row[0] for row in await conn.fetch(f"EXPLAIN EXECUTE page ({place})"))
        await conn.execute("DEALLOCATE page")
    conditions = [line for line in plan.splitlines() if "COALESCE" in line]
    assert conditions, plan
    assert all("Index Cond" in line for line in conditions), plan
