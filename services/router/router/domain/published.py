"""The calendar that both teams see, as iCalendar (RFC 5545): absences, public holidays, campaigns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from router.domain.absences import day_start, joined
from router.domain.hours import Span
from rulebook.models import Campaign

_LAST = date.max - timedelta(days=1)
"""A campaign without an end is written as until 9999-12-31; no day is next."""
BACK, AHEAD = timedelta(days=30), timedelta(days=400)
_NAMES = UUID("7b6f1a52-8a43-5d8e-9f0e-3c7f3f6f2a10")
"""Namespace of UIDs: what keeps its beginning keeps its UID, and moves at subscribers instead of doubling."""


@dataclass(frozen=True, slots=True)
class AwayRep:
    """A rep and when they are away, by any source; why is nobody's matter here."""

    id: str
    name: str
    tz: str
    spans: Sequence[Span]


def shared_calendar(
    reps: Iterable[AwayRep],
    holidays: Mapping[str, Iterable[date]],
    campaigns: Mapping[str, Campaign],
    *,
    name: str,
    now: datetime,
) -> bytes:
    """What lies from BACK before to AHEAD after `now`. `holidays` by calendar. The same within a UTC day."""
    calendar = Calendar()
    calendar.add("prodid", "-//Baton//Calendar of both teams//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    low, high = now - BACK, now + AHEAD
    for event in (
        *_absences(reps, low, high),
        *_holidays(holidays, low.date(), high.date()),
        *_campaigns(campaigns, low.date(), high.date()),
    ):
        event.add("dtstamp", datetime.combine(now.astimezone(UTC).date(), time(), UTC))
        event.add("transp", "TRANSPARENT")  # it takes nobody's time who looks at it
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _absences(reps: Iterable[AwayRep], low: datetime, high: datetime) -> Iterable[Event]:
    for rep in reps:
        for start, end in joined(rep.spans):
            if end > low and start < high:
                begins = start.astimezone(UTC)
                span = _days(start, end, rep.tz) or (begins, end.astimezone(UTC))
                uid = f"absence {rep.id} {begins.isoformat()}"
                yield _event(uid, f"{rep.name}: away", "ABSENCE", *span)


def _days(start: datetime, end: datetime, tz: str) -> tuple[date, date] | None:
    """The local days of a span that begins and ends with a local day, which is not at midnight where clocks
    go forward at it; the last is not included."""
    zone = ZoneInfo(tz)
    days = start.astimezone(zone).date(), end.astimezone(zone).date()
    bounds = [day_start(day, zone).astimezone(UTC) for day in days]
    return days if bounds == [start.astimezone(UTC), end.astimezone(UTC)] else None


def _holidays(holidays: Mapping[str, Iterable[date]], low: date, high: date) -> Iterable[Event]:
    for name, days in sorted(holidays.items()):
        for day in sorted(set(days)):
            if low <= day <= high:
                uid, title = f"holiday {name} {day}", f"Public holiday: {name}"
                yield _event(uid, title, "HOLIDAY", day, day + timedelta(days=1))


def _campaigns(campaigns: Mapping[str, Campaign], low: date, high: date) -> Iterable[Event]:
    for name, campaign in sorted(campaigns.items()):
        is_near = campaign.last_day >= low and campaign.first_day <= high
        if campaign.kind == "campaign" and is_near:
            title = f"Campaign: {campaign.name}"
            end = min(campaign.last_day, _LAST) + timedelta(days=1)
            yield _event(f"campaign {name}", title, "CAMPAIGN", campaign.first_day, end)


def _event(uid: str, title: str, category: str, start: date, end: date) -> Event:
    event = Event()
    event.add("uid", str(uuid5(_NAMES, uid)))
    event.add("summary", title)
    event.add("categories", [category])
    event.add("dtstart", start)
    event.add("dtend", end)
    return event
