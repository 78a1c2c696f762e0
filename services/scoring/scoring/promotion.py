"""A scorecard leaves the shadow: a new version of the rulebook in which it is the line's own."""

import asyncio
from datetime import datetime
from typing import Any

from lead_events import RulebookPublished
from rulebook import publication as rulebook_publication
from rulebook import store as rulebook_store
from rulebook.versions import NOTICE, NoRulebookYet, TakesEffectTooSoon
from scoring import publication
from scoring.cards import card_id
from scoring.publication import Published
from scoring.store import shadows
from service_kit.audit import Also
from service_kit.postgres import Connection
from service_kit.runtime import Runtime
from service_kit.unit import Unit


class NoShadow(LookupError):
    """The newest version of the rulebook has no scorecard of that line in the shadow."""


class PublishedMeanwhile(Exception):
    """Somebody published another version meanwhile: look at it and promote again."""


async def promote(
    runtime: Runtime,
    line: str,
    *,
    by: str,
    why: str,
    effective_from: datetime | None,
    asked: Also | None = None,
) -> tuple[dict[str, Any], Published]:
    """Publish the newest version again with the line's shadow as its scorecard, and keep who did it.

    Raises NoShadow, NoRulebookYet, PublishedMeanwhile, RulebookInvalid, TakesEffectTooSoon.
    """
    async with runtime.database.acquire() as conn:
        base = await _newest(conn)
    rulebook = await asyncio.to_thread(rulebook_publication.parse, base.rulebook)
    card = rulebook.shadow_scorecards.get(line)
    if card is None:
        tried = ", ".join(rulebook.shadow_scorecards)
        hint = f"those in the shadow are {tried}" if tried else f"publish shadow-scorecards/{line}.yaml first"
        raise NoShadow(f"version {base.version} has no scorecard of {line!r} in the shadow: {hint}")
    document = rulebook_publication.to_document(rulebook)
    document["scorecards"][line] = document["shadow_scorecards"].pop(line)
    prepared = await asyncio.to_thread(rulebook_publication.prepare, document)
    kept: dict[str, Any] = {
        "line": line,
        "based_on": base.version,
        "card": card_id(card),
        "by": by,
        "why": why,
    }

    async def keep(unit: Unit, event: RulebookPublished) -> None:
        beside = await shadows.beside(unit.conn, line, kept["card"], sample=0)
        kept.update(
            rulebook_version=event.version,
            at=event.published_at,
            effective_from=event.effective_from,
            leads=beside.leads,
            differed=beside.differed,
        )
        await shadows.insert_promotion(unit.conn, kept)

    async def moment(unit: Unit) -> datetime:
        newest = await _newest(unit.conn)
        if newest.version != base.version:
            raise PublishedMeanwhile(
                f"{newest.published_by} published version {newest.version} meanwhile: look at it, and "
                "promote again"
            )
        return _moment(effective_from, base, unit.now)

    published = await publication.publish_prepared(
        runtime, prepared, published_by=by, moment=moment, also=keep, asked=asked
    )
    return kept, published


async def _newest(conn: Connection) -> RulebookPublished:
    listed = await rulebook_store.list_versions(conn, 1)
    if not listed:
        raise NoRulebookYet("no rulebook is published yet; publish one with `baton rulebook publish`")
    return await rulebook_store.read_version(conn, listed[0]["version"])


def _moment(asked: datetime | None, base: RulebookPublished, now: datetime) -> datetime:
    """When the promotion takes effect: not before the version it is made of, which would undo it then."""
    earliest = max(now + NOTICE, base.effective_from)
    if asked is not None and asked < earliest:
        raise TakesEffectTooSoon(
            f"effective_from {asked.isoformat()} is too soon: version {base.version}, which it is made of, "
            f"takes effect at {base.effective_from.isoformat()}; write {earliest.isoformat()} or later, or "
            "leave it out"
        )
    return asked or earliest
