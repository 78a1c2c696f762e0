"""Wiring of scoring, nothing else."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from fastapi import APIRouter, FastAPI

from delivery.sender import Sender
from scoring import metrics
from scoring.account_updates import AccountUpdates
from scoring.accounting import ReceiptsBook
from scoring.api import scoring_router
from scoring.api.nurturing import unsubscribe_router
from scoring.consumer import consumer_spec
from scoring.crossings import Crossings
from scoring.duplicates import Duplicates
from scoring.feedback import feedback_spec
from scoring.handlers import Scoring
from scoring.health import EVERY, HealthBook, fetch_reports_spec
from scoring.imports import imports_spec
from scoring.nurturing import LOOK_EVERY as LOOK_AT_NURTURING_EVERY
from scoring.nurturing import Nurtured, NurturingBook
from scoring.nurturing_list import NurturingFile
from scoring.read_back import Forgotten, raise_numbers, stages
from scoring.releases import Releases
from scoring.replay import Replays
from scoring.rescoring import Rescorings
from scoring.retention import LOOK_EVERY, Retention
from scoring.settings import (
    ScoringSettings,
    carriers,
    erasure_keys,
    nurturing_dir,
    rescore_rate,
    retention_hour,
)
from scoring.signals import Signals, signals_spec
from scoring.tombstones import Tombstones
from scoring.waking import WAKE_EVERY, WakeUps
from service_kit.app import create_app, serve
from service_kit.parts import Part, Periodic
from service_kit.read_back import ReadBack
from service_kit.runtime import Runtime

PACKAGES = ("rulebook", "delivery", "scoring")
"""Packages whose migrations make scoring's schema."""
OPEN_TO_ALL = ("/v1/nurturing/unsubscribes",)
"""Routes without a token: marketing's tool signs what it posts there."""


def parts(runtime: Runtime) -> Iterable[Part]:
    """What runs side by side."""
    database, clock = runtime.database, runtime.clock
    tombstones = Tombstones(erasure_keys(runtime.settings))
    yield runtime.consumer(consumer_spec(Scoring(tombstones), database, clock))
    yield runtime.consumer(signals_spec(Signals(tombstones.keys)))
    yield Periodic(
        "retention",
        every=LOOK_EVERY,
        work=Retention(runtime, hour=retention_hour(runtime.settings)).work,
        only_one=True,
        database=database,
        clock=clock,
    )
    for name, work in (
        ("releases", Releases(runtime).work),
        ("replays", Replays(runtime).work),
        ("crossings", Crossings(runtime).work),
        ("account updates", AccountUpdates(runtime).work),
        ("rescorings", Rescorings(runtime, rescore_rate(runtime.settings)).work),
    ):
        yield Periodic(
            name, every=timedelta(seconds=1), work=work, only_one=True, database=database, clock=clock
        )
    duplicates = Duplicates(runtime)
    yield Periodic("duplicates", every=timedelta(seconds=1), work=duplicates.work, clock=clock)
    yield runtime.consumer(fetch_reports_spec())
    yield runtime.consumer(imports_spec())
    forms = HealthBook(database)
    yield Periodic(
        "form health",
        every=EVERY,
        work=forms.work,
        only_one=True,
        database=database,
        on_loss=forms.forget,
        clock=clock,
    )
    yield runtime.consumer(feedback_spec())
    yield Periodic(
        "nurturing",
        every=LOOK_AT_NURTURING_EVERY,
        work=Nurtured(NurturingBook(runtime), NurturingFile(runtime, nurturing_dir(runtime.settings))).work,
        only_one=True,
        database=database,
        on_loss=metrics.forget_nurturing,
        clock=clock,
    )
    yield Periodic("wake-ups", every=WAKE_EVERY, work=WakeUps(runtime).work, clock=clock)
    yield Periodic(
        "numbers after a restore",
        every=timedelta(seconds=1),
        work=partial(raise_numbers, database),
        only_one=True,
        database=database,
        clock=clock,
    )
    sender = Sender(database, carriers(runtime.settings), clock, tracing=runtime.tracing)
    yield Periodic("deliveries", every=timedelta(seconds=2), work=sender.work, clock=clock)
    book = ReceiptsBook(database)
    yield Periodic(
        "receipts",
        every=timedelta(seconds=10),
        work=book.work,
        only_one=True,
        database=database,
        on_loss=book.forget,
        clock=clock,
    )


def routers(runtime: Runtime) -> Iterable[APIRouter]:
    """What answers over HTTP."""
    yield scoring_router(runtime)
    yield unsubscribe_router(runtime)


def build_app(settings: ScoringSettings, runtime: Runtime | None = None) -> FastAPI:
    """The application. A test passes its own runtime."""
    metrics.known_series()
    return create_app(
        title="Baton scoring",
        settings=settings,
        build=parts,
        routers=routers,
        runtime=runtime,
        open_to_all=OPEN_TO_ALL,
        read_back=lambda rt: ReadBack(rt, stages(Forgotten(erasure_keys(settings)))),
    )


def run(settings: ScoringSettings) -> None:
    """Serve until told to stop."""
    serve(build_app(settings), settings)
