"""What Alertmanager holds and whom it wrote to, from one moment on."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from baton_dev.faults.site import Site

LOOKS_EVERY = 0.3
ON_CALL = "on-call@example.com"
"""Who is woken, as deploy/alertmanager has it."""
_FIRING = re.compile(r"^\[FIRING")
_NAMES = re.compile(r"Baton\w+")


@dataclass
class Seen:
    """Names of alerts: `active` by severity, `suppressed` by one they come behind, `woken` by letter."""

    active: dict[str, set[str]] = field(default_factory=lambda: {"page": set(), "ticket": set()})
    suppressed: set[str] = field(default_factory=set)
    woken: set[str] = field(default_factory=set)
    now: set[str] = field(default_factory=set)
    """Of those held now, suppressed or not."""
    letters: int = 0

    def take(self, alerts: list[dict[str, Any]]) -> None:
        """Note what Alertmanager holds now."""
        self.now = {alert["labels"]["alertname"] for alert in alerts}
        for alert in alerts:
            name, severity = alert["labels"]["alertname"], alert["labels"]["severity"]
            if alert["status"]["state"] == "suppressed":
                self.suppressed.add(name)
            else:
                self.active[severity].add(name)


@contextmanager
def watching(site: Site) -> Iterator[Seen]:
    """Look again and again until the block ends."""
    seen, over = Seen(), threading.Event()
    already = len(site.alerts_mail.letters())
    thread = threading.Thread(target=_look_on, args=(site, seen, already, over), daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _look_on(site: Site, seen: Seen, already: int, over: threading.Event) -> None:
    while not over.wait(LOOKS_EVERY):
        try:
            seen.take(site.watchers.received())
        except httpx.TransportError:
            continue
        letters = [each for each in site.alerts_mail.letters()[already:] if _FIRING.match(each.subject)]
        seen.letters = len(letters)
        seen.woken = {name for each in letters if each.to == ON_CALL for name in _NAMES.findall(each.subject)}
