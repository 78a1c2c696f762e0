"""Whose turn it is: weighted round robin that stays within one lead of every rep's share.

The promise
    While the set of reps who can take a lead stays the same, every rep has after n leads between n*w/W - 1
    and n*w/W + 1 of them (exclusive), w being the rep's weight and W the sum of the set's weights. So within
    any stretch of such a period a rep is less than two leads from the share.

The mathematics
    A period begins when the set or a weight changes. A rep's lag, in units of 1/W lead, is what the period
    owes: it begins at 0, grows by w with every lead and falls by W with a lead received; so the lags of a set
    always sum to 0, and the promise reads -W < lag < W. Seen as unit jobs, rep i's k-th lead may be given no
    earlier than the first moment with lag + w > 0, and must be given by its deadline, the slot in which the
    lag would reach W. Earliest deadline first meets all of them on one server (Baruah, Cohen, Plaxton, Varvel
    1996, "Proportionate progress"; the same as the quota method of Balinski and Young 1975). Largest lag
    first, the usual smooth round robin, does not: with uneven weights it can miss.

    Choosing somebody else than the earliest deadline is harmless as long as no slot t is tight, that is, as
    long as fewer than t jobs are due by t for every t before the chosen rep's own deadline. Among those who
    may be chosen so, the one with the largest credit is.

    Credit is the lag, in leads, plus what was carried over from earlier periods. It is what makes shares come
    out when sets change from lead to lead, for every period alone would begin with the heaviest rep. When a
    period ends, its lags are added to the carry, which is capped at one lead either way; nobody's credit
    grows while they are away. Since a return begins a new period, a rep who was away gets at most one lead
    above the share after it, whatever the credit: nobody is flooded.
"""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field

CARRY_CAP = 1.0
"""Most credit, in leads, that a change of set leaves a rep."""


@dataclass(frozen=True, slots=True)
class Account:
    """A rep's standing in one pool.

    `carried` in leads from earlier periods, `lag` in 1/W of a lead from this.
    """

    carried: float = 0.0
    lag: int = 0


@dataclass(frozen=True, slots=True)
class Turns:
    """A pool's memory: the weights of the set that last took turns, and every rep's account."""

    weights: Mapping[str, int] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)

    def credit(self, rep: str) -> float:
        """How many leads the pool owes a rep, before the next one is given."""
        return self.credits().get(rep, 0.0)

    def credits(self) -> dict[str, float]:
        """How many leads the pool owes each rep who ever was in a set of it."""
        total = sum(self.weights.values()) or 1
        return {rep: account.carried + account.lag / total for rep, account in self.accounts.items()}


def take_turn(turns: Turns, weights: Mapping[str, int]) -> tuple[str, Turns]:
    """The rep whose turn it is among `weights` (rep to weight, above 0, not empty), and the memory after."""
    period = turns if turns.weights == weights else _new_period(turns, weights)
    total = sum(weights.values())
    chosen = _choose(period, weights, total)
    accounts = dict(period.accounts)
    for rep, weight in weights.items():
        account = accounts.get(rep, Account())
        lag = account.lag + weight - (total if rep == chosen else 0)
        accounts[rep] = Account(account.carried, lag)
    return chosen, Turns(period.weights, accounts)


def _new_period(turns: Turns, weights: Mapping[str, int]) -> Turns:
    owed = turns.credits()
    accounts = {rep: Account(round(_capped(credit), 9)) for rep, credit in owed.items()}
    return Turns(dict(weights), accounts)


def _capped(credit: float) -> float:
    return min(max(credit, -CARRY_CAP), CARRY_CAP)


def _choose(period: Turns, weights: Mapping[str, int], total: int) -> str:
    lags = {rep: period.accounts.get(rep, Account()).lag for rep in weights}
    deadlines = {rep: _deadline(lags[rep], weight, total) for rep, weight in weights.items()}

    def preference(rep: str) -> tuple[float, int, str]:
        carried = period.accounts.get(rep, Account()).carried
        return (-(carried * total + lags[rep] + weights[rep]), deadlines[rep], rep)

    behind = sorted((rep for rep in weights if lags[rep] + weights[rep] > 0), key=preference)
    tight = _first_tight_slot(lags, weights, total, before=deadlines[behind[0]])
    if tight is None:
        return behind[0]
    return next(rep for rep in behind if deadlines[rep] <= tight)


def _deadline(lag: int, weight: int, total: int) -> int:
    """The slot, this one being 1, at whose end the lag would reach a whole lead. Rounded up."""
    return max(1, -((lag - total) // weight))


def _first_tight_slot(
    lags: Mapping[str, int], weights: Mapping[str, int], total: int, *, before: int
) -> int | None:
    """The first slot earlier than `before` by whose end as many leads are due as there are slots up to it."""
    due = [(_deadline(lags[rep], weight, total), rep, lags[rep]) for rep, weight in weights.items()]
    due = [entry for entry in due if entry[0] < before]
    heapq.heapify(due)
    count = 0
    while due and due[0][0] < before:
        slot, rep, lag = due[0]
        count += 1
        heapq.heapreplace(due, (_deadline(lag - total, weights[rep], total), rep, lag - total))
        if count >= slot and due[0][0] > slot:
            return slot
    return None
