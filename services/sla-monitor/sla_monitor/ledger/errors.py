"""What callers of the ledger's API can do wrong, each mapped to one answer."""

from datetime import date, datetime
from typing import Any

from service_kit.problems import Problem


class UnknownSubject(Problem):
    """Nothing of the kind happened, as far as is known."""

    def __init__(self, detail: str) -> None:
        super().__init__(404, "There is nothing to object to", detail, field="lead")


class NotCounted(Problem):
    """What is counted for nobody needs no objection."""

    def __init__(self, detail: str) -> None:
        super().__init__(409, "It is counted for nobody", detail)


class TooLate(Problem):
    """The days in which either side may object are over."""

    def __init__(self, happened_at: datetime, days: int, until: datetime) -> None:
        super().__init__(
            409,
            "The time to object is over",
            f"it happened at {happened_at.isoformat()}, and the agreement of that day leaves {days} days: "
            f"until {until.isoformat()}. Settle it between both sides outside of the count",
        )


class ObjectedAlready(Problem):
    """One objection a subject."""

    def __init__(self, known: dict[str, Any]) -> None:
        verdict = known["verdict"]
        state = f"and it was {verdict} by {known['decided_by']}" if verdict else "and waits for a decision"
        super().__init__(
            409,
            "There is an objection to it already",
            f"{known['by']} objected at {known['at'].isoformat()} for {known['side']}, {state}: see "
            f"objection {known['id']}",
            objection=known["id"],
        )


class UnknownObjection(Problem):
    """No objection has this id."""

    def __init__(self, identity: object) -> None:
        super().__init__(
            404,
            "Unknown objection",
            f"there is no objection {identity}; `baton agreement objections` shows those there are",
        )


class DecidedAlready(Problem):
    """A decision stands."""

    def __init__(self, known: dict[str, Any]) -> None:
        super().__init__(
            409,
            "It is decided already",
            f"{known['decided_by']} said {known['verdict']} at {known['decided_at'].isoformat()}: it stands",
        )


class WrongWindow(Problem):
    """A window that cannot be meant."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(422, "The window does not fit", detail, field=field)


class UnknownIncident(Problem):
    """No incident has this id."""

    def __init__(self, identity: object) -> None:
        super().__init__(
            404,
            "Unknown incident",
            f"there is no incident {identity}; `baton incident list` shows those there are",
        )


class RetractedAlready(Problem):
    """It excuses nothing any more."""

    def __init__(self, known: dict[str, Any]) -> None:
        super().__init__(
            409,
            "It is taken back already",
            f"{known['retracted_by']} took it back at {known['retracted_at'].isoformat()}; add another one",
        )


class WrongPeriod(Problem):
    """A month that is written otherwise."""

    def __init__(self, detail: str) -> None:
        super().__init__(422, "The month cannot be read", detail, field="period")


class NothingAgreed(Problem):
    """No rulebook has been published."""

    def __init__(self, detail: str) -> None:
        super().__init__(409, "Nothing is agreed yet", detail)


class TooSoon(Problem):
    """The working day from which both sides may sign has not come."""

    def __init__(self, month: str, from_day: date | None, number: int) -> None:
        when = f"from {from_day.isoformat()} on" if from_day else "on no day, for the calendar never opens"
        super().__init__(
            409,
            "The month may not be signed yet",
            f"{month} may be signed {when}: that is working day {number} of the month after, by "
            "closes_on_working_day of the agreement",
            signs_from=from_day,
        )


class SignedAlready(Problem):
    """A side signs once."""

    def __init__(self, month: str, side: str, name: str, at: datetime) -> None:
        super().__init__(
            409,
            "This side has signed",
            f"{name} signed {month} for {side} at {at.isoformat()}; what turns out differently later becomes "
            "a correction by itself",
        )


class OutOfTurn(Problem):
    """Months are closed one after the other."""

    def __init__(self, month: str, first: str) -> None:
        super().__init__(
            409,
            "Another month comes first",
            f"months are closed in order: sign {first} before {month}"
            if first < month
            else f"{first} is the next month to close; {month} was over before the first one that was closed",
        )


class NotBooked(Problem):
    """The process that computes what is booked ended before: its log tells why; signing again may help."""

    def __init__(self, month: str, why: str) -> None:
        super().__init__(
            503,
            "The month could not be closed",
            f"{why}; nothing of {month} was kept: sign again, and look into the log of sla-monitor where it "
            "happens again",
        )
