"""What leads score in the shadow, and which scorecards left it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from lead_events.words import Quadrant
from scoring.domain.profile import Known
from scoring.domain.publications import Cards
from scoring.domain.shadows import Shadows, ShadowScore
from scoring.store.save import columns
from service_kit.errors import describe
from service_kit.logs import logger
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/shadows.sql")
_log = logger(__name__)


async def load(conn: Connection, leads: Iterable[UUID], cards: Iterable[Cards]) -> Shadows:
    """Where these leads stood in the shadow. Asks nothing where no scorecard is tried there."""
    asked = list(leads)
    if not asked or not any(each.shadows for each in cards):
        return Shadows()
    rows = await conn.fetch(_q.shadows_before, asked)
    return Shadows({row["lead_id"]: (row["card"], Quadrant(row["quadrant"])) for row in rows})


async def save(conn: Connection, shadows: Shadows, now: datetime) -> None:
    """Keep what leads score in the shadow. What cannot be kept is logged, and takes nothing else along."""
    for line, error in shadows.failures:
        _log.error("a lead could not be scored in the shadow", line=line, error=error)
    if not shadows.scores:
        return
    rows = [_row(each) for each in sorted(shadows.scores.values(), key=lambda each: each.lead_id.bytes)]
    try:
        async with conn.transaction():
            await conn.execute(_q.save_shadows, now, *columns(rows, 9))
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
        shadows.failures.extend((each.line, type(error).__name__) for each in shadows.scores.values())
        shadows.scores.clear()
        _log.error("scores in the shadow could not be kept", error=describe(error))


def _row(each: ShadowScore) -> tuple[Any, ...]:
    score = each.scored.score
    return (
        each.lead_id,
        each.line,
        each.card,
        score.fit,
        score.interest,
        each.scored.quadrant,
        each.scored.stage,
        each.rulebook_version,
        orjson.dumps(each.contributions).decode(),
    )


@dataclass(frozen=True, slots=True)
class Beside:
    """Leads scored by both scorecards of a line. `pairs`: how many stand where by each, as rows;
    `differing`: some that stand elsewhere."""

    pairs: list[dict[str, Any]]
    since: datetime | None
    until: datetime | None
    with_errors: int
    differing: list[dict[str, Any]]

    @property
    def leads(self) -> int:
        """How many were scored by both."""
        return sum(each["leads"] for each in self.pairs)

    @property
    def differed(self) -> int:
        """How many of them stand in another quadrant or stage."""
        return sum(each["leads"] for each in self.pairs if not _agree(each))


def _agree(pair: dict[str, Any]) -> bool:
    return (pair["quadrant"], pair["stage"]) == (pair["shadow_quadrant"], pair["shadow_stage"])


async def beside(conn: Connection, line: str, card: str, *, sample: int) -> Beside:
    """How the leads of a line stand by both scorecards, as each was last scored; tests are left out."""
    pairs = [dict(row) for row in await conn.fetch(_q.shadow_pairs, line, card)]
    times = await conn.fetchrow(_q.shadow_since, line, card)
    rows = await conn.fetch(_q.shadow_differs, line, card, sample) if sample else []
    assert times is not None  # noqa: S101 - an aggregate always has a row
    return Beside(pairs, times["since"], times["until"], times["with_errors"], [_shown(row) for row in rows])


def _shown(row: asyncpg.Record) -> dict[str, Any]:
    found = dict(row)
    return found | {"profile": Known(found["profile"], {}).as_mapping()}


async def insert_promotion(conn: Connection, promotion: dict[str, Any]) -> None:
    """Keep who promoted what."""
    names = ("rulebook_version", "line", "based_on", "card", "at", "effective_from", "by", "why")
    await conn.execute(
        _q.insert_promotion,
        *(promotion[name] for name in names),
        promotion["leads"],
        promotion["differed"],
    )


async def promotions(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """Who promoted what, the last first."""
    return [dict(row) for row in await conn.fetch(_q.list_promotions, limit)]
