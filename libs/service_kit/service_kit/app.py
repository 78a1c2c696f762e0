"""One FastAPI application a service: parts run in its lifespan, health and metrics are the same
everywhere.
"""

import gc
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from service_kit import failpoints, metrics, outbox, tracing
from service_kit.audit_api import audit_router
from service_kit.auth_gate import unguarded
from service_kit.body_limit import BodyLimit
from service_kit.conservation import StoreGauges
from service_kit.consumer import Consumer
from service_kit.cut_off import AnsweredWhenCutOff
from service_kit.database_watch import DatabaseWatch
from service_kit.deadletter_api import dead_letter_router
from service_kit.deadletter_watch import DeadLetterWatch
from service_kit.expiry import ExpiryWatch
from service_kit.http_protocol import WholeBodies
from service_kit.inbox import keep_partitions
from service_kit.lifecycle import Lifecycle
from service_kit.logs import configure_logs, logger
from service_kit.parts import Part, Periodic
from service_kit.problems import install_problems
from service_kit.read_back import HeldUntilOpen, ReadBack
from service_kit.runtime import Runtime
from service_kit.settings import ServiceSettings
from service_kit.spec import ConsumerSpec

_log = logger(__name__)


_NO_TELEMETRY = TelemetryConfig(
    tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False
)
"""FastAPI's own: its entries quote what somebody typed, and its spans would be the caller's."""


def create_app(
    *,
    title: str,
    settings: ServiceSettings,
    build: Callable[[Runtime], Iterable[Part]],
    routers: Callable[[Runtime], Iterable[APIRouter]],
    needs_database: bool = True,
    needs_kafka: bool = True,
    runtime: Runtime | None = None,
    streamed: Collection[str] = (),
    open_to_all: Collection[str] = (),
    read_back: Callable[[Runtime], ReadBack] | None = None,
) -> FastAPI:
    """The application of a service: its routes, `/healthz`, `/readyz`, `/metrics`, and its parts in the
    lifespan.

    `build` and `routers` are called once, before any connection exists. A service with a store also gets a
    sweeper, inbox partitions, the conservation gauges, `/v1/audit` and `/v1/dead-letters`. With `needs_kafka`
    false it is ready while Kafka is still away. `runtime` is for tests. `streamed`: paths whose routes read
    bodies of any size and limit them themselves. `open_to_all`: paths that ask for no scope; whoever comes
    there proves themselves otherwise or need not. Raises RouteOpen for any other that asks for none.
    `read_back`: what the service reads of the topics before any part starts and any request is answered.
    Nothing is connected until the lifespan starts, and it starts whether or not Kafka and PostgreSQL are
    there.
    """
    failpoints.activate(settings.failpoints)
    shared = runtime or Runtime.of(settings, needs_database=needs_database)
    parts = [*build(shared), _expiries(settings, shared)]
    specs = [part.spec for part in parts if isinstance(part, Consumer)]
    if shared.has_database:
        parts += _store_parts(shared, specs)
    first = read_back(shared) if read_back is not None else None
    lifecycle = Lifecycle(shared, parts, needs_kafka=needs_kafka, first=first)
    metrics.BUILD.info({"service": settings.service, "version": settings.release})
    metrics.READY.set_function(lambda: not lifecycle.unready())
    metrics.PROCESS_TIME.set_function(lambda: shared.clock.now().timestamp())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await lifecycle.start()
        try:
            yield
        finally:
            await lifecycle.stop()

    app = FastAPI(
        title=title,
        version=settings.release,
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
    )
    app.state.lifecycle = lifecycle
    app.state.runtime = shared
    install_problems(app)
    app.add_middleware(
        BodyLimit, streamed=streamed, proves=lambda sent, address: shared.gate.identify(sent, address)
    )
    if first is not None:
        app.add_middleware(HeldUntilOpen, gate=first)
    if shared.tracing is not None:
        from service_kit.tracing_http import TracedRequests

        app.add_middleware(TracedRequests, tracing=shared.tracing)
    app.include_router(_health_router(lifecycle))
    if shared.has_database:
        app.include_router(audit_router(shared))
    if shared.has_database and specs:
        app.include_router(dead_letter_router(shared, specs))
    for router in routers(shared):
        _refuse_open(router, open_to_all)
        app.include_router(router)
    return app


class RouteOpen(Exception):
    """A route asks for no scope: give it `gate.allowed(...)`, or name it under `open_to_all`."""


def _refuse_open(router: APIRouter, open_to_all: Collection[str]) -> None:
    forgotten = [path for path in unguarded(router) if path not in open_to_all]
    if forgotten:
        raise RouteOpen(f"{', '.join(forgotten)}: {RouteOpen.__doc__}")


def _store_parts(runtime: Runtime, specs: Sequence[ConsumerSpec]) -> list[Part]:
    database = runtime.database
    outbox.known_series(runtime.settings.service)
    gauges = StoreGauges(database, specs)
    letters = DeadLetterWatch(runtime, specs)
    watched = Periodic(
        "dead letters",
        every=timedelta(minutes=1),
        work=letters.work,
        only_one=True,
        database=database,
        on_loss=letters.forget,
        clock=runtime.clock,
    )
    return [
        runtime.sweeper(),
        *([watched] if specs else []),
        Periodic(
            "database",
            every=timedelta(seconds=10),
            work=DatabaseWatch(database, runtime.clock).work,
            clock=runtime.clock,
        ),
        Periodic(
            "inbox partitions",
            every=timedelta(hours=1),
            work=lambda: keep_partitions(database),
            clock=runtime.clock,
        ),
        Periodic(
            "gauges",
            every=timedelta(seconds=10),
            work=gauges.work,
            only_one=True,
            database=database,
            on_loss=gauges.forget,
            clock=runtime.clock,
        ),
    ]


def _expiries(settings: ServiceSettings, runtime: Runtime) -> Part:
    work = ExpiryWatch(settings).work
    return Periodic("expiries", every=timedelta(minutes=10), work=work, clock=runtime.clock)


def _health_router(lifecycle: Lifecycle) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz", responses={503: {"description": "A part died: restart it."}})
    async def healthz() -> Response:
        """200 while every part runs; 503 asks for a restart. Waiting for Kafka or PostgreSQL is healthy."""
        if lifecycle.died:
            return JSONResponse({"status": "died", "part": lifecycle.died}, status_code=503)
        return JSONResponse({"status": "ok"})

    @router.get("/readyz", responses={503: {"description": "Not ready, with the reasons by part."}})
    async def readyz() -> Response:
        """200 when the service does its work; 503 with the reasons, by part, when it cannot now. `concerns`
        says what is wrong though the work goes on, as while intake spools.
        """
        reasons = lifecycle.unready()
        answer = {"ready": not reasons, "reasons": reasons} | lifecycle.concerns()
        return JSONResponse(answer, status_code=503 if reasons else 200)

    @router.get("/servez", include_in_schema=False)
    async def servez() -> Response:
        """For who spreads requests: 200 once somebody found the service ready, whatever is away later."""
        reasons = lifecycle.unserving()
        answer = {"serves": not reasons, "reasons": reasons}
        return JSONResponse(answer, status_code=503 if reasons else 200)

    @router.get("/metrics", include_in_schema=False)
    async def exposition() -> Response:
        """Prometheus text."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is kept: longer than clients and proxies keep theirs (nginx and AWS load
balancers 60 s, httpx 5 s by default). Whoever closes second never closes on a request that is on its way.
"""


LAST_SECONDS = 5.0
"""So much longer than a stop takes a process whose part died may take; then it ends whatever holds it up."""


def serve(
    app: FastAPI,
    settings: ServiceSettings,
    *,
    around: Callable[[FastAPI], Any] = lambda app: app,
    **overrides: Any,
) -> None:
    """Run the `app` of `create_app` until SIGTERM or SIGINT, then stop within the seconds set; `around` may
    put something before it. Logs are JSON lines on stdout. Raises SystemExit 1, stopped as cleanly, some time
    after a part died, or where the port is taken: whoever started the process starts it anew. The last line
    of its log says why.
    """
    configure_logs(
        service=settings.service,
        instance=settings.instance,
        level=settings.log_level,
        more=tracing.log_processors(),
    )
    # uvicorn raises the signal again once it has stopped: a clean stop is no death by signal
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    options: dict[str, Any] = {
        "host": settings.http_host,
        "port": settings.http_port,
        "loop": "uvloop",
        "http": WholeBodies,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": max(1, int(settings.stop_seconds) - 9),
    }
    # what is loaded by now stays: looking through it for garbage took a quarter of a busy service's time
    gc.collect()
    gc.freeze()
    server = uvicorn.Server(uvicorn.Config(AnsweredWhenCutOff(around(app)), **(options | overrides)))
    lifecycle: Lifecycle = app.state.lifecycle
    lifecycle.end = lambda: _stop(server, lifecycle, within=2 * settings.stop_seconds + LAST_SECONDS)
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    except SystemExit as ended:  # uvicorn's own of a port that is taken, or 0: SIGTERM
        if not ended.code:
            raise
    if lifecycle.died or not server.started:
        _say_why(lifecycle.died or "it did not start")
        sys.exit(1)


def _stop(server: uvicorn.Server, lifecycle: Lifecycle, *, within: float) -> None:
    """As SIGTERM does. But here nobody sends SIGKILL after it where a thread does not come back."""
    server.should_exit = True
    last = threading.Timer(within, _end_at_once, (lifecycle,))
    last.daemon = True
    last.start()


def _end_at_once(lifecycle: Lifecycle) -> None:
    _say_why(f"{lifecycle.died}; something in it did not stop")
    os._exit(1)


def _say_why(died: str) -> None:
    _log.critical("ended, to be started anew", error=died)
