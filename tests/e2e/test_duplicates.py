"""Sales gives a lead back as another one again, in a running installation: one person, counted once."""

from typing import Any

import httpx
import pytest

from tests.e2e.installation import Installation, somebody

pytestmark = pytest.mark.stack


def figure(baton: Installation, service: str, name: str) -> float:
    """A counter over all its series."""
    lines = httpx.get(f"{baton.at[service]}/metrics").text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name}{{", f"{name} ")))


def answer(baton: Installation, path: str) -> dict[str, Any]:
    operator = {"Authorization": f"Bearer {baton.at['operator_token']}"}
    said = httpx.post(
        f"{baton.at['scoring']}{path}", headers=operator, json={"by": "rosa", "reason": "asked the rep"}
    )
    assert said.is_success, said.text
    found: dict[str, Any] = said.json()
    return found


def test_marketing_is_asked_of_two_who_have_said_who_they_are_and_can_take_its_word_back(
    baton: Installation,
) -> None:
    known, again = somebody(), somebody()
    (first,) = baton.leads_of(baton.post("demo-request", known))
    (second,) = baton.leads_of(baton.post("demo-request", again))
    baton.assigned(first)
    rep = baton.assigned(second)["rep_id"]
    counted = figure(baton, "sla_monitor", "baton_leads_duplicate_total")
    report = {"reason": "the same buyer", "code": "duplicate", "duplicate_of": known["email"]}
    baton.act(second, rep, "reject", report)

    def asked() -> list[dict[str, Any]]:
        listed = baton.ask("scoring", "/v1/duplicates")["duplicates"]
        return [each for each in listed if each["lead_id"] == str(second)]

    (question,) = baton.eventually(asked, bool, "the question")
    assert (question["of_lead_id"], question["why"]) == (str(first), "two_people")
    assert answer(baton, f"/v1/duplicates/{question['id']}/merge")["state"] == "merged"
    merged = baton.ask("scoring", f"/v1/merges?person_id={question['person_id']}")["merges"]
    (merge,) = [each for each in merged if each["undone_at"] is None]
    assert {merge["person_id"], merge["merged_into"]} == {question["person_id"], question["of_person_id"]}
    baton.eventually(
        lambda: figure(baton, "sla_monitor", "baton_leads_duplicate_total"),
        lambda number: number == counted + 1,
        "the duplicate is taken off marketing's leads",
    )
    parted = answer(baton, f"/v1/persons/{merge['person_id']}/undo-merge")
    assert [each["person_id"] for each in parted["parted"]] == [merge["person_id"]]
    assert asked() == []
