"""One lead on its way through a simulation, and the queue of those that wait."""

import heapq
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from lead_events.words import HoldReason, Quadrant
from router.domain.agreed import NOTHING_PROMISED, Answers
from router.domain.book import PoolChoice
from router.domain.decision import Decision, RoutableLead
from router.domain.eligibility import Standing
from router.domain.needs import Needs
from router.whatif.model import Arrival, Fate, Luck

_RANK = {quadrant: rank for rank, quadrant in enumerate(Quadrant)}


@dataclass(slots=True, eq=False)
class Course:
    """A lead that has come and not ended. `turn` rises with every change of hands: what was planned for an
    earlier one is void. `choice` is the one it waits by."""

    arrival: Arrival
    number: int
    luck: Luck
    choice: PoolChoice
    excluded: dict[str, str] = field(default_factory=dict)
    turn: int = 0
    rounds: int = 0
    rep: str | None = None
    pool: str | None = None
    hold_reason: HoldReason | None = None
    is_relaxed: bool = False
    first_handed_at: datetime | None = None
    handed_at: datetime | None = None
    respond_by: datetime | None = None
    answered_at: datetime | None = None
    worked: timedelta | None = None
    breaches: int = 0
    breached_at: datetime | None = None
    breached_round: int = 0
    promise: timedelta | None = None
    foreseen: bool = False
    overruled: bool = False

    @property
    def rank(self) -> tuple[int, datetime, int]:
        """Place in a queue: best first, then the longest since it came."""
        return _RANK[self.arrival.quadrant], self.arrival.at, self.number

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has it."""
        return self.rep is None

    def note_breach(self, at: datetime) -> None:
        """The rep of this round did not respond within the promise; it counts once a round."""
        if self.breached_round == self.rounds:
            return
        self.breached_round = self.rounds
        self.breaches += 1
        self.breached_at = self.breached_at or at

    def routable(self, answers: Answers = NOTHING_PROMISED) -> RoutableLead:
        """What a decision needs of it."""
        come, needs = self.arrival, self.choice.needs
        return RoutableLead(come.id, come.line, self.excluded, None, needs, come.at, answers, come.value)

    def without_rep(self, how: Standing) -> RoutableLead:
        """As it were, had its rep lost it."""
        excluded = {**self.excluded, self.rep or "": how.value}
        return replace(self.routable(), excluded=excluded, needs=self.arrival.choice.needs)

    def begin_round(self, decision: Decision, rep: str, now: datetime, respond_by: datetime | None) -> None:
        """It is this rep's, who is to respond by then."""
        self.turn += 1
        self.rounds += 1
        self.rep, self.pool, self.handed_at = rep, decision.pool.id, now
        self.first_handed_at = self.first_handed_at or now
        self.respond_by = respond_by
        self.hold_reason = None
        self.foreseen = self.foreseen or decision.is_late
        self.overruled = self.overruled or decision.overruled is not None

    def lose(self, how: Standing) -> None:
        """Its rep has it no more, and the rules choose again; who was only away may have it again."""
        if how is not Standing.REASSIGNED:
            self.excluded = {**self.excluded, self.rep or "": how.value}
        self.turn += 1
        self.rep = self.pool = self.respond_by = None
        self.choice = self.arrival.choice

    def fate(self) -> Fate:
        """What became of it."""
        return Fate(
            self.arrival,
            self.rep,
            self.pool,
            self.rounds,
            self.first_handed_at,
            self.answered_at,
            self.worked,
            self.breaches,
            self.breached_at,
            self.promise,
            self.foreseen,
            self.overruled,
            self.hold_reason,
        )


Place = tuple[tuple[int, datetime, int], int, Course]
Kind = tuple[str, Needs, bool]


@dataclass(slots=True)
class Queue:
    """The leads that wait in one pool: those that nobody had before in heaps by what they ask for, so that
    one look at the best of each heap is enough; those that somebody had, and few are, one by one."""

    fresh: dict[Kind, list[Place]] = field(default_factory=dict)
    returned: list[Course] = field(default_factory=list)
    length: int = 0

    def add(self, course: Course) -> None:
        """It waits here from now on."""
        self.length += 1
        self._put(course)

    def relax(self, course: Course) -> None:
        """What it only prefers is given up."""
        if not course.excluded:
            self._put(course)

    def _put(self, course: Course) -> None:
        if course.excluded:
            self.returned.append(course)
            return
        heap = self.fresh.setdefault((course.arrival.line, course.choice.needs, course.is_relaxed), [])
        heapq.heappush(heap, (course.rank, course.turn, course))

    def left(self) -> None:
        """One of those who waited does no more."""
        self.length -= 1

    def heads(self, pool: str) -> list[Course]:
        """The best of each kind, and every one that somebody had before: best first."""
        self.returned = [each for each in self.returned if each.is_waiting and each.pool == pool]
        heads = list(self.returned)
        for kind in list(self.fresh):
            heap = self.fresh[kind]
            while heap and not self._holds(heap[0], kind, pool):
                heapq.heappop(heap)
            if heap:
                heads.append(heap[0][2])
            else:
                del self.fresh[kind]
        return sorted(heads, key=lambda each: each.rank)

    @staticmethod
    def _holds(place: Place, kind: Kind, pool: str) -> bool:
        """Whether who stood here still waits here, asking for the same."""
        _, turn, course = place
        still = course.is_waiting and course.turn == turn and course.pool == pool
        return still and course.is_relaxed == kind[2]
