"""A rep enters a lead of their own in a running installation: one person, their lead, nobody's taken."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.e2e.installation import Installation, somebody

pytestmark = pytest.mark.stack


def token_of(baton: Installation, rep: str) -> dict[str, str]:
    operator = {"Authorization": f"Bearer {baton.at['operator_token']}"}
    answer = httpx.post(f"{baton.at['router']}/v1/reps/{rep}/tokens", headers=operator)
    assert answer.is_success, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def entered(baton: Installation, headers: dict[str, str], **body: Any) -> dict[str, Any]:
    """Enter it; what became of it once that is known."""
    answer = httpx.post(f"{baton.at['router']}/v1/me/leads", headers=headers, json=body)
    assert answer.status_code == 202, answer.text

    def mine() -> dict[str, Any]:
        found = httpx.get(f"{baton.at['router']}/v1/me/leads", headers=headers).json()["leads"]
        own: dict[str, Any] = {each["id"]: each for each in found}[answer.json()["id"]]
        return own

    settled: dict[str, Any] = baton.eventually(mine, lambda own: own["became"] != "entered", "an own lead")
    return settled


def received(baton: Installation) -> float:
    """What sla-monitor has counted as leads of marketing."""
    lines = httpx.get(f"{baton.at['sla_monitor']}/metrics").text.splitlines()
    return sum(
        float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("baton_leads_received_total{")
    )


def test_it_is_its_finders_and_no_lead_of_marketings_and_who_is_known_stays_with_who_has_them(
    baton: Installation,
) -> None:
    somebodys = somebody()
    (lead,) = baton.leads_of(baton.post("demo-request", somebodys))
    holder = baton.assigned(lead)["rep_id"]
    baton.eventually(lambda: baton.timers(lead), bool, "timers of the lead")
    reps = baton.ask("router", "/v1/reps")["reps"]
    finder = next(
        each
        for each in reps
        if each["id"] != holder and each["is_active"] and each["open"] < each["capacity"]
    )
    headers, line, counted = token_of(baton, finder["id"]), finder["lines"][0], received(baton)
    new = entered(baton, headers, line=line, email="found@fair.example.org", name="Found Person")
    assert (new["became"], new["has"]) == ("yours", finder["id"])
    known = entered(baton, headers, line=line, email=somebodys["email"])
    assert (known["became"], known["has"], UUID(known["lead_id"])) == ("joined", holder, lead)
    heard = f"/v1/leads/{new['lead_id']}/timers"
    baton.eventually(
        lambda: baton.ask("sla_monitor", heard, or_none=True), lambda found: found is not None, "the own lead"
    )
    assert received(baton) == counted
    baton.eventually(baton.unaccounted, lambda number: number == 0, "every number has arrived")
