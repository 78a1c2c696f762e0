"""Promises, works, speed, reps, breaches: what the report says of sales, as docs/reports.md defines it."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from typing import Any

from rulebook.models import Agreement
from tests.model.delivered import Delivery, deliveries, is_above, part_taken_off
from tests.model.everyone import Lead
from tests.model.figures import is_excused, size_of
from tests.model.history import Fact
from tests.model.minutes import charged, path_of
from tests.model.month import Scene
from tests.model.of_leads import days, share, spread, working_days
from tests.model.promises import KEPT_BY, SPEED, Kept, ending, promises_of, worked
from tests.model.rounds import rounds_of
from tests.model.working import to_be_worked

KINDS = ("accept", "first_response", "next_response", "next_attempt", "outcome")
WHOSE = ("rep", "sales_team", "marketing", "system", "nobody")
ANSWERS = KEPT_BY["accept"]
MICROSECOND = timedelta(microseconds=1)


class Sales:
    """A month's promises, each followed once."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.history = scene, scene.history
        every = (
            k for lead in sorted(scene.history.leads) for k in promises_of(scene.history, lead, scene.now)
        )
        self.promises = [kept for kept in every if not kept.each.decision.is_test]
        self.binding = [kept for kept in self.promises if not kept.is_trial]

    def due(self, rows: Iterable[Kept]) -> list[Kept]:
        return [kept for kept in rows if self.scene.within(kept.due)]

    def above(self, kept: Kept) -> bool:
        return kept.kind in SPEED and is_above(self.history, kept)

    def counts(self, kept: Kept) -> bool:
        """Whether it is a breach that stands and is in the shares."""
        return kept.state == "broken" and not is_excused(self.history, kept) and not self.above(kept)

    def whose(self, kept: Kept) -> str:
        return charged(self.history, kept, is_above=is_above(self.history, kept))

    def promise_rows(self, rows: Iterable[Kept]) -> list[dict[str, Any]]:
        due = self.due(rows)
        return [self._row(kind, mine) for kind in KINDS if (mine := [k for k in due if k.kind == kind])]

    def _row(self, kind: str, rows: list[Kept]) -> dict[str, Any]:
        named = Counter(self._counted_as(kept) for kept in rows)
        broken = Counter(self.whose(kept) for kept in rows if self.counts(kept))
        by_sales = broken["rep"] + broken["sales_team"]
        return {
            "kind": kind,
            "broken": {who: broken[who] for who in WHOSE},
            "broken_by_sales": by_sales,
            "broken_in_all": named["broken"],
            "withdrawn": 0,
            "corrections_kept": 0,
            "corrections_broken": 0,
            "corrections_broken_by_sales": 0,
            "share_kept": share(named["kept"], named["kept"] + by_sales),
            "share_in_time": share(named["kept"], named["kept"] + named["broken"]),
        } | {
            name: named[name]
            for name in (
                "kept", "above_volume", "late_above_volume", "excused_by_objection", "excused_by_incident",
                "cancelled", "open",
            )
        }  # fmt: skip

    def _counted_as(self, kept: Kept) -> str:
        if kept.state == "kept":
            return "above_volume" if self.above(kept) else "kept"
        if kept.state != "broken":
            return "open" if kept.state == "pending" else "cancelled"
        if is_excused(self.history, kept):
            return f"excused_by_{'objection' if kept.id in self.scene.forgiven else 'incident'}"
        return "late_above_volume" if self.above(kept) else "broken"

    def works(self) -> dict[str, Any]:
        agreed, sums = self.scene.agreement.sales.works, Counter[str]()
        in_money = agreed is not None and agreed.money_minor is not None
        for each in deliveries(self.history).values():
            found = to_be_worked(self.history, each)
            if found is None or not self.scene.within(found.due):
                continue
            worth = self.scene.agreement.marketing.value_minor.get(each.score.quadrant, 0) if in_money else 1
            if self._is_nowhere(each):
                sums["on_neither_side"] += 1
            elif found.due > self.scene.now:
                sums["to_come"] += worth
            else:
                sums["due"] += worth
                sums["worked"] += worth if found.is_worked else 0
        goal = (agreed.share or agreed.number or agreed.money_minor) if agreed else None
        of_share = agreed is None or agreed.share is not None
        result = share(sums["worked"], sums["due"]) if of_share else float(sums["worked"])
        attained = share(result, goal) if result is not None and goal else None
        told = {name: sums[name] for name in ("due", "worked", "to_come", "on_neither_side")}
        none = {"corrections": 0, "corrections_due": 0}
        return told | none | {"goal": goal, "result": result, "attained": attained}

    def _is_nowhere(self, each: Delivery) -> bool:
        back = self.scene.lead(each).back
        is_back = back is not None and back.id not in self.scene.forgiven
        return is_back and back is not None and part_taken_off(self.scene.agreement, back) >= 1

    def _responses(self) -> list[tuple[Kept, Fact]]:
        """First responses given in the month."""
        found = [(k, end) for k in self.binding if k.kind == "first_response" and (end := ending(k))]
        return [(k, end) for k, end in found if end.kind in ANSWERS and self.scene.within(end.at)]

    def _seconds(self, kept: Kept) -> float | None:
        took = worked(self.history, kept)
        return took.total_seconds() if took is not None else None

    def response_days(self) -> list[dict[str, Any]]:
        given = self._responses()
        today = self.scene.day(self.scene.now)
        begun = {day for day in working_days(self.scene) if day <= today}
        return [
            {
                "day": str(day),
                "first_response": spread(
                    self._seconds(k) for k, end in given if self.scene.day(end.at) == day
                ),
            }
            for day in sorted(begun | {self.scene.day(end.at) for _, end in given})
        ]

    def speed(self) -> dict[str, Any]:
        leads, within = self.scene.leads, self.scene.within
        won = [lead for lead in leads if within(lead.won)]
        lost = [lead for lead in leads if lead.lost is not None and within(lead.lost.at)]
        cycles = [days(lead.handed, lead.won) for lead in won]
        ends = [days(lead.handed, lead.lost.at) for lead in lost if lead.lost]
        first = [lead for lead in leads if lead.is_ours and lead.delivered and within(lead.contacted)]
        return {
            "follow_up": self._follow_ups(),
            "speed_to_lead": spread(
                max(0.0, (lead.contacted - lead.delivered).total_seconds())
                for lead in first
                if lead.contacted and lead.delivered
            ),
            "lead_to_customer_days": spread(days(lead.received, lead.won) for lead in won),
            "cycle_days": spread([*cycles, *ends]),
            "cycle_won_days": spread(cycles),
            "won": len(won),
            "lost": len(lost),
            "win_rate": share(len(won), len(won) + len(lost)),
        }

    def _follow_ups(self) -> list[dict[str, Any]]:
        given = self._responses()
        due = self.due(kept for kept in self.binding if kept.kind == "first_response")
        quadrants = sorted({str(kept.each.decision.quadrant) for kept in [*(k for k, _ in given), *due]})
        found = []
        for quadrant in (None, *quadrants):
            mine = [(k, end) for k, end in given if quadrant in (None, k.each.decision.quadrant)]
            judged = [kept for kept in due if quadrant in (None, kept.each.decision.quadrant)]
            in_time = sum(kept.state == "kept" for kept in judged)
            late = sum(kept.state == "broken" for kept in judged)
            row: dict[str, Any] = {"quadrant": quadrant, "in_time": in_time, "late": late}
            row["share_within"] = share(in_time, in_time + late)
            row["working"] = spread(self._seconds(kept) for kept, _ in mine)
            row["wall"] = spread((end.at - k.opened.at).total_seconds() for k, end in mine)
            found.append(row)
        return found

    def reps(self) -> list[dict[str, Any]]:
        rows: dict[str, dict[str, Any]] = {}
        for lead in sorted(self.history.leads):
            for each in rounds_of(self.history, lead):
                if self.scene.within(each.handoff.at) and not (each.decision.is_test or each.decision.is_own):
                    _add_round(
                        rows.setdefault(each.rep.id, _rep(each.rep.id)), self._handed(lead, each.number)
                    )
        for kept in self.due(self.binding):
            if not self.above(kept):
                row = rows.setdefault(kept.each.rep.id, _rep(kept.each.rep.id))
                row["kept"] += kept.state == "kept"
                row["broken"] += self.counts(kept) and self.whose(kept) == "rep"
        for row in rows.values():
            row["share_kept"] = share(row["kept"], row["kept"] + row["broken"])
        return list(rows.values())

    def _handed(self, lead: Any, number: int) -> dict[str, Any]:
        facts = [f for f in self.history.facts[lead] if f.event is not None and f.event.round == number]
        handed = next(f for f in facts if f.kind == "assigned").event
        first = {f.kind: f for f in reversed(facts)}
        late = any(
            k.state == "broken" and not k.is_trial and k.each.lead == lead and k.each.number == number
            for k in self.promises
        )
        early = None
        if "accepted" in first and "contacted" in first:
            early = (first["contacted"].at - first["accepted"].at).total_seconds()
        declined = first.get("declined")
        quadrant = str(handed.quadrant)  # type: ignore[union-attr]
        return {
            "quadrant": quadrant,
            "value": self.scene.agreement.marketing.value_minor.get(quadrant, 0),  # type: ignore[call-overload]
            "accepted": "accepted" in first,
            "declined": declined is not None,
            "code": (declined.act.code if declined and declined.act else None) or "other",
            "timed_out": "taken_back" in first and declined is None and late,
            "early": early is not None and 0 <= early <= 60,
        }

    def worst(self) -> list[dict[str, Any]]:
        counted = [kept for kept in self.due(self.binding) if self.counts(kept)]
        found = sorted(counted, key=lambda kept: (-self._late(kept), str(kept.id)))[:10]
        return [
            {
                "round": kept.each.number,
                "late_seconds": self._late(kept),
                "worked_seconds": self._seconds(kept),
                "parts": [
                    {"part": s.part, "detail": s.detail, "microseconds": (s.end - s.start) // MICROSECOND}
                    for s in path_of(self.history, kept.each.lead, kept.due, kept)
                ],
            }
            for kept in found
            if kept.due is not None
        ]

    def _late(self, kept: Kept) -> float:
        end = ending(kept)
        assert kept.due is not None
        return max(0.0, ((end.at if end else self.scene.now) - kept.due).total_seconds())

    def disputes(self) -> list[dict[str, Any]]:
        broken = [kept for kept in self.due(self.binding) if kept.state == "broken"]
        leads = [lead for lead in self.scene.leads if _gave_back(self.scene, lead)]
        excused = sum(is_excused(self.history, kept) for kept in broken)
        taken = sum(lead.back is not None and lead.back.id in self.scene.forgiven for lead in leads)
        return [_count("breach", len(broken), excused), _count("rejection", len(leads), taken)]


def _gave_back(scene: Scene, lead: Lead) -> bool:
    is_rejected = lead.back is not None and lead.back.kind == "rejected" and scene.within(lead.back.at)
    return is_rejected and lead.is_ours and lead.delivered is not None


def _count(about: str, before: int, excused: int) -> dict[str, Any]:
    return {"about": about, "before": before, "excused": excused, "after": before - excused}


def _rep(name: str) -> dict[str, Any]:
    sums = ("handed", "accepted", "declined_in_all", "declined_value_minor", "timed_out_in_all")
    more = ("timed_out_value_minor", "stopped_early", "kept", "broken")
    counts: dict[str, Any] = {"declined": Counter(), "timed_out": Counter(), "decline_codes": Counter()}
    return {"rep": name} | dict.fromkeys((*sums, *more), 0) | counts


def _add_round(row: dict[str, Any], handed: dict[str, Any]) -> None:
    row["handed"] += 1
    row["accepted"] += handed["accepted"]
    row["stopped_early"] += handed["early"]
    for name in ("declined", "timed_out"):
        if handed[name]:
            row[name][handed["quadrant"]] += 1
            row[f"{name}_in_all"] += 1
            row[f"{name}_value_minor"] += handed["value"]
    if handed["declined"]:
        row["decline_codes"][handed["code"]] += 1


def goal_rows(scene: Scene, agreement: Agreement, chosen: Iterable[Delivery]) -> list[dict[str, Any]]:
    """Each goal of an agreement beside what came of it."""
    found, every = [], list(chosen)
    for name, goal in agreement.marketing.all_goals().items():
        sent = claimed = excused = Fraction(0)
        for each in every:
            if not scene.fits(goal, each):
                continue
            size, back = size_of(agreement, goal, each), scene.lead(each).back
            sent += size if scene.within(each.at) else 0
            if back is not None and scene.within(back.at):
                part = size * part_taken_off(agreement, back)
                claimed, excused = claimed + part, excused + (part if back.id in scene.forgiven else 0)
        net = float(sent - claimed + excused)
        row = {"id": name, "goal": goal.goal, "delivered": float(sent), "given_back": float(claimed)}
        row |= {"excused": float(excused), "taken_off": float(claimed - excused), "corrections": 0}
        found.append(row | {"net": net, "share": share(net, goal.goal)})
    return found
