"""A plausible month of the example company, drawn from a seed: the same seed, the same month."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from lead_events.words import Quadrant
from rulebook.models import Volume
from sla_monitor.ledger.book import (
    Closing,
    Correction,
    LeadRow,
    MonthBook,
    TouchRow,
    Won,
)
from sla_monitor.ledger.periods import Period
from sla_monitor.ledger.shaping import marked
from tests.unit.sla_monitor.reports.drawn import DEALS, DECEMBER_4, NOVEMBER, QUADRANTS, SOURCES, company
from tests.unit.sla_monitor.reports.objected import objections_to
from tests.unit.sla_monitor.reports.sold import Sold


def plausible_month(
    leads: int = 640, seed: int = 7, *, period: Period = NOVEMBER, now: datetime = DECEMBER_4
) -> MonthBook:
    """Leads received in the month; older ones are won in it. `now` may lie within the month, too."""
    made = _Making(random.Random(seed), period, now.astimezone(UTC))
    for number in range(leads):
        made.lead(number, made.moment())
    for number in range(leads // 60):
        made.own_lead(leads + number)
    for number in range(leads // 40):
        made.older_lead(2 * leads + number)
    return made.book()


class _Making(Sold):
    def moment(self) -> datetime:
        """Most by day, fewer at weekends; the more of the month, the more of them."""
        days = list(self.period.days())
        weights = [(0.35 if day.weekday() > 4 else 1.0) * (1 + 0.01 * day.day) for day in days]
        day = self.chance.choices(days, weights)[0]
        hour = min(23.9, max(0.1, self.chance.gauss(13.5, 4)))
        return datetime.combine(day, datetime.min.time(), self.period.zone).astimezone(UTC) + timedelta(
            hours=hour
        )

    def lead(self, number: int, at: datetime) -> None:
        if at >= self.now:
            return
        source = self._pick(SOURCES)
        first = source if self.chance.random() < 0.8 else self._pick(SOURCES)
        lead = LeadRow(
            id=UUID(int=self.chance.getrandbits(128), version=4),
            line="training" if source == "courses" else "main",
            quadrant=self._pick(QUADRANTS),
            segments=("large",) if self.chance.random() < 0.08 else (),
            first_source=first,
            last_source=source,
            is_ours=self.chance.random() > 0.03,
            is_own=False,
            received_at=at,
            scored_at=at + timedelta(seconds=self.chance.uniform(0.1, 2)),
        )
        self.touches.append(TouchRow(lead.id, source, None, at, opened=True))
        if self.chance.random() < 0.07:
            again = at + timedelta(hours=self.chance.uniform(1, 90))
            if again < min(self.now, self.period.end):
                self.touches.append(TouchRow(lead.id, self._pick(SOURCES), None, again, opened=False))
        if lead.quadrant in DEALS and lead.is_ours:
            later = self.chance.random() < 0.2
            delivered = at + (timedelta(days=self.chance.expovariate(0.2)) if later else timedelta(seconds=2))
            if delivered < self.now:
                lead = self._sold(replace(lead, delivered_at=delivered), delivered)
        self.leads.append(lead)

    def own_lead(self, number: int) -> None:
        at, rep = self.moment(), self._rep("spain")
        if at >= self.now:
            return
        lead = LeadRow(
            id=UUID(int=self.chance.getrandbits(128), version=4),
            line="main",
            quadrant=Quadrant.WARM,
            segments=(),
            first_source="own",
            last_source="own",
            is_ours=False,
            is_own=True,
            received_at=at,
            scored_at=at,
            handed_at=at,
            accepted_at=at,
            contacted_at=at + timedelta(hours=2),
            rep_id=rep,
            team="spain",
        )
        if self.chance.random() < 0.3:
            won = at + timedelta(days=self.chance.uniform(3, 12))
            if won < self.now:
                lead = replace(lead, won=Won(won, int(round(self.chance.uniform(80_000, 300_000), -3))))
        self.leads.append(lead)

    def older_lead(self, number: int) -> None:
        """Delivered in one of the two months before, and won in this one."""
        won = self.moment()
        if won >= self.now:
            return
        delivered = self.period.start.astimezone(UTC) - timedelta(days=self.chance.uniform(2, 55))
        source = self._pick(SOURCES)
        self.leads.append(
            LeadRow(
                id=UUID(int=self.chance.getrandbits(128), version=4),
                line="main",
                quadrant=Quadrant.PERFECT,
                segments=(),
                first_source=source,
                last_source=source,
                is_ours=True,
                is_own=False,
                received_at=delivered,
                scored_at=delivered,
                delivered_at=delivered,
                handed_at=delivered,
                accepted_at=delivered + timedelta(minutes=8),
                contacted_at=delivered + timedelta(minutes=20),
                tries=1,
                opportunity_at=delivered + timedelta(days=1),
                won=Won(won, int(round(self.chance.lognormvariate(12.3, 0.5), -3))),
                rep_id=self._rep("spain"),
                team="spain",
            )
        )

    def book(self) -> MonthBook:
        order = sorted(self.leads, key=lambda lead: (lead.delivered_at or self.now, lead.id))
        objections, promises = objections_to(self)
        signed = self.now >= self.period.end.astimezone(UTC)
        leads = tuple(_numbered(order, self.period))
        return MonthBook(
            period=self.period,
            now=self.now,
            rulebook=company(),
            leads=leads,
            promises=tuple(marked(promises, leads, lambda *_: Volume(per_day=40, per_month=400))),
            rounds=tuple(self.rounds),
            touches=tuple(sorted(self.touches, key=lambda touch: touch.at)),
            objections=tuple(objections),
            corrections=(Correction("2026-10", "delivered", order[0].id, Decimal(1), "perfect"),)
            if order
            else (),
            closing=Closing(marketing=("Irene Soler", self.now - timedelta(hours=2)))
            if signed
            else Closing(),
            names={name: rep.name for name, rep in company().roster.reps.items()}
            | {name: team.name for name, team in company().roster.teams.items()},
        )


def _numbered(order: list[LeadRow], period: Period) -> Iterator[LeadRow]:
    days: Counter[date] = Counter()
    number = 0
    for lead in order:
        if lead.delivered_at is None or not lead.is_ours or not period.contains(lead.delivered_at):
            yield lead
            continue
        day = period.local_day(lead.delivered_at)
        days[day] += 1
        number += 1
        yield replace(lead, position_of_day=days[day], position_of_month=number)
