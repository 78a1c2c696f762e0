"""What each rep was handed and did with it, and why leads were given back or lost."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

from lead_events.words import ChargedTo, Quadrant
from sla_monitor.ledger.book import PromiseRow, RoundRow
from sla_monitor.reports.figures.frame import Figure, Frame, share
from sla_monitor.reports.figures.sales import binding_promises, is_broken, is_in_time


class ReasonFigure(Figure):
    """Leads that ended so in the month for one reason; `excused`: rejections that an objection took back.
    `share` is of all that ended so."""

    ending: Literal["rejected", "recycled", "lost"]
    reason: str | None
    leads: int
    excused: int
    share: float | None


class RepFigure(Figure):
    """One rep: handoffs of the month and what came of them. `value_minor` of the leads declined or timed
    out is by the agreement's value of their quadrants. `stopped_early`: reached out within 60 s of
    accepting. `broken` are the promises due in the month that are charged to this rep."""

    rep: str
    name: str
    team: str
    team_name: str
    handed: int
    accepted: int
    declined: dict[Quadrant, int]
    declined_in_all: int
    decline_codes: dict[str, int]
    declined_value_minor: int
    timed_out: dict[Quadrant, int]
    timed_out_in_all: int
    timed_out_value_minor: int
    stopped_early: int
    kept: int
    broken: int
    share_kept: float | None


def reason_figures(frame: Frame) -> list[ReasonFigure]:
    """The most frequent first, by how they ended."""
    counts: dict[str, Counter[str | None]] = {"rejected": Counter(), "recycled": Counter(), "lost": Counter()}
    excused: Counter[str | None] = Counter()
    for lead in frame.book.leads:
        back = lead.given_back
        if back is not None and frame.within(back.at):
            counts["rejected" if back.is_rejection else "recycled"][back.code] += 1
            excused[back.code] += back.is_rejection and back.fact in frame.excused
        if lead.won is None and frame.within(lead.lost_at):
            counts["lost"][lead.lost_code] += 1
    endings: tuple[Literal["rejected", "recycled", "lost"], ...] = ("rejected", "recycled", "lost")
    return [
        ReasonFigure(
            ending=ending,
            reason=reason,
            leads=leads,
            excused=excused[reason] if ending == "rejected" else 0,
            share=share(leads, counts[ending].total()),
        )
        for ending in endings
        for reason, leads in sorted(counts[ending].items(), key=lambda each: (-each[1], each[0] or ""))
    ]


def rep_figures(frame: Frame) -> list[RepFigure]:
    """Reps with a handoff, or a promise due, in the month, by team and name."""
    rounds: dict[str, list[RoundRow]] = defaultdict(list)
    promises: dict[str, list[PromiseRow]] = defaultdict(list)
    teams: dict[str, str] = {}
    for row in frame.book.rounds:
        if frame.within(row.handed_at):
            rounds[row.rep_id].append(row)
            teams[row.rep_id] = row.team
    for promise in binding_promises(frame):
        if frame.within(promise.due_at) and not promise.is_above_volume:
            promises[promise.rep_id].append(promise)
            teams.setdefault(promise.rep_id, promise.team)
    found = [_rep(frame, rep, team, rounds[rep], promises[rep]) for rep, team in teams.items()]
    return sorted(found, key=lambda each: (each.team, each.name, each.rep))


def _rep(
    frame: Frame, rep: str, team: str, rounds: Sequence[RoundRow], promises: Iterable[PromiseRow]
) -> RepFigure:
    declined = [row for row in rounds if row.declined_at is not None]
    timed_out = [row for row in rounds if row.timed_out]
    kept = broken = 0
    for promise in promises:
        kept += is_in_time(promise)
        broken += is_broken(promise) and promise.charged_to is ChargedTo.REP
    return RepFigure(
        rep=rep,
        name=frame.name(rep),
        team=team,
        team_name=frame.name(team),
        handed=len(rounds),
        accepted=sum(row.accepted_at is not None for row in rounds),
        declined=_by_quadrant(declined),
        declined_in_all=len(declined),
        decline_codes=dict(Counter(row.decline_code or "other" for row in declined)),
        declined_value_minor=_value(frame, declined),
        timed_out=_by_quadrant(timed_out),
        timed_out_in_all=len(timed_out),
        timed_out_value_minor=_value(frame, timed_out),
        stopped_early=sum(row.stopped_early for row in rounds),
        kept=kept,
        broken=broken,
        share_kept=share(kept, kept + broken),
    )


def _by_quadrant(rounds: Iterable[RoundRow]) -> dict[Quadrant, int]:
    counts = Counter(row.quadrant for row in rounds)
    return {quadrant: counts[quadrant] for quadrant in Quadrant if counts[quadrant]}


def _value(frame: Frame, rounds: Iterable[RoundRow]) -> int:
    return sum(frame.marketing.value_minor.get(row.quadrant, 0) for row in rounds)
