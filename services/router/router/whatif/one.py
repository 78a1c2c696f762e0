"""What would become of one lead now: the live state is read, nothing is locked and nothing is written."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from lead_events.words import HoldReason
from router.books import Books
from router.domain.book import UNSPOKEN, Book, PoolChoice
from router.domain.choice import choose_pool
from router.domain.deadlines import deadlines
from router.domain.decision import Decision
from router.domain.leads import Lead
from router.domain.owners import Owner, Waits
from router.domain.pool import Terms
from router.domain.strategies.choosers import Chooser
from router.domain.takers import able_now
from router.domain.why import Around, Why, why_assigned, why_held, why_kept_back, why_no_pool, why_waits
from router.errors import NoRulebook
from router.memory import read_memories
from router.roster import RepReader
from router.store import q
from router.waiting import kinds_waiting, queues_waiting
from router.whatif.deciding import Company
from router.whatif.model import Staff
from service_kit.postgres import Connection
from service_kit.runtime import Runtime

MOST_CANDIDATES = 200
"""Reps of the pool that are listed."""


class Simulator:
    """Asks what would become of leads."""

    def __init__(self, runtime: Runtime, books: Books, reader: RepReader) -> None:
        self._runtime = runtime
        self._books = books
        self._reader = reader

    async def one(self, lead: Lead) -> dict[str, Any]:
        """Decide on a lead as if it came now. Raises NoRulebook."""
        async with (
            self._runtime.database.acquire() as conn,
            conn.transaction(isolation="repeatable_read", readonly=True),
        ):
            now: datetime = await self._runtime.database.clock.now(conn)
            book = (await self._books.shelf(conn)).at(now)
            if book is None:
                raise NoRulebook
            lead.received_at = lead.received_at or now
            choice = choose_pool(lead, book)
            if choice.pool is None:
                return _no_pool(lead, choice)
            company = await self._company(conn, book, now)
            return await _decide(conn, company, lead, choice, now)

    async def _company(self, conn: Connection, book: Book, now: datetime) -> Company:
        roster = {row["id"]: row for row in await conn.fetch(q.roster)}
        reps, loads = await self._reader.look(conn, roster, now)
        staff = [Staff(rep, roster[name]["email"]) for name, rep in reps.items()]
        memories = await read_memories(conn, await conn.fetch(q.pools_as_they_are, sorted(book.pools)))

        def chooser(pool: str, terms: Terms) -> Chooser | None:
            return memories[pool].chooser(terms) if pool in memories else None

        return Company(book, staff, now, loads, chooser)


async def _decide(
    conn: Connection, company: Company, lead: Lead, choice: PoolChoice, now: datetime
) -> dict[str, Any]:
    answers = company.book.agreements.at(now).answers(lead.quadrant, lead.line)
    routable = lead.routable(answers=answers, needs=choice.needs)
    knows = await _known_by(conn, company.book, lead, now)
    owned, owner, choice = company.owner(choice, routable, knows, now)
    if isinstance(owned, Waits) and owner is not None:
        return _held(why_waits(owned, owner), choice, HoldReason.WAITS_FOR_OWNER, owned.look_at)
    if isinstance(owned, Decision):
        return _decided(company, lead, choice, owned, owner, now)
    queues = await _queues(conn, company, choice, lead.line, now)
    decision = company.decide(choice, routable, now, queues)
    if decision.pool.id == choice.unspoken:
        choice = replace(choice, pool=decision.pool.id, rule=UNSPOKEN)
    return _decided(company, lead, choice, decision, None, now)


async def _known_by(conn: Connection, book: Book, lead: Lead, now: datetime) -> str | None:
    """The rep who last worked the person, as far back as the plan counts."""
    plan = book.company.routing.plans.get(lead.line)
    if lead.person_id is None or plan is None:
        return None
    rows = await conn.fetch(q.person_owners, [lead.person_id], now - timedelta(days=plan.owners.days))
    return rows[0]["rep_id"] if rows else None


async def _queues(
    conn: Connection, company: Company, choice: PoolChoice, line: str, now: datetime
) -> set[tuple[str, str]]:
    """Where leads wait that somebody can take: a new one joins them."""
    pools = set(company.chain(choice.pool or "")) | ({choice.unspoken} if choice.unspoken else set())
    kinds = [each for each in await kinds_waiting(conn, pools) if each.line == line]
    wanted = [kind for kind in kinds if any(able_now(company.pools[kind.pool], kind.like(now), now))]
    return await queues_waiting(conn, wanted, now)


def _no_pool(lead: Lead, choice: PoolChoice) -> dict[str, Any]:
    if choice.keeps_back:
        return {**_held(why_kept_back(choice.standing), choice, None, None), "effect": "kept_back"}
    return _held(why_no_pool(lead.line, has_rulebook=True), choice, HoldReason.NO_RULE_MATCHED, None)


def _held(why: Why, choice: PoolChoice, reason: HoldReason | None, at: datetime | None) -> dict[str, Any]:
    return {
        "effect": "held",
        "why": why.text,
        "rep": None,
        **_chosen(choice),
        "hold_reason": reason,
        "next_try_at": at,
        "candidates": [],
    }


def _chosen(choice: PoolChoice) -> dict[str, Any]:
    return {
        "pool": choice.pool,
        "rule": choice.rule,
        "because": choice.because,
        "territory": choice.territory,
        "rule_errors": [{"rule": each.rule, "message": each.message} for each in choice.errors],
    }


def _decided(
    company: Company,
    lead: Lead,
    choice: PoolChoice,
    decision: Decision,
    owner: Owner | None,
    now: datetime,
) -> dict[str, Any]:
    until = lead.routable(needs=choice.needs).relaxes_at()
    around = Around(
        choice.needs,
        prefers_until=until if until is not None and until > now else None,
        is_outside=owner is not None and not _is_of_the_pool(company, choice, decision),
    )
    candidates = [
        {"rep": each.rep, "standing": each.standing.value, "open": each.open, "capacity": each.capacity}
        for each in decision.candidates[:MOST_CANDIDATES]
    ]
    if decision.rep is None:
        why = why_held(decision, choice, around)
        return {
            **_held(why, choice, decision.hold_reason, decision.next_try_at),
            "candidates": candidates,
        }
    agreed = company.book.agreements.at(now)
    promise = agreed.promise(lead.quadrant, lead.line, decision.rep.team)
    due = deadlines(
        decision.rep.calendar,
        now,
        accept_within=promise.accept_within,
        respond_within=promise.first_response_within,
    )
    return {
        "effect": "assigned",
        "why": why_assigned(decision.rep, decision, choice, owner, around).text,
        "rep": decision.rep.id,
        **_chosen(choice),
        "round": 1,
        "accept_by": due.accept_by,
        "respond_by": due.respond_by,
        "answer_expected_at": decision.answer_at,
        "is_late": decision.is_late,
        "overruled": decision.overruled,
        "candidates": candidates,
    }


def _is_of_the_pool(company: Company, choice: PoolChoice, decision: Decision) -> bool:
    """Whether the owner who takes it belongs to the pool that the rules chose."""
    return decision.rep is not None and decision.rep.id in company.pools[choice.pool or ""].reps
