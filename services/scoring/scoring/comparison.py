"""Scorecards compared on stored leads before one is switched to. Nothing of it is kept."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rulebook import publication
from rulebook import store as rulebook_store
from rulebook.findings import Finding
from rulebook.models import Rulebook
from rulebook.store import RulebookCache
from rulebook.versions import Versioned
from scorecard.compiled import compile_scorecard
from scoring.cards import stages_of
from scoring.domain.comparison import Comparison, Side, side_of
from scoring.domain.publications import Cards, facts_of
from scoring.store import comparison as store
from scoring.store.comparison import Stored
from scoring.store.views import Place
from service_kit.runtime import Runtime
from service_kit.turns import in_turns

CHUNK = 100
"""Leads read in one go."""
AT_ONCE = 2
"""Comparisons that run beside each other: each takes turns with live leads, and a connection at times."""


class TooManyComparisons(Exception):
    """As many comparisons run as may: ask again once one of them has ended."""


class NoScorecard(LookupError):
    """What is to be compared has no scorecard of that line."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is compared: a published version, a scorecard in place of the line's, a whole rulebook, the
    scorecard in the shadow; nothing of it: the one in force."""

    version: int | None = None
    scorecard: Mapping[str, Any] | None = None
    rulebook: Mapping[str, Any] | None = None
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """A candidate that was checked, and compiled."""

    name: str
    cards: Cards
    warnings: tuple[Finding, ...] = ()


class Comparisons:
    """Compares scorecards, a few leads at a time on the event loop, and so many at once."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._rulebooks = RulebookCache()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def ready(self, line: str, *candidates: Candidate) -> list[Ready]:
        """Check and compile candidates. Raises RulebookInvalid with all findings, UnknownVersion,
        NoRulebookYet, NoScorecard, TooManyComparisons."""
        if self._turns.locked():
            raise TooManyComparisons(
                f"{AT_ONCE} comparisons are under way, and more would keep live leads waiting: ask again "
                "once one of them has ended"
            )
        async with self._turns:
            return [await self._ready(each, line) for each in candidates]

    async def _ready(self, candidate: Candidate, line: str) -> Ready:
        async with self._runtime.database.acquire() as conn:
            if candidate.version is not None:
                published = await rulebook_store.read_version(conn, candidate.version)
                return await asyncio.to_thread(
                    _ready, f"version {candidate.version}", published.rulebook, line
                )
            now = await self._runtime.database.clock.now(conn)
            in_force = (await self._rulebooks.history(conn)).at(now)
        return await asyncio.to_thread(_of, candidate, in_force, line)

    async def compare(
        self, line: str, a: Ready, b: Ready, *, most: int
    ) -> AsyncGenerator[dict[str, Any], None]:
        """How far it is, again and again, and the result at the end. Begins once it is its turn."""
        async with self._turns:
            async for told in self._compare(line, a, b, most):
                yield told

    async def _compare(self, line: str, a: Ready, b: Ready, most: int) -> AsyncIterator[dict[str, Any]]:
        async with self._runtime.database.acquire() as conn:
            now: datetime = await self._runtime.database.clock.now(conn)
            total = await store.count(conn, line, most)
        comparison, after = Comparison(), None
        while comparison.seen < total:
            limit = min(CHUNK, total - comparison.seen)
            async with self._runtime.database.acquire() as conn:
                leads = await store.read(conn, line, (a.cards, b.cards), now, after=after, limit=limit)
            await _add(comparison, leads, line, a, b)
            if len(leads) < limit:
                break
            after = Place(leads[-1].lead.opened_at, leads[-1].lead.id)
            yield {"seen": comparison.seen, "of": total}
        yield {"result": comparison.as_json()}


def _of(candidate: Candidate, in_force: Versioned, line: str) -> Ready:
    """A candidate that is no version: as the line's scorecard in the rulebook in force, or in its own."""
    if candidate.rulebook is not None:
        return _ready("the rulebook given", candidate.rulebook, line)
    document = publication.to_document(in_force.rulebook)
    if candidate.scorecard is not None:
        document["scorecards"] = {**document["scorecards"], line: dict(candidate.scorecard)}
        return _ready("the scorecard given", document, line)
    if not candidate.shadow:
        return _ready(f"version {in_force.version}, in force", document, line)
    shadow = document["shadow_scorecards"].get(line)
    if shadow is None:
        raise NoScorecard(
            f"version {in_force.version} has no scorecard of {line!r} in the shadow: publish one in "
            f"shadow-scorecards/{line}.yaml, or name a file"
        )
    document["scorecards"] = {**document["scorecards"], line: shadow}
    return _ready(f"the shadow of version {in_force.version}", document, line)


def _ready(name: str, document: Mapping[str, Any], line: str) -> Ready:
    """Called in a thread of its own: the check of a large rulebook takes seconds."""
    prepared = publication.prepare(document)
    warnings = tuple(each for each in prepared.warnings if each.path.startswith(f"scorecards.{line}"))
    return Ready(name, _cards(prepared.rulebook, line), warnings)


def _cards(rulebook: Rulebook, line: str) -> Cards:
    card = rulebook.scorecards.get(line)
    if card is None:
        known = ", ".join(rulebook.scorecards)
        raise NoScorecard(f"there is no scorecard of {line!r} in it; write one of {known}")
    return Cards(0, {line: compile_scorecard(card, stages_of(rulebook))}, rulebook.currency)


async def _add(comparison: Comparison, leads: list[Stored], line: str, a: Ready, b: Ready) -> None:
    async for stored in in_turns(leads):
        profile = stored.person.known.as_mapping()
        one, other = (_side(stored, profile, line, each.cards) for each in (a, b))
        comparison.add(stored.lead, profile, one, other, stored.outcome)


def _side(stored: Stored, profile: Mapping[str, Any], line: str, cards: Cards) -> Side:
    """By one of the two, with the acts that this one alone would have had known."""
    since = stored.moment - cards.reach
    facts = facts_of(stored.lead, profile, [each for each in stored.signals if each.at > since])
    return side_of(cards.by_line[line], facts, stored.moment, cards.currency)
