"""Scorecards in the shadow, summed up: how many leads stand elsewhere by each, and what was won so far."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from lead_events.words import Quadrant
from rulebook.store import RulebookCache
from scoring.cards import card_id
from scoring.store import shadows
from service_kit.runtime import Runtime


async def summaries(runtime: Runtime, rulebooks: RulebookCache, sample: int) -> list[dict[str, Any]]:
    """One for each scorecard in the shadow of the version in force. Raises NoRulebookYet."""
    async with runtime.database.acquire() as conn:
        history = await rulebooks.history(conn)
        in_force = history.at(await runtime.database.clock.now(conn))
        found = []
        for line, card in in_force.rulebook.shadow_scorecards.items():
            identity = card_id(card)
            beside = await shadows.beside(conn, line, identity, sample=sample)
            found.append(
                {
                    "line": line,
                    "rulebook_version": in_force.version,
                    "card": identity,
                    "since": beside.since,
                    "last_at": beside.until,
                    "leads": beside.leads,
                    "differ": beside.differed,
                    "with_rule_errors": beside.with_errors,
                    "pairs": beside.pairs,
                    "conversions": {
                        "real": conversions(beside.pairs, "quadrant"),
                        "shadow": conversions(beside.pairs, "shadow_quadrant"),
                    },
                    "differing": beside.differing,
                }
            )
    return found


def conversions(pairs: Iterable[Mapping[str, Any]], by: str) -> dict[str, dict[str, Any]]:
    """By quadrant: how many leads stand there, how many ended, how many of these were won."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for pair in pairs:
        for at, name in enumerate(("leads", "ended", "won")):
            sums[pair[by]][at] += pair[name]
    return {
        quadrant.value: {
            "leads": leads,
            "ended": ended,
            "won": won,
            "won_share": round(won / ended, 4) if ended else None,
        }
        for quadrant in Quadrant
        for leads, ended, won in (sums[quadrant.value],)
    }
