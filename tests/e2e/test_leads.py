"""A lead's way from a form to reps, and the installation started a second time."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from tests.e2e.installation import Installation, somebody

pytestmark = pytest.mark.stack


def test_a_person_who_asks_for_both_lines_reaches_two_reps_who_see_each_other(baton: Installation) -> None:
    buyer = somebody(interested_in=["platform", "courses"], employees=60)
    leads = baton.leads_of(baton.post("both-lines", buyer))
    assert len(leads) == 2
    rounds = {lead: baton.assigned(lead) for lead in leads}
    assert len({each["rep_id"] for each in rounds.values()}) == 2

    for lead, other in (leads, reversed(leads)):
        mine, theirs = rounds[lead]["rep_id"], rounds[other]["rep_id"]
        shown = baton.eventually(
            partial(baton.assignments, mine),
            partial(_shows_the_other_rep, lead),
            "the other rep's name",
        )[lead]
        (seen,) = shown["other_leads"]
        assert seen["lead_id"] == str(other)
        assert seen["rep"] == {"id": theirs, "name": baton.at["reps"][theirs]["name"]}
        assert seen["line"] != shown["line"]
    assert {baton.assignments(rounds[lead]["rep_id"])[lead]["line"] for lead in leads} == {"main", "training"}


def _shows_the_other_rep(lead: UUID, mine: dict[UUID, dict[str, Any]]) -> bool:
    others = mine[lead]["other_leads"]
    return bool(others and others[0]["rep"])


def test_a_second_start_on_the_same_folder_goes_on_with_the_same_data(baton: Installation) -> None:
    buyer, key = somebody(), "sent-before-the-stop"
    first = baton.post("newsletter", buyer, key=key)
    (lead,) = baton.leads_of(first)
    rep = baton.assigned(lead)["rep_id"]
    last = baton.post("newsletter", somebody())
    before = baton.at

    baton.stack.stop()
    baton.stack.start()

    again = Installation(baton.stack)
    services = ("intake", "scoring", "router", "sla_monitor")
    assert [again.at[name] for name in services] == [before[name] for name in services]
    assert again.at["versions"]["rulebook"] == before["versions"]["rulebook"]
    assert lead in again.assignments(rep)
    assert again.post("newsletter", buyer, key=key) == first
    assert again.leads_of(first) == [lead]
    (unhurried,) = again.leads_of(last)
    assert again.assigned(unhurried)["rep_id"]
    newcomer = again.leads_of(again.post("newsletter", buyer | {"message": "I am back"}, key="another"))
    assert newcomer == [lead]
    assert again.unaccounted() == 0
    again.close()
