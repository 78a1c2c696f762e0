"""Who of a pool may take a lead: worked out once for each kind of lead, then kept up rep by rep.

All leads of one kind meet the same answer, and one lead given changes it for one rep only. So a decision
costs no look at every rep.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from lead_events.words import HoldReason
from router.domain.agreed import Answers
from router.domain.imports import ImportTerms, room_for_imports
from router.domain.roster import NEVER, Load, Presence, Rep
from worktime import NeverOpens


class Standing(StrEnum):
    """What a rep was in one decision."""

    CHOSEN = "chosen"
    AVAILABLE = "available"  # could have taken it, and it was another's turn
    INACTIVE = "inactive"
    NO_WEIGHT = "no_weight"  # takes no part in the pool's turns
    OTHER_LINE = "other_line"
    OTHER_LANGUAGE = "other_language"  # speaks none that the lead needs
    NO_SKILL = "no_skill"  # lacks one that the lead needs
    DECLINED = "declined"  # this lead, before
    TIMED_OUT = "timed_out"  # on this lead, before
    REASSIGNED = "reassigned"  # somebody took this lead from them
    OUTSIDE_HOURS = "outside_hours"
    ABSENT = "absent"
    FULL = "full"
    NOT_OWNER = "not_owner"  # an import keeps the lead for another
    DAY_FULL = "day_full"  # had as many leads today as is allowed
    WEEK_FULL = "week_full"  # had as many leads this week as is allowed
    KEPT_FREE = "kept_free"  # the places left are for buyers who ask by themselves
    TOO_LATE = "too_late"  # could not answer within what the agreement promises
    OWNER = "owner"  # chosen before the pool's turns: the lead's person or account is theirs
    OPENS_FIRST = "opens_first"  # chosen although nobody is at work: comes first
    UNCONSENTED = "unconsented"  # a partner whom the person did not agree to, though the lead is theirs


CODES: Mapping[Standing, int] = {
    standing: ord(letter) for standing, letter in zip(Standing, "CAIWLGSDTROVFNYEKPMXB", strict=True)
}
"""One letter a standing, as decision records keep them."""
STANDINGS: Mapping[int, Standing] = {code: standing for standing, code in CODES.items()}

AT_WORK_WITHOUT_PLACE = frozenset({Standing.FULL, Standing.KEPT_FREE, Standing.DAY_FULL, Standing.WEEK_FULL})
MAY_LATER = AT_WORK_WITHOUT_PLACE | {Standing.AVAILABLE, Standing.OUTSIDE_HOURS, Standing.ABSENT}
"""Those who might take it some day."""
_AVAILABLE = CODES[Standing.AVAILABLE]
_WHATEVER_IT_NEEDS = bytes(
    CODES[standing] for standing in (Standing.INACTIVE, Standing.NO_WEIGHT, Standing.OTHER_LINE)
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What of a lead decides who may take it. `languages`: one of these; `skills`: all of these."""

    line: str
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    terms: ImportTerms | None = None

    def suits(self, rep: Rep) -> bool:
        """Whether the rep has the language and skills asked for."""
        return (not self.languages or bool(self.languages & rep.languages)) and self.skills <= rep.skills


class Seats(Protocol):
    """Reps in order of their ids, with their load."""

    @property
    def reps(self) -> Mapping[str, Rep]: ...  # noqa: D102 - named as it is
    @property
    def loads(self) -> Mapping[str, Load]: ...  # noqa: D102 - named as it is


@dataclass(frozen=True, slots=True)
class _By:
    """By when reps are to answer: all of them, or those of a team; None: they promise nothing."""

    general: datetime | None
    teams: Mapping[str, datetime | None]

    @classmethod
    def of(cls, reps: Iterable[Rep], now: datetime, answers: Answers, *, are_at_work: bool = True) -> "_By":
        """For reps of whom all are at work, or none is."""
        own, by = dict(answers.teams), answer_by if are_at_work else _answer_by_once_open
        others = [rep for rep in reps if rep.team not in own]
        teams = {
            team: by([rep for rep in reps if rep.team == team], now, within) for team, within in own.items()
        }
        return cls(by(others, now, answers.within), teams)

    def lets(self, rep: Rep, load: Load, now: datetime, usual: timedelta) -> bool:
        """Whether the rep is expected to answer by then."""
        by = self.teams.get(rep.team, self.general) if self.teams else self.general
        return by is None or answers_by(rep, load, now, by, usual)


@dataclass(slots=True)
class _InTime:
    """Who can answer in time."""

    by: _By
    reps: Mapping[str, int]


@dataclass(slots=True)
class Eligible:
    """The answer for one kind at one moment. `able` maps those who can take it now to their weights; it is
    another mapping after every change, so that who holds one can tell by identity that nothing changed.
    `held`: why a lead that nobody had before is held and until when, where that was worked out."""

    kind: Kind
    now: datetime
    codes: bytearray
    able: Mapping[str, int]
    held: tuple[HoldReason, datetime | None] | None = None
    _in_time: dict[tuple[Answers, timedelta], _InTime] = field(default_factory=dict)

    @classmethod
    def of(cls, seats: Seats, kind: Kind, now: datetime) -> "Eligible":
        """Look at every rep once."""
        found = [standing(rep, seats.loads[name], kind, now, seats.reps) for name, rep in seats.reps.items()]
        able = {
            name: rep.weight
            for (name, rep), each in zip(seats.reps.items(), found, strict=True)
            if each is Standing.AVAILABLE
        }
        return cls(kind, now, bytearray(CODES[each] for each in found), able)

    def for_needs(self, seats: Seats, kind: Kind) -> "Eligible":
        """The same for leads of this line and terms that ask for more: a glance at each rep."""
        codes = bytearray(self.codes)
        for place, (rep, code) in enumerate(zip(seats.reps.values(), self.codes, strict=True)):
            if code not in _WHATEVER_IT_NEEDS and not kind.suits(rep):
                codes[place] = CODES[_unmet(rep, kind) or Standing.AVAILABLE]
        able = {name: weight for name, weight in self.able.items() if kind.suits(seats.reps[name])}
        return Eligible(kind, self.now, codes, able)

    def look_again(self, place: int, seats: Seats, rep: Rep) -> None:
        """The load of the rep at this place has changed."""
        load = seats.loads[rep.id]
        code = CODES[standing(rep, load, self.kind, self.now, seats.reps)]
        if code != self.codes[place]:
            self.codes[place] = code
            self.able = _with(self.able, rep, takes=code == _AVAILABLE)
            self._in_time.clear()
            self.held = None
        elif code == _AVAILABLE:
            for (_, usual), in_time in self._in_time.items():
                can = in_time.by.lets(rep, load, self.now, usual)
                if can != (rep.id in in_time.reps):
                    in_time.reps = _with(in_time.reps, rep, takes=can)

    def in_time(self, seats: Seats, answers: Answers, usual: timedelta) -> Mapping[str, int]:
        """Of those able, who can still answer as promised; `usual` is the pace of a rep without one."""
        found = self._in_time.get((answers, usual))
        if found is None:
            by = _By.of([seats.reps[name] for name in self.able], self.now, answers)
            can = {
                name: weight
                for name, weight in self.able.items()
                if by.lets(seats.reps[name], seats.loads[name], self.now, usual)
            }
            found = _InTime(by, can if len(can) < len(self.able) else self.able)
            self._in_time[answers, usual] = found
        return found.reps


def _with(reps: Mapping[str, int], rep: Rep, *, takes: bool) -> Mapping[str, int]:
    """The mapping with or without one rep, still in order of ids."""
    others = {name: weight for name, weight in reps.items() if name != rep.id}
    return dict(sorted({**others, rep.id: rep.weight}.items())) if takes else others


def standing(rep: Rep, load: Load, kind: Kind, now: datetime, known: Container[str]) -> Standing:
    """What a rep is for a lead of this kind that nobody had before. `known`: the ids of the pool."""
    lasting = _lasting(rep, kind, known)
    if lasting is not None:
        return lasting
    stretch = rep.stretch(now)
    if stretch.presence is not Presence.OPEN:
        return Standing(stretch.presence.value)
    return room(rep, load, kind.terms)


def room(rep: Rep, load: Load, terms: ImportTerms | None) -> Standing:
    """Whether a rep at work has a place for one lead more."""
    if load.open >= rep.capacity:
        return Standing.FULL
    if rep.per_day is not None and load.today >= rep.per_day:
        return Standing.DAY_FULL
    if rep.per_week is not None and load.this_week >= rep.per_week:
        return Standing.WEEK_FULL
    if terms is None or room_for_imports(rep, load.open, load.imported, terms):
        return Standing.AVAILABLE
    is_day_full = terms.per_rep_daily is not None and load.imported >= terms.per_rep_daily
    return Standing.DAY_FULL if is_day_full else Standing.KEPT_FREE


def _lasting(rep: Rep, kind: Kind, known: Container[str]) -> Standing | None:
    """What keeps a rep from every lead of the kind, at whatever hour."""
    if not rep.is_active:
        return Standing.INACTIVE
    if rep.weight == 0:
        return Standing.NO_WEIGHT
    if kind.line not in rep.lines:
        return Standing.OTHER_LINE
    unmet = _unmet(rep, kind)
    if unmet is not None:
        return unmet
    owner = kind.terms.owner if kind.terms is not None else None
    # an owner who is not of the pool is no owner: the lead would wait for ever
    return Standing.NOT_OWNER if owner not in (None, rep.id) and owner in known else None


def _unmet(rep: Rep, kind: Kind) -> Standing | None:
    """What of the needs the rep has not."""
    if kind.languages and not kind.languages & rep.languages:
        return Standing.OTHER_LANGUAGE
    return None if kind.skills <= rep.skills else Standing.NO_SKILL


def answer_by(reps: Iterable[Rep], now: datetime, promise: timedelta | None) -> datetime | None:
    """The moment by which the first of these reps, all at work, has had the promised working time; None where
    nothing is promised.

    It is when the buyer has an answer if all goes well, whoever gives it. One whose day ends before is no
    reason to let the buyer wait until tomorrow while another is there.
    """
    if promise is None:
        return None
    soonest = now + promise
    late: list[datetime] = []
    for rep in reps:
        if rep.stretch(now).until >= soonest:
            return soonest
        late.append(_worked(rep, now, promise))
    return min(late, default=soonest)


def _answer_by_once_open(reps: Iterable[Rep], now: datetime, promise: timedelta | None) -> datetime | None:
    """The same for reps who are all outside their hours."""
    return min((_worked(rep, now, promise) for rep in reps), default=now) if promise is not None else None


def in_time_once_open(
    reps: Iterable[Rep],
    loads: Mapping[str, Load],
    openings: Mapping[str, datetime],
    now: datetime,
    answers: Answers,
    usual: timedelta,
) -> set[str]:
    """Of reps outside their hours, who come to work at `openings`, those who can still answer as promised."""
    found = [rep for rep in reps if rep.id in openings]
    by = _By.of(found, now, answers, are_at_work=False)
    return {rep.id for rep in found if by.lets(rep, loads[rep.id], openings[rep.id], usual)}


def keeps_own_promise(rep: Rep, load: Load, now: datetime, answers: Answers, usual: timedelta) -> bool:
    """Whether a rep at work is expected to answer one lead more within their own promised working time."""
    return _By.of([rep], now, answers).lets(rep, load, now, usual)


def answers_by(rep: Rep, load: Load, now: datetime, by: datetime, usual: timedelta) -> bool:
    """Whether a rep at work is expected to answer one more lead by a moment.

    Expected: they work through what they have not answered yet first, one lead after the other at their own
    pace, or the usual one, in their working time.
    """
    return expected_answer(rep, load, now, usual) <= by


def expected_answer(rep: Rep, load: Load, now: datetime, usual: timedelta) -> datetime:
    """When a rep is expected to have answered one lead more."""
    needed = (load.pace or usual) * (load.unanswered + 1)
    if now + needed <= rep.stretch(now).until:
        return now + needed
    return _worked(rep, now, needed)


def _worked(rep: Rep, now: datetime, budget: timedelta) -> datetime:
    try:
        return rep.calendar.add(now, budget)
    except NeverOpens:
        return NEVER
