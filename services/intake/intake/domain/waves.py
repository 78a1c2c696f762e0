"""Suspects that come to one form in a wave."""

from collections import deque
from enum import StrEnum

from rulebook.models import Form


class Turn(StrEnum):
    """What a look at a form's suspects changed."""

    NOTHING = "nothing"
    BEGAN = "began"
    ENDED = "ended"


class Watch:
    """One form's suspects. Times in seconds from a clock that never goes back."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()
        self._last = 0.0
        self.is_on = False

    def suspect(self, form: Form, now: float) -> Turn:
        """Note a suspect. A wave begins with the one that makes more than `suspects` within the window."""
        wave = form.spam.wave
        if wave == "never":
            return self._end()
        self._last = now
        if self.is_on:
            return Turn.NOTHING
        self._times.append(now)
        window = wave.window.total_seconds()
        while self._times and self._times[0] <= now - window:
            self._times.popleft()
        if len(self._times) <= wave.suspects:
            return Turn.NOTHING
        self.is_on = True
        self._times.clear()
        return Turn.BEGAN

    def look(self, form: Form, now: float) -> Turn:
        """Whether the wave has ended: no suspect for as long as `calm` says."""
        wave = form.spam.wave
        if not self.is_on:
            return Turn.NOTHING
        if wave == "never" or now - self._last >= wave.calm.total_seconds():
            return self._end()
        return Turn.NOTHING

    def _end(self) -> Turn:
        self._times.clear()
        was_on, self.is_on = self.is_on, False
        return Turn.ENDED if was_on else Turn.NOTHING
