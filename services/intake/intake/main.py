"""Wiring of intake, nothing else."""

import asyncio
import gc
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, FastAPI

from intake import metrics
from intake.api import conservation_router, submissions_router
from intake.circuit import Circuit
from intake.domain.receipts import Numbering
from intake.durability import Durability
from intake.forms import Forms
from intake.forms_api import forms_router
from intake.gate.api import tokens_router
from intake.gate.wiring import Guard
from intake.handlers import Intake
from intake.imports import api as imports_api
from intake.imports.desk import ImportDesk
from intake.journal import Journal
from intake.journal_api import journal_router
from intake.lane import Lane
from intake.needs import Needs, Use
from intake.notices.api import notices_router
from intake.notices.wiring import Notices
from intake.rulebook_reader import RulebookCache, RulebookReader
from intake.senders import Challenges, Operator, Senders
from intake.settings import IntakeSettings
from intake.signals import Signals
from intake.signals_api import signals_router
from intake.snippet import snippet_router
from intake.spool import Replayer, Spool, SpoolOwned
from intake.spool.adoption import Adoptions
from intake.spool.api import spools_router
from intake.spool.folder import Folder
from intake.submissions import Submissions, SubmissionsFirst, form_key
from lead_events.cloudevents import read_attributes
from rulebook import mail_domains
from rulebook.findings import RulebookInvalid
from service_kit.app import create_app, serve
from service_kit.metrics import UNACCOUNTED
from service_kit.parts import Part, Periodic
from service_kit.runtime import Runtime
from service_kit.secrets import Secrets
from service_kit.settings import SettingsRefused, read_settings

SUBMISSIONS = "/v1/forms/{key}/submissions"
OPEN_TO_ALL = (SUBMISSIONS, "/v1/forms/{key}/token", "/v1/signals", "/baton.js")
"""Routes without a token: visitors' browsers come there, and vendors who sign."""


class Wiring:
    """The parts of one intake process, built once from its runtime. Opens the spool: may raise SpoolOwned."""

    def __init__(self, runtime: Runtime, settings: IntakeSettings) -> None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        clock = runtime.clock
        self.settings = settings
        self._clock, self._gate = clock, runtime.gate
        self._journal = Journal(settings.data_dir / "audit.jsonl", clock)
        # a restart counts anew, so each run of a process has a name of its own
        run = f"{settings.instance}-{int(clock.now().timestamp() * 1000):x}"
        self.numbering = Numbering(run)
        self.circuit = Circuit(clock)
        self.folder = Folder(settings.data_dir / "spool")
        self.spool = Spool(
            self.folder,
            max_bytes=settings.spool_max_bytes,
            segment_bytes=settings.spool_segment_bytes,
        )
        self.forms = _forms(settings, runtime)
        self.reader = RulebookReader(
            runtime.broker,
            f"baton-intake-rulebook-{uuid4()}",
            self.forms,
            RulebookCache(settings.data_dir / "rulebooks.json"),
            clock,
        )
        self.adoptions = Adoptions(
            settings.spools_root or settings.data_dir.resolve().parent,
            runtime.publisher,
            clock,
            max_bytes=settings.spool_max_bytes,
        )
        self.replayer = Replayer(self.spool, runtime.publisher, self.circuit, clock)
        durability = Durability(
            Lane(runtime.publisher),
            self.spool,
            self.circuit,
            clock,
            spool_deadline=settings.spool_deadline_ms / 1000,
            publish_deadline=settings.publish_deadline_ms / 1000,
            tracing=runtime.tracing,
        )
        self.notices = Notices(runtime, settings, self.forms, durability, run)
        secrets = Secrets(settings.secrets_dir)
        self.guard = Guard(settings, secrets, clock)
        senders = Senders(secrets, clock, public_url=settings.public_url)
        self.needs = Needs(self.forms, senders, secrets)
        intake = Intake(
            self.forms,
            durability,
            self.numbering,
            clock,
            recent_keys=settings.recent_keys,
            senders=senders,
            notices=self.notices.desk,
            gate=self.guard.gate,
            operator=Operator(settings.operator_token.get_secret_value()),
        )
        self.submissions = Submissions(
            intake,
            challenges=Challenges(secrets),
            body_max_bytes=settings.body_max_bytes,
            body_seconds=settings.body_seconds,
            proxies=self.guard.proxies,
        )
        self.signals = Signals(settings, self.forms, durability, senders, clock)
        self.imports = ImportDesk(settings, self.forms, clock)
        self._export()

    def now(self) -> datetime:
        """The time by which forms are chosen."""
        return self._clock.now()

    def parts(self) -> Iterable[Part]:
        """What runs side by side."""
        return [
            self.reader,
            self.replayer,
            self.adoptions,
            self._forgetting(),
            *self.notices.parts(),
            self.guard,
            self.imports,
            Periodic("old-imports", every=timedelta(hours=1), work=self.imports.forget, clock=self._clock),
        ]

    def routers(self) -> Iterable[APIRouter]:
        """The HTTP API."""
        gate = self._gate
        return [
            submissions_router(self.submissions),
            conservation_router(gate, self.spool, self.numbering, self.notices),
            forms_router(gate, self.needs, self.now),
            notices_router(gate, self.notices.standing, self.notices.books),
            tokens_router(self.forms, self.guard.tokens, self._clock),
            spools_router(gate, self._journal, self.spool, self.folder, self.adoptions),
            signals_router(self.settings, self.signals, self.guard.proxies),
            snippet_router(),
            imports_api.imports_router(gate, self._journal, self.imports),
            journal_router(gate, self._journal),
        ]

    def _forgetting(self) -> Periodic:
        """What the broker refused for good is personal data too: kept to be looked at, and no longer."""
        days = timedelta(days=self.settings.refused_days)

        async def forget() -> None:
            await asyncio.to_thread(self.folder.forget_refused, self.now() - days)

        return Periodic("spool-refused", every=timedelta(hours=1), work=forget, clock=self._clock)

    def _spooled(self, state: str) -> int:
        return int(getattr(self.spool.counts, state))

    def _lacking(self, use: Use) -> int:
        return self.needs.count(use, self.now())

    def _oldest_seconds(self) -> float:
        oldest = self.spool.oldest
        return 0.0 if oldest is None else (self.now() - read_attributes(oldest.headers).time).total_seconds()

    def _export(self) -> None:
        metrics.start_at_zero()
        for state in metrics.SPOOL_STATES:
            metrics.SPOOL_RECORDS.labels(state).set_function(partial(self._spooled, state))
        metrics.SPOOL_BYTES.set_function(lambda: self.spool.counts.bytes)
        metrics.SPOOL_MAX.set(self.settings.spool_max_bytes)
        metrics.SPOOL_OLDEST.set_function(self._oldest_seconds)
        metrics.CIRCUIT_OPEN.set_function(lambda: self.circuit.is_open)
        UNACCOUNTED.labels("intake-spool").set_function(lambda: self.spool.counts.unaccounted)
        for use in Use:
            metrics.FORMS_LACKING.labels(use.value).set_function(partial(self._lacking, use))
        metrics.WAVES_NOW.set_function(lambda: self.guard.gate.waves.count)
        metrics.RULEBOOK_VERSION.set_function(lambda: _number(self.forms.version_at(self.now())))


def build_app(settings: IntakeSettings, runtime: Runtime | None = None) -> FastAPI:
    """The application. Raises SpoolOwned, RulebookInvalid (the seed) or OSError (the data folder)."""
    runtime = runtime or Runtime.of(settings, needs_database=False)
    wiring = Wiring(runtime, settings)
    app = create_app(
        title="Baton intake",
        settings=settings,
        build=lambda _: wiring.parts(),
        routers=lambda _: wiring.routers(),
        needs_database=False,
        needs_kafka=False,
        runtime=runtime,
        streamed=(imports_api.PATH,),
        open_to_all=OPEN_TO_ALL,
    )
    app.state.wiring = wiring
    return app


def with_short_cut(app: FastAPI) -> Any:
    """The application as it is served: posts to forms come before everything that FastAPI does with a
    request; they need none of it."""
    wiring: Wiring = app.state.wiring
    runtime: Runtime = app.state.runtime
    first = SubmissionsFirst(app, wiring.submissions, hsts_seconds=wiring.settings.hsts_seconds)
    if runtime.tracing is None:
        return first
    from service_kit.tracing_http import TracedRequests

    return TracedRequests(first, runtime.tracing, route_of=_route_of)


def _route_of(path: str) -> str | None:
    return SUBMISSIONS if form_key(path) is not None else None


def main() -> None:
    """`python -m intake [serve]`: serve until SIGTERM. There is no store, so `migrate` has nothing to do."""
    arguments = sys.argv[1:] or ["serve"]
    if arguments == ["migrate"]:
        return
    if arguments != ["serve"]:
        sys.exit("usage: python -m intake [serve|migrate]")
    try:
        settings = read_settings(IntakeSettings)
        app = build_app(settings)
    except (SettingsRefused, SpoolOwned, RulebookInvalid, OSError) as error:
        sys.exit(f"intake cannot start: {error}")
    mail_domains.load()
    _spare_the_collector()
    # gate/proxies.py reads what proxies say, and believes those that are trusted
    serve(app, settings, around=with_short_cut, proxy_headers=False)


def _spare_the_collector() -> None:
    """What was loaded so far stays; looking through it again and again costs a fifth of the throughput."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def _number(version: int | None) -> int:
    return -1 if version is None else version


def _forms(settings: IntakeSettings, runtime: Runtime) -> Forms:
    if settings.rulebook_seed is None:
        return Forms()
    from rulebook.loader import load_folder  # brings the rule engine along, which only a seed needs

    return Forms(load_folder(settings.rulebook_seed), runtime.clock.now())
