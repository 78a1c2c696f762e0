"""Faults planted one after the other, and what was said of each."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from baton_dev.errors import PartFailedError
from baton_dev.faults.fault import Fault
from baton_dev.faults.site import Site
from baton_dev.faults.watch import Seen, watching
from baton_dev.waiting import wait_until

PATIENCE = 120.0
"""Seconds beyond what the rules themselves wait until an alert must be there, or gone."""
HOUR = 3600.0
"""The longest that an alert of the table waits by its rule before it is raised or over."""
CALM_FOR = 4.0
"""Seconds without an alert, after which nothing comes of what was before."""
LASTING = frozenset({"BatonHandoffSlowly", "BatonLeadsRefusedSlowly"})
"""Tickets on the share of a month that is used up. A drill has no month, so after a fault they last for days
of the rules' time, and rightly so."""


@dataclass(frozen=True)
class Told:
    """What a fault led to; `raised` and `over` are seconds, from planting and from taking back."""

    fault: Fault
    seen: Seen
    raised: float
    over: float

    @property
    def troubles(self) -> list[str]:
        """What was not as it has to be, in sentences; none if all is well."""
        fault, seen = self.fault, self.seen
        pages = {fault.alert} if fault.severity == "page" else set()
        said = []
        if others := (seen.active["page"] & seen.stayed) - pages:
            said.append(f"had {_list(others)} raised too")
        if others := seen.woken - pages:
            said.append(f"wrote to who is on call of {_list(others)} too")
        if missing := pages - seen.woken:
            said.append(f"wrote nothing to who is on call of {_list(missing)}")
        if others := seen.active["ticket"] - fault.tickets - LASTING - {fault.alert}:
            said.append(f"made a ticket of {_list(others)} too")
        return said


def drill(site: Site, faults: Iterable[Fault], say: Callable[[str], None]) -> Iterator[Told]:
    """Plant each once everything is calm, and give what was said of it.

    Raises PartFailedError where its alert does not come, or does not go.
    """
    for fault in faults:
        await_calm(site)
        say(fault.name)
        yield _planted(site, fault)


def await_calm(site: Site) -> None:
    """Until nothing is raised, nor about to be, for a while; what lasts by itself is left out."""
    calm_since = time.monotonic()

    def is_calm() -> bool:
        nonlocal calm_since
        if disturbing(site):
            calm_since = time.monotonic()
        return time.monotonic() - calm_since > CALM_FOR

    try:
        wait_until(is_calm, _deadline(site), "calm", pause=0.3)
    except PartFailedError as error:
        raise PartFailedError(f"{error}; there is still {_list(disturbing(site))}") from None


def disturbing(site: Site) -> set[str]:
    """Alerts that are raised or about to be, and those that Alertmanager holds."""
    raised = {each["metric"]["alertname"] for each in site.watchers.series("ALERTS")}
    held = {each["labels"]["alertname"] for each in site.watchers.received()}
    return (raised | held) - LASTING


def await_alert(site: Site, fault: Fault, seen: Seen) -> None:
    """Until the fault's own alert is there and not suppressed."""
    wait_until(
        lambda: fault.alert in seen.active[fault.severity],
        _deadline(site),
        f"{fault.alert} after {fault.name}",
        pause=0.1,
    )


def _planted(site: Site, fault: Fault) -> Told:
    with watching(site) as seen:
        began = time.monotonic()
        with fault.plant(site):
            await_alert(site, fault, seen)
            raised = time.monotonic() - began
            _await_letter(site, seen)
            _stay(site.pace.seconds(fault.lasts))
            began = time.monotonic()
        await_calm(site)
        return Told(fault, seen, raised, time.monotonic() - began)


def _await_letter(site: Site, seen: Seen) -> None:
    wait_until(lambda: seen.letters > 0, _deadline(site), "Alertmanager's letter", pause=0.1)


def _stay(seconds: float) -> None:
    until = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > until, seconds + 1, "the time to pass", pause=0.1)


def _deadline(site: Site) -> float:
    return site.pace.seconds(HOUR) + PATIENCE


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
