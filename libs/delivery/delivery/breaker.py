"""Receivers that fail again and again are left alone for a while, so that others are served meanwhile.

A circuit breaker for each receiver, in the memory of one process: closed while things go well, open after
FAILURES in a row. When the rest is over one message tries (half open): if it arrives the circuit closes, if
not it opens again, for twice as long up to LONGEST. What arrives, and what the receiver itself refuses for
good, is no failure. What it refuses of one address alone, such as a full mailbox, says nothing of others and
does not come here.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from delivery.message import Outcome

FAILURES = 5
SHORTEST, LONGEST = timedelta(seconds=30), timedelta(minutes=10)
MOST = 10_000
"""Receivers remembered; beyond it the oldest is forgotten, which closes its circuit."""


@dataclass(slots=True)
class _Circuit:
    failures: int = 0
    open_until: datetime | None = None
    rest: timedelta = SHORTEST


@dataclass(slots=True)
class Breaker:
    """Circuits by receiver."""

    _circuits: dict[str, _Circuit] = field(default_factory=dict)

    def left_alone(self, now: datetime) -> set[str]:
        """Receivers that nothing is sent to now."""
        return {
            receiver
            for receiver, circuit in self._circuits.items()
            if circuit.open_until is not None and now < circuit.open_until
        }

    def is_resting(self, receiver: str) -> bool:
        """Whether its circuit has opened and has not closed again: one message at a time may try."""
        circuit = self._circuits.get(receiver)
        return circuit is not None and circuit.open_until is not None

    def note(self, receiver: str, outcome: Outcome, now: datetime) -> None:
        """How an attempt ended."""
        circuit = self._circuits.pop(receiver, None) or _Circuit()
        if outcome is not Outcome.LATER:
            return
        self._circuits[receiver] = circuit  # the newest stands last
        circuit.failures += 1
        if circuit.failures >= FAILURES:
            if circuit.open_until is not None and now >= circuit.open_until:
                circuit.rest = min(circuit.rest * 2, LONGEST)
            circuit.open_until = now + circuit.rest
        if len(self._circuits) > MOST:
            self._circuits.pop(next(iter(self._circuits)))
