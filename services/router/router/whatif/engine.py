"""Leads and reps in simulated time: a heap of what happens next, decided on by the code of the desk."""

import heapq
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from itertools import count
from uuid import UUID

from lead_events.words import HoldReason
from router.domain.agreed import Answers
from router.domain.decision import Decision
from router.domain.eligibility import Standing
from router.domain.imports import day_began
from router.domain.owners import Waits
from router.whatif.course import Course, Queue
from router.whatif.deciding import Company
from router.whatif.hands import Hands
from router.whatif.model import Arrival, Fate, Luck
from rulebook.models import Promise
from worktime import Calendar, NeverOpens

BEGINNING = datetime.min.replace(tzinfo=UTC)
GRACE = timedelta(days=30)
"""How long after the last arrival a simulation goes on."""
NEVER_TAKEN = frozenset({HoldReason.POOL_EMPTY, HoldReason.NEEDS_UNMET})
"""Reasons that no hour changes while nobody joins the roster."""
REMEMBERED = 100_000
"""Persons whose rep is remembered, the latest."""


class Happening(IntEnum):
    """What may come next; of one moment in this order."""

    NEW_DAY = 0
    CLOSED = 1
    AWAY = 2
    ACCEPT_DUE = 3
    DECLINED = 4
    ACCEPTED = 5
    ANSWERED = 6
    RESPONSE_DUE = 7
    RELAXED = 8
    OWNER_LOOK = 9
    LOOK = 10


Entry = tuple[datetime, int, int, object]


@dataclass(slots=True)
class Simulation:
    """One plan and its reps. Feed arrivals in order of time, then finish; `tell` hears what became of each,
    when it is answered or the simulation ends, and `given` of each decision that gives a lead, before it
    does. The same arrivals and `seed` give the same fates, whatever
    else the process does. Keeps leads in hand and leads that wait, and no others."""

    company: Company
    seed: int
    tell: Callable[[Fate], None]
    given: Callable[[Decision, Arrival], None] | None = None
    now: datetime = BEGINNING
    _events: list[Entry] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)
    _queues: dict[str, Queue] = field(default_factory=dict)
    _waiting: dict[int, Course] = field(default_factory=dict)
    _looks: dict[str, datetime] = field(default_factory=dict)
    _knows: dict[UUID, tuple[str, datetime]] = field(default_factory=dict)
    _number: int = 0
    _first: random.Random = field(init=False)
    _later: random.Random = field(init=False)
    _hands: Hands = field(init=False)

    def __post_init__(self) -> None:
        # the draws of first handoffs depend on the order of arrivals only: two plans meet the same luck
        self._first = random.Random(f"{self.seed} first")  # noqa: S311 - chance in a model, no secret
        self._later = random.Random(f"{self.seed} later")  # noqa: S311
        self._queues = {name: Queue() for name in self.company.pools}
        self._hands = Hands(self.company)

    def feed(self, arrival: Arrival) -> None:
        """One arrival, none earlier than the one before."""
        if self._number == 0:
            self._begin(arrival.at)
        self._until(arrival.at)
        course = Course(arrival, self._number, Luck.draw(self._first), arrival.choice)
        self._number += 1
        self.now = arrival.at
        course.promise = self._answers(course).within
        self._route(course)

    def finish(self, grace: timedelta = GRACE) -> None:
        """Let what is under way go on for so long, then tell the rest as it stands."""
        self._until(self.now + grace)
        rest = [*self._waiting.values(), *self._hands.unanswered()]
        for course in sorted(rest, key=lambda each: each.number):
            if course.respond_by is not None and course.respond_by <= self.now:
                course.note_breach(course.respond_by)
            self.tell(course.fate())

    def _begin(self, at: datetime) -> None:
        self.now = at
        for name, staff in self.company.staff.items():
            limited = staff.rep.per_day is not None or staff.rep.per_week is not None
            if limited or staff.ramp_up is not None:
                self._plan(self._midnight(name), Happening.NEW_DAY, name)
            for start, _ in staff.rep.document.get("absences", ()):
                begins = datetime.fromisoformat(start)
                if begins > at:
                    self._plan(begins, Happening.AWAY, name)

    def _midnight(self, rep: str) -> datetime:
        known = self.company.reps[rep]
        return day_began(known, day_began(known, self.now) + timedelta(hours=30)).astimezone(UTC)

    def _plan(self, at: datetime, what: Happening, about: object) -> None:
        heapq.heappush(self._events, (at, what, next(self._order), about))

    def _until(self, moment: datetime) -> None:
        while self._events and self._events[0][0] <= moment:
            at, what, _, about = heapq.heappop(self._events)
            self.now = at
            self._happen(Happening(what), about)
        self.now = moment

    def _happen(self, what: Happening, about: object) -> None:
        if isinstance(about, str):
            self._happen_to(what, about)
        elif isinstance(about, tuple):
            course, turn = about
            if course.turn == turn:
                _ON_LEAD[what](self, course)

    def _happen_to(self, what: Happening, name: str) -> None:
        """To a rep or a pool."""
        if what is Happening.LOOK:
            self._looks.pop(name, None)
            self._drain(name)
        elif what is Happening.CLOSED:
            self.company.free(name, is_answered=True)
            self._drain_for(name)
        elif what is Happening.NEW_DAY:
            self.company.new_day(name, self.now)
            self._plan(self._midnight(name), Happening.NEW_DAY, name)
            self._drain_for(name)
        elif what is Happening.AWAY:
            self._reoffer(name)

    def _route(self, course: Course) -> None:
        """Decide on a lead that nobody has and that waits in no queue."""
        if course.choice.pool not in self.company.pools:
            reason = None if course.choice.keeps_back else HoldReason.NO_RULE_MATCHED
            self._end(course, reason)
            return
        found = self._decide(course)
        if isinstance(found, Waits):
            self._wait_for_owner(course, found)
        elif found.rep is None:
            self._hold(course, found)
        else:
            self._hand_over(course, found, found.rep.id)

    def _decide(self, course: Course) -> Decision | Waits:
        lead = course.routable(self._answers(course))
        person_owner = self._person_owner(course.arrival)
        owned, _, choice = self.company.owner(course.choice, lead, person_owner, self.now)
        if owned is not None:
            return owned
        return self.company.decide(choice, lead, self.now)

    def _person_owner(self, arrival: Arrival) -> str | None:
        plan = self.company.book.company.routing.plans.get(arrival.line)
        if arrival.person is None or plan is None or arrival.person not in self._knows:
            return None
        rep, at = self._knows[arrival.person]
        return rep if self.now - at <= timedelta(days=plan.owners.days) else None

    def _end(self, course: Course, reason: HoldReason | None) -> None:
        """Nobody of this plan ever takes it."""
        course.hold_reason = reason
        self.tell(course.fate())

    def _wait_for_owner(self, course: Course, waits: Waits) -> None:
        course.hold_reason, course.pool = HoldReason.WAITS_FOR_OWNER, None
        course.turn += 1
        self._waiting[course.number] = course
        self._plan(waits.look_at, Happening.OWNER_LOOK, (course, course.turn))

    def _hold(self, course: Course, decision: Decision) -> None:
        if decision.hold_reason in NEVER_TAKEN:
            self._waiting.pop(course.number, None)
            self._end(course, decision.hold_reason)
            return
        course.hold_reason, course.pool = decision.hold_reason, decision.pool.id
        course.choice = self.company.waits_in(course.choice, decision.pool.id)
        self._waiting[course.number] = course
        self._plan_relaxing(course)
        self._queues[decision.pool.id].add(course)
        self._plan_look(decision.pool.id, decision.next_try_at)

    def _plan_relaxing(self, course: Course) -> None:
        at = course.routable().relaxes_at()
        if at is not None and at > self.now:
            self._plan(at, Happening.RELAXED, (course, course.turn))
        elif at is not None:
            course.is_relaxed = True

    def _plan_look(self, pool: str, at: datetime | None) -> None:
        """Look at this pool's queue when a decision said that somebody comes to work; where leads follow the
        sun, when anybody does in any of the pools."""
        if len(self.company.chain(pool)) > 1:
            at = self.company.next_opening(pool, self.now)
        if at is not None and at > self.now and (pool not in self._looks or at < self._looks[pool]):
            self._looks[pool] = at
            self._plan(at, Happening.LOOK, pool)

    def _drain_for(self, rep: str) -> None:
        for pool in self.company.fed(rep):
            self._drain(pool)

    def _drain(self, pool: str) -> None:
        """Bring waiting leads to reps, best first, until nobody can take any."""
        queue = self._queues[pool]
        while queue.length and any(self._try(course, queue) for course in queue.heads(pool)):
            pass

    def _try(self, course: Course, queue: Queue) -> bool:
        found = self._decide(course)
        if isinstance(found, Decision) and found.rep is None:
            self._plan_look(course.pool or "", found.next_try_at)
            return False
        queue.left()
        if isinstance(found, Waits):
            self._wait_for_owner(course, found)
        elif found.rep is not None:
            self._hand_over(course, found, found.rep.id)
        return True

    def _hand_over(self, course: Course, decision: Decision, rep: str) -> None:
        promised = self._promise(course, rep)
        course.promise = promise = promised.first_response_within
        if self.given is not None:
            self.given(decision, course.arrival)
        self.company.give(decision, course.routable(), self.now)
        self._waiting.pop(course.number, None)
        if course.rounds:
            course.luck = Luck.draw(self._later)
        calendar = self.company.reps[rep].calendar
        respond_by = due(calendar, self.now, promise) if promise is not None else None
        course.begin_round(decision, rep, self.now, respond_by)
        self._hands.take(course)
        self._plan_response(course, calendar, promised.accept_within)

    def _answers(self, course: Course) -> Answers:
        come = course.arrival
        return self.company.book.agreements.at(self.now).answers(come.quadrant, come.line)

    def _promise(self, course: Course, rep: str) -> Promise:
        come, team = course.arrival, self.company.reps[rep].team
        return self.company.book.agreements.at(self.now).promise(come.quadrant, come.line, team)

    def _plan_response(self, course: Course, calendar: Calendar, within: timedelta | None) -> None:
        sales = self.company.book.agreements.at(self.now).sales
        behaviour, about = self.company.staff[course.rep or ""].behaviour, (course, course.turn)
        at = due(calendar, self.now, behaviour.accepts.at(course.luck.accepts))
        goes_on = course.rounds < sales.max_rounds
        if within is not None and goes_on and sales.reassign_on_accept_breach:
            by = due(calendar, self.now, within)
            if by is not None and (at is None or at > by):
                self._plan(by, Happening.ACCEPT_DUE, about)
                return
        if at is not None:
            says_no = course.luck.says_no < behaviour.declines
            self._plan(at, Happening.DECLINED if says_no else Happening.ACCEPTED, about)
        if sales.reassign_on_response_breach and goes_on and course.respond_by is not None:
            self._plan(course.respond_by, Happening.RESPONSE_DUE, about)

    def _accepted(self, course: Course) -> None:
        self._hands.accept(course)
        self._start_next(course.rep or "")

    def _start_next(self, rep: str) -> None:
        course = self._hands.start_next(rep)
        if course is None:
            return
        behaviour = self.company.staff[rep].behaviour
        at = due(self.company.reps[rep].calendar, self.now, behaviour.answers.at(course.luck.answers))
        if at is not None:
            self._plan(at, Happening.ANSWERED, (course, course.turn))

    def _answered(self, course: Course) -> None:
        rep = course.rep or ""
        calendar = self.company.reps[rep].calendar
        course.answered_at = self.now
        course.worked = calendar.elapsed(course.arrival.at, self.now)
        if course.respond_by is not None and self.now > course.respond_by:
            course.note_breach(course.respond_by)
        self.company.answered(rep, self._hands.answered(course, self.now))
        closes = self.company.staff[rep].behaviour.closes.at(course.luck.closes)
        self._plan(self.now + closes, Happening.CLOSED, rep)
        self._remember(course.arrival.person, rep)
        course.turn += 1
        self.tell(course.fate())
        self._start_next(rep)

    def _remember(self, person: UUID | None, rep: str) -> None:
        if person is None:
            return
        self._knows.pop(person, None)
        self._knows[person] = rep, self.now
        if len(self._knows) > REMEMBERED:
            del self._knows[next(iter(self._knows))]

    def _accept_due(self, course: Course) -> None:
        if self._goes_on(course, Standing.TIMED_OUT):
            self._lose(course, Standing.TIMED_OUT)
            return
        rep = self.company.staff[course.rep or ""]
        takes = rep.behaviour.accepts.at(course.luck.accepts)
        at = due(self.company.reps[rep.id].calendar, course.handed_at or self.now, takes)
        if at is not None:
            self._plan(at, Happening.ACCEPTED, (course, course.turn))

    def _declined(self, course: Course) -> None:
        if self._goes_on(course, Standing.DECLINED):
            self._lose(course, Standing.DECLINED)
        else:
            self._accepted(course)

    def _response_due(self, course: Course) -> None:
        course.note_breach(self.now)
        if self._goes_on(course, Standing.TIMED_OUT):
            self._lose(course, Standing.TIMED_OUT)

    def _goes_on(self, course: Course, how: Standing) -> bool:
        """Whether somebody else could ever take it."""
        return self.company.could_go_on(course.arrival.choice, course.without_rep(how), self.now)

    def _lose(self, course: Course, how: Standing) -> None:
        rep = course.rep or ""
        self._hands.lose(course)
        self.company.free(rep, is_answered=False)
        course.lose(how)
        self._route(course)
        self._start_next(rep)
        self._drain_for(rep)

    def _reoffer(self, rep: str) -> None:
        """An absence begins: what they have not answered goes on where somebody else could ever take it."""
        for course in self._hands.of(rep):
            if self._goes_on(course, Standing.REASSIGNED):
                self._lose(course, Standing.REASSIGNED)

    def _relaxed(self, course: Course) -> None:
        if course.is_waiting and course.pool is not None:
            course.is_relaxed = True
            self._queues[course.pool].relax(course)
            self._drain(course.pool)

    def _owner_look(self, course: Course) -> None:
        self._route(course)


def due(calendar: Calendar, start: datetime, working: timedelta) -> datetime | None:
    """When so much working time has passed; None for who never comes back."""
    try:
        return calendar.add(start, working)
    except NeverOpens:
        return None


_ON_LEAD: Mapping[Happening, Callable[[Simulation, Course], None]] = {
    Happening.ACCEPT_DUE: Simulation._accept_due,
    Happening.DECLINED: Simulation._declined,
    Happening.ACCEPTED: Simulation._accepted,
    Happening.ANSWERED: Simulation._answered,
    Happening.RESPONSE_DUE: Simulation._response_due,
    Happening.RELAXED: Simulation._relaxed,
    Happening.OWNER_LOOK: Simulation._owner_look,
}
