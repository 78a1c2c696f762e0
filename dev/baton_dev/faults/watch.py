"""What Alertmanager holds and whom it wrote to, from one moment on."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from baton_dev.faults.site import Site

LOOKS_EVERY = 0.3
ON_CALL = "on-call@example.com"
GROUP_INTERVAL = 300.0
"""Who is woken, and the seconds until they are told of more of the same, as deploy/alertmanager has it."""
_FIRING = re.compile(r"^\[FIRING")
_NAMES = re.compile(r"Baton\w+")


@dataclass
class Seen:
    """Names of alerts: `active` by severity, `suppressed` by one they come behind, `woken` by letter.

    `stayed` are those that were active for `letter_after` seconds without a break: by then a letter goes out.
    """

    letter_after: float
    active: dict[str, set[str]] = field(default_factory=lambda: {"page": set(), "ticket": set()})
    stayed: set[str] = field(default_factory=set)
    suppressed: set[str] = field(default_factory=set)
    woken: set[str] = field(default_factory=set)
    letters: int = 0
    _since: dict[str, float] = field(default_factory=dict)

    def take(self, alerts: list[dict[str, Any]], now: float) -> None:
        """Note what Alertmanager holds at a moment, in seconds of any clock."""
        active = {}
        for alert in alerts:
            name, severity = alert["labels"]["alertname"], alert["labels"]["severity"]
            if alert["status"]["state"] == "suppressed":
                self.suppressed.add(name)
            else:
                self.active[severity].add(name)
                active[name] = self._since.get(name, now)
        self._since = active
        self.stayed |= {name for name, since in active.items() if now - since >= self.letter_after}


@contextmanager
def watching(site: Site) -> Iterator[Seen]:
    """Look again and again until the block ends."""
    seen, over = Seen(site.pace.seconds(GROUP_INTERVAL)), threading.Event()
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
            seen.take(site.watchers.received(), time.monotonic())
        except httpx.TransportError:
            continue
        letters = [each for each in site.alerts_mail.letters()[already:] if _FIRING.match(each.subject)]
        seen.letters = len(letters)
        seen.woken = {name for each in letters if each.to == ON_CALL for name in _NAMES.findall(each.subject)}
