"""What a fault is."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from baton_dev.faults.site import Site

Severity = Literal["page", "ticket"]
Plant = Callable[[Site], AbstractContextManager[None]]
"""Entering it plants the fault, leaving it takes it back."""


@dataclass(frozen=True)
class Fault:
    """`happens` is what is done, in a sentence; `alert` what must be raised, as `severity`.

    `tickets` are alerts that may be said beside it and wake nobody. `lasts` is how long it stays after its
    alert, in seconds of the rules' time.
    """

    name: str
    happens: str
    alert: str
    severity: Severity
    plant: Plant
    tickets: frozenset[str] = frozenset()
    lasts: float = 60.0
