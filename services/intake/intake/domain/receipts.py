"""An instance's own count of what it accepts, so that a lost lead shows as a missing number."""

from collections import deque

from lead_events import Receipt

_MOST_VOIDED = 500


class Numbering:
    """Numbers from 1 on, each given once. `instance` names this run of the process: a restart counts anew."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.given = 0
        self.voided = 0
        self._to_report: deque[int] = deque()

    def take(self) -> Receipt:
        """The next number, with numbers to report as void: the same little work however many there are."""
        self.given += 1
        waiting = self._to_report
        reported = [waiting.popleft() for _ in range(min(_MOST_VOIDED, len(waiting)))] if waiting else []
        return Receipt(instance=self.instance, number=self.given, voided=reported)

    def void(self, receipt: Receipt) -> None:
        """The answer was 503: a later record reports the number, and what its own would have reported."""
        self.voided += 1
        self._to_report.extend([*receipt.voided, receipt.number])
