"""Open leads scored again without a submission: after an act, by time, under another scorecard."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from lead_events import Cause, Journey
from scoring import metrics
from scoring.domain.book import LeadBook
from scoring.domain.leads import Lead, LeadState
from scoring.domain.people import KeyName, People
from scoring.domain.publications import Cards, Occasion
from scoring.store import accounts, interest, load, save, shadows
from scoring.store.load import WorkingSet
from service_kit.unit import Unit

LIVE_TOPIC, BULK_TOPIC = "lead-scored", "lead-scored-bulk"


@dataclass(frozen=True, slots=True)
class Regrading:
    """Persons and their leads under lock, with the scorecards that hold."""

    unit: Unit
    people: People
    book: LeadBook
    cards: Cards

    def leads_of(self, persons: Iterable[UUID]) -> list[Lead]:
        """The open leads of these persons, or of whoever they were merged into."""
        roots = dict.fromkeys(self.people.root(each).id for each in persons)
        return [lead for root in roots for lead in self.book.of(root)]

    def rescore(
        self,
        lead: Lead,
        cause: Cause,
        *,
        received_at: datetime | None = None,
        always: bool = False,
        tells_points: bool = False,
    ) -> bool:
        """Score a lead; publish it where it has moved, with `tells_points` also where it has other points, or
        `always`. Whether it is published.

        Its time begins with the cause; `received_at`: when we came to know of that, if later.
        """
        received = max(received_at or cause.at, cause.at)
        journey = Journey.model_construct(
            occurred_at=cause.at, received_at=received, durable_at=received, scored_at=self.unit.now
        )
        occasion = Occasion(cause, cause.id, journey, self.cards, tells_points=tells_points)
        person = self.people.root(lead.person_id)
        if always:
            self.book.publish(lead, person, occasion)
            return True
        return self.book.rescore(lead, person, occasion)

    async def save(self, topic: str = LIVE_TOPIC) -> None:
        """Keep what changed and publish what is to be told."""
        unit, book = self.unit, self.book
        changed = sorted(book.changed.values(), key=lambda lead: lead.id.bytes)
        await save.save_leads(unit.conn, changed, book.moved, {})
        await save.save_scores(unit.conn, book.publications, unit.now)
        changed_persons = self.people.changed_persons.values()
        await accounts.save(unit.conn, book.accounts, changed_persons, book.publications, unit.now)
        await shadows.save(unit.conn, book.shadows, unit.now)
        unit.after_commit(partial(metrics.observe_shadows, book.shadows))
        for each in book.publications:
            identity = each.event.lead_id
            number = each.event.seq
            unit.emit(
                topic, each.event, key=identity, cause=each.event_cause, subject=identity, ordinal=number
            )


async def begin(
    unit: Unit,
    cards: Cards,
    *,
    names: Collection[KeyName] = (),
    leads: Collection[UUID] = (),
    persons: Collection[UUID] = (),
) -> Regrading:
    """Lock persons and leads in the one order of scoring, and load what a score is made of."""
    found = await load.lock_working_set(unit.conn, names, leads, persons)
    return await of(unit, cards, found, names)


async def of(unit: Unit, cards: Cards, found: WorkingSet, names: Collection[KeyName] = ()) -> Regrading:
    """The same for what is locked already."""
    now: datetime = await unit.refresh_now()
    signals = await interest.load(unit.conn, found.persons, names, [cards], now)
    is_open = [lead for lead in found.leads if lead.state is LeadState.OPEN]
    whose = await accounts.load(unit.conn, found.persons)
    tried = await shadows.load(unit.conn, (lead.id for lead in is_open), [cards])
    book = LeadBook(is_open, signals=signals, accounts=whose, shadows=tried)
    return Regrading(unit, People(found.keys, found.persons), book, cards)
