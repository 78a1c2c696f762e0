"""What intake says of imports, in a loop of its own, so that no lead waits for it."""

from lead_events import ImportProgressed
from scoring.store import imports as store
from service_kit.batch import Batch
from service_kit.spec import ConsumerSpec

NAME = "scoring-imports"
TOPIC = "import-progressed"
NOTED = "noted"


def imports_spec() -> ConsumerSpec:
    """The consumer of what intake says."""
    return ConsumerSpec(name=NAME, topics=(TOPIC,), handler=note_progress, effects=frozenset({NOTED}))


async def note_progress(batch: Batch) -> None:
    """Keep the newest word on each import."""
    reports = [event.data for event in batch.events if isinstance(event.data, ImportProgressed)]
    await store.note(batch.conn, reports)
    for event in batch.events:
        batch.effect(event, NOTED)
