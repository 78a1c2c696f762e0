"""What each rep of a simulation has in hand and has not answered yet, and which of it they answer next."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from router.domain.deadlines import worked_between
from router.domain.pace import smoothed
from router.whatif.course import Course
from router.whatif.deciding import Company

_LAST = datetime.max.replace(tzinfo=UTC)
Place = tuple[datetime, int, int, Course]


@dataclass(slots=True)
class _Hand:
    """One rep's. `accepted`: in the order in which they are answered, the one due first on top."""

    leads: dict[int, Course] = field(default_factory=dict)
    accepted: list[Place] = field(default_factory=list)
    answering: Course | None = None
    answered_at: datetime | None = None


class Hands:
    """All reps'."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._of = {name: _Hand() for name in company.staff}

    def take(self, course: Course) -> None:
        """It is theirs."""
        self._hand(course).leads[course.number] = course

    def accept(self, course: Course) -> None:
        """They said yes to it."""
        place = course.respond_by or _LAST, course.number, course.turn, course
        heapq.heappush(self._hand(course).accepted, place)

    def start_next(self, rep: str) -> Course | None:
        """The lead they turn to now; None while they answer another, or have none."""
        hand = self._of[rep]
        if hand.answering is not None:
            return None
        while hand.accepted:
            _, number, turn, course = heapq.heappop(hand.accepted)
            if number in hand.leads and course.turn == turn:
                hand.answering = course
                return course
        return None

    def answered(self, course: Course, now: datetime) -> timedelta:
        """They have contacted the buyer; returns how fast they answer, as the router would learn it."""
        rep, hand = course.rep or "", self._hand(course)
        self.lose(course)
        handed = course.handed_at or now
        since = max(handed, hand.answered_at or handed)
        hand.answered_at = now
        took = worked_between(self._company.reps[rep].calendar, since, now)
        return smoothed(self._company.loads[rep].pace, took)

    def lose(self, course: Course) -> None:
        """It is theirs no more, or is answered."""
        hand = self._hand(course)
        del hand.leads[course.number]
        if hand.answering is course:
            hand.answering = None

    def of(self, rep: str) -> list[Course]:
        """What a rep has not answered, in the order in which it came."""
        return [self._of[rep].leads[number] for number in sorted(self._of[rep].leads)]

    def unanswered(self) -> Iterator[Course]:
        """What no rep has answered."""
        for hand in self._of.values():
            yield from hand.leads.values()

    def _hand(self, course: Course) -> _Hand:
        return self._of[course.rep or ""]
