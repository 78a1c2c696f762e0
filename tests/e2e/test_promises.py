"""The monitor of promises is away for longer than the promises last: who acted in time has kept them all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

from baton_dev.waiting import wait_until
from tests.e2e.company import ACCEPT_SECONDS
from tests.e2e.installation import SECONDS, Installation, RunningService, somebody

pytestmark = pytest.mark.stack

A_MOMENT = timedelta(milliseconds=200)


def _stopped(monitor: RunningService) -> None:
    monitor.stop()


def _killed(monitor: RunningService) -> None:
    monitor.kill()


@pytest.mark.parametrize("away", [_stopped, _killed], ids=["stopped", "killed"])
def test_no_promise_that_was_kept_counts_as_broken_after_the_monitor_was_away(
    baton: Installation, away: Callable[[RunningService], None]
) -> None:
    """Five minutes are long against promises of minutes; here it is seconds against seconds.

    One lead is handed over before the monitor goes and answered while it is away; one is handed over and
    answered while it is away; the third is never answered and shows that breaches are still found.
    """
    monitor = baton.stack.services["sla_monitor"]
    early = _perfect_lead(baton)
    rep = baton.assigned(early)["rep_id"]
    baton.eventually(lambda: baton.timers(early), lambda found: len(found) == 2, "the promises on a lead")

    away(monitor)
    _accept_and_call(baton, early, rep)
    late, forgotten = _perfect_lead(baton), _perfect_lead(baton)
    _accept_and_call(baton, late, baton.assigned(late)["rep_id"])
    forgotten_by = baton.assigned(forgotten)["rep_id"]
    due = datetime.now(UTC) + timedelta(seconds=ACCEPT_SECONDS + 1) + A_MOMENT
    wait_until(lambda: datetime.now(UTC) > due, SECONDS, "the end of every promise")
    monitor.start()
    monitor.await_answer()

    baton.eventually(baton.breaches, lambda found: (forgotten, "accept") in found, "the breach of the third")
    for lead in (early, late):
        promises = baton.eventually(
            partial(baton.timers, lead),
            lambda found: bool(found) and all(each["state"] != "pending" for each in found),
            "the end of the promises on a lead",
        )
        assert {each["kind"]: each["state"] for each in promises} == {
            "accept": "kept",
            "first_response": "kept",
        }
    broken = [(lead, kind) for lead, kind in baton.breaches() if lead in (early, late)]
    assert broken == []
    taken_back = baton.eventually(
        lambda: baton.routed(forgotten)["assignments"],
        lambda rounds: len(rounds) > 1,
        "another rep for the lead whose promise was broken",
    )
    assert taken_back[0]["rep_id"] == forgotten_by
    assert taken_back[1]["rep_id"] != forgotten_by
    assert baton.unaccounted() == 0


def _perfect_lead(baton: Installation) -> UUID:
    (lead,) = baton.leads_of(baton.post("demo-request", somebody()))
    assert baton.routed(lead)["quadrant"] == "perfect"
    return lead


def _accept_and_call(baton: Installation, lead: UUID, rep: str) -> None:
    baton.act(lead, rep, "accept")
    baton.act(lead, rep, "contacted", {"channel": "phone", "result": "reached"})
