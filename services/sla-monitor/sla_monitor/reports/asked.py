"""What is asked of the process that makes a report, and what it may refuse."""

from datetime import UTC, datetime
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from rulebook.models.people import TextLanguage
from sla_monitor.child_process import StoreQuestion
from sla_monitor.ledger.periods import Period, parse_period, period_of

Format: TypeAlias = Literal["json", "html", "csv"]
MEDIA: dict[Format, str] = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}
SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""Headers of a page: nothing runs in it, and nobody keeps it."""
THIS, LAST = "this", "last"
"""Name the company's month that runs, and the last one that is over."""
REFUSED = 3
"""Exit status of the process where what was asked cannot be had: why stands on its stdout."""


class Asked(BaseModel):
    """One report: of a month, of one `source` in it, or with `proposal` the agreement proposed for it.
    `now`: the database's time."""

    period: str
    now: datetime
    format: Format = "json"
    language: TextLanguage = "en"
    source: str | None = None
    proposal: bool = False


class Question(StoreQuestion):
    """What the process reads first."""

    asked: Asked


class Refusal(BaseModel):
    """Why there is no such report."""

    why: Literal["no_rulebook", "no_source", "not_begun", "is_over", "nothing_to_go_by"]
    detail: str


class CannotBe(Exception):
    """There is no such report; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


def check_period(text: str) -> None:
    """Raises ValueError for what is no month, saying what to write instead."""
    parse_period(text, ZoneInfo("UTC"))


def check_name(text: str) -> None:
    """As check_period, for a month that may be called `this` or `last`, too."""
    if text not in (THIS, LAST):
        check_period(text)


def named(text: str, now: datetime, zone: ZoneInfo) -> Period:
    """The month called `2026-11`, `this` or `last`. Raises ValueError saying what to write instead."""
    if text in (THIS, LAST):
        month = period_of(now, zone)
        return month if text == THIS else month.previous
    return parse_period(text, zone)


def refuse_future(period: Period, now: datetime) -> None:
    """Raises CannotBe for a month that has not begun."""
    if period.start.astimezone(UTC) > now:
        this = f"{now.astimezone(period.zone):%Y-%m}"
        raise CannotBe(
            Refusal(why="not_begun", detail=f"{period.name} has not begun: ask for {this} or a month before")
        )
