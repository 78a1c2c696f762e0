"""Form health and alerts in the store."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from lead_events import FetchReported
from lead_events.words import QuarantineReason
from scoring.domain.alerts import Alert, AlertKind, Changes, Fetching, Finding, Lost
from scoring.domain.health import SUSPECT, FieldHealth, FormHealth, Seen, UnmappedField, trouble_of
from scoring.domain.silence import HISTORY, SLOT
from scoring.domain.waves import Minute
from scoring.store.save import columns
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/health.sql")
_NONE = UUID(int=0)
NEWEST = 200
"""Submissions of a form that are looked through for values that could not be used."""
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_fields = TypeAdapter[dict[str, FieldHealth]](dict[str, FieldHealth])
_unmapped = TypeAdapter[dict[str, UnmappedField]](dict[str, UnmappedField])


async def read_on(conn: Connection, now: datetime, limit: int) -> tuple[list[Seen], bool]:
    """The next stored submissions, in order, and whether these are all there are; moves the position.

    Within the caller's transaction: what is counted of them is kept together with the position, or neither.
    """
    horizon = await conn.fetchval(_q.horizon, now)
    position = await conn.fetchrow(_q.lock_position)
    after = (position["stored_at"], position["submission_id"]) if position else (_BEGINNING, _NONE)
    rows = await conn.fetch(_q.submissions_after, *after, horizon, limit)
    if rows:
        await conn.execute(_q.move_position, rows[-1]["stored_at"], rows[-1]["id"])
    return [_seen(row) for row in rows], len(rows) < limit


def _seen(row: Any) -> Seen:
    return Seen(
        form_id=row["form_id"],
        received_at=row["received_at"],
        stored_at=row["stored_at"],
        reason=row["reason"],
        is_double=row["state"] == "duplicate",
        is_aside=row["is_test"] or row["is_import"] or row["state"] == "erased",
        profile=row["profile"] or {},
        fields=row["fields"] or {},
        flags=row["flags"] or (),
        unmapped=row["unmapped"] or (),
    )


async def healths(conn: Connection, forms: Iterable[str] | None = None) -> dict[str, FormHealth]:
    """How forms are; without `forms` all that anything came from."""
    if forms is None:
        rows = await conn.fetch(_q.all_forms_health)
    else:
        rows = await conn.fetch(_q.forms_health, list(forms))
    return {row["form_id"]: _health(row) for row in rows}


async def imported(conn: Connection, forms: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Of forms that had files: how many files and rows, and when the last row was sent."""
    rows = await conn.fetch(_q.imports_of_forms, list(forms))
    return {row["form_id"]: {name: row[name] for name in ("files", "rows", "last_at")} for row in rows}


def _health(row: Any) -> FormHealth:
    return FormHealth(
        form_id=row["form_id"],
        first_at=row["first_at"],
        last_at=row["last_at"],
        submissions=row["submissions"],
        quarantined=row["quarantined"],
        counted=row["counted"],
        fields=_fields.validate_python(row["fields"]),
        unmapped=_unmapped.validate_python(row["unmapped"]),
    )


async def save_healths(conn: Connection, changed: Iterable[FormHealth]) -> None:
    """Keep forms whose counts have changed."""
    rows = [
        (
            each.form_id,
            each.first_at,
            each.last_at,
            each.submissions,
            each.quarantined,
            each.counted,
            {name: asdict(known) for name, known in each.fields.items()},
            {name: asdict(known) for name, known in each.unmapped.items()},
        )
        for each in changed
    ]
    if rows:
        await conn.execute(_q.save_health, *columns(rows, 8))


async def add_slots(conn: Connection, arrivals: Iterable[tuple[str, datetime]]) -> None:
    """Count arrivals, form and time, by quarters of an hour."""
    counted = Counter((form, slot_of(at)) for form, at in arrivals)
    if counted:
        await conn.execute(_q.add_slots, *columns([(*key, n) for key, n in sorted(counted.items())], 3))


async def add_troubles(conn: Connection, troubles: Iterable[Seen]) -> None:
    """Count submissions put aside by the minute: leads given up by when they were stored, ten days after they
    were received; all others by when they were received, as intake saw them."""
    counted: Counter[tuple[str, datetime, str]] = Counter()
    stored: dict[tuple[str, datetime, str], datetime] = {}
    for each in troubles:
        trouble = trouble_of(each.reason) or ""
        at = each.stored_at if trouble == QuarantineReason.FETCH_FAILED else each.received_at
        key = each.form_id, at.replace(second=0, microsecond=0), trouble
        counted[key] += 1
        stored[key] = max(each.stored_at, stored.get(key, each.stored_at))
    if counted:
        rows = [(*key, n, stored[key]) for key, n in sorted(counted.items())]
        await conn.execute(_q.add_troubles, *columns(rows, 5))


def slot_of(at: datetime) -> datetime:
    """The quarter of an hour that a moment is in."""
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)


async def slots(conn: Connection, form_id: str, last_at: datetime) -> list[tuple[datetime, int]]:
    """When a form's submissions came, oldest first, over the time that its pattern is taken from."""
    rows = await conn.fetch(_q.slots_of_form, form_id, slot_of(last_at) - HISTORY)
    return [(row["slot"], row["submissions"]) for row in rows]


async def troubles(conn: Connection, reason: str, since: datetime) -> dict[str, Lost]:
    """Submissions put aside for a reason since a moment, by form."""
    rows = await conn.fetch(_q.troubles_since, since)
    return {row["form_id"]: Lost(row["since"], row["submissions"]) for row in rows if row["reason"] == reason}


async def wave_minutes(conn: Connection, since: datetime) -> dict[str, list[Minute]]:
    """What came in minutes since a moment, or since a wave that lasts began, by form and oldest first."""
    found: dict[str, dict[datetime, dict[str, Any]]] = {}
    for row in await conn.fetch(_q.wave_minutes, since):
        minute = found.setdefault(row["form_id"], {}).setdefault(row["slot"], {"stored_at": row["slot"]})
        minute[row["reason"]] = row["submissions"]
        minute["stored_at"] = max(minute["stored_at"], row["last_stored_at"] or row["slot"])
    return {
        form_id: [
            Minute(at, each.get(SUSPECT, 0), each.get(QuarantineReason.SPAM_WAVE, 0), each["stored_at"])
            for at, each in sorted(minutes.items())
        ]
        for form_id, minutes in found.items()
    }


async def recounts_due(conn: Connection, settled: datetime, late: datetime) -> dict[str, int]:
    """Forms to be counted again: nothing of them came again since `settled`, or the first did before `late`.
    With how often it was asked for so far.
    """
    return {row["form_id"]: row["asks"] for row in await conn.fetch(_q.recounts_due, settled, late)}


async def recounted(conn: Connection, form_id: str, asks: int) -> None:
    """A form was counted again; it stays where it was asked for again meanwhile."""
    await conn.execute(_q.recounted, form_id, asks)


async def ask_recount(conn: Connection, forms: Iterable[str], now: datetime) -> None:
    """Have forms counted again. Take this lock last in a transaction."""
    if found := sorted(set(forms)):
        await conn.execute(_q.ask_recount, found, now)


async def recount_from(conn: Connection, form_id: str, most: int) -> tuple[datetime, UUID]:
    """The place in order of reception behind which a form's newest `most` submissions are."""
    row = await conn.fetchrow(_q.recount_from, form_id, most)
    return (row["received_at"], row["id"]) if row else (_BEGINNING, _NONE)


async def stored_of(
    conn: Connection, form_id: str, after: tuple[datetime, UUID], limit: int
) -> tuple[list[Seen], tuple[datetime, UUID]]:
    """The next submissions of a form in order of reception that were counted before, and the last's place."""
    rows = await conn.fetch(_q.counted_of_form, form_id, *after, limit)
    last = (rows[-1]["received_at"], rows[-1]["id"]) if rows else after
    return [_seen(row) for row in rows], last


async def waiting(conn: Connection, forms: Iterable[str]) -> dict[str, int]:
    """How many submissions of forms wait in quarantine for a decision now."""
    rows = await conn.fetch(_q.waiting_of_forms, list(forms))
    return {row["form_id"]: row["submissions"] for row in rows}


async def unread_values(conn: Connection, form: str) -> list[dict[str, Any]]:
    """Which values of the form's newest submissions could not be used: the flag, how many, and when last."""
    return [dict(row) for row in await conn.fetch(_q.unread_values, form, NEWEST)]


async def forget(conn: Connection, now: datetime) -> None:
    """Drop quarters of an hour that no pattern needs any more."""
    await conn.execute(_q.forget_slots, now, HISTORY + 96 * 7 * SLOT)
    await conn.execute(_q.forget_troubles, now - HISTORY)


async def read_up_to(conn: Connection, now: datetime) -> datetime:
    """Up to when everything sent live has been read; silence beyond it proves nothing."""
    found: datetime | None = await conn.fetchval(_q.read_live)
    return now if found is None else min(now, found)


async def note_fetches(conn: Connection, reports: Sequence[FetchReported]) -> None:
    """Keep what intake instances said; of one instance and form the latest."""
    latest: dict[tuple[str, str], FetchReported] = {}
    for report in reports:
        key = report.form_id, report.instance
        if key not in latest or latest[key].at <= report.at:
            latest[key] = report
    rows = [
        (r.form_id, r.instance, r.vendor, r.state, r.reason, r.since, r.waiting, r.at)
        for r in latest.values()
    ]
    if rows:
        await conn.execute(_q.note_fetches, *columns(rows, 8))


async def fetches_failing(conn: Connection, since: datetime) -> dict[str, Fetching]:
    """Forms whose leads cannot be fetched, as said since a moment."""
    rows = await conn.fetch(_q.fetches_failing, since)
    return {
        row["form_id"]: Fetching(row["since"], row["vendor"], row["reason"], row["waiting"]) for row in rows
    }


async def open_alerts(conn: Connection) -> list[Alert]:
    """Alerts that last."""
    return [_alert(row) for row in await conn.fetch(_q.open_alerts)]


def _alert(row: Any) -> Alert:
    facts = dict(row["facts"])
    claims = frozenset(facts.pop("claims", ()))
    finding = Finding(AlertKind(row["kind"]), row["form_id"], row["subject"], row["since"], facts, claims)
    return Alert(row["id"], finding, row["opened_at"], row["told_at"])


async def save_changes(
    conn: Connection,
    made: Changes,
    opened: Mapping[tuple[str, str, str], UUID],
    now: datetime,
    receivers: int,
) -> None:
    """Keep what became of alerts; `opened` gives the ids of new ones by their finding's key."""
    for finding in made.opened:
        identity = opened[finding.key]
        row = (identity, finding.kind, finding.form_id, finding.subject, finding.since, now, _facts(finding))
        await conn.execute(_q.open_alert, *row)
        await conn.execute(_q.note_act, identity, now, "opened", receivers)
    for alert, finding in made.repeated:
        await conn.execute(_q.repeat_alert, alert.id, now, _facts(finding))
        await conn.execute(_q.note_act, alert.id, now, "repeated", receivers)
    for alert, finding in made.counted:
        await conn.execute(_q.count_alert, alert.id, _facts(finding))
    for act, alerts, told in (("closed", made.closed, receivers), ("superseded", made.superseded, 0)):
        for alert in alerts:
            await conn.execute(_q.close_alert, alert.id, now)
            await conn.execute(_q.note_act, alert.id, now, act, told)


def _facts(finding: Finding) -> dict[str, Any]:
    return {**finding.facts, "claims": sorted(finding.claims)}


async def list_alerts(conn: Connection, *, only_open: bool, limit: int) -> list[dict[str, Any]]:
    """Alerts, newest first, each with what was told of it when."""
    rows = [dict(row) for row in await conn.fetch(_q.list_alerts, only_open, limit)]
    acts: dict[UUID, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    for act in await conn.fetch(_q.acts_of, list(acts)):
        acts[act["alert_id"]].append({name: act[name] for name in ("at", "act", "receivers")})
    for row in rows:
        row["facts"].pop("claims", None)
        row["acts"] = acts[row["id"]]
    return rows
