"""Timers on the real thing: sla-monitors as processes on a PostgreSQL and a Kafka, many promises pending.

How late something is said is told twice, both up to the broker's time of its event: from the due time, and
from the later of the due time and the moment at which the facts up to it were read, as the store says.
"""

import argparse
import asyncio
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import aiokafka
import psycopg

from baton_dev.waiting import wait_until
from bench.http_load import quantile
from bench.timer_place import TARGETS, Place, handed_over, published_rulebook, same_hours, scored
from bench.timer_store import Copies, copy_leads
from lead_events.catalog import topic as topic_named
from lead_events.codec import decode
from lead_events.ids import lead_id
from lead_events.sla import SlaBreached

MARGIN = timedelta(milliseconds=250)
"""BATON_NEWS_MARGIN_MS: so far beyond a due time must be read."""
SAMPLE = 500
AT_ONCE, HANDOFFS = 20_000, 10_000
PARTITIONS = topic_named("lead-routed").partitions
TIDY = "VACUUM (ANALYZE) leads, facts, timers, firings"
WAITING = "SELECT count(*) FROM timers WHERE state = 'pending' AND next_at <= now()"
GATES = ("lead-routed", "lead-progressed")


@dataclass(frozen=True)
class Firing:
    """What became of timers that fell due. `seconds`: from the first due time to the last event; `late`:
    seconds from the due time of each to its event; `late_read`: from when the facts were read, if later;
    `cpu`: seconds of processor time of monitors, PostgreSQL and Kafka; `rss`: bytes of a monitor at most.
    """

    monitors: int
    seconds: float
    late: list[float]
    late_read: list[float]
    early: int
    doubles: int
    missing: int
    cpu: tuple[float, float, float]
    rss: int

    @property
    def lateness(self) -> tuple[str, str]:
        """Median, 99 of 100 and most, from the due time and from reading."""
        from_due, from_reading = (
            f"p50 {quantile(found, 0.5) * 1000:.0f}, p99 {quantile(found, 0.99) * 1000:.0f}, "
            f"most {max(found) * 1000:.0f} ms"
            for found in (self.late, self.late_read)
        )
        return from_due, from_reading

    @property
    def faults(self) -> str:
        """What must not be."""
        return f"{self.early} early, {self.doubles} double, {self.missing} missing"

    @property
    def cpu_told(self) -> str:
        """Whose processor time it was."""
        monitors, postgres, kafka = self.cpu
        return f"CPU {monitors:.1f} s monitors, {postgres:.1f} s PostgreSQL, {kafka:.1f} s Kafka"


@dataclass(frozen=True)
class News:
    """Handoffs read from Kafka until their timers stand: timers a second, also by the monitor's own CPU."""

    rate: float
    by_cpu: float


@dataclass(frozen=True)
class TimersResult:
    """`rss`: bytes of a monitor at rest by the number of timers pending."""

    rss: Mapping[int, int]
    at_once: Firing
    at_once_by_three: Firing
    spread: Firing
    window: timedelta
    news: News


def measure(*, pending: int, spread: int, window: timedelta, more_pending: int | None = None) -> TimersResult:
    """Everything about timers. `spread` of them fall due over `window`. `more_pending`: have so many pending
    at the end, for the memory.
    """
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        place = Place(Path(folder))
        with place.running() as store:
            place.set_monitors(1)
            originals = _originals(place, store)
            rss = {0: _rss_at_rest(place)}
            pace = _fill(store, originals, pending)
            rss[pending] = _rss_at_rest(place)
            _prove(place, store, originals)
            fire = partial(_fire, place, store, originals, pace)
            at_once = fire(AT_ONCE, timedelta(0))
            place.set_monitors(3)
            by_three = fire(AT_ONCE, timedelta(0))
            spread_out = fire(spread, window)
            place.set_monitors(0)
            news = _news(place, store)
            if more_pending:
                _fill(store, originals, more_pending - pending)
                place.set_monitors(1)
                rss[more_pending] = _rss_at_rest(place)
    return TimersResult(rss, at_once, by_three, spread_out, window, news)


# -- what stands before --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Originals:
    """Leads that the service wrote itself: one just handed over, and one whose promise of acceptance has been
    warned of twice and is due at `due_at`.
    """

    fresh: UUID
    near: UUID
    due_at: datetime


def _originals(place: Place, store: psycopg.Connection) -> Originals:
    now = datetime.now(UTC)
    fresh_at, near_at = now - timedelta(minutes=1), now - TARGETS["accept_within"] + timedelta(hours=1)
    found = Originals(lead_id(uuid4(), "main"), lead_id(uuid4(), "main"), near_at + TARGETS["accept_within"])
    place.publish([published_rulebook(now)])
    place.publish([scored(found.fresh, fresh_at), scored(found.near, near_at)])
    place.publish(
        [handed_over(found.fresh, fresh_at, rep="rep-0"), handed_over(found.near, near_at, rep="rep-0")]
    )
    wait_until(
        lambda: (
            _number(store, "SELECT count(*) FROM timers") == 4
            and _number(store, "SELECT count(*) FROM firings WHERE event_id IS NOT NULL") == 2
            and _number(store, "SELECT sum(scored_seq) FROM leads") == 2
        ),
        60,
        "the promises of two leads, the warnings of one",
    )
    return found


def _fill(store: psycopg.Connection, originals: Originals, timers: int) -> float:
    """So many more pending, of leads handed over in the last three hours: none is warned of soon. Returns
    the seconds that writing a lead takes.
    """
    began = time.perf_counter()
    ago = -timedelta(hours=3)
    wanted = Copies(originals.fresh, timers // 2, ago, timedelta(0), "rep-1")
    copy_leads(store, wanted, partitions=PARTITIONS)
    store.execute(TIDY)
    return (time.perf_counter() - began) / wanted.count


def _prove(place: Place, store: psycopg.Connection, originals: Originals) -> None:
    """Have the running service compute copies anew, for hours that are as before: nothing must come out
    otherwise, but which revision of the hours it is."""
    half = timedelta(minutes=30)
    for original in (originals.fresh, originals.near):
        copy_leads(store, Copies(original, SAMPLE, -half, timedelta(0), "rep-sample"), partitions=PARTITIONS)
    query = """
        SELECT md5(string_agg((to_jsonb(t) - 'revision')::text, '' ORDER BY id)) FROM timers AS t
        WHERE rep_id = 'rep-sample'
    """
    before = store.execute(query).fetchone()
    place.publish([same_hours("rep-sample", datetime.now(UTC))])
    taken = "SELECT count(*) FROM rep_hours WHERE rep_id = 'rep-sample'"
    wait_until(lambda: _number(store, taken) == 1, 60, "the change of a rep's hours")
    if store.execute(query).fetchone() != before or _number(store, "SELECT count(*) FROM timer_moves"):
        raise RuntimeError("the service would have written other timers than those that were copied")


def _rss_at_rest(place: Place) -> int:
    time.sleep(3)
    return place.rss()


def _number(store: psycopg.Connection, query: str) -> int:
    row = store.execute(query.encode()).fetchone()
    return int(row[0] or 0) if row else 0


# -- firing --------------------------------------------------------------------------------------------------


@dataclass
class Readings:
    """Which moments had been read, and since when: (read up to, since) by topic and partition."""

    seen: dict[tuple[str, int], list[tuple[datetime, datetime]]] = field(default_factory=dict)

    def note(self, rows: Sequence[tuple[str, int, datetime, datetime]]) -> None:
        """Take in what the store says now."""
        for topic, partition, read_up_to, moved_at in rows:
            known = self.seen.setdefault((topic, partition), [])
            if not known or known[-1][0] < read_up_to:
                known.append((read_up_to, moved_at))

    def read_at(self, moment: datetime, partition: int) -> datetime:
        """Since when the acts up to a moment are known."""
        gates = [self.seen[topic, partition] for topic in GATES]
        return max(next(since for up_to, since in gate if up_to >= moment + MARGIN) for gate in gates)


@contextmanager
def _reading(place: Place) -> Iterator[Readings]:
    """Look at the progress of reading twenty times a second."""
    readings, over = Readings(), threading.Event()

    def look() -> None:
        with place.connection() as connection:
            while not over.wait(0.05):
                rows = connection.execute(
                    "SELECT topic, partition, read_up_to, moved_at FROM read_progress"
                ).fetchall()
                readings.note(rows)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield readings
    finally:
        over.set()
        thread.join()


def _due_soon(
    place: Place, store: psycopg.Connection, originals: Originals, pace: float, count: int, window: timedelta
) -> tuple[datetime, dict[UUID, int]]:
    """Write timers that fall due within `window` from a moment on that is still to come; that moment, and the
    leads with their partitions. Where writing took too long they are said unmeasured, and others written.
    """
    ahead = timedelta(seconds=6 + 2 * pace * count)
    while True:
        first = datetime.now(UTC) + ahead
        shift = first - originals.due_at
        wanted = Copies(originals.near, count, shift, shift + window, "rep-2")
        partition_of = copy_leads(store, wanted, partitions=PARTITIONS)
        store.execute(TIDY)
        if datetime.now(UTC) + timedelta(seconds=1) < first:
            return first, partition_of
        time.sleep(max(0.0, (first + window - datetime.now(UTC)).total_seconds()))
        wait_until(lambda: not _number(store, WAITING), 300, "all that is due", pause=0.5)
        ahead *= 2


def _fire(
    place: Place, store: psycopg.Connection, originals: Originals, pace: float, count: int, window: timedelta
) -> Firing:
    """Let so many fall due within `window`, and see what is said of them. `pace`: of writing them, in seconds
    for each.
    """
    first, partition_of = _due_soon(place, store, originals, pace, count, window)
    remaining = (first - datetime.now(UTC)).total_seconds()
    time.sleep(remaining - 0.5)
    rss, spent = place.rss(), place.cpu()
    with _reading(place) as readings:
        time.sleep(0.6 + window.total_seconds())
        wait_until(lambda: not _number(store, WAITING), 120, "all that is due", pause=0.2)
        rss = max(rss, place.rss())
        time.sleep(1)
    monitors, postgres, kafka = (after - before for after, before in zip(place.cpu(), spent, strict=True))
    said = asyncio.run(_said(place.kafka.bootstrap, partition_of))
    first_of = {event.lead_id: (event, at) for event, at in reversed(said)}
    late = [(at - event.due_at).total_seconds() for event, at in first_of.values()]
    late_read = [
        (at - max(event.due_at, readings.read_at(event.due_at, partition_of[event.lead_id]))).total_seconds()
        for event, at in first_of.values()
    ]
    return Firing(
        monitors=len(place.monitors),
        seconds=max((at - first).total_seconds() for _, at in said),
        late=late,
        late_read=late_read,
        early=sum(event.fired_at < event.due_at for event, _ in said),
        doubles=len(said) - len(first_of),
        missing=count - len(first_of),
        cpu=(monitors, postgres, kafka),
        rss=rss,
    )


async def _said(bootstrap: str, leads: Mapping[UUID, int]) -> list[tuple[SlaBreached, datetime]]:
    """The breaches of these leads, with the broker's time, in no order but that of each lead's."""
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        found = []
        places = [aiokafka.TopicPartition("sla-breached", n) for n in range(PARTITIONS)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    _, event = decode("sla-breached", record.headers, record.value)
                    if isinstance(event, SlaBreached) and event.lead_id in leads:
                        found.append((event, datetime.fromtimestamp(record.timestamp / 1000, UTC)))
        return found
    finally:
        await consumer.stop()


# -- reading -------------------------------------------------------------------------------------------------


def _news(place: Place, store: psycopg.Connection) -> News:
    """A monitor that finds handoffs waiting: from the first timers that stand to the last."""
    now = datetime.now(UTC)
    leads = [lead_id(uuid4(), "main") for _ in range(HANDOFFS)]
    place.publish([handed_over(lead, now, rep=f"rep-{number % 100}") for number, lead in enumerate(leads)])
    query = f"SELECT count(*) FROM timers WHERE opened_at = '{now.isoformat()}'"  # noqa: S608 - our own
    place.set_monitors(1)
    wait_until(lambda: _number(store, query) > 0, 60, "the first of the news", pause=0.01)
    started, there, spent = time.perf_counter(), _number(store, query), place.cpu()[0]
    wait_until(lambda: _number(store, query) == 2 * HANDOFFS, 120, "the news")
    seconds, cpu = time.perf_counter() - started, place.cpu()[0] - spent
    place.set_monitors(0)
    return News((2 * HANDOFFS - there) / seconds, (2 * HANDOFFS - there) / cpu)


def main(argv: Sequence[str] | None = None) -> int:
    """By itself: `python -m bench.timers`."""
    parser = argparse.ArgumentParser(prog="python -m bench.timers", description=__doc__)
    parser.add_argument("--pending", type=int, default=100_000)
    parser.add_argument("--spread", type=int, default=10_000)
    parser.add_argument("--window", type=float, default=60, help="seconds over which the spread falls due")
    parser.add_argument("--million", action="store_true", help="memory with a million pending, too")
    options = parser.parse_args(argv)
    found = measure(
        pending=options.pending,
        spread=options.spread,
        window=timedelta(seconds=options.window),
        more_pending=1_000_000 if options.million else None,
    )
    for firing in (found.at_once, found.at_once_by_three, found.spread):
        print(
            f"{len(firing.late):,} by {firing.monitors}: said after {firing.seconds:.2f} s, {firing.faults}"
        )
        print("  late from the due time {}, from reading {}".format(*firing.lateness))
        print(f"  {firing.cpu_told}; RSS {firing.rss / 2**20:.0f} MiB")
    print("RSS at rest:", {count: f"{size / 2**20:.0f} MiB" for count, size in found.rss.items()})
    print(f"news: {found.news.rate:,.0f} timers/s, {found.news.by_cpu:,.0f} by its own CPU time")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
