"""What sales makes of leads of a month that is drawn."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from lead_events.words import TimerKind
from sla_monitor.ledger.book import (
    GivenBack,
    LeadRow,
    RoundRow,
    Won,
)
from tests.unit.sla_monitor.reports.drawn import DEALS, LOST, REASONS, TARGETS, TEAMS, company, hours
from tests.unit.sla_monitor.reports.promised import Promised
from worktime import Calendar


class Sold(Promised):
    """Draws what became of leads."""

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
