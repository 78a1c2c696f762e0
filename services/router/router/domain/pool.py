"""A pool at one moment: its reps with what they have in hand, and its strategy with what it remembers."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson

from router.domain.chances import next_place
from router.domain.eligibility import Eligible, Kind
from router.domain.roster import NEVER, Load, Rep
from router.domain.strategies.choosers import Chooser, Proposal, RoundRobin, chooser_of
from router.domain.strategies.round_robin import Period
from router.domain.strategies.value_fair import Worth
from rulebook import models

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a pool chooses; see the rulebook's Pool."""

    strategy: models.Strategy = "weighted_round_robin"
    deadline_aware: bool = False
    answer_takes: timedelta = timedelta(minutes=10)
    gives_to_first_who_opens: bool = False
    then: tuple[str, ...] = ()
    catch_up: bool = False

    @classmethod
    def of(cls, pool: models.Pool) -> "Terms":
        """As the rulebook says."""
        return cls(
            pool.strategy,
            pool.deadline_aware,
            pool.answer_takes,
            pool.when_nobody_open == "first_to_open",
            tuple(pool.then) if pool.when_nobody_open == "follow_the_sun" else (),
            pool.catch_up,
        )


@dataclass(frozen=True, slots=True)
class Members:
    """The reps of a pool as decision records name them: in order, with weight and capacity, by a digest."""

    digest: str
    rows: tuple[tuple[str, int, int], ...]

    @classmethod
    def of(cls, reps: Iterable[Rep]) -> "Members":
        """SHA-256 of the rows as JSON, the first 16 bytes in hexadecimal."""
        rows = tuple((rep.id, rep.weight, rep.capacity) for rep in reps)
        return cls(hashlib.sha256(orjson.dumps(rows)).hexdigest()[:32], rows)


@dataclass(slots=True)
class Pool:
    """The reps of a pool in order of their ids. Only whoever holds the rows' locks gives leads out of it.

    `loads` may be shared by pools that share reps; who changes one tells the other pools by `look_again`.
    """

    id: str
    name: str
    reps: dict[str, Rep]
    loads: Mapping[str, Load]
    terms: Terms = field(default_factory=Terms)
    chooser: Chooser = field(default_factory=RoundRobin)
    everybody: dict[str, int] = field(init=False)
    opens: list[int] = field(init=False)
    _places: dict[str, int] = field(init=False, repr=False)
    _eligible: dict[Kind, Eligible] = field(default_factory=dict, repr=False)
    _since: datetime = LONG_AGO
    _until: datetime = LONG_AGO
    _members: Members | None = None

    def __post_init__(self) -> None:
        self._places = {name: place for place, name in enumerate(self.reps)}
        self.opens = [self.loads[name].open for name in self.reps]
        self.everybody = {name: rep.weight for name, rep in self.reps.items() if rep.is_active and rep.weight}

    @classmethod
    def with_reps(
        cls,
        identity: str,
        name: str,
        reps: Iterable[Rep],
        loads: Mapping[str, Load],
        terms: Terms | None = None,
        memory: Period | Worth | None = None,
    ) -> "Pool":
        """A pool of these reps; `memory`: what its strategy remembers."""
        terms = terms or Terms()
        ordered = {rep.id: rep for rep in sorted(reps, key=lambda rep: rep.id)}
        chooser = chooser_of(
            terms.strategy, memory, catch_up=terms.catch_up, keeps_turns=terms.deadline_aware
        )
        return cls(identity, name, ordered, loads, terms, chooser)

    @property
    def members(self) -> Members:
        """As decision records name them."""
        if self._members is None:
            self._members = Members.of(self.reps.values())
        return self._members

    def eligible(self, kind: Kind, now: datetime) -> Eligible:
        """Who may take a lead of this kind now; worked out anew only when somebody comes or goes."""
        if not self._since <= now < self._until:
            self._eligible.clear()
            stretches = [rep.stretch(now) for rep in self.reps.values()]
            self._since, self._until = now, min((each.until for each in stretches), default=NEVER)
        found = self._eligible.get(kind)
        if found is None and (kind.languages or kind.skills):
            of_line = self.eligible(Kind(kind.line, terms=kind.terms), now)
            found = self._eligible[kind] = of_line.for_needs(self, kind)
        elif found is None:
            found = self._eligible[kind] = Eligible.of(self, kind, now)
        return found

    def give(
        self, proposal: Proposal, now: datetime, *, value: int | None = None, imported: bool = False
    ) -> None:
        """The lead is theirs: one more in hand, one turn taken. `value` in minor units."""
        load = self.loads[proposal.rep]
        load.take(now, imported=imported)
        self.chooser.commit(proposal, value, load)
        self.look_again(proposal.rep, told=True)

    def look_again(self, name: str, *, told: bool = False) -> None:
        """What a rep has in hand has changed. `told`: the strategy knows."""
        place = self._places.get(name)
        if place is None:
            return
        load, rep = self.loads[name], self.reps[name]
        self.opens[place] = load.open
        for eligible in self._eligible.values():
            eligible.look_again(place, self, rep)
        if not told:
            self.chooser.look_again(name, load)

    def place(self, name: str) -> int:
        """Where a rep stands in the order of the pool."""
        return self._places[name]

    def next_opening(self, now: datetime) -> datetime | None:
        """When the next rep whom a clock keeps from leads may take one, whatever line they sell."""
        moments = (
            next_place(rep, self.loads[rep.id], now)
            for rep in self.reps.values()
            if rep.is_active and rep.weight
        )
        return min((at for at in moments if at is not None), default=None)
