"""An instance's own count of what it accepts, so that a lost lead shows as a missing number."""

from lead_events import Receipt

_MOST_VOIDED = 500


class Numbering:
    """Numbers from 1 on, each given once. `instance` names this run of the process: a restart counts anew."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.given = 0
        self.voided = 0
        self._to_report: list[int] = []

    def take(self) -> Receipt:
        """The next number, with numbers to report as void."""
        self.given += 1
        reported, self._to_report = self._to_report[:_MOST_VOIDED], self._to_report[_MOST_VOIDED:]
        return Receipt(instance=self.instance, number=self.given, voided=reported)

    def void(self, receipt: Receipt) -> None:
        """The answer was 503: a later record reports the number, and what its own would have reported."""
        self.voided += 1
        self._to_report += [*receipt.voided, receipt.number]
