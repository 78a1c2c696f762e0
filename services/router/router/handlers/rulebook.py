"""A version of the rulebook is stored when it arrives; its reps and hours enter when it takes effect."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from lead_events import RepAvailabilityChanged, RulebookPublished
from lead_events.ids import event_id
from router import store
from router.books import Shelf
from router.domain.book import read_book
from router.domain.deadlines import deadlines
from router.domain.hours import hours_document, with_absences
from router.rep_audit import audit_new
from router.rep_rows import NewRep, absences_of, insert_reps, insert_teams, reoffer_at
from router.store import Row, q
from rulebook.calendars import rep_hours
from rulebook.cel import ConditionInvalid
from rulebook.findings import RulebookInvalid
from rulebook.models import Calendar as CalendarSeed
from rulebook.models import Rulebook
from rulebook.publication import parse
from rulebook.store import VersionContradicted, insert_version
from rulebook.versions import Versioned
from service_kit.batch import Batch, Received
from service_kit.logs import logger
from service_kit.metrics import RULEBOOKS_REFUSED
from service_kit.unit import Unit
from worktime import Calendar

_log = logger(__name__)

_ROSTER = UUID("4d2f6f6e-51f0-5b1c-8f6a-7c1f0d8f2b11")
"""Namespace of causes that come from the roster's own changes."""


async def apply_rulebooks(batch: Batch, shelf: Shelf, events: Sequence[Received[RulebookPublished]]) -> Shelf:
    """Store versions in their order and return the shelf with them.

    One that cannot be used changes nothing.
    """
    for event in sorted(events, key=lambda each: each.data.version):
        try:
            rulebook = _usable(event.data, batch.now)
            stored = await insert_version(batch.conn, event.data)
        except VersionContradicted as error:
            batch.reject(event, str(error))
            continue
        except (RulebookInvalid, ConditionInvalid, ValueError, OverflowError) as error:
            batch.after_commit(RULEBOOKS_REFUSED.inc)
            _log.error("a published rulebook cannot be used", version=event.data.version, error=str(error))
            batch.effect(event, "rulebook_refused")
            continue
        if stored:
            shelf = shelf.with_version(Versioned(event.data.version, event.data.effective_from, rulebook))
            await batch.conn.execute(q.insert_pools, sorted(rulebook.routing.pools))
            in_force = shelf.at(batch.now)
            if in_force is not None and in_force.version == event.data.version:
                await enter(batch, rulebook, event.data.version)
        batch.effect(event, "rulebook_stored" if stored else "rulebook_known")
    return shelf


def _usable(published: RulebookPublished, now: datetime) -> Rulebook:
    """Try all that entering it will do. Raises what is wrong with it."""
    rulebook = parse(published.rulebook)
    read_book(published.version, rulebook)
    for calendar in rulebook.calendars.values():
        Calendar.from_dict(hours_document(calendar, year=now.year))
    for identity, rep in rulebook.roster.reps.items():
        if rep.calendar not in rulebook.calendars:
            raise ValueError(f"rep {identity}: no calendar {rep.calendar!r}; name one of calendars/")
        rep_hours(rulebook, rep)
    return rulebook


async def enter(unit: Unit, rulebook: Rulebook, version: int) -> None:
    """Take in teams, reps and hours of the version in force: what is new, moved hours. Harmless to repeat.

    Every pool is to be drained after it.
    """
    pools = [row["id"] for row in await unit.conn.fetch(q.lock_every_pool)]
    await unit.conn.execute(q.mark_drain_due, pools)
    await insert_teams(unit.conn, rulebook.roster.teams)
    year, calendars = unit.now.year, rulebook.calendars
    hours = {name: hours_document(calendar, year=year) for name, calendar in calendars.items()}
    seeds = sorted(rulebook.roster.reps.items())
    new = await insert_reps(unit, [NewRep(identity, seed, hours[seed.calendar]) for identity, seed in seeds])
    for row in await unit.conn.fetch(q.all_reps):
        name = row["calendar"]
        if row["id"] in new:
            await audit_new(unit, row, f"rulebook {version}")
            announce(unit, row)
        elif name in calendars and _hours(unit, row, calendars[name], hours[name]) != row["hours"]:
            await _follow_calendar(unit, row["id"], calendars[name], hours[name])


async def _follow_calendar(unit: Unit, rep: str, calendar: CalendarSeed, plain: Mapping[str, Any]) -> None:
    """A calendar's hours are the rulebook's; what the roster says of the rep stays."""
    row = (await unit.conn.fetch(q.lock_reps, [rep]))[0]
    hours = _hours(unit, row, calendar, plain)
    away = await absences_of(unit.conn, row, hours["tz"])
    document = with_absences(hours, away)
    due = reoffer_at(away, unit.now, has_left=row["left_at"] is not None)
    await unit.conn.execute(q.update_rep_hours, rep, hours, document, due)
    await follow_hours(unit, rep, document)
    announce(unit, (await unit.conn.fetch(q.one_rep, rep))[0])


def _hours(unit: Unit, row: Row, calendar: CalendarSeed, plain: Mapping[str, Any]) -> dict[str, Any]:
    """The hours of a rep whose calendar makes `plain`."""
    own = row["own_hours"]
    return dict(plain) if own is None else hours_document(calendar, year=unit.now.year, own=own)


async def follow_hours(unit: Unit, rep: str, document: dict[str, Any]) -> None:
    """The rep's running promises end by the new hours, less what was paused; the rep is locked. Deadlines of
    the past stay."""
    rows = await unit.conn.fetch(q.running_promises, rep)
    calendar = Calendar.from_dict(document)
    pauses = await store.pauses_of(unit.conn, [(row["lead_id"], row["round"]) for row in rows])
    due = [
        deadlines(
            calendar,
            row["assigned_at"],
            accept_within=row["accept_within"],
            respond_within=row["respond_within"],
            pauses=pauses.get((row["lead_id"], row["round"]), ()),
            now=unit.now,
        )
        for row in rows
    ]
    await unit.conn.execute(
        q.move_deadlines,
        [row["id"] for row in rows],
        [each.accept_by for each in due],
        [each.respond_by for each in due],
        unit.now,
    )


def announce(unit: Unit, row: Row) -> None:
    """Publish a rep's availability as it now stands: once a revision."""
    cause = event_id(_ROSTER, "rep-changed", row["id"], row["revision"])
    event = RepAvailabilityChanged(
        rep_id=row["id"],
        revision=row["revision"],
        name=row["name"],
        team=row["team"],
        calendar=row["document"],
        is_active=row["is_active"],
        at=unit.now,
    )
    unit.emit("rep-availability-changed", event, key=row["id"], cause=cause, subject=row["id"])
