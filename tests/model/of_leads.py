"""Pace, funnel, sources, reasons: what the report says of leads, as docs/reports.md defines it."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from rulebook.calendars import calendar_document
from rulebook.models import Source
from tests.model.delivered import deliveries, part_taken_off
from tests.model.everyone import Lead, Moment, touches
from tests.model.figures import size_of
from tests.model.hours import open_spans
from tests.model.month import Scene

DAY = 86_400
STAGES: dict[str, Callable[[Lead], Moment]] = {
    "received": lambda lead: lead.received,
    "mql": lambda lead: lead.scored,
    "sql": lambda lead: lead.delivered,
    "accepted": lambda lead: lead.accepted,
    "opportunity": lambda lead: lead.opportunity,
    "customer": lambda lead: lead.won,
}


def spread(values: Iterable[float | None]) -> dict[str, Any]:
    """Median and p90 by nearest rank."""
    ordered = sorted(value for value in values if value is not None)
    n = len(ordered)
    if not n:
        return {"n": 0}
    return {"n": n, "median": ordered[math.ceil(n / 2) - 1], "p90": ordered[math.ceil(9 * n / 10) - 1]}


def days(start: Moment, end: Moment) -> float | None:
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds() / DAY


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def local_days(scene: Scene) -> list[date]:
    first = scene.start.date()
    return [first + timedelta(days=n) for n in range(31) if (first + timedelta(days=n)).month == first.month]


def working_days(scene: Scene) -> list[date]:
    """Days on which the agreement's calendar opens; without one Monday to Friday."""
    name, every = scene.agreement.calendar, local_days(scene)
    if name not in scene.rulebook.calendars:
        return [day for day in every if day.weekday() < 5]
    document = calendar_document(scene.rulebook.calendars[name or ""])
    zone, found = scene.start.tzinfo, []
    for day in every:
        bounds = [datetime(d.year, d.month, d.day, tzinfo=zone) for d in (day, day + timedelta(days=1))]
        if open_spans(document, *(at.astimezone(UTC) for at in bounds)):
            found.append(day)
    return found


def paces(scene: Scene) -> list[dict[str, Any]]:
    working, today = working_days(scene), scene.now.astimezone(scene.start.tzinfo).date()
    found = []
    for name, goal in scene.agreement.marketing.all_goals().items():
        came: dict[date, Fraction] = defaultdict(Fraction)
        left: dict[date, Fraction] = defaultdict(Fraction)
        for each in deliveries(scene.history).values():
            if scene.fits(goal, each):
                size = size_of(scene.agreement, goal, each)
                came[scene.day(each.at)] += size if scene.within(each.at) else 0
                back = scene.lead(each).back
                if back is not None and scene.within(back.at) and back.id not in scene.forgiven:
                    left[scene.day(back.at)] += size * part_taken_off(scene.agreement, back)
        rows, over, sent, gone = [], 0, Fraction(0), Fraction(0)
        for day in local_days(scene):
            over, sent, gone = over + (day in working), sent + came[day], gone + left[day]
            row = {"day": str(day), "planned": goal.goal * over / len(working) if working else 0}
            rows.append(row | ({"delivered": float(sent), "net": float(sent - gone)} if day <= today else {}))
        total = sum(came[day] for day in local_days(scene) if day <= today)
        due = goal.goal * sum(day < today for day in working) / len(working) if working else 0
        told = {"goal": name, "due": due, "delivered": float(total), "ahead": float(total) - due}
        found.append(told | {"days": rows})
    return found


def funnel(scene: Scene) -> dict[str, Any]:
    ours = [lead for lead in scene.leads if lead.is_ours]
    cohort = [lead for lead in ours if scene.within(lead.delivered)]
    by_event: list[dict[str, Any]] = []
    became: list[dict[str, Any]] = []
    names = list(STAGES)
    for place, (name, at) in enumerate(STAGES.items()):
        before = STAGES[names[place - 1]] if place else None
        here = [lead for lead in ours if scene.within(at(lead))]
        row = {"stage": name, "leads": len(here), "days": _took(before, at, here)}
        row["conversion"] = share(len(here), by_event[-1]["leads"]) if by_event else None
        by_event.append(row)
        if place >= names.index("accepted"):
            there = [lead for lead in cohort if at(lead) is not None]
            part = share(len(there), len(cohort))
            took = _took(before, at, there)
            became.append({"stage": name, "leads": len(there), "days": took, "conversion": part})
    return {
        "stages": by_event,
        "cohort": {
            "leads": len(cohort),
            "age_days": spread(days(lead.delivered, scene.now) for lead in cohort),
            "stages": became,
            "revenue_minor": sum(map(scene.revenue, cohort)),
        },
        "won_by_cohort": _won_by_cohort(scene, ours),
        "acceptance": [_acceptance(quadrant, cohort) for quadrant in (None, *_quadrants(cohort))],
    }


def _took(before: Callable[[Lead], Moment] | None, at: Callable[[Lead], Moment], here: list[Lead]) -> Any:
    return spread(days(before(lead), at(lead)) for lead in here) if before else {"n": 0}


def _quadrants(leads: Iterable[Lead]) -> list[str]:
    return sorted({lead.quadrant for lead in leads})


def _won_by_cohort(scene: Scene, ours: list[Lead]) -> list[dict[str, Any]]:
    by_month: dict[str | None, list[Lead]] = {}
    for lead in ours:
        if scene.within(lead.won):
            month = f"{scene.day(lead.delivered):%Y-%m}" if lead.delivered else None
            by_month.setdefault(month, []).append(lead)
    return [
        {
            "delivered": month,
            "customers": len(leads),
            "revenue_minor": sum(map(scene.revenue, leads)),
            "days": spread(days(lead.delivered, lead.won) for lead in leads),
        }
        for month, leads in by_month.items()
    ]


def _acceptance(quadrant: str | None, cohort: list[Lead]) -> dict[str, Any]:
    leads = [lead for lead in cohort if quadrant in (None, lead.quadrant)]
    accepted = sum(lead.accepted is not None for lead in leads)
    back = sum(lead.accepted is None and lead.back is not None for lead in leads)
    told = {"quadrant": quadrant, "delivered": len(leads), "accepted": accepted, "given_back": back}
    return told | {"undecided": len(leads) - accepted - back, "share": share(accepted, len(leads))}


def sources_of(scene: Scene) -> dict[str, Any]:
    won = [lead for lead in scene.leads if scene.within(lead.won)]
    foreign: dict[str, dict[str, Any]] = {}
    for lead in won:
        money = scene.foreign(lead)
        if money is not None:
            row = foreign.setdefault(money.currency, {"currency": money.currency, "minor": 0, "customers": 0})
            row["minor"] += money.minor
            row["customers"] += 1
    return {
        "first": [_source(scene, name, "first") for name in _named(scene)],
        "last": [_source(scene, name, "last") for name in _named(scene)],
        "origins": _origins(scene),
        "revenue_minor": sum(map(scene.revenue, won)),
        "corrections_minor": 0,
        "revenue_goal_minor": scene.agreement.revenue_goal_minor,
        "foreign": list(foreign.values()),
    }


def _named(scene: Scene) -> list[str]:
    return sorted(set(scene.rulebook.sources) | {n for lead in scene.leads for n in (lead.first, lead.last)})


def _source(scene: Scene, name: str, credit: str) -> dict[str, Any]:
    leads = [lead for lead in scene.leads if lead.is_ours and getattr(lead, credit) == name]
    received = sum(scene.within(lead.received) for lead in leads)
    sqls = Counter(lead.quadrant for lead in leads if scene.within(lead.delivered))
    brought = sum(scene.revenue(lead) for lead in leads if scene.within(lead.won))
    here = [touch for touch in touches(scene.history) if touch.source == name and scene.within(touch.at)]
    declared = scene.rulebook.sources.get(name)
    cost = _cost(declared, len(here))
    return {
        "id": name,
        "leads": received,
        "sqls": dict(sqls),
        "sqls_in_all": sqls.total(),
        "taken_off": sum(_is_off(scene, lead) for lead in leads),
        "conversion": share(sqls.total(), received),
        "opportunities": sum(scene.within(lead.opportunity) for lead in leads),
        "customers": sum(scene.within(lead.won) for lead in leads),
        "revenue_minor": brought,
        "cost_minor": cost,
        "returnable_minor": _returnable(scene, declared, here),
        "cost_per_sql_minor": share(cost, sqls.total()) if cost is not None else None,
        "return_on_cost": share(brought - cost, cost) if cost is not None else None,
    }


def _is_off(scene: Scene, lead: Lead) -> bool:
    back = lead.back
    if back is None or lead.delivered is None or not scene.within(back.at) or back.id in scene.forgiven:
        return False
    return part_taken_off(scene.agreement, back) >= 1


def _cost(source: Source | None, touched: int) -> int | None:
    if source is None or source.cost is None:
        return None
    if source.cost.per == "lead":
        return source.cost.amount_minor * touched
    return round(Fraction(source.cost.amount_minor, {"month": 1, "quarter": 3, "year": 12}[source.cost.per]))


def _returnable(scene: Scene, source: Source | None, here: list[Any]) -> int:
    if source is None or source.returns is None or source.cost is None or source.cost.per != "lead":
        return 0
    codes, found = {each.replace("-", "_") for each in source.returns.reasons}, 0
    for touch in here:
        back = touch.lead.back if touch.lead is not None else None
        is_back = back is not None and back.kind == "rejected" and back.id not in scene.forgiven
        reason, known = ("duplicate", touch.at) if not touch.opened else (None, touch.at)
        if touch.opened and is_back and back is not None and back.act is not None:
            reason, known = str(back.act.code), back.at
        if touch.opened and touch.ended is not None:
            reason, known = "duplicate", touch.ended
        found += reason in codes and known <= touch.at + source.returns.window
    return found * source.cost.amount_minor


def _origins(scene: Scene) -> list[dict[str, Any]]:
    rows = {
        name: {"origin": name, "leads": 0, "sqls": 0, "customers": 0, "revenue_minor": 0}
        for name in ("marketing", "sales", "partner", "referral")
    }
    for lead in scene.leads:
        source = lead.first if scene.agreement.credit == "first" else lead.last
        declared = scene.rulebook.sources.get(source)
        origin = str(declared.origin) if declared is not None else "marketing"
        row: dict[str, Any] = rows[origin if lead.is_ours and source != "own" else "sales"]
        row["leads"] += scene.within(lead.received)
        row["sqls"] += scene.within(lead.delivered)
        row["customers"] += scene.within(lead.won)
        row["revenue_minor"] += scene.revenue(lead) if scene.within(lead.won) else 0
    for total, name in (("leads", "leads_share"), ("revenue_minor", "revenue_share")):
        whole = sum(int(str(row[total])) for row in rows.values())
        for row in rows.values():
            row[name] = share(int(str(row[total])), whole)  # type: ignore[assignment]
    return list(rows.values())


def reasons(scene: Scene) -> list[dict[str, Any]]:
    counts: dict[str, Counter[str | None]] = {"rejected": Counter(), "recycled": Counter(), "lost": Counter()}
    excused: Counter[str | None] = Counter()
    for lead in scene.leads:
        if lead.back is not None and lead.back.act is not None and scene.within(lead.back.at):
            counts[lead.back.kind][lead.back.act.code] += 1
            excused[lead.back.act.code] += lead.back.kind == "rejected" and lead.back.id in scene.forgiven
        if lead.lost is not None and lead.lost.act is not None and scene.within(lead.lost.at):
            counts["lost"][lead.lost.act.code] += 1
    return [
        {
            "ending": ending,
            "reason": reason,
            "leads": leads,
            "excused": excused[reason] if ending == "rejected" else 0,
            "share": share(leads, count.total()),
        }
        for ending, count in counts.items()
        for reason, leads in count.items()
    ]
