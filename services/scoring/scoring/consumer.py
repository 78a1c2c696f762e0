"""The one consumer of scoring: submissions in two lanes, and reports of what became of leads."""

from collections.abc import Sequence

from lead_events import LeadSubmitted
from scoring.handlers import BULK_TOPIC, EFFECTS, Scoring
from scoring.store import books
from service_kit.batch import Batch, Event
from service_kit.clock import Clock
from service_kit.postgres import Database
from service_kit.spec import ConsumerSpec, Progress

NAME = "scoring"
SUBMISSION_TOPICS = ("lead-submitted", BULK_TOPIC)
REPORT_TOPICS = ("lead-routed", "lead-progressed")
READING_EVERY = 2.0
"""Seconds between two notes of how far partitions have been read."""


def consumer_spec(scoring: Scoring, database: Database, clock: Clock) -> ConsumerSpec:
    """Reports share the consumer with submissions, so that both lock in one order within one transaction."""
    return ConsumerSpec(
        name=NAME,
        topics=("lead-submitted", *REPORT_TOPICS),
        bulk_topics=(BULK_TOPIC,),
        handler=scoring.take,
        effects=EFFECTS,
        on_read=note_receipts,
        on_positions=ReadingNotes(database, clock).note,
    )


async def note_receipts(batch: Batch, events: Sequence[Event]) -> None:
    """Book the numbers of everything read, repeats included: an intake counts each time it accepts.

    What scoring sends itself again carries its old number and is no news of that intake.
    """
    read = [
        books.Read(event.data.receipt, event.broker_time)
        for event in events
        if isinstance(event.data, LeadSubmitted) and event.data.rerun is None
    ]
    await books.note_receipts(batch.conn, read)


class ReadingNotes:
    """Keeps how far partitions of submissions have been read, at most every READING_EVERY seconds."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._noted_at = float("-inf")

    async def note(self, progress: Sequence[Progress]) -> None:
        """Keep the progress of this process's partitions."""
        ours = [each for each in progress if each.topic in SUBMISSION_TOPICS]
        if not ours or self._clock.monotonic() - self._noted_at < READING_EVERY:
            return
        async with self._database.transaction() as conn:
            await books.note_reading(conn, ours)
        self._noted_at = self._clock.monotonic()
