"""The strategies as a pool uses them: propose somebody of a set, and remember it once the lead is theirs.

`propose` changes nothing, so a decision may be made and thrown away; `commit` takes a proposal in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from router.domain.roster import Load
from router.domain.strategies import least_loaded, longest_idle
from router.domain.strategies.ranking import Rank, Ranking
from router.domain.strategies.round_robin import (
    CARRY_CAP,
    CATCH_UP_CAP,
    Account,
    Period,
    next_period,
)
from router.domain.strategies.value_fair import ValuePeriod, Worth, value_period
from rulebook.models import Strategy

Weights = Mapping[str, int]
Loads = Mapping[str, Load]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who is to have the lead, out of which set, by which numbers. `state` belongs to the chooser."""

    rep: str
    able: Weights
    state: Any


class Chooser(Protocol):
    """One strategy with what it remembers of one pool."""

    def propose(
        self, able: Weights, loads: Loads, everybody: Weights, among: Weights | None = None
    ) -> Proposal:
        """Somebody of `able`, which is not empty, or of `among`, some of them, where the others are passed
        over; `everybody` are the pool's reps who share in it at all."""

    def commit(self, proposal: Proposal, value: int | None, load: Load) -> None:
        """The lead, of this value in minor units, is theirs; `load` is what they have in hand now."""

    def give_back(self, rep: str) -> None:
        """A lead that came to a rep by no fault of theirs is theirs no more: it counts as no turn."""

    def look_again(self, rep: str, load: Load) -> None:
        """What a rep has in hand has changed by something else than a lead of this pool."""

    def numbers(self, state: Any, reps: Sequence[str], loads: Loads) -> dict[str, Any]:
        """What the choice was made by, rep for rep, so that it can be made again."""

    def owed(self, rep: str, state: Any = None) -> float:
        """What speaks for a rep in one number for people, the larger the sooner."""

    def nearest(self, state: Any, number: int) -> list[str]:
        """Those whose turn is nearest, the chosen one among them."""


@dataclass(slots=True)
class RoundRobin:
    """See round_robin.py. `changed` are the reps whose account is to be written, `began` whether all are.

    `keeps_turns`: reps are passed over whose turn it is, and are owed it.
    """

    period: Period = field(default_factory=Period)
    catch_up: bool = False
    keeps_turns: bool = False
    changed: set[str] = field(default_factory=set)
    began: bool = False

    def propose(  # noqa: D102
        self, able: Weights, loads: Loads, everybody: Weights, among: Weights | None = None
    ) -> Proposal:
        most = CATCH_UP_CAP if self.keeps_turns else CARRY_CAP
        period = next_period(self.period, able, everybody if self.catch_up else None, most=most)
        return Proposal(period.choose() if among is None else period.choose_among(among), able, period)

    def commit(self, proposal: Proposal, value: int | None, load: Load) -> None:  # noqa: D102
        self.began = self.began or proposal.state is not self.period
        self.period = proposal.state
        self.period.take(proposal.rep)
        self.changed.add(proposal.rep)

    def give_back(self, rep: str) -> None:  # noqa: D102
        self.began = True
        self.changed.add(rep)
        self.period = self.period.given_back(rep)

    def look_again(self, rep: str, load: Load) -> None:
        """It does not count here."""

    def numbers(self, state: Period, reps: Sequence[str], loads: Loads) -> dict[str, Any]:  # noqa: D102
        numbers = {
            "steps": state.steps,
            "served": [state.served.get(rep, 0) for rep in reps],
            "carried": [state.carried.get(rep, 0.0) for rep in reps],
        }
        return numbers if len(reps) >= len(state.weights) else {**numbers, "levels": state.levels()}

    def owed(self, rep: str, state: Period | None = None) -> float:  # noqa: D102
        return (state or self.period).credit(rep)

    def nearest(self, state: Period, number: int) -> list[str]:  # noqa: D102
        return state.nearest(number)

    def account(self, rep: str) -> Account:
        """What is to be kept of a rep."""
        return Account(self.period.carried.get(rep, 0.0), self.period.served.get(rep, 0))

    def to_write(self) -> set[str]:
        """Reps whose account has changed since it was last written."""
        return {*self.period.carried, *self.period.weights} if self.began else self.changed

    def written(self) -> None:
        """All of it has been."""
        self.changed.clear()
        self.began = False


@dataclass(slots=True)
class ValueFair:
    """See value_fair.py."""

    worth: Worth = field(default_factory=Worth)
    catch_up: bool = False
    changed: set[str] = field(default_factory=set)
    members: Weights = field(default_factory=dict)
    _period: ValuePeriod | None = None

    def propose(  # noqa: D102
        self, able: Weights, loads: Loads, everybody: Weights, among: Weights | None = None
    ) -> Proposal:
        period = self._period
        if period is None or (period.weights is not able and period.weights != able):
            period = value_period(self.worth, self.members, able, loads, catch_up=self.catch_up)
        return Proposal(period.choose() if among is None else period.choose_among(among), able, period)

    def commit(self, proposal: Proposal, value: int | None, load: Load) -> None:  # noqa: D102
        period: ValuePeriod = proposal.state
        if period is not self._period:
            self.changed.update(period.levels)
        period.take(proposal.rep, value, load.idle_rank)
        self.changed.add(proposal.rep)
        self._period, self.members = period, period.weights
        self.worth = period.worth(self.worth)

    def give_back(self, rep: str) -> None:
        """Their level falls by a mean lead, to the floor at most."""
        level = self.worth.levels.get(rep)
        if level is None:
            return
        fallen = max(self.worth.floor, level - self.worth.of(None) / self.members.get(rep, 1))
        self.worth = Worth({**self.worth.levels, rep: fallen}, self.worth.floor, self.worth.mean)
        self._period = None
        self.changed.add(rep)

    def look_again(self, rep: str, load: Load) -> None:
        """Between equal levels it counts when the last lead was, of whatever pool."""
        if self._period is not None:
            self._period.look_again(rep, load.idle_rank)

    def numbers(self, state: ValuePeriod, reps: Sequence[str], loads: Loads) -> dict[str, Any]:  # noqa: D102
        return {"level": [state.levels.get(rep, 0.0) for rep in reps], "idle": _idle(reps, loads)}

    def owed(self, rep: str, state: ValuePeriod | None = None) -> float:  # noqa: D102
        levels = state.levels if state is not None else self.worth.levels
        return self.worth.floor - levels.get(rep, self.worth.floor)

    def nearest(self, state: ValuePeriod, number: int) -> list[str]:  # noqa: D102
        return state.nearest(number)


@dataclass(slots=True)
class ByLoad:
    """Least loaded and longest idle: whoever comes first by what they have in hand now."""

    rank: Callable[[str, int, Load], Rank]
    _able: Weights | None = None
    _ranking: Ranking = field(default_factory=lambda: Ranking({}))

    def propose(  # noqa: D102
        self, able: Weights, loads: Loads, everybody: Weights, among: Weights | None = None
    ) -> Proposal:
        if self._able is not able:
            ranks = {rep: self.rank(rep, weight, loads[rep]) for rep, weight in able.items()}
            self._able, self._ranking = able, Ranking(ranks)
        ranking = self._ranking
        return Proposal(ranking.first() if among is None else ranking.first_among(among), able, ranking)

    def commit(self, proposal: Proposal, value: int | None, load: Load) -> None:  # noqa: D102
        self.look_again(proposal.rep, load)

    def give_back(self, rep: str) -> None:
        """Nothing is remembered."""

    def look_again(self, rep: str, load: Load) -> None:  # noqa: D102
        if self._able is not None and rep in self._able:
            self._ranking.move(rep, self.rank(rep, self._able[rep], load))

    def numbers(self, state: Ranking, reps: Sequence[str], loads: Loads) -> dict[str, Any]:  # noqa: D102
        return {"idle": _idle(reps, loads)}

    def owed(self, rep: str, state: Ranking | None = None) -> float:  # noqa: D102
        return -state.ranks[rep][0] if state is not None and rep in state.ranks else 0.0

    def nearest(self, state: Ranking, number: int) -> list[str]:  # noqa: D102
        return state.nearest(number)


def chooser_of(
    strategy: Strategy,
    memory: Period | Worth | None = None,
    *,
    catch_up: bool = False,
    keeps_turns: bool = False,
) -> Chooser:
    """The strategy by its name in the rulebook, with what was remembered for it."""
    if strategy == "value_fair":
        return ValueFair(memory if isinstance(memory, Worth) else Worth(), catch_up)
    if strategy == "least_loaded":
        return ByLoad(least_loaded.rank)
    if strategy == "longest_idle":
        return ByLoad(longest_idle.rank)
    return RoundRobin(memory if isinstance(memory, Period) else Period(), catch_up, keeps_turns)


def _idle(reps: Sequence[str], loads: Loads) -> list[float]:
    return [loads[rep].idle_rank for rep in reps]
