"""Wiring of the router, nothing else."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from fastapi import FastAPI

from delivery import metrics as delivery_metrics
from delivery.addresses import Allowed
from delivery.api import delivery_router
from router import metrics
from router.absentees import Absentees
from router.access.directory import router_gate
from router.api.access import access_router
from router.api.assigning import assigning_router
from router.api.calendar import calendar_router
from router.api.checking import checking_router
from router.api.crm import crm_operator_router, crm_router
from router.api.links import links_router
from router.api.lists import lists_router
from router.api.me import me_router
from router.api.moves import moves_router
from router.api.operators import operator_router
from router.api.own_leads import own_leads_router
from router.api.owners import owners_router
from router.api.persons import person_router
from router.api.proved import proved_router
from router.api.reps import rep_router
from router.api.roster import roster_router
from router.api.simulate import simulate_router
from router.api.slack import slack_router
from router.books import Books
from router.consumer import consumer_spec
from router.crm import metrics as crm_metrics
from router.crm.handing import OwnerHandler
from router.crm.office import CrmOffice
from router.drainer import Drainer
from router.feed_fetch import FeedFetcher
from router.feeds import Feeds
from router.handlers.acts import ActHandler
from router.handlers.assigning import AssignHandler
from router.handlers.declines import DeclineHandler
from router.handlers.drain import DrainHandler
from router.handlers.imports import ImportHandler
from router.handlers.moves import MoveHandler
from router.handlers.news import NewsHandler
from router.handlers.read_back import stages
from router.handlers.reoffer import ReofferHandler
from router.handlers.reps import RepHandler
from router.messages.chat import ChatAbsences
from router.messages.office import MessageOffice
from router.pool_gauges import PoolGauges
from router.roster import RepReader
from router.settings import RouterSettings
from service_kit.app import create_app, serve
from service_kit.parts import Part, Periodic
from service_kit.read_back import ReadBack
from service_kit.runtime import Runtime
from service_kit.secrets import Secrets

PACKAGES = ("rulebook", "delivery", "router")
"""Packages whose migrations make the router's schema."""
OPEN_TO_ALL = (
    "/act/{token}",
    "/slack/interactions",
    "/slack/commands",
    "/v1/calendar.ics",
    "/v1/crm/{name}/events",
)
"""Routes without a token: a signature, or a secret in the path or the query, says who comes."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """The handlers of one process, sharing what they cache."""

    news: NewsHandler
    acts: ActHandler
    assigning: AssignHandler
    reps: RepHandler
    absentees: Absentees
    feeds: Feeds
    moves: MoveHandler
    drainer: Drainer
    crm: CrmOffice
    messages: MessageOffice


def wire(runtime: Runtime, settings: RouterSettings) -> Wiring:
    """The production parts."""
    books, reader = Books(), RepReader()
    every = timedelta(milliseconds=settings.drain_ms)
    reps, acts = RepHandler(books), ActHandler(books, reader)
    drainer = Drainer(runtime, DrainHandler(books, reader), ImportHandler(books, reader), every=every)
    messages = MessageOffice(runtime, settings, books, acts, drainer.wake)
    fetcher = FeedFetcher(Allowed.parse(settings.delivery_allow))
    return Wiring(
        news=NewsHandler(books, reader),
        acts=acts,
        assigning=AssignHandler(books, reader),
        reps=reps,
        absentees=Absentees(runtime, ReofferHandler(books, reader, messages.outgoing.tell_team_lead)),
        feeds=Feeds(runtime, reps, Secrets(settings.secrets_dir), fetcher, drainer.wake),
        moves=MoveHandler(books, reader),
        drainer=drainer,
        crm=CrmOffice(
            runtime,
            books,
            acts,
            OwnerHandler(books, reader),
            secrets=Secrets(settings.secrets_dir),
            allowed=Allowed.parse(settings.delivery_allow),
            wake=drainer.wake,
        ),
        messages=messages,
    )


def build_app(settings: RouterSettings, runtime: Runtime | None = None) -> FastAPI:
    """The application. A test passes its own runtime."""
    metrics.known_series()
    crm_metrics.known_series()
    delivery_metrics.known_series()
    shared = runtime or Runtime.of(settings)
    shared.gate = router_gate(shared)
    wiring = wire(shared, settings)
    return create_app(
        title="Baton router",
        settings=settings,
        build=lambda rt: parts(rt, wiring),
        routers=lambda rt: [
            rep_router(rt, wiring.acts, wiring.drainer.wake),
            operator_router(rt),
            access_router(rt),
            checking_router(rt),
            assigning_router(rt, wiring.assigning, wiring.drainer.wake),
            proved_router(rt, wiring.acts, wiring.drainer.wake),
            lists_router(rt, DeclineHandler(wiring.acts), wiring.drainer.wake),
            roster_router(rt, wiring.reps, wiring.absentees, wiring.drainer.wake),
            me_router(rt, wiring.reps, wiring.absentees, wiring.drainer.wake),
            own_leads_router(rt, Books()),
            calendar_router(rt, Books()),
            moves_router(rt, Books()),
            owners_router(rt),
            simulate_router(rt, Books(), RepReader()),
            person_router(rt),
            crm_router(rt, wiring.crm),
            crm_operator_router(rt, wiring.crm),
            links_router(wiring.messages.answering),
            slack_router(rt, wiring.messages.slack, ChatAbsences(rt, wiring.reps, wiring.drainer.wake)),
            delivery_router(rt),
        ],
        runtime=shared,
        open_to_all=OPEN_TO_ALL,
        read_back=lambda rt: ReadBack(rt, stages(wiring.news, Books())),
    )


def parts(runtime: Runtime, wiring: Wiring) -> list[Part]:
    """What runs side by side."""
    return [
        runtime.consumer(consumer_spec(wiring.news)),
        wiring.drainer,
        wiring.absentees.part(),
        wiring.feeds.part(),
        *wiring.crm.parts(),
        *wiring.messages.parts(),
        Periodic(
            "moves",
            every=timedelta(seconds=2),
            work=_followed(runtime, wiring.moves),
            only_one=True,
            database=runtime.database,
            clock=runtime.clock,
        ),
        Periodic(
            "tokens",
            every=timedelta(minutes=10),
            work=metrics.export_tokens(runtime.database),
            only_one=True,
            database=runtime.database,
            on_loss=metrics.TOKENS_EXPIRING.clear,
            clock=runtime.clock,
        ),
        Periodic(
            "held leads",
            every=timedelta(seconds=10),
            work=metrics.export_held(runtime.database),
            only_one=True,
            database=runtime.database,
            on_loss=metrics.forget_held,
            clock=runtime.clock,
        ),
        Periodic(
            "pool figures",
            every=timedelta(seconds=15),
            work=PoolGauges(runtime.database, Books(), RepReader()).export,
            only_one=True,
            database=runtime.database,
            on_loss=metrics.forget_pools,
            clock=runtime.clock,
        ),
    ]


def _followed(runtime: Runtime, moves: MoveHandler) -> Callable[[], Awaitable[None]]:
    """Passes until every open lead has followed the plan in force."""

    async def follow() -> None:
        while await runtime.in_transaction(moves.follow):
            pass

    return follow


def run(settings: RouterSettings) -> None:
    """Serve until told to stop."""
    serve(build_app(settings), settings)
