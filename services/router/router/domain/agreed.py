"""What the agreement that binds on a day promises: found once a day of the company."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lead_events.words import Quadrant
from rulebook.agreements import Agreed, all_agreements, binding_on, promise_of
from rulebook.models import Agreement, Promise, Rulebook, SalesSide

DAYS = 400
"""Days that are remembered: more than a year that a simulation passes through."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Within how much working time a rep answers: `within` in general, and by team where teams have their
    own. None: nothing is promised."""

    within: timedelta | None = None
    teams: tuple[tuple[str, timedelta | None], ...] = ()

    @property
    def promises(self) -> bool:
        """Whether anybody promises anything."""
        return self.within is not None or any(each is not None for _, each in self.teams)


NOTHING_PROMISED = Answers()


@dataclass(slots=True)
class Day:
    """The agreement that binds on one day of the company; what it says of leads is looked up once a kind."""

    agreed: Agreed
    _answers: dict[tuple[Quadrant, str], Answers] = field(default_factory=dict)

    @property
    def sales(self) -> SalesSide:
        """What sales promises in it, and how it works."""
        return self.agreed.agreement.sales

    def promise(self, quadrant: Quadrant, line: str, team: str) -> Promise:
        """What a rep of `team` promises on a lead of this kind."""
        return promise_of(self.agreed.agreement, quadrant, line, team)

    def answers(self, quadrant: Quadrant, line: str) -> Answers:
        """Within how much working time whom it may reach answers a lead of this kind."""
        found = self._answers.get((quadrant, line))
        if found is None:
            own = tuple((team, self._first(quadrant, line, team)) for team in sorted(self.sales.teams))
            found = self._answers[quadrant, line] = Answers(self._first(quadrant, line, ""), own)
        return found

    def _first(self, quadrant: Quadrant, line: str, team: str) -> timedelta | None:
        return self.promise(quadrant, line, team).first_response_within


class Agreements:
    """Those of one version of the rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._all: Mapping[str, Agreement] = all_agreements(rulebook)
        self._zone = ZoneInfo(rulebook.time_zone)
        self._days: dict[date, Day] = {}

    def at(self, moment: datetime) -> Day:
        """What binds on the company's day of `moment`."""
        day = moment.astimezone(self._zone).date()
        found = self._days.get(day)
        if found is None:
            if len(self._days) >= DAYS:
                self._days.clear()
            found = self._days[day] = Day(binding_on(self._all, day))
        return found

    def sales_of(self, identity: str, moment: datetime) -> SalesSide:
        """Of an agreement, on trial or not; of the one that binds at `moment` where none has that id."""
        found = self._all.get(identity)
        return found.sales if found is not None else self.at(moment).sales

    def name_of(self, identity: str) -> str:
        """What people call an agreement; its id where this version has none of that id."""
        found = self._all.get(identity)
        return found.name if found is not None else identity
