"""Publishing the rulebook: a whole version, checked, numbered, kept and sent to all services."""

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from lead_events import RulebookPublished
from rulebook import publication, store
from rulebook.findings import Finding
from rulebook.publication import Prepared
from service_kit.runtime import Runtime
from service_kit.unit import Unit

TOPIC = "rulebook-published"


@dataclass(frozen=True, slots=True)
class Published:
    """A version as published, and what the check warns of."""

    event: RulebookPublished
    warnings: tuple[Finding, ...]


async def publish(
    runtime: Runtime, document: object, *, published_by: str, effective_from: datetime | None
) -> Published:
    """Publish a new version. Raises RulebookInvalid, TakesEffectTooSoon."""
    return await _publish(runtime, publication.prepare(document), published_by, effective_from, None)


async def roll_back(
    runtime: Runtime, version: int, *, published_by: str, effective_from: datetime | None
) -> Published:
    """Publish an older version's content under a new number. Raises UnknownVersion, TakesEffectTooSoon."""
    async with runtime.database.acquire() as conn:
        older = await store.read_version(conn, version)
    prepared = publication.prepare(older.rulebook)
    return await _publish(runtime, prepared, published_by, effective_from, version)


async def _publish(
    runtime: Runtime,
    prepared: Prepared,
    published_by: str,
    effective_from: datetime | None,
    rolled_back_to: int | None,
) -> Published:
    async def work(unit: Unit) -> RulebookPublished:
        event = await store.publish(
            unit.conn,
            prepared,
            published_by=published_by,
            now=await unit.refresh_now(),
            effective_from=effective_from,
            rolled_back_to=rolled_back_to,
        )
        number = str(event.version)
        unit.emit(TOPIC, event, key=number, cause=_cause(event), subject=number, time=event.published_at)
        return event

    return Published(await runtime.in_transaction(work), prepared.warnings)


def _cause(event: RulebookPublished) -> UUID:
    """What stands for the request in the event's id: number and content."""
    return uuid5(NAMESPACE_URL, f"baton:rulebook:{event.version}:{event.checksum}")
