"""A plausible month of the example company, drawn from a seed: the same seed, the same month."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from lead_events.words import ChargedTo, Part, Quadrant, TimerKind
from rulebook.calendars import open_hours
from rulebook.loader import load_folder
from rulebook.models import Agreement, Rulebook, Volume
from sla_monitor.domain.timers import TimerState
from sla_monitor.ledger.book import (
    Closing,
    Correction,
    GivenBack,
    LeadRow,
    MonthBook,
    ObjectionRow,
    PromiseRow,
    RoundRow,
    TouchRow,
    Won,
)
from sla_monitor.ledger.periods import Period
from sla_monitor.ledger.shaping import marked
from worktime import Calendar

T = TypeVar("T")
RULEBOOK = Path(__file__).resolve().parents[4] / "rulebook"
MADRID = ZoneInfo("Europe/Madrid")
NOVEMBER = Period(2026, 11, MADRID)
DECEMBER_4 = datetime(2026, 12, 4, 10, tzinfo=UTC)
SOURCES = {
    "website": 0.30,
    "google-ads": 0.24,
    "comparison-portal": 0.14,
    "social": 0.12,
    "content": 0.10,
    "courses": 0.06,
    "referral": 0.04,
}
QUADRANTS = {Quadrant.PERFECT: 0.13, Quadrant.WARM: 0.27, Quadrant.CURIOUS: 0.25, Quadrant.COLD: 0.35}
TEAMS = {"spain": 0.40, "portugal": 0.18, "italy": 0.24, "romania": 0.18}
TARGETS = {
    (Quadrant.PERFECT, TimerKind.ACCEPT): timedelta(minutes=10),
    (Quadrant.PERFECT, TimerKind.FIRST_RESPONSE): timedelta(minutes=30),
    (Quadrant.WARM, TimerKind.ACCEPT): timedelta(hours=1),
    (Quadrant.WARM, TimerKind.FIRST_RESPONSE): timedelta(hours=4),
}
DEALS = {Quadrant.PERFECT: 0.16, Quadrant.WARM: 0.05}
REASONS = (("wrong_data", True), ("out_of_profile", True), ("duplicate", True), ("not_now", False))
LOST = ("price", "timing", "competitor", "no_need")


@cache
def company() -> Rulebook:
    """The example company, with a revised agreement on trial in Italy."""
    rulebook = load_folder(RULEBOOK)
    document = rulebook.agreement.model_dump(mode="json", exclude_none=True)
    document |= {"name": "Ten minutes for the best", "state": "trial", "trial_teams": ["italy"]}
    document["sales"]["promises"]["perfect"]["accept_within"] = "5m"
    tried = Agreement.model_validate(document | {"first_day": "2026-11-01", "last_day": "2026-12-31"})
    return rulebook.model_copy(update={"agreements": {"quicker": tried}})


@cache
def hours(calendar: str) -> Calendar:
    return open_hours(company().calendars[calendar])


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


@dataclass
class _Making:
    chance: random.Random
    period: Period
    now: datetime
    leads: list[LeadRow] = field(default_factory=list)
    promises: list[PromiseRow] = field(default_factory=list)
    rounds: list[RoundRow] = field(default_factory=list)
    touches: list[TouchRow] = field(default_factory=list)

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

    def _sold(self, lead: LeadRow, at: datetime) -> LeadRow:
        """Through one rep, or two where the first declines or lets it lie."""
        team = "academy" if lead.line == "training" else str(self._pick(TEAMS))
        rep = self._rep(team)
        calendar = hours(company().roster.reps[rep].calendar)
        number = 1
        if self.chance.random() < 0.06:
            at = self._passed_on(lead, number, rep, team, calendar, at)
            rep, number = self._rep(team, but=rep), 2
        return self._worked(lead, number, rep, team, calendar, at)

    def _passed_on(
        self, lead: LeadRow, number: int, rep: str, team: str, calendar: Calendar, at: datetime
    ) -> datetime:
        if self.chance.random() < 0.5:
            end = calendar.add(at, timedelta(minutes=self.chance.uniform(1, 8)))
            code = self.chance.choice(("wrong_territory", "no_time", "conflict"))
            self.rounds.append(
                RoundRow(
                    lead.id,
                    number,
                    rep,
                    team,
                    lead.quadrant,
                    at,
                    declined_at=end,
                    decline_code=code,
                )
            )
            self._promise(lead, number, rep, team, calendar, TimerKind.ACCEPT, at, end, "declined")
            return end
        end = calendar.add(at, TARGETS[lead.quadrant, TimerKind.ACCEPT])
        self.rounds.append(RoundRow(lead.id, number, rep, team, lead.quadrant, at, timed_out=True))
        self._promise(lead, number, rep, team, calendar, TimerKind.ACCEPT, at, None, None)
        return end + timedelta(seconds=1)

    def _worked(
        self, lead: LeadRow, number: int, rep: str, team: str, calendar: Calendar, at: datetime
    ) -> LeadRow:
        if self.chance.random() < 0.04:
            return self._refused(lead, number, rep, team, calendar, at)
        target = TARGETS[lead.quadrant, TimerKind.ACCEPT]
        accepted = calendar.add(at, target * min(3.0, self.chance.lognormvariate(-1.3, 0.8)))
        first = TARGETS[lead.quadrant, TimerKind.FIRST_RESPONSE]
        contacted = calendar.add(accepted, first * min(3.0, self.chance.lognormvariate(-1.2, 0.9)))
        early = self.chance.random() < 0.04
        contacted = accepted + timedelta(seconds=30) if early else contacted
        is_accepted, is_contacted = accepted < self.now, contacted < self.now
        self.rounds.append(
            RoundRow(
                lead.id,
                number,
                rep,
                team,
                lead.quadrant,
                at,
                accepted_at=accepted if is_accepted else None,
                contacted_at=contacted if is_contacted else None,
                stopped_early=early and is_contacted,
            )
        )
        self._promise(
            lead, number, rep, team, calendar, TimerKind.ACCEPT, at, accepted, "accepted", is_accepted
        )
        self._promise(
            lead,
            number,
            rep,
            team,
            calendar,
            TimerKind.FIRST_RESPONSE,
            at,
            contacted,
            "contacted",
            is_contacted,
        )
        lead = replace(
            lead,
            handed_at=at,
            accepted_at=accepted if is_accepted else None,
            contacted_at=contacted if is_contacted else None,
            tries=1 if is_contacted else 0,
            rep_id=rep,
            team=team,
            work_due_at=calendar.add(at, timedelta(hours=60)),
        )
        return self._ended(lead, contacted, calendar) if is_contacted else lead

    def _refused(
        self, lead: LeadRow, number: int, rep: str, team: str, calendar: Calendar, at: datetime
    ) -> LeadRow:
        """Seen at a glance to be no lead: given back without being accepted."""
        end = calendar.add(at, timedelta(minutes=self.chance.uniform(2, 9)))
        handed = replace(
            lead, handed_at=at, rep_id=rep, team=team, work_due_at=calendar.add(at, timedelta(hours=60))
        )
        self.rounds.append(RoundRow(lead.id, number, rep, team, lead.quadrant, at))
        is_known = end < self.now
        for kind in (TimerKind.ACCEPT, TimerKind.FIRST_RESPONSE):
            self._promise(lead, number, rep, team, calendar, kind, at, end, "rejected", is_known)
        fact = UUID(int=self.chance.getrandbits(128), version=4)
        back = GivenBack(fact, end, True, "wrong_data", rep, None, "proved", "bounce-5.1.1")
        return replace(handed, given_back=back) if is_known else handed

    def _ended(self, lead: LeadRow, contacted: datetime, calendar: Calendar) -> LeadRow:
        drawn = self.chance.random()
        later = calendar.add(contacted, timedelta(hours=self.chance.uniform(0.5, 50)))
        if later >= self.now:
            return lead
        if drawn < 0.12:
            code, is_rejection = self.chance.choice(REASONS)
            twin = self.leads[-1].id if code == "duplicate" and self.leads else None
            proof = "proved" if code == "wrong_data" and self.chance.random() < 0.6 else "stated"
            back = GivenBack(
                UUID(int=self.chance.getrandbits(128), version=4),
                later,
                is_rejection,
                code,
                lead.rep_id,
                twin,
                proof if is_rejection else None,
                "bounce-5.1.1" if proof == "proved" else None,
            )
            return replace(lead, given_back=back, worked_at=later)
        if drawn < 0.22:
            return replace(lead, tries=3)
        lead = replace(lead, worked_at=later)
        if self.chance.random() < 0.45:
            return self._dealt(replace(lead, opportunity_at=later + timedelta(days=1)))
        return lead

    def _dealt(self, lead: LeadRow) -> LeadRow:
        opened = lead.opportunity_at
        if opened is None or opened >= self.now:
            return replace(lead, opportunity_at=None)
        end = opened + timedelta(days=self.chance.uniform(3, 20))
        if end >= self.now:
            return lead
        if self.chance.random() < DEALS[lead.quadrant] * 2.2:
            return replace(lead, won=Won(end, int(round(self.chance.lognormvariate(12.2, 0.5), -3))))
        if self.chance.random() < 0.5:
            return replace(lead, lost_at=end, lost_code=self.chance.choice(LOST))
        return lead

    def _promise(
        self,
        lead: LeadRow,
        number: int,
        rep: str,
        team: str,
        calendar: Calendar,
        kind: TimerKind,
        at: datetime,
        end: datetime | None,
        by: str | None,
        is_known: bool = True,
    ) -> None:
        due = calendar.add(at, TARGETS[lead.quadrant, kind])
        end = end if is_known else None
        in_time = end is not None and end <= due
        state = TimerState.CANCELLED if by == "declined" else TimerState.KEPT
        if not in_time:
            state = TimerState.BREACHED if due < self.now else TimerState.PENDING
        row = PromiseRow(
            id=UUID(int=self.chance.getrandbits(128), version=4),
            lead_id=lead.id,
            kind=kind,
            round=number,
            rep_id=rep,
            team=team,
            line=lead.line,
            quadrant=lead.quadrant,
            agreement="agreement",
            is_trial=False,
            opened_at=at,
            due_at=due,
            state=state,
            ended_at=end,
            ended_kind=by if end is not None else None,
            wall=(end - at).total_seconds() if end is not None else None,
            worked=calendar.elapsed(at, end).total_seconds() if end is not None else None,
        )
        if state is TimerState.BREACHED:
            row = self._charged(row, calendar, due)
        elif state is TimerState.KEPT and self.chance.random() < 0.01:
            row = replace(row, state=TimerState.WITHDRAWN)
        self.promises.append(row)
        if team == "italy":
            self.promises.append(
                replace(
                    row,
                    id=UUID(int=self.chance.getrandbits(128), version=4),
                    agreement="quicker",
                    is_trial=True,
                )
            )

    def _charged(self, row: PromiseRow, calendar: Calendar, due: datetime) -> PromiseRow:
        """Mostly the rep; sometimes the lead lay elsewhere for longer."""
        parts: list[tuple[str, str | None, int]] = [
            (Part.SCORING.value, None, 350_000),
            (Part.ROUTING.value, None, 120_000),
        ]
        charged = self.chance.choices(
            (ChargedTo.REP, ChargedTo.SALES_TEAM, ChargedTo.SYSTEM, ChargedTo.MARKETING), (80, 14, 4, 2)
        )[0]
        if charged is ChargedTo.SALES_TEAM:
            parts.append((Part.HELD.value, "no_capacity", 5_400_000_000))
        wall, worked = due - row.opened_at, calendar.elapsed(row.opened_at, due)
        if wall > worked:
            parts.append((Part.OUT_OF_HOURS.value, row.rep_id, (wall - worked) // timedelta(microseconds=1)))
        parts.append((Part.REP.value, row.rep_id, worked // timedelta(microseconds=1)))
        excused = "incident" if self.chance.random() < 0.03 else None
        return replace(row, charged_to=charged, parts=tuple(parts), excused=excused)

    def book(self) -> MonthBook:
        order = sorted(self.leads, key=lambda lead: (lead.delivered_at or self.now, lead.id))
        objections, promises = self._objections()
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

    def _objections(self) -> tuple[list[ObjectionRow], list[PromiseRow]]:
        rejected = [lead for lead in self.leads if lead.given_back and lead.given_back.is_rejection]
        broken = [row for row in self.promises if row.state is TimerState.BREACHED and not row.is_trial]
        found: list[ObjectionRow] = []
        for at, lead in enumerate(rejected[:4]):
            if lead.given_back is not None:
                about = (lead.given_back.fact, lead.id, lead.given_back.at)
                found.append(self._objection("rejection", *about, "marketing", "Irene Soler", at))
        excused: set[UUID] = set()
        for at, row in enumerate(broken[:3]):
            found.append(
                self._objection(
                    "breach", row.id, row.lead_id, row.due_at or self.now, "sales", "Marta Ibáñez", at
                )
            )
            found[-1] = replace(
                found[-1], kind=row.kind, round=row.round, rep_id=row.rep_id, due_at=row.due_at
            )
            if found[-1].verdict == "excused":
                excused.add(row.id)
        promises = [replace(row, excused="objection") if row.id in excused else row for row in self.promises]
        return found, promises

    def _objection(
        self, about: str, subject: UUID, lead: UUID, at: datetime, side: str, by: str, number: int
    ) -> ObjectionRow:
        raised = min(self.now, at + timedelta(hours=20))
        verdict = ("excused", "upheld", None)[number % 3]
        return ObjectionRow(
            id=UUID(int=self.chance.getrandbits(128), version=4),
            about=about,
            subject=subject,
            lead_id=lead,
            side=side,
            by=by,
            at=raised,
            reason="the address answers" if about == "rejection" else "the line was down",
            verdict=verdict,
            decided_by="Carla Vidal" if verdict else None,
            decided_at=min(self.now, raised + timedelta(days=1)) if verdict else None,
        )

    def _rep(self, team: str, but: str | None = None) -> str:
        reps = [name for name, rep in company().roster.reps.items() if rep.team == team and name != but]
        return self.chance.choice(reps or [but or ""])

    def _pick(self, weights: dict[T, float]) -> T:
        return self.chance.choices(list(weights), list(weights.values()))[0]


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
