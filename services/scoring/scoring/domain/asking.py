"""Requests for advice of persons known who have no open lead for them: each opens one, as a form would."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from lead_events import Attribution, LeadSignalled
from scoring.domain.acts import Act
from scoring.domain.leads import Origin


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last lead of a person in a line."""

    line: str
    opened_at: datetime
    origin: Origin
    is_test: bool


def asked_of(
    signal: LeadSignalled, earlier: Sequence[Earlier], lines: Collection[str], now: datetime
) -> tuple[str, Act] | None:
    """The line that is asked about, and what the act brings to its lead; None where no line in use is meant.

    A request that names no line is about that of the lead that was opened last. Where it names no form it
    comes from where that lead came from. What persons agreed to with another lead is not agreed to again. It
    is a test where all that they sent were.
    """
    if not earlier:
        return None
    last = max(earlier, key=lambda each: (each.opened_at, each.line))
    line = signal.line or last.line
    if line not in lines:
        return None
    form, source, campaign = next((each for each in earlier if each.line == line), last).origin
    if signal.form_id and signal.source:
        form, source, campaign = signal.form_id, signal.source, None
    at = min(signal.at, now)
    act = Act(
        submission=signal.signal_id,
        origin=(form, source, campaign),
        at=at,
        received_at=max(signal.received_at or at, at),
        asks=True,
        attribution=Attribution(),
        consent=None,
        is_test=all(each.is_test for each in earlier),
    )
    return line, act
