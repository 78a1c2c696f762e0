"""Wiring and lifecycle of sla-monitor."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from fastapi import APIRouter, FastAPI

from delivery import metrics as delivery_metrics
from delivery.api import delivery_router
from service_kit.app import create_app, serve
from service_kit.parts import Part, Periodic
from service_kit.read_back import ReadBack, Stage
from service_kit.runtime import Runtime
from sla_monitor import metrics
from sla_monitor.api import routers
from sla_monitor.consumer import consumer_spec
from sla_monitor.handlers.firing import catch_up, fire_due
from sla_monitor.handlers.gauges import export_gauges
from sla_monitor.ledger import metrics as ledger_metrics
from sla_monitor.ledger.api import ledger_router
from sla_monitor.ledger.gauges import export_month
from sla_monitor.ledger.noting import fill_ledger
from sla_monitor.memory import Memory
from sla_monitor.reports.api import report_router
from sla_monitor.reports.desk import ReportDesk
from sla_monitor.review.api import review_router
from sla_monitor.rhythm import metrics as page_metrics
from sla_monitor.rhythm.api import page_router
from sla_monitor.rhythm.office import PageOffice
from sla_monitor.settings import Settings

PACKAGES = ("rulebook", "delivery", "sla_monitor")
"""Whose migrations make the schema, beside the kit's."""
CATCH_UP_LEADS = 500


def build(runtime: Runtime, settings: Settings, memory: Memory, office: PageOffice) -> Iterable[Part]:
    """The parts: one reads, one fires, one starts what waited for its rulebook, one fills in the ledger, two
    make and send pages, one exports gauges."""
    periodic = partial(Periodic, clock=runtime.clock)
    return [
        runtime.consumer(consumer_spec(runtime, memory)),
        periodic(
            "firing",
            every=timedelta(milliseconds=settings.firing_every_ms),
            work=lambda: fire_all(runtime, memory, settings),
        ),
        periodic("waiting handoffs", every=timedelta(seconds=1), work=lambda: catch_up_all(runtime, memory)),
        periodic(
            "ledger of former leads", every=timedelta(minutes=1), work=lambda: fill_all(runtime, memory)
        ),
        periodic(
            "month gauges",
            every=timedelta(minutes=1),
            work=lambda: export_month(runtime.database, memory.books),
            only_one=True,
            database=runtime.database,
            on_loss=ledger_metrics.forget,
        ),
        *office.parts(),
        periodic(
            "timer gauges",
            every=timedelta(seconds=10),
            work=lambda: export_gauges(runtime.database),
            only_one=True,
            database=runtime.database,
            on_loss=metrics.forget_gauges,
        ),
    ]


async def fire_all(runtime: Runtime, memory: Memory, settings: Settings) -> None:
    """Fire in small transactions until nothing is due any more.

    Once there was something, two at a time: what one reads and decides the other has the store write.
    """
    margin = timedelta(milliseconds=settings.news_margin_ms)
    work = partial(fire_due, memory=memory, margin=margin, limit=settings.firing_batch)

    async def until_nothing_is_due() -> None:
        while await runtime.in_transaction(work):
            continue

    if await runtime.in_transaction(work):
        both = await asyncio.gather(until_nothing_is_due(), until_nothing_is_due(), return_exceptions=True)
        for error in both:
            if error is not None:
                raise error


async def catch_up_all(runtime: Runtime, memory: Memory) -> None:
    """Start promises in small transactions until no handoff waits for a version that is here."""
    while await runtime.in_transaction(partial(catch_up, memory=memory, limit=CATCH_UP_LEADS)):
        continue


async def fill_all(runtime: Runtime, memory: Memory) -> None:
    """Fill the ledger of leads from before it in small transactions until none is left."""
    while await runtime.in_transaction(partial(fill_ledger, memory=memory, limit=CATCH_UP_LEADS)):
        continue


def build_app(settings: Settings, runtime: Runtime | None = None) -> FastAPI:
    """The application; `runtime` is for tests."""
    for measured in (metrics, page_metrics):
        measured.create_known_series()
    delivery_metrics.known_series()
    shared, memory = runtime or Runtime.of(settings), Memory()
    office = PageOffice(shared, settings, memory)
    return create_app(
        title="Baton sla-monitor",
        settings=settings,
        build=lambda rt: build(rt, settings, memory, office),
        routers=lambda rt: [
            *routers(rt),
            page_router(rt, office.maker),
            delivery_router(rt),
            *_report_routers(rt),
            ledger_router(rt, memory.books),
        ],
        runtime=shared,
        read_back=lambda rt: ReadBack(rt, [Stage(consumer_spec(rt, memory), ("person-erased",))]),
    )


def _report_routers(runtime: Runtime) -> Iterable[APIRouter]:
    """Reports and proposals: one at a time at one desk."""
    desk = ReportDesk(runtime)
    return [report_router(runtime, desk), review_router(runtime, desk)]


def run(settings: Settings) -> None:
    """Serve until SIGTERM."""
    serve(build_app(settings), settings)
