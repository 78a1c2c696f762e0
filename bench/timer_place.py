"""Servers and sla-monitors for the measuring of timers, and what a router and a scoring would tell them."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psutil
import psycopg

from baton_dev.kafka import KafkaServer
from baton_dev.ports import choose_port
from baton_dev.postgres import PostgresServer
from baton_dev.preparation import prepare_database
from baton_dev.process import ManagedProcess
from baton_dev.services import SLA_MONITOR, Surroundings, instance_process
from lead_events import (
    EventModel,
    Journey,
    LeadRouted,
    LeadScored,
    Profile,
    RepAvailabilityChanged,
    RulebookPublished,
    Score,
)
from lead_events.codec import encode
from lead_events.routed import Rep
from lead_events.scored import Cause
from lead_events.words import CauseKind, Quadrant, RoutedKind, Stage
from service_kit.kafka import KafkaPublisher
from service_kit.migrate import migrate
from service_kit.records import Outgoing
from service_kit.topics import create_topics
from sla_monitor.main import PACKAGES

TARGETS = {"accept_within": timedelta(hours=8), "first_response_within": timedelta(hours=24)}
_WEEK = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
CALENDAR: dict[str, Any] = {"tz": "UTC", "week": _WEEK}


class Place:
    """A PostgreSQL, a Kafka, and the monitors on them."""

    def __init__(self, home: Path) -> None:
        self.kafka = KafkaServer(home / "kafka")
        self.postgres = PostgresServer(home / "postgres")
        self.monitors: list[ManagedProcess] = []
        self._home = home
        self._around = Surroundings(home, "", {}, "bench", {})

    @contextmanager
    def running(self) -> Iterator[psycopg.Connection]:
        """Servers with store and topics but without a monitor; a connection to the store."""
        try:
            self.postgres.start()
            self.kafka.start()
            dsn = prepare_database(self.postgres.dsn, "baton", {SLA_MONITOR.name: "bench"})
            migrate(dsn[SLA_MONITOR.name], schema=SLA_MONITOR.name, packages=PACKAGES)
            asyncio.run(create_topics(self.kafka.bootstrap))
            self._around = Surroundings(self._home, self.kafka.bootstrap, dsn, "bench", {})
            with self.connection() as connection:
                yield connection
        finally:
            self.set_monitors(0)
            self.kafka.stop()
            self.postgres.stop()

    def connection(self) -> psycopg.Connection:
        """One more to the store, each statement a transaction."""
        options = f"-c search_path={SLA_MONITOR.name}"
        return psycopg.connect(self._around.dsn[SLA_MONITOR.name], autocommit=True, options=options)

    def set_monitors(self, number: int) -> None:
        """Have so many run, each ready."""
        surplus, self.monitors = self.monitors[number:], self.monitors[:number]
        for monitor in surplus:
            monitor.ask_to_stop()
        for monitor in surplus:
            monitor.stop()
        while len(self.monitors) < number:
            name = f"sla_monitor-{len(self.monitors)}"
            monitor = instance_process(SLA_MONITOR, self._around, port=choose_port(), instance=name)
            self.monitors.append(monitor)
            monitor.start()
        for monitor in self.monitors:
            monitor.await_answer()

    def publish(self, records: Sequence[Outgoing]) -> None:
        """Write records and return once the broker has them."""

        async def publishing() -> None:
            publisher = KafkaPublisher(self.kafka.bootstrap, deadline=60)
            await publisher.start()
            try:
                await publisher.publish(records)
            finally:
                await publisher.stop()

        asyncio.run(publishing())

    def cpu(self) -> tuple[float, float, float]:
        """Seconds of processor time that monitors, PostgreSQL and Kafka have had so far."""
        monitors = sum(_cpu(monitor.pid) for monitor in self.monitors)
        return monitors, _cpu(self.postgres.pid), _cpu(self.kafka.pid)

    def rss(self) -> int:
        """Bytes of the largest monitor."""
        return max(psutil.Process(monitor.pid).memory_info().rss for monitor in self.monitors)


def _cpu(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(sum(each.cpu_times()[:2]) for each in (process, *process.children(recursive=True)))


def published_rulebook(at: datetime) -> Outgoing:
    """Version 1: what is promised of perfect leads is TARGETS; warnings at half and four fifths of them."""
    promise = {name: f"{target // timedelta(hours=1)}h" for name, target in TARGETS.items()}
    rulebook = {
        "company": "Bench",
        "time_zone": "UTC",
        "currency": "EUR",
        "lines": {"main": "Main"},
        "forms": {},
        "sources": {"website": {"name": "Website"}},
        "scorecards": {"main": {"fit": [], "interest": []}},
        "routing": {"pools": {}, "plans": {}},
        "roster": {"teams": {}, "reps": {}},
        "calendars": {"always": CALENDAR},
        "agreement": {
            "name": "Bench",
            "signatures": {
                side: {"name": side.capitalize(), "on": "2026-01-01"} for side in ("marketing", "sales")
            },
            "sales": {"promises": {"perfect": promise}, "warn_at": [0.5, 0.8]},
        },
    }
    event = RulebookPublished(
        version=1, effective_from=at, published_at=at, published_by="bench", checksum="1", rulebook=rulebook
    )
    return _record("rulebook-published", event, "1", at)


def scored(lead: UUID, at: datetime) -> Outgoing:
    """A perfect lead, at once a SQL."""
    event = LeadScored(
        lead_id=lead,
        person_id=uuid4(),
        line="main",
        seq=1,
        cause=Cause(id=uuid4(), kind=CauseKind.SUBMISSION, at=at),
        profile=Profile(),
        form_id="demo",
        source="website",
        score=Score(fit=80, interest=80),
        quadrant=Quadrant.PERFECT,
        stage=Stage.SQL,
        sql_at=at,
        journey=Journey(received_at=at, durable_at=at, scored_at=at),
        submissions=1,
        rulebook_version=1,
    )
    return _record("lead-scored", event, str(lead), at)


def handed_over(lead: UUID, at: datetime, *, rep: str) -> Outgoing:
    """The first handoff of a lead, to a rep who works day and night."""
    event = LeadRouted(
        lead_id=lead,
        line="main",
        seq=1,
        kind=RoutedKind.ASSIGNED,
        at=at,
        cause_id=uuid4(),
        round=1,
        quadrant=Quadrant.PERFECT,
        rep=Rep(id=rep, name=rep, team="all", calendar=CALENDAR, availability_revision=1),
        why="bench",
        rulebook_version=1,
    )
    return _record("lead-routed", event, str(lead), at)


def same_hours(rep: str, at: datetime) -> Outgoing:
    """A change of a rep's hours that changes nothing: promises are looked at again and must stay."""
    event = RepAvailabilityChanged(
        rep_id=rep, revision=2, name=rep, team="all", calendar=CALENDAR, is_active=True, at=at
    )
    return _record("rep-availability-changed", event, rep, at)


def _record(topic: str, event: EventModel, key: str, at: datetime) -> Outgoing:
    headers, value = encode(event, id=uuid4(), source="baton/bench", time=at, subject=key, topic=topic)
    return Outgoing(topic, key.encode(), value, tuple(headers))
