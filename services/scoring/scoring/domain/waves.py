"""Waves of spam at one form, as its stored submissions show them: by the same rule as intake's, over all
instances of it."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from rulebook.models import Wave as WaveRule


@dataclass(frozen=True, slots=True)
class Minute:
    """What one minute brought: suspects, and bystanders that nothing but the wave speaks against."""

    at: datetime
    suspects: int
    bystanders: int
    stored_at: datetime


@dataclass(slots=True)
class Wave:
    """A wave: since when, its last submission and when that was stored, and how many it brought."""

    since: datetime
    last: datetime
    stored_at: datetime
    suspects: int = 0
    bystanders: int = 0

    def add(self, minute: Minute) -> None:
        """One more minute of it."""
        self.last = max(self.last, minute.at)
        self.stored_at = max(self.stored_at, minute.stored_at)
        self.suspects += minute.suspects
        self.bystanders += minute.bystanders


def wave_of(minutes: Iterable[Minute], rule: WaveRule | Literal["never"], now: datetime) -> Wave | None:
    """The wave that a form is under, or that is over for less than the rule's `calm`; `minutes` oldest first.

    One begins with more suspects than the rule says within its window, or with the first bystander: then an
    instance of intake has seen that many. Late ones from a spool are told when they are stored.
    """
    window, calm = (rule.window, rule.calm) if isinstance(rule, WaveRule) else _default()
    wave: Wave | None = None
    recent: deque[Minute] = deque()
    for minute in minutes:
        if wave is not None and minute.at - wave.last >= calm:
            wave = None
        if wave is not None:
            wave.add(minute)
            continue
        recent.append(minute)
        while recent[0].at < minute.at - window:
            recent.popleft()
        suspects = sum(each.suspects for each in recent)
        if minute.bystanders or (isinstance(rule, WaveRule) and suspects > rule.suspects):
            wave = Wave(recent[0].at, minute.at, minute.stored_at)
            for each in recent:
                wave.add(each)
            recent.clear()
    is_over = wave is None or now - max(wave.last, wave.stored_at) >= calm
    return None if is_over else wave


def _default() -> tuple[timedelta, timedelta]:
    rule = WaveRule()
    return rule.window, rule.calm
