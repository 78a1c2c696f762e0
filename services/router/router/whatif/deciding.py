"""The one place where a simulation meets the decisions of the desk: the same pure code, in the same order."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from lead_events.words import HoldReason
from router.domain.book import TEAM, Book, PoolChoice
from router.domain.decision import NOBODY_ELSE, Decision, RoutableLead, decide
from router.domain.needs import NO_NEEDS
from router.domain.owners import Owner, Passed, Waits, ask_owners, owners_of
from router.domain.pool import Pool, Terms
from router.domain.ramp import effective_capacity, effective_weight
from router.domain.roster import Load, Rep
from router.domain.strategies.choosers import Chooser
from router.domain.why import why_passed
from router.whatif.model import Staff


@dataclass(frozen=True, slots=True)
class Member:
    """Who belongs to which team, as pools and CRMs name them."""

    id: str
    team: str
    email: str


class Company:
    """Reps, what they have in hand, and the pools of one plan at a moment of simulated time."""

    def __init__(
        self,
        book: Book,
        staff: Iterable[Staff],
        began: datetime,
        loads: Mapping[str, Load] | None = None,
        choosers: Callable[[str, Terms], Chooser | None] = lambda pool, terms: None,
    ) -> None:
        """By default nobody has anything in hand, and no strategy remembers anything."""
        self.book = book
        self._choosers = choosers
        self.staff = {each.id: each for each in sorted(staff, key=lambda each: each.id)}
        self.reps = {name: of_day(each, began) for name, each in self.staff.items()}
        self.loads = {name: (loads or {}).get(name) or Load() for name in self.staff}
        self.members = [Member(each.id, each.rep.team, each.email) for each in self.staff.values()]
        self.pools = {name: self._pool(name) for name in sorted(book.pools)}
        self._fed = {name: self._fed_by(name) for name in self.staff}

    def _pool(self, name: str, known: Pool | None = None) -> Pool:
        rules = self.book.pools[name]
        reps = {rep: self.reps[rep] for rep in self.book.members(name, self.members)}
        terms = Terms.of(rules)
        chooser = known.chooser if known is not None else self._choosers(name, terms)
        if chooser is None:
            return Pool.with_reps(name, rules.name, reps.values(), self.loads, terms)
        return Pool(name, rules.name, reps, self.loads, terms, chooser)

    def _fed_by(self, rep: str) -> list[str]:
        """The pools whose leads may go to a rep, by themselves or by following the sun."""
        of = {name for name, pool in self.pools.items() if rep in pool.reps}
        return sorted(name for name in self.pools if of.intersection(self.chain(name)))

    def chain(self, pool: str) -> list[str]:
        """A pool, and those that follow the sun after it."""
        then = self.pools[pool].terms.then
        return [pool, *(each for each in then if each in self.pools and each != pool)]

    def fed(self, rep: str) -> list[str]:
        """The pools that may have a lead for a rep who has come, or become free."""
        return self._fed[rep]

    def new_day(self, rep: str, now: datetime) -> None:
        """A rep's local day has begun: limits of the day and week, and the share of who is new."""
        load, known = self.loads[rep], self.reps[rep]
        load.today = load.imported = 0
        if _local(known, now).weekday() == 0:
            load.this_week = 0
        today = of_day(self.staff[rep], now)
        if (today.weight, today.capacity) != (known.weight, known.capacity):
            self.reps[rep] = today
            for name, pool in self.pools.items():
                if rep in pool.reps:
                    self.pools[name] = self._pool(name, pool)
        self.look_again(rep)

    def look_again(self, rep: str, *, told: Pool | None = None) -> None:
        """What a rep has in hand has changed."""
        for pool in self.pools.values():
            if pool is not told:
                pool.look_again(rep)

    def next_opening(self, pool: str, now: datetime) -> datetime | None:
        """When somebody comes to work to whom the leads of this pool may go."""
        moments = (self.pools[each].next_opening(now) for each in self.chain(pool))
        return min((at for at in moments if at is not None), default=None)

    def owner(
        self, choice: PoolChoice, lead: RoutableLead, person_owner: str | None, now: datetime
    ) -> tuple[Decision | Waits | None, Owner | None, PoolChoice]:
        """Who goes before the pool, and as whose; and the choice, with why an owner does not get it."""
        owners = owners_of(choice, person_owner)
        if not owners or choice.pool is None:
            return None, None, choice
        found, passed, owner = ask_owners(
            owners,
            choice,
            self.pools[choice.pool],
            lead,
            self.reps,
            self.members,
            now,
            partial(self.book.may_have, consents=choice.consents),
        )
        if passed:
            choice = replace(choice, owner_cannot=tuple(map(why_passed, passed)))
        return found, owner, self._after_departed(passed, choice)

    def _after_departed(self, passed: Iterable[Passed], choice: PoolChoice) -> PoolChoice:
        if choice.owners.when_departed != "team":
            return choice
        teams = [each.rep.team for each in passed if each.rep is not None and not each.rep.is_active]
        pools = (self.book.pool_of_team(team, choice.consents) for team in teams)
        pool = next((name for name in pools if name in self.pools), None)
        return choice if pool is None else replace(choice, pool=pool, rule=TEAM, needs=NO_NEEDS)

    def decide(
        self,
        choice: PoolChoice,
        lead: RoutableLead,
        now: datetime,
        queues: Container[tuple[str, str]] = frozenset(),
    ) -> Decision:
        """The pool, those that follow the sun, and the pool for a language that nobody speaks.

        `queues`: pools and lines where leads wait that somebody can take. In a simulation there are none: it
        drains each pool at every change, so that leads that wait are leads that nobody can take.
        """
        first: Decision | None = None
        for each in self.chain(choice.pool or ""):
            is_waiting = (each, lead.line) in queues
            decision = decide(self.pools[each], lead, now, queue_is_waiting=is_waiting)
            first = first or decision
            if decision.rep is not None:
                return decision
            if not decision.follows_the_sun:
                break
        if first is None:
            raise AssertionError("a chain begins with the pool itself")
        if (
            first.hold_reason is HoldReason.NEEDS_UNMET
            and choice.unspoken is not None
            and choice.unspoken in self.pools
        ):
            spoken = replace(lead, needs=replace(lead.needs, language_match="ignored"))
            is_waiting = (choice.unspoken, lead.line) in queues
            return decide(self.pools[choice.unspoken], spoken, now, queue_is_waiting=is_waiting)
        return first

    def could_go_on(self, choice: PoolChoice, lead: RoutableLead, now: datetime) -> bool:
        """Whether somebody of the chosen pool could ever take the lead."""
        if choice.pool is None:
            return False
        decision = decide(self.pools[choice.pool], lead, now)
        return decision.hold_reason not in NOBODY_ELSE

    def waits_in(self, choice: PoolChoice, pool: str) -> PoolChoice:
        """The choice of a lead that waits in this pool; in the one for other languages it needs none."""
        if pool == choice.pool:
            return choice
        needs = replace(choice.needs, language_match="ignored") if pool == choice.unspoken else choice.needs
        return replace(choice, pool=pool, needs=needs, unspoken=None)

    def give(self, decision: Decision, lead: RoutableLead, now: datetime) -> None:
        """The lead is theirs."""
        if decision.rep is None:
            raise AssertionError("a decision to hold gives the lead to nobody")
        if decision.proposal is not None:
            decision.give(lead, now)
            self.look_again(decision.rep.id, told=decision.pool)
            return
        self.loads[decision.rep.id].take(now, imported=False)
        self.look_again(decision.rep.id)

    def free(self, rep: str, *, is_answered: bool) -> None:
        """One lead less in hand."""
        load = self.loads[rep]
        load.open -= 1
        load.unanswered -= not is_answered
        self.look_again(rep)

    def answered(self, rep: str, pace: timedelta) -> None:
        """One first response more; `pace` is what is known of the rep from now on."""
        load = self.loads[rep]
        load.unanswered -= 1
        load.pace = pace
        self.look_again(rep)


def of_day(staff: Staff, now: datetime) -> Rep:
    """The rep with the weight and capacity of their own day."""
    rep = staff.rep
    if staff.ramp_up is None:
        return rep
    day = _local(rep, now).date()
    return replace(
        rep,
        weight=effective_weight(rep.weight, staff.ramp_up, day),
        capacity=effective_capacity(rep.capacity, staff.ramp_up, day),
    )


def _local(rep: Rep, now: datetime) -> datetime:
    return now.astimezone(ZoneInfo(str(rep.document["tz"])))
