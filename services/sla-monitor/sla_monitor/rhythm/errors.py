"""What callers can ask of pages that cannot be, each mapped to one answer."""

from service_kit.problems import Problem
from sla_monitor.rhythm.schedule import PageKind


class BadPeriod(Problem):
    """A period that is none."""

    def __init__(self, why: ValueError) -> None:
        super().__init__(422, "The period cannot be read", str(why), field="period")


class NotBegun(Problem):
    """A week or month that lies ahead has nothing to tell."""

    def __init__(self, period: str, running: str) -> None:
        super().__init__(
            422,
            "The period has not begun",
            f"{period} has not begun: ask for {running} or one before",
            field="period",
        )


class NotOver(Problem):
    """A page of a week or month that is still running would be sent once, and half."""

    def __init__(self, period: str) -> None:
        super().__init__(
            409,
            "The period is not over",
            f"{period} still runs, and a page is sent once: look at it without sending, or send one before",
            field="period",
        )


class NotClosed(Problem):
    """The page of a closed month, before both sides have closed it."""

    def __init__(self, period: str) -> None:
        super().__init__(
            409,
            "The month is not closed",
            f"both sides have not signed {period}: sign it with `baton report close`, or send page `monthly`",
            field="period",
        )


class NoPageYet(Problem):
    """Nobody is named to get it."""

    def __init__(self, kind: PageKind) -> None:
        super().__init__(
            409,
            "Nobody gets this page",
            f"add pages: {{{kind.key}: {{to: [...]}}}} to company.yaml (docs/rhythm.md) and publish the "
            "rulebook",
        )
