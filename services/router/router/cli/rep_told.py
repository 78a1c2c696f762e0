"""A rep of the roster in words: for `baton rep show`, its changes, and what became of an absence."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from baton_cli.moments import brief_utc
from baton_cli.output import print_fields, print_json
from router.cli.rep_words import DAYS

_BEFORE_HOURS = (
    "name",
    "email",
    "team",
    "lines",
    "languages",
    "skills",
    "open",
    "capacity",
    "per_day",
    "per_week",
    "weight",
    "ramp_up",
    "notify",
    "texts",
    "crm_id",
    "calendar",
    "time_zone",
    "own_hours",
    "absences",
    "absence_feeds",
)


def show_rep(rep: Mapping[str, Any], *, as_json: bool) -> None:
    """A rep, as the router tells of them."""
    if as_json:
        print_json(rep)
        return
    shown = {name.replace("_", " "): said(name, rep.get(name)) for name in _BEFORE_HOURS}
    print_fields(
        {
            "rep": rep.get("id"),
            **shown,
            "away until": brief_utc(rep.get("away_until")),
            "left": brief_utc(rep.get("left_at")),
            "is active": rep.get("is_active"),
        }
    )


def said(name: str, value: Any) -> str | None:
    """What a field of the roster holds, as people write it; None for nothing."""
    if value is None or value == [] or value == {}:
        return None
    spelled = _SPELLED.get(name)
    return spelled(value) if spelled else _plain(value)


def changed(change: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What a change did, each field as name, before and after; fields without anything before and after are
    left out."""
    before, after = change["before"], change["after"]
    rows = [(name, said(name, before.get(name)), said(name, value)) for name, value in after.items()]
    return [(name, was or "none", now or "none") for name, was, now in rows if was or now]


def absence_told(rep: Mapping[str, Any], since: str | None, until: str, now: datetime) -> str:
    """What an absence that was just entered comes to: it holds, is still to come, or is over."""
    name = rep["id"]
    zone = rep.get("time_zone")
    has_begun = since is None or not _is_later(since, zone, now)
    if rep.get("away_until") and has_begun and not _is_over(until, zone, now):
        return f"{name} is away until {_local(rep['away_until'], zone)}."
    if _is_over(until, zone, now):
        return f"This absence of {name} is over already: it is kept, and no lead moves."
    return (
        f"{name} is away from {since or 'now'} until {until}. "
        "When it begins, leads they have not answered by then go on to somebody else."
    )


def still_to_come(rep: Mapping[str, Any], now: datetime) -> str | None:
    """The absences said by hand that somebody who is back has yet before them, and how one is ended."""
    zone = rep.get("time_zone")
    ahead = [each for each in rep.get("absences") or () if _is_later(_begins(each), zone, now)]
    if not ahead:
        return None
    name, first = rep["id"], min(map(_begins, ahead))
    return (
        f"{name} will be away all the same, as said before: {'; '.join(map(_absence, ahead))}. "
        f"`baton rep back {name} --from {first}` takes that back."
    )


def _is_over(until: str, zone: str | None, now: datetime) -> bool:
    return until < _as_written(until, zone, now)


def _is_later(since: str, zone: str | None, now: datetime) -> bool:
    return since > _as_written(since, zone, now)


def _as_written(moment: str, zone: str | None, now: datetime) -> str:
    """Now, as the rep's clock shows it and to the day or minute as `moment` is."""
    here = now.astimezone(ZoneInfo(zone)) if zone else now
    return here.strftime("%Y-%m-%d" if len(moment) == len("2026-03-02") else "%Y-%m-%dT%H:%M")


def _absence(each: Mapping[str, str]) -> str:
    first, last = (each[name] for name in _span(each))
    why = f" ({each['reason']})" if each.get("reason") else ""
    return f"{_minute(first)} to {_minute(last)}{why}"


def _begins(each: Mapping[str, str]) -> str:
    """As `--from` takes it."""
    return each[_span(each)[0]][: len("2026-03-02T14:00")]


def _span(each: Mapping[str, str]) -> tuple[str, str]:
    return ("first_day", "last_day") if "first_day" in each else ("from", "until")


def _minute(moment: str) -> str:
    """A day as it is; of a local moment day and minute, as the rep's clock shows them."""
    day, _, time = moment.partition("T")
    return f"{day} {time[:5]}" if time else day


def _local(moment: str, zone: str | None) -> str:
    if zone is None:
        return brief_utc(moment)
    return f"{datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M} ({zone})"


def _week(week: Mapping[str, Sequence[Sequence[str]]]) -> str:
    return "; ".join(f"{day} {_shifts(week[day])}" for day in DAYS if week.get(day))


def _shifts(shifts: Sequence[Sequence[str]]) -> str:
    return " ".join(f"{start}-{end}" for start, end in shifts)


def _ramp_up(ramp: Mapping[str, Any]) -> str:
    share = float(ramp.get("start") or 0)
    return f"{ramp.get('weeks')} weeks from {ramp.get('first_day')}, at first {share:.0%}"


def _way(way: Mapping[str, Any]) -> str:
    """As `baton rep notify` takes it."""
    channel, to, secret, member = (way.get(name) or "" for name in ("channel", "to", "secret", "member"))
    to += f"@{member}" if member else ""
    return channel + (f":{to}" if to or secret else "") + (f"#{secret}" if secret else "")


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return " ".join(f"{name} {_plain(each)}" for name, each in value.items() if each is not None)
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _spans(many: Sequence[Sequence[str]]) -> str:
    """Of feeds, which tell no reasons and of which instants are kept."""
    return "; ".join(f"{brief_utc(start)} to {brief_utc(end)}" for start, end in many)


_SPELLED: dict[str, Callable[[Any], str]] = {
    "own_hours": _week,
    "absences": lambda many: "; ".join(map(_absence, many)),
    "away": _spans,
    "returned": _spans,
    "ramp_up": _ramp_up,
    "notify": lambda many: ", ".join(map(_way, many)),
    "left_at": brief_utc,
}
