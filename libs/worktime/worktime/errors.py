"""What can be wrong with a calendar or a question to it. Every message says what to write instead."""


class CalendarError(ValueError):
    """Bad input: a calendar that cannot be read, or an argument no calendar can answer.

    `key` names the place, for example `week.mon[1]` or `start`; `problem` says what is wrong and what to
    write instead. Action required: reject to the caller.
    """

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(key, problem)
        self.key = key
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}"


class NeverOpens(CalendarError):
    """The calendar has no (or not enough) open time left before its horizon ends."""
