"""Somebody hears of leads that wait although nobody of their pool may take them: a person has to decide."""

from collections.abc import Collection
from datetime import timedelta

from delivery.message import Channel
from delivery.store import enqueue
from lead_events.ids import event_id
from router import metrics
from router.domain.book import Book
from router.messages.digests import BETWEEN, GATHER, LISTED, MOST
from router.messages.kinds import MessageKind
from router.messages.ways import News, messages_of, ways_to
from router.store import Row, q
from service_kit.unit import Unit


async def tell_nobodys(unit: Unit, book: Book | None, channels: Collection[Channel], for_: timedelta) -> None:
    """One message for each pool and line: to who leads its team, else the team of the plan's fallback, else
    one of its reps' teams. Where nobody leads any of them the leads are counted."""
    due = await unit.conn.fetch(q.queues_of_nobody, unit.now - GATHER, unit.now - BETWEEN, unit.now)
    for row in due:
        await _tell(unit, row, book, channels, for_)


async def _tell(
    unit: Unit, row: Row, book: Book | None, channels: Collection[Channel], for_: timedelta
) -> None:
    taken = await unit.conn.fetch(q.take_of_nobody, row["pool_id"], row["line"], unit.now, MOST)
    if not taken:
        return  # another process has them in hand
    leads = [
        lead["id"] for lead in sorted(taken, key=lambda each: (each["rank"], each["received_at"], each["id"]))
    ]
    teams, reps = _whose(book, row["pool_id"], row["line"])
    decides = await unit.conn.fetchrow(q.who_leads, teams, reps)
    if decides is None:
        unit.after_commit(lambda: metrics.UNOWNED_HOLDS.inc(len(leads)))
        return
    kind, to = MessageKind.NOBODYS, decides["lead"]
    ways = await ways_to(unit.conn, kind, [{"rep_id": to, "team_id": decides["team_id"]}])
    data = {"leads": [str(lead) for lead in leads[:LISTED]], "more": max(0, len(leads) - LISTED)}
    news = News(kind, event_id(leads[0], f"nobody's {unit.now.isoformat()}", leads[0]), leads[0], to, data)
    await enqueue(unit.conn, messages_of(news, ways.get(to), channels, unit.now), now=unit.now, for_=for_)


def _whose(book: Book | None, pool_id: str | None, line: str) -> tuple[list[str], list[str]]:
    """Teams to ask in their order, and the reps whose teams come after them."""
    if book is None:
        return [], []
    plan = book.company.routing.plans.get(line)
    names = (pool_id, plan.fallback if plan is not None else None)
    pools = [book.company.routing.pools[name] for name in names if name in book.company.routing.pools]
    return [pool.team for pool in pools if pool.team is not None], [
        rep for pool in pools for rep in pool.reps
    ]
