"""Form health: stored submissions counted behind the batches, and alerts raised from the counts.

It reads what scoring has stored and never touches a batch: a slow or broken round delays an alert and nothing
else.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from delivery.store import enqueue
from lead_events import FetchReported
from lead_events.words import QuarantineReason
from rulebook.form_plan import plan_of
from rulebook.models import Form, Rulebook
from rulebook.store import RulebookCache
from rulebook.versions import NoRulebookYet
from scoring import metrics
from scoring.alerts import TOLD_FOR, Telling, messages, targets
from scoring.counting import fold, mapped_of, recount
from scoring.domain.alerts import Changes, Fetching, Finding, Situation, changes, findings
from scoring.domain.health import FormHealth
from scoring.domain.silence import Pattern, pattern_of, silence_of
from scoring.domain.waves import wave_of
from scoring.store import health as store
from service_kit.batch import Batch
from service_kit.postgres import Connection, Database
from service_kit.spec import ConsumerSpec

EVERY = timedelta(seconds=10)
AT_ONCE = 1000
"""Submissions in one transaction; so many transactions a round at most as MOST_ROUNDS says."""
MOST_ROUNDS = 10
PATTERN_AGE = timedelta(hours=1)
TIDY_EVERY = timedelta(hours=1)
WAVE_LOOKS_BACK = timedelta(days=1)
"""And as far back as a wave lasts that was told."""
FETCH_LOOKS_BACK = timedelta(hours=3)
GIVEN_UP_LOOKS_BACK = timedelta(days=1)
_NAMESPACE = UUID("6ce9d3a2-2a35-5a4c-9d0e-6a4f2a8f1b57")


class HealthBook:
    """Counts and alerts; by one instance at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rulebooks = RulebookCache()
        self._patterns: dict[str, tuple[datetime, Pattern | None]] = {}
        self._tidied_at: datetime | None = None

    async def work(self) -> None:
        """One round: count what is new and, once nothing is left to count, look for trouble."""
        try:
            for _ in range(MOST_ROUNDS):
                if await self._count():
                    await self._alert()
                    return
        except NoRulebookYet:
            return

    async def _count(self) -> bool:
        """One transaction's worth. Whether nothing is left."""
        async with self._database.transaction() as conn:
            now = await self._database.clock.now(conn)
            forms = (await self._rulebook(conn, now)).forms
            read, is_all = await store.read_on(conn, now, AT_ONCE)
            await fold(conn, read, forms)
            if is_all:
                await recount(conn, forms, now)
            return is_all

    async def _rulebook(self, conn: Connection, now: datetime) -> Rulebook:
        return (await self._rulebooks.history(conn)).at(now).rulebook

    async def _alert(self) -> None:
        async with self._database.transaction() as conn:
            now = await self._database.clock.now(conn)
            rulebook = await self._rulebook(conn, now)
            health = await store.healths(conn)
            found = await self._findings(conn, rulebook, health, now)
            made = changes(await store.open_alerts(conn), found, now, rulebook.alerts.repeat_after)
            await _tell(conn, made, rulebook, now)
            await self._tidy(conn, now)
        metrics.show_health(rulebook.forms, health, found)

    async def _findings(
        self, conn: Connection, rulebook: Rulebook, health: Mapping[str, FormHealth], now: datetime
    ) -> list[Finding]:
        read_up_to = await store.read_up_to(conn, now)
        waves = await store.wave_minutes(conn, now - WAVE_LOOKS_BACK)
        fetching = await _fetching(conn, now)
        zone = ZoneInfo(rulebook.time_zone)
        found: list[Finding] = []
        for form_id, form in rulebook.forms.items():
            if form.status == "retired":
                continue
            known = health.get(form_id)
            silence = None
            if known is not None and form.alert_on_silence:
                pattern = await self._pattern(conn, known, zone, now)
                silence = silence_of(pattern, known.last_at, read_up_to)
            situation = Situation(
                form_id,
                mapped_of(form),
                health=None if known is None else without_mapped(known, form),
                silence=silence,
                wave=wave_of(waves.get(form_id, ()), form.spam.wave, now),
                fetching=fetching.get(form_id),
            )
            found += findings(situation)
        return found

    async def _pattern(
        self, conn: Connection, known: FormHealth, zone: ZoneInfo, now: datetime
    ) -> Pattern | None:
        """Of an hour ago at most: it changes slowly, and a form's weeks are thousands of rows."""
        kept = self._patterns.get(known.form_id)
        if kept is None or not timedelta(0) <= now - kept[0] < PATTERN_AGE:
            slots = await store.slots(conn, known.form_id, known.last_at)
            kept = self._patterns[known.form_id] = now, pattern_of(slots, zone)
        return kept[1]

    async def _tidy(self, conn: Connection, now: datetime) -> None:
        if self._tidied_at is None or abs(now - self._tidied_at) >= TIDY_EVERY:
            await store.forget(conn, now)
            self._tidied_at = now

    def forget(self) -> None:
        """Another instance exports these now."""
        self._patterns.clear()
        metrics.forget_health()


def without_mapped(known: FormHealth, form: Form) -> FormHealth:
    """The health less the names that the rulebook in force reads or leaves out by now."""
    left = set(plan_of(form).unmapped(dict.fromkeys(known.unmapped, "")))
    known.unmapped = {name: each for name, each in known.unmapped.items() if name in left}
    known.fields = {
        name: each for name, each in known.fields.items() if each.paths == mapped_of(form).paths.get(name)
    }
    return known


async def _fetching(conn: Connection, now: datetime) -> dict[str, Fetching]:
    """Forms with trouble in fetching: said so by intake, or leads that it gave up."""
    failing = await store.fetches_failing(conn, now - FETCH_LOOKS_BACK)
    given_up = await store.troubles(conn, QuarantineReason.FETCH_FAILED, now - GIVEN_UP_LOOKS_BACK)
    for form_id, lost in given_up.items():
        said = failing.get(form_id)
        failing[form_id] = Fetching(
            since=min(lost.since, said.since) if said else lost.since,
            vendor=said.vendor if said else None,
            reason=said.reason if said else None,
            waiting=said.waiting if said else 0,
            given_up=lost.submissions,
        )
    return failing


async def _tell(conn: Connection, made: Changes, rulebook: Rulebook, now: datetime) -> None:
    """Keep what became of alerts and put the messages on their way, in one transaction."""
    receivers, zone = targets(rulebook.alerts), ZoneInfo(rulebook.time_zone)
    opened = {
        finding.key: uuid5(_NAMESPACE, "|".join((*finding.key, now.isoformat()))) for finding in made.opened
    }
    await store.save_changes(conn, made, opened, now, len(receivers))
    tellings = [
        *((opened[finding.key], finding, Telling.OPENED) for finding in made.opened),
        *((alert.id, finding, Telling.REPEATED) for alert, finding in made.repeated),
        *((alert.id, alert.finding, Telling.CLOSED) for alert in made.closed),
    ]
    for alert_id, finding, telling in tellings:
        to_send = messages(alert_id, finding, telling, receivers, now, zone)
        await enqueue(conn, to_send, now=now, for_=TOLD_FOR)


NOTED = "noted"


def fetch_reports_spec() -> ConsumerSpec:
    """What intake says of fetching, in a loop of its own, so that no lead waits for it."""
    return ConsumerSpec(
        name="scoring-forms",
        topics=("fetch-reported",),
        handler=note_fetch_reports,
        effects=frozenset({NOTED}),
    )


async def note_fetch_reports(batch: Batch) -> None:
    """Keep the latest word of each intake instance."""
    reports = [event.data for event in batch.events if isinstance(event.data, FetchReported)]
    await store.note_fetches(batch.conn, reports)
    for event in batch.events:
        batch.effect(event, NOTED)
