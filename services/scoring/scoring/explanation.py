"""A lead's score as of now, with every contribution: what `GET /v1/leads/{lead_id}/score` adds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from lead_events import Cause, Journey
from lead_events.words import CauseKind
from rulebook.store import RulebookCache
from scoring.cards import CompiledCards
from scoring.domain.publications import Occasion, grade
from scoring.store import standing
from service_kit.postgres import Connection


class Explanations:
    """Scores leads as of now, and keeps nothing of it."""

    def __init__(self) -> None:
        self._rulebooks = RulebookCache()
        self._cards = CompiledCards()

    async def now(self, conn: Connection, lead: UUID, now: datetime) -> dict[str, Any] | None:
        """The score that an open lead has at `now`, and when time alone will move it to another quadrant.

        None for a lead that is not open, or whose line has no scorecard.
        """
        history = await self._rulebooks.history(conn)
        if not len(history):
            return None
        cards = self._cards.of(history)(now)
        found = await standing.of_lead(conn, lead, cards, now)
        if found is None or found.lead.line not in cards.by_line:
            return None
        return _told(found, _occasion(lead, cards, now))


def _occasion(lead: UUID, cards: Any, now: datetime) -> Occasion:
    cause = Cause.model_construct(id=lead, kind=CauseKind.RESCORE, at=now)
    journey = Journey.model_construct(received_at=now, durable_at=now, scored_at=now)
    return Occasion(cause, lead, journey, cards)


def _told(found: standing.Standing, occasion: Occasion) -> dict[str, Any]:
    lead = found.lead
    graded = grade(lead, found.person, found.signals.of(found.person.id, lead.line), occasion)
    scored = graded.scored
    told = {
        "at": occasion.journey.scored_at,
        "fit": scored.score.fit,
        "interest": scored.score.interest,
        "quadrant": scored.quadrant,
        "stage": scored.stage,
        "rulebook_version": occasion.cards.version,
        "contributions": [
            each.model_dump(mode="json", exclude_none=True) for each in scored.score.contributions
        ],
        "moves_at": lead.due_at,
        "account": lead.account and lead.account.model_dump(mode="json", exclude_none=True),
        "persona": scored.persona and scored.persona.model_dump(mode="json"),
        "buyer_stage": scored.buyer_stage,
        "probability": graded.worth and graded.worth.probability,
        "expected_value": graded.worth and graded.worth.expected.model_dump(mode="json"),
    }
    return {name: value for name, value in told.items() if value is not None}
