"""Everything that was published, by what it is about. The order of arrival is lost here on purpose."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import zip_longest
from uuid import UUID
from zoneinfo import ZoneInfo

from lead_events import (
    EventModel,
    LeadMerged,
    LeadProgressed,
    LeadRouted,
    LeadScored,
    PersonErased,
    RepAvailabilityChanged,
    RulebookPublished,
)
from rulebook.models import Agreement, Rulebook


@dataclass(frozen=True, slots=True)
class News:
    """One event and its id."""

    id: UUID
    event: EventModel


@dataclass(frozen=True, slots=True)
class Fact:
    """What happened to a lead. Of two at one moment the producer's name goes first, then the round; in it the
    handoff, then what the rep did, then what the router made of that; then the number."""

    at: datetime
    producer: str
    seq: int
    id: UUID
    kind: str
    event: LeadRouted | LeadProgressed | None
    heir: UUID | None = None
    """Of a lead that was merged: the one that lives, where it is told."""

    @property
    def place(self) -> tuple[datetime, str, int, int, int]:
        round_ = self.event.round if self.event is not None else 0
        part = 0 if self.kind == "assigned" else 1 if self.act is not None else 2
        return self.at, self.producer, round_, part, self.seq

    @property
    def act(self) -> LeadProgressed | None:
        return self.event if isinstance(self.event, LeadProgressed) else None

    @property
    def decision(self) -> LeadRouted | None:
        return self.event if isinstance(self.event, LeadRouted) else None


@dataclass(frozen=True, slots=True)
class Objected:
    """An objection that was decided; `subject` is a rejection's event or a promise."""

    subject: UUID
    is_excused: bool


@dataclass(frozen=True, slots=True)
class Incident:
    """A window in which nobody answers for a breach, both ends included."""

    start: datetime
    end: datetime


@dataclass(eq=False)
class History:
    """All facts, each once by its id."""

    facts: dict[UUID, list[Fact]] = field(default_factory=dict)
    scores: dict[UUID, list[LeadScored]] = field(default_factory=dict)
    hours: dict[str, list[RepAvailabilityChanged]] = field(default_factory=dict)
    rulebooks: dict[int, Rulebook] = field(default_factory=dict)
    since: dict[int, datetime] = field(default_factory=dict)
    objected: list[Objected] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)

    @classmethod
    def of(
        cls, news: Iterable[News], objected: Iterable[Objected] = (), incidents: Iterable[Incident] = ()
    ) -> "History":
        history = cls(objected=list(objected), incidents=list(incidents))
        for each in {each.id: each for each in news}.values():
            history._take(each)
        for facts in history.facts.values():
            facts.sort(key=lambda fact: fact.place)
        for scores in history.scores.values():
            scores.sort(key=lambda score: score.seq)
        for changes in history.hours.values():
            changes.sort(key=lambda change: change.revision)
        return history

    def _take(self, news: News) -> None:
        event = news.event
        match event:
            case LeadRouted():
                fact = Fact(event.at, "router", event.seq, news.id, str(event.kind), event)
                self.facts.setdefault(event.lead_id, []).append(fact)
            case LeadProgressed():
                fact = Fact(event.at, "router", event.seq, news.id, str(event.kind), event)
                self.facts.setdefault(event.lead_id, []).append(fact)
            case LeadMerged():
                ended = event.leads_ended if event.kind == "merged" else ()
                for lead, heir in zip_longest(ended, event.ended_in if ended else ()):
                    self._ends(lead, Fact(event.at, "scoring", event.seq, news.id, "merged", None, heir))
            case PersonErased():
                for lead in event.leads:
                    self._ends(lead, Fact(event.at, "scoring", 0, news.id, "erased", None))
            case LeadScored():
                self.scores.setdefault(event.lead_id, []).append(event)
            case RepAvailabilityChanged():
                self.hours.setdefault(event.rep_id, []).append(event)
            case RulebookPublished():
                self.rulebooks[event.version] = Rulebook.model_validate(event.rulebook)
                self.since[event.version] = event.effective_from
            case _:
                raise ValueError(f"the model knows no {type(event).__name__}")

    def _ends(self, lead: UUID, fact: Fact) -> None:
        self.facts.setdefault(lead, []).append(fact)

    @property
    def leads(self) -> set[UUID]:
        return set(self.facts) | set(self.scores)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(next(iter(self.rulebooks.values())).time_zone)

    def rulebook_at(self, at: datetime) -> Rulebook:
        """The newest version in force at a moment."""
        in_force = [version for version, since in self.since.items() if since <= at]
        return self.rulebooks[max(in_force, default=min(self.rulebooks))]

    def binding(self, rulebook: Rulebook, at: datetime) -> tuple[str, Agreement] | None:
        """The active agreement of the company's day."""
        day = at.astimezone(ZoneInfo(rulebook.time_zone)).date()
        for name, agreement in {"agreement": rulebook.agreement, **rulebook.agreements}.items():
            first, last = agreement.first_day or day, agreement.last_day or day
            if agreement.state == "active" and first <= day <= last:
                return name, agreement
        return None

    def tried(self, rulebook: Rulebook, at: datetime, team: str) -> list[tuple[str, Agreement]]:
        """The agreements on trial with a team on the company's day."""
        day = at.astimezone(ZoneInfo(rulebook.time_zone)).date()
        return [
            (name, each)
            for name, each in {"agreement": rulebook.agreement, **rulebook.agreements}.items()
            if each.state == "trial"
            and (each.first_day or day) <= day <= (each.last_day or day)
            and team in (each.trial_teams or [team])
        ]
