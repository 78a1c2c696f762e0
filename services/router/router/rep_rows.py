"""Rows of the roster as they are written: a rep's fields, their absences from every source, their hours."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from router.domain.absences import absent_spans, away_at, next_beginning, read_spans
from router.domain.hours import Span, with_absences
from router.store import Row, q
from rulebook.models import RepSeed, Team
from service_kit.postgres import Connection
from service_kit.unit import Unit

FIELDS = (
    "name",
    "email",
    "team",
    "lines",
    "languages",
    "skills",
    "weight",
    "capacity",
    "per_day",
    "per_week",
    "ramp_up",
    "calendar",
    "own_hours",
    "absences",
    "absence_feeds",
    "notify",
    "texts",
    "crm_id",
    "is_active",
)
"""What an operator may change of a rep, by its column."""
KEPT = (*FIELDS, "returned", "left_at")


@dataclass(frozen=True, slots=True)
class NewRep:
    """A rep who enters the roster, with the hours that their calendar, or their own week, makes."""

    id: str
    seed: RepSeed
    hours: Mapping[str, Any]
    own_hours: Mapping[str, Any] | None = None


async def insert_reps(unit: Unit, reps: Sequence[NewRep]) -> set[str]:
    """Insert those the roster does not know; returns their ids."""
    seeds = [rep.seed.model_dump(mode="json") for rep in reps]
    hours = [dict(rep.hours) for rep in reps]
    spans = [
        absent_spans(seed["absences"], [], [], each["tz"]) for seed, each in zip(seeds, hours, strict=True)
    ]
    texts = [
        [_text(seed[name]) for seed in seeds]
        for name in ("lines", "languages", "skills", "absences", "absence_feeds", "notify")
    ]
    plain = [
        [seed[name] for seed in seeds]
        for name in (
            "name",
            "email",
            "team",
            "weight",
            "capacity",
            "per_day",
            "per_week",
            "calendar",
            "texts",
        )
    ]
    rows = await unit.conn.fetch(
        q.insert_reps,
        [rep.id for rep in reps],
        *plain,
        [seed["crm_id"] for seed in seeds],
        [seed["ramp_up"] for seed in seeds],
        *texts,
        [dict(rep.own_hours) if rep.own_hours is not None else None for rep in reps],
        hours,
        [with_absences(each, away) for each, away in zip(hours, spans, strict=True)],
        [reoffer_at(away, unit.now) for away in spans],
    )
    new = {row["id"] for row in rows}
    await _subscribe(
        unit, [(rep.id, feed) for rep in reps if rep.id in new for feed in rep.seed.absence_feeds]
    )
    return new


async def insert_teams(conn: Connection, teams: Mapping[str, Team]) -> None:
    """Insert those the roster does not know."""
    documents = {name: team.model_dump(mode="json") for name, team in sorted(teams.items())}
    await conn.execute(
        q.insert_teams,
        list(documents),
        [each["name"] for each in documents.values()],
        [each["lead"] for each in documents.values()],
        [_text(each["notify"]) for each in documents.values()],
    )


async def write_rep(
    unit: Unit, row: Row, after: Mapping[str, Any], hours: Mapping[str, Any], spans: Sequence[Span]
) -> dict[str, Any]:
    """Write a locked rep's fields, with hours and absences as given; returns the document they make."""
    document = with_absences(hours, spans)
    changed = document != row["document"] or (after["left_at"] is not None and row["left_at"] is None)
    due = reoffer_at(spans, unit.now, has_left=after["left_at"] is not None) if changed else row["reoffer_at"]
    await unit.conn.execute(
        q.update_rep, row["id"], *(after[name] for name in KEPT), dict(hours), document, due
    )
    if set(after["absence_feeds"]) != set(row["absence_feeds"]):
        await unit.conn.execute(q.drop_feeds, row["id"], after["absence_feeds"])
        await _subscribe(unit, [(row["id"], feed) for feed in after["absence_feeds"]])
    return document


async def feed_spans(conn: Connection, rep: str, feeds: Iterable[str]) -> list[Span]:
    """The last known absences of a rep's feeds."""
    rows = await conn.fetch(q.feeds_of_rep, rep, list(feeds))
    return [span for row in rows for span in read_spans(row["spans"])]


async def absences_of(conn: Connection, row: Row, tz: str) -> list[Span]:
    """All absences of a rep, whatever source they come from; whole days are those of `tz`."""
    feeds = await feed_spans(conn, row["id"], row["absence_feeds"])
    return absent_spans(row["absences"], feeds, read_spans(row["returned"]), tz)


def reoffer_at(spans: Iterable[Span], now: datetime, *, has_left: bool = False) -> datetime | None:
    """When unanswered leads go on to somebody else: now while away, else when the next absence begins."""
    away = list(spans)
    if has_left or away_at(away, now) is not None:
        return now
    return next_beginning(away, now)


async def _subscribe(unit: Unit, feeds: Sequence[tuple[str, str]]) -> None:
    await unit.conn.execute(q.insert_feeds, [rep for rep, _ in feeds], [feed for _, feed in feeds], unit.now)


def _text(value: object) -> str:
    """A list goes as text: the driver takes a list in an array for one more dimension."""
    return orjson.dumps(value).decode()
