"""The next month's agreement, proposed over HTTP from the store."""

from datetime import UTC, datetime

import pytest

from tests.integration.sla_monitor.test_report import client, dsn, two_leads
from tests.integration.sla_monitor.worlds import World

__all__ = ["dsn"]


PROPOSAL = "/v1/agreement/proposal"


async def test_the_next_agreement_is_proposed_from_the_months_that_are_over(world: World, dsn: str) -> None:
    await two_leads(world)
    world.at(datetime(2026, 4, 20, 9, tzinfo=UTC))
    async with client(world, dsn) as http:
        found = (await http.get(PROPOSAL)).json()
        named = (await http.get(PROPOSAL, params={"month": "2026-07"})).json()
    assert (found["month"], found["based_on"], found["of"]) == ("2026-05", ["2026-03"], "agreement")
    (goal,) = found["changes"]
    assert (goal["path"], goal["before"], goal["after"]) == ("marketing.leads.perfect", 22, 1)
    assert found["agreement"]["state"] == "draft"
    assert found["agreement"]["marketing"]["leads"] == {"perfect": 1}
    assert "signatures" not in found["agreement"]
    assert named["agreement"]["last_day"] == "2026-07-31"


NO_PROPOSAL = [
    ("no month", {"month": "soon"}, 422, "write a month as 2026-11"),
    ("a month that is over", {"month": "2026-02"}, 422, "2026-02 is over: ask for 2026-03 or a later month"),
    ("no lead was delivered in any of the three", {}, 404, "no lead was delivered from 2025-12 to 2026-02"),
]


@pytest.mark.parametrize(
    ("asked", "status", "detail"), [r[1:] for r in NO_PROPOSAL], ids=[r[0] for r in NO_PROPOSAL]
)
async def test_why_there_is_no_proposal(
    world: World, dsn: str, asked: dict[str, str], status: int, detail: str
) -> None:
    await two_leads(world)
    async with client(world, dsn) as http:
        answer = await http.get(PROPOSAL, params=asked)
    assert answer.status_code == status
    assert detail in answer.json()["detail"]


async def test_a_month_without_leads_after_one_with_leads_counts_too(world: World, dsn: str) -> None:
    """Two leads came in March and none in April: the rate is that of both."""
    await two_leads(world)
    world.at(datetime(2026, 5, 20, 9, tzinfo=UTC))
    async with client(world, dsn) as http:
        found = (await http.get(PROPOSAL)).json()
    assert found["based_on"] == ["2026-03", "2026-04"]
