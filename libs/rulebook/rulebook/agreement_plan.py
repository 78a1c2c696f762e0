"""From a goal of revenue back to leads, follow-ups and reps, by the promises of an agreement.

Leads are taken to come evenly, day and night. Those that come while nobody works are handed over at the
opening, and their promises run from then on: so the opening after the longest closed time, for most the
weekend, says how many reps the promises of a first response need. All else is work by the hour.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from math import ceil

from lead_events.words import Quadrant
from rulebook.agreed_hours import NOBODY, YEAR, Hours
from rulebook.agreements import promise_of
from rulebook.check_goals import sql_quadrants
from rulebook.models import Agreement, Promise, Rulebook

MONTH = timedelta(days=365) / 12
MOST = Decimal(10) ** 15
"""Of any amount: above it the question is a slip."""


class PlanRefused(ValueError):
    """The question has no answer: ask as the message says."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is planned for a month. Amounts in the company's currency; `close_rate` is a share, 0-1; `mix` is
    what part of the leads each quadrant is, in any unit, by default as marketing promises them."""

    revenue: Decimal
    deal: Decimal
    close_rate: Decimal
    contact_takes: timedelta = timedelta(minutes=10)
    mix: Mapping[Quadrant, Decimal] = field(default_factory=dict)
    line: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """The leads of one quadrant: how many in a month, and the follow-ups if none of them ever answers."""

    quadrant: Quadrant
    leads: int
    tries: int
    first_response_within: timedelta | None

    @property
    def follow_ups(self) -> int:
        """Contacts at most: every lead is tried as often as is promised."""
        return self.leads * self.tries


@dataclass(frozen=True, slots=True)
class Plan:
    """What a month needs. `reps_for_hours` do all follow-ups; `reps_for_speed` answer in time what came in
    over `longest_closed`; `reps` are enough for both."""

    customers: int
    leads: int
    shares: tuple[Share, ...]
    hours: timedelta
    calendar: str
    month_hours: timedelta
    longest_closed: timedelta
    waiting: int
    reps_for_hours: int
    reps_for_speed: int

    @property
    def follow_ups(self) -> int:
        """Of all quadrants."""
        return sum(share.follow_ups for share in self.shares)

    @property
    def reps(self) -> int:
        """Enough for the work and for the speed."""
        return max(self.reps_for_hours, self.reps_for_speed)


def plan(rulebook: Rulebook, agreement: Agreement, wish: Wish) -> Plan:
    """What the wish needs under the promises of an agreement. Raises PlanRefused saying what to ask
    instead."""
    _refuse_nonsense(wish)
    customers = ceil(wish.revenue / wish.deal)
    leads = ceil(customers / wish.close_rate)
    calendar = _calendar(rulebook, agreement, wish)
    hours = Hours(rulebook)
    shares = _shares(rulebook, agreement, wish, leads)
    work = wish.contact_takes * sum(share.follow_ups for share in shares)
    month = hours.between(calendar, date(YEAR, 1, 1), date(YEAR, 12, 31)) / 12
    closed = hours.longest_closed(calendar)
    if month <= NOBODY:
        raise PlanRefused(f"calendar `{calendar}` never opens; write its hours in calendars.yaml")
    return Plan(
        customers,
        leads,
        shares,
        work,
        calendar,
        month,
        closed,
        waiting=sum(_come_in(share.leads, closed) for share in shares),
        reps_for_hours=ceil(work / month),
        reps_for_speed=reps_for_speed(shares, closed, wish.contact_takes),
    )


def _refuse_nonsense(wish: Wish) -> None:
    for name, amount in (("revenue", wish.revenue), ("deal", wish.deal)):
        if not 0 < amount <= MOST:
            raise PlanRefused(f"--{name} is {amount}; write an amount above 0, such as 10000")
    if not 0 < wish.close_rate <= 1:
        raise PlanRefused(f"--close-rate is {wish.close_rate}; write a share above 0 up to 1, or as 2%")
    if wish.contact_takes <= NOBODY:
        raise PlanRefused("--contact-takes is no time at all; write a length such as 10m")
    if wish.revenue / wish.deal / wish.close_rate > MOST:
        raise PlanRefused("that needs more leads than there are people; raise --close-rate or --deal")
    if wish.mix and sum(wish.mix.values()) <= 0:
        raise PlanRefused("--mix gives no quadrant any leads; write such as perfect=1")


def _calendar(rulebook: Rulebook, agreement: Agreement, wish: Wish) -> str:
    """Whose hours count: those of the team, else the agreement's, else those of most reps."""
    reps = rulebook.roster.reps.values()
    used = [rep.calendar for rep in reps if not wish.team or rep.team == wish.team]
    if agreement.calendar is not None and not wish.team:
        return agreement.calendar
    if not used:
        whose = f"team `{wish.team}`" if wish.team else "the roster"
        raise PlanRefused(f"nobody is in {whose}, so there are no hours; add reps to roster.yaml")
    return max(sorted(set(used)), key=used.count)


def _shares(rulebook: Rulebook, agreement: Agreement, wish: Wish, leads: int) -> tuple[Share, ...]:
    mix = wish.mix or _promised_mix(rulebook, agreement)
    found = []
    for quadrant, number in _split(leads, mix).items():
        promise = promise_of(agreement, quadrant, wish.line, wish.team)
        found.append(Share(quadrant, number, _tries(promise), promise.first_response_within))
    return tuple(found)


def _tries(promise: Promise) -> int:
    return promise.attempts.count if promise.attempts is not None else 1


def _promised_mix(rulebook: Rulebook, agreement: Agreement) -> dict[Quadrant, Decimal]:
    """As marketing promises them by number; all SQLs alike where it promises none."""
    counted: dict[Quadrant, Decimal] = {}
    for goal in agreement.marketing.all_goals().values():
        if goal.counted_in == "number" and len(goal.quadrants) == 1:
            counted[goal.quadrants[0]] = counted.get(goal.quadrants[0], Decimal(0)) + goal.goal
    return counted or dict.fromkeys(sql_quadrants(rulebook, ()) or [Quadrant.PERFECT], Decimal(1))


def _split(leads: int, mix: Mapping[Quadrant, Decimal]) -> dict[Quadrant, int]:
    """The leads by quadrant, whole ones: what is left over goes to the largest remainders."""
    whole = sum(mix.values())
    exact = {quadrant: leads * part / whole for quadrant, part in mix.items() if part > 0}
    found = {quadrant: int(number) for quadrant, number in exact.items()}
    left = leads - sum(found.values())
    for quadrant in sorted(exact, key=lambda each: found[each] - exact[each])[:left]:
        found[quadrant] += 1
    return found


def _come_in(leads: int, length: timedelta) -> int:
    """How many of a month's leads come in so much wall time."""
    return ceil(leads * (length / MONTH))


def reps_for_speed(shares: tuple[Share, ...], closed: timedelta, contact: timedelta) -> int:
    """So many that whoever waits at the opening is answered in time, the most urgent first.

    Within a promise of length D a rep makes the whole contacts that fit in it, one at least; all leads with a
    promise up to D have to fit.
    """
    needed = 0
    for within in sorted({each for share in shares if (each := share.first_response_within)}):
        urgent = [share for share in shares if (share.first_response_within or MONTH) <= within]
        waiting = sum(_come_in(share.leads, closed) for share in urgent)
        needed = max(needed, ceil(waiting / max(within // contact, 1)))
    return needed
