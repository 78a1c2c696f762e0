"""Whole rulebooks by version: which agreement binds when, in which segments a lead is, whose days count."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import orjson

from lead_events import LeadScored
from lead_events.words import CauseKind
from rulebook.agreements import Agreed, all_agreements, binding_on
from rulebook.calendars import open_hours
from rulebook.cel import CelError, Condition, compile_condition, prepare_context
from rulebook.context import ROUTING_VARIABLES, routing_context, scoring_context
from rulebook.models import Agreement, Rulebook, Volume
from rulebook.publication import parse
from rulebook.versions import History, Versioned
from service_kit.metrics import RULEBOOK_VERSION
from service_kit.postgres import Connection
from service_kit.queries import load_queries
from sla_monitor.ledger.errors import NothingAgreed, WrongPeriod
from sla_monitor.ledger.periods import Period, parse_period, period_of
from sla_monitor.metrics import create_series_of_sources, create_series_of_teams
from worktime import Calendar

_q = load_queries("sla_monitor.ledger", "queries/books.sql")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


@dataclass(slots=True)
class Book:
    """One version. What a local day's agreement says is found once a day."""

    version: int
    rulebook: Rulebook
    zone: ZoneInfo
    segments: Mapping[str, Condition]
    agreements: Mapping[str, Agreement]
    _days: dict[date, Agreed] = field(default_factory=dict)
    _hours: dict[str | None, Calendar] = field(default_factory=dict)

    def agreed_at(self, at: datetime) -> Agreed:
        """The agreement that binds on the company's local day of a moment."""
        return self.agreed_on(at.astimezone(self.zone).date())

    def agreed_on(self, day: date) -> Agreed:
        """The agreement that binds on a local day; NO_AGREEMENT where there is none."""
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = binding_on(self.agreements, day)
        return found

    def judging(self, at: datetime) -> Agreed:
        """The agreement that binds on the local day of a moment, else the one that binds its month."""
        found = self.agreed_at(at)
        return found if found.id else self.agreed_in(period_of(at, self.zone))

    def agreed_in(self, period: Period) -> Agreed:
        """The agreement that judges a month: that of its last day, else of the last day that has one."""
        days = (self.agreed_on(day) for day in reversed(list(period.days())))
        return next((each for each in days if each.id), self.agreed_on(period.last_day))

    def hours_of(self, agreement: Agreement) -> Calendar:
        """The working time of an agreement's calendar; without one Monday to Friday, all day."""
        name = agreement.calendar
        if name not in self._hours:
            self._hours[name] = self._open_hours(name)
        return self._hours[name]

    def paces(self, agreement: Agreement) -> Calendar | None:
        """The calendar whose working days pace the month; None: Monday to Friday."""
        return self.hours_of(agreement) if agreement.calendar is not None else None

    def segments_of(self, scored: LeadScored) -> tuple[tuple[str, ...], int]:
        """The names of the segments that a lead is in, and how many could not be decided: in those it is not.

        The context is the one that routing asks its rules in.
        """
        if not self.segments:
            return (), 0
        context = prepare_context(self._context(scored))
        answers = {name: each.evaluate(context) for name, each in self.segments.items()}
        errors = sum(isinstance(answer, CelError) for answer in answers.values())
        return tuple(sorted(name for name, answer in answers.items() if answer is True)), errors

    def _context(self, scored: LeadScored) -> dict[str, object]:
        form = self.rulebook.forms.get(scored.form_id)
        asks = scored.cause.kind is CauseKind.EXPLICIT_ASK or (form is not None and form.explicit_ask)
        account = scored.account
        asked = scoring_context(
            scored.profile.model_dump(mode="json", exclude_none=True),
            form=scored.form_id,
            source=scored.source,
            campaign=scored.campaign,
            line=scored.line,
            submissions=scored.submissions,
            asks=asks,
            account=account.model_dump(mode="json", exclude_none=True) if account is not None else None,
        )
        score = scored.score
        return routing_context(asked, fit=score.fit, interest=score.interest, quadrant=scored.quadrant.value)

    def _open_hours(self, name: str | None) -> Calendar:
        if name is not None and name in self.rulebook.calendars:
            return open_hours(self.rulebook.calendars[name])
        week = {day: [["00:00", "24:00"]] for day in _WEEKDAYS}
        return Calendar.from_dict({"tz": self.rulebook.time_zone, "week": week})


def book_of(versioned: Versioned) -> Book:
    """Compile a version. Raises ConditionInvalid for a segment that cannot be compiled."""
    rulebook = versioned.rulebook
    segments = {
        name: compile_condition(when, ROUTING_VARIABLES) for name, when in rulebook.routing.segments.items()
    }
    zone = ZoneInfo(rulebook.time_zone)
    return Book(versioned.version, rulebook, zone, segments, all_agreements(rulebook))


class NoRulebook(LookupError):
    """No rulebook has been published yet, so nothing was agreed: publish one first."""


class Books:
    """All versions, each read once. A version never changes, and they may arrive in any order."""

    def __init__(self) -> None:
        self._by_version: dict[int, Book] = {}
        self._history = History()
        self.sources: frozenset[str] = frozenset()
        """The sources that the newest version declares."""

    async def learn(self, conn: Connection) -> None:
        """Take in versions not known yet: one statement.

        Call it before this transaction inserts a version of its own, which must not outlive a rollback here.
        """
        for row in await conn.fetch(_q.books_besides, self.versions):
            versioned = Versioned(row["version"], row["effective_from"], parse(orjson.loads(row["rulebook"])))
            self._by_version[versioned.version] = book_of(versioned)
            self._history = self._history.with_version(versioned)
        newest = max(self._by_version, default=0)
        sources = frozenset(self._by_version[newest].rulebook.sources) if newest else frozenset()
        if sources != self.sources:
            self.sources = sources
            create_series_of_sources(sources)
        if newest:
            create_series_of_teams(self._by_version[newest].rulebook.roster.teams)
        RULEBOOK_VERSION.set(newest)

    @property
    def versions(self) -> list[int]:
        """The numbers of the versions known."""
        return list(self._by_version)

    def of(self, version: int) -> Book | None:
        """A version by its number; None when it has not arrived."""
        return self._by_version.get(version)

    def at(self, moment: datetime) -> Book | None:
        """The version in force at a moment; None while there is none at all."""
        return self._by_version[self._history.at(moment).version] if self._by_version else None

    @property
    def begin(self) -> datetime | None:
        """From when on there has been a rulebook; None while there is none."""
        return next((each.effective_from for each in self._history), None)

    @property
    def have_volume(self) -> bool:
        """Whether any agreement of any version holds only up to a volume."""
        return any(True for _ in self.volumes())

    def volume_of(self, version: int, agreement: str) -> Volume | None:
        """Up to which volume an agreement of a version holds; None: any, or the version is not known."""
        found = self._by_version.get(version)
        agreed = found.agreements.get(agreement) if found is not None else None
        return agreed.sales.volume if agreed is not None else None

    def volumes(self) -> Iterator[tuple[int, str, Volume]]:
        """Every agreement that holds only up to a volume: its version, its id, and the volume."""
        for book in self._by_version.values():
            for name, agreement in book.agreements.items():
                if agreement.sales.volume is not None:
                    yield book.version, name, agreement.sales.volume


def book_for(books: Books, period: Period, now: datetime) -> Book:
    """The rulebook in force at the end of a month, or now while it runs. Raises NoRulebook."""
    found = books.at(min(now, period.end))
    if found is None:
        raise NoRulebook("no rulebook is published yet: publish one with `baton rulebook publish`")
    return found


def readable(books: Books, name: str, now: datetime) -> tuple[Period, Book]:
    """A month by its name, and the rulebook that judges it. Raises WrongPeriod or NothingAgreed."""
    current = books.at(now)
    if current is None:
        raise NothingAgreed("no rulebook is published yet: publish one with `baton rulebook publish`")
    try:
        period = parse_period(name, current.zone)
    except ValueError as error:
        raise WrongPeriod(str(error)) from None
    return period, book_for(books, period, now)
