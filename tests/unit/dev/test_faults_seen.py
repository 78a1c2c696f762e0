"""What counts as raised, as suppressed and as somebody woken, of what Alertmanager holds."""

from typing import Any

from baton_dev.faults.drill import Told
from baton_dev.faults.fault import Fault
from baton_dev.faults.table import FAULTS
from baton_dev.faults.watch import Seen

AFTER = 15.0
(CAUSE,) = (fault for fault in FAULTS if fault.alert == "BatonPostgresAway")
(TICKET,) = (fault for fault in FAULTS if fault.alert == "BatonOldVersion")


def held(name: str, severity: str = "page", state: str = "active") -> dict[str, Any]:
    return {"labels": {"alertname": name, "severity": severity}, "status": {"state": state}}


def troubles(fault: Fault, seen: Seen) -> list[str]:
    return Told(fault, seen, raised=1.0, over=1.0).troubles


def test_a_cause_that_was_told_while_what_comes_behind_it_was_not_is_as_it_has_to_be() -> None:
    seen = Seen(AFTER)
    for now in (0.0, 20.0):
        seen.take([held("BatonPostgresAway"), held("BatonNotReady", state="suppressed")], now)
    seen.woken = {"BatonPostgresAway"}
    assert troubles(CAUSE, seen) == []
    assert (seen.active["page"], seen.suppressed) == ({"BatonPostgresAway"}, {"BatonNotReady"})


def test_a_second_page_that_lasts_is_told_and_one_that_passes_before_a_letter_is_not() -> None:
    seen = Seen(AFTER)
    seen.woken = {"BatonPostgresAway"}
    seen.take([held("BatonNotReady")], 0.0)
    seen.take([held("BatonNotReady", state="suppressed")], 10.0)
    seen.take([held("BatonNotReady")], 20.0)
    assert troubles(CAUSE, seen) == []
    seen.take([held("BatonNotReady")], 35.0)
    assert troubles(CAUSE, seen) == ["had BatonNotReady raised too"]


def test_letters_to_who_is_on_call_are_counted_by_what_they_name() -> None:
    seen = Seen(AFTER, woken={"BatonPostgresAway", "BatonHandoffSlow"})
    assert troubles(CAUSE, seen) == ["wrote to who is on call of BatonHandoffSlow too"]
    assert troubles(CAUSE, Seen(AFTER)) == ["wrote nothing to who is on call of BatonPostgresAway"]


def test_a_ticket_wakes_nobody_and_other_tickets_are_those_of_the_table() -> None:
    seen = Seen(AFTER)
    seen.take([held("BatonOldVersion", "ticket"), held("BatonChannelSlow", "ticket")], 0.0)
    assert troubles(TICKET, seen) == ["made a ticket of BatonChannelSlow too"]
