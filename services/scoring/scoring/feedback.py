"""What sales says of leads, kept for learning and for waking; in a loop of its own, so that no lead waits."""

from functools import partial
from uuid import UUID

from lead_events import LeadProgressed, LeadRouted
from lead_events.words import ProgressKind, RoutedKind
from scoring import metrics
from scoring.domain.feedback import Feedback, feedback_of
from scoring.store import feedback, nurturing, persons
from service_kit.batch import Batch
from service_kit.spec import ConsumerSpec

NAME = "scoring-feedback"
TOPICS = ("lead-routed", "lead-progressed")
KEPT, HANDED, NOTED = "kept", "handed_over", "noted"


def feedback_spec() -> ConsumerSpec:
    """The consumer of what router and reps say, beside the one that closes leads by it."""
    return ConsumerSpec(
        name=NAME, topics=TOPICS, handler=take_feedback, effects=frozenset({KEPT, HANDED, NOTED})
    )


async def take_feedback(batch: Batch) -> None:
    """Keep feedback, first handoffs and wake-up days; what says nothing of these is noted."""
    said: list[Feedback] = []
    handed: dict[UUID, LeadRouted] = {}
    for event in batch.events:
        report = event.data
        each = feedback_of(event.id, report) if isinstance(report, LeadProgressed) else None
        if each is not None:
            said.append(each)
            batch.effect(event, KEPT)
        elif isinstance(report, LeadRouted) and report.kind is RoutedKind.ASSIGNED:
            first = handed.get(report.lead_id, report)
            handed[report.lead_id] = min(first, report, key=lambda other: other.at)
            batch.effect(event, HANDED)
        else:
            batch.effect(event, NOTED)
    await persons.hold_erasures(batch.conn)  # nobody is erased between this and what is kept of them
    await feedback.insert(batch.conn, said)
    await feedback.note_handoffs(batch.conn, [(lead, each.at) for lead, each in handed.items()])
    recycled = [each for each in said if each.kind is ProgressKind.RECYCLED]
    await nurturing.note_wake_ups(batch.conn, recycled)
    await nurturing.ask_looks(batch.conn, {*handed, *(each.lead_id for each in recycled)})
    batch.after_commit(partial(metrics.count_feedback, [each.kind for each in said]))
