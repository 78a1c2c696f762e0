"""One month of a history: its bounds, its agreement, its leads, and what their revenue is."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from lead_events.money import Money
from rulebook.models import Agreement, Goal, Rulebook
from tests.model.delivered import Delivery
from tests.model.everyone import Lead, Moment, everyone
from tests.model.figures import agreement_of_month, bounds, fits, in_company_money, last_that_binds
from tests.model.history import History


@dataclass(frozen=True, eq=False)
class Scene:
    """A month as seen at `now`."""

    history: History
    start: datetime
    end: datetime
    now: datetime

    @classmethod
    def of(cls, history: History, year: int, month: int, now: datetime) -> "Scene":
        return cls(history, *bounds(history, year, month), now)

    @cached_property
    def rulebook(self) -> Rulebook:
        return self.history.rulebook_at(min(self.end, self.now))

    @cached_property
    def agreement(self) -> Agreement:
        return agreement_of_month(self.history, self.start, self.end, self.now)

    @cached_property
    def forgiven(self) -> set[UUID]:
        """What objections excused."""
        return {each.subject for each in self.history.objected if each.is_excused}

    @property
    def leads(self) -> list[Lead]:
        return everyone(self.history)

    @cached_property
    def _by_id(self) -> dict[UUID, Lead]:
        return {lead.id: lead for lead in self.leads}

    def lead(self, each: Delivery) -> Lead:
        return self._by_id[each.lead]

    def within(self, at: Moment) -> bool:
        return at is not None and self.start <= at < self.end

    def day(self, at: datetime) -> date:
        return at.astimezone(self.start.tzinfo).date()

    def fits(self, goal: Goal, each: Delivery) -> bool:
        return fits(goal, each, self.history.rulebook_at(each.at))

    def revenue(self, lead: Lead) -> int:
        """Minor units of the company's currency; 0 where that is not known."""
        return self._worth(lead)[0] or 0

    def foreign(self, lead: Lead) -> Money | None:
        """An amount without a rate."""
        minor, money = self._worth(lead)
        return money if minor is None else None

    def _that_binds_the_month_of(self, at: datetime) -> Agreement:
        month = bounds(self.history, *at.astimezone(self.start.tzinfo).timetuple()[:2])
        return last_that_binds(self.history, self.rulebook, *month)

    def _worth(self, lead: Lead) -> tuple[int | None, Money | None]:
        said = lead.sold.act.outcome if lead.sold is not None and lead.sold.act is not None else None
        if lead.sold is None or said is None or said.value is None:
            return None, None
        bound = self.history.binding(self.rulebook, lead.sold.at)
        agreement = bound[1] if bound else self._that_binds_the_month_of(lead.sold.at)
        return in_company_money(said.value, self.rulebook.currency, agreement), said.value
