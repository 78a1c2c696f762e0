"""Publishing the rulebook: a whole version, checked, numbered, kept and sent to all services."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
from pydantic import ValidationError

from lead_events import RulebookPublished
from lead_events.catalog import topic
from rulebook import publication, store
from rulebook.findings import Finding, RulebookInvalid
from rulebook.publication import Prepared
from service_kit.audit import Also
from service_kit.runtime import Runtime
from service_kit.unit import Unit

TOPIC = "rulebook-published"
HEADERS_BYTES = 4096
"""Room that a record's key, headers and framing take of what its topic allows."""


@dataclass(frozen=True, slots=True)
class Published:
    """A version as published, and what the check warns of."""

    event: RulebookPublished
    warnings: tuple[Finding, ...]


async def publish(
    runtime: Runtime,
    document: object,
    *,
    published_by: str,
    effective_from: datetime | None,
    asked: Also | None = None,
) -> Published:
    """Publish a new version; `asked` keeps who asked for it. Raises RulebookInvalid, TakesEffectTooSoon."""
    _check_size(document)
    prepared = await _prepared(document)
    return await _publish(runtime, prepared, published_by, effective_from, None, asked)


async def roll_back(
    runtime: Runtime,
    version: int,
    *,
    published_by: str,
    effective_from: datetime | None,
    asked: Also | None = None,
) -> Published:
    """Publish an older version's content under a new number. Raises UnknownVersion, TakesEffectTooSoon."""
    async with runtime.database.acquire() as conn:
        older = await store.read_version(conn, version)
    prepared = await _prepared(older.rulebook)
    return await _publish(runtime, prepared, published_by, effective_from, version, asked)


async def _prepared(document: object) -> Prepared:
    """The check in a thread of its own: a large rulebook takes seconds, and heartbeats must go on."""
    return await asyncio.to_thread(publication.prepare, document)


async def _publish(
    runtime: Runtime,
    prepared: Prepared,
    published_by: str,
    effective_from: datetime | None,
    rolled_back_to: int | None,
    asked: Also | None,
) -> Published:
    async def moment(_: Unit) -> datetime | None:
        return effective_from

    return await publish_prepared(
        runtime,
        prepared,
        published_by=published_by,
        moment=moment,
        rolled_back_to=rolled_back_to,
        asked=asked,
    )


async def publish_prepared(
    runtime: Runtime,
    prepared: Prepared,
    *,
    published_by: str,
    moment: Callable[[Unit], Awaitable[datetime | None]],
    also: Callable[[Unit, RulebookPublished], Awaitable[None]] | None = None,
    rolled_back_to: int | None = None,
    asked: Also | None = None,
) -> Published:
    """Number, keep and send what was checked. `moment` says when it takes effect, once nobody else can
    publish; `also` keeps in the same transaction what belongs to it, `asked` who asked for it. Raises
    TakesEffectTooSoon, and what these raise.
    """

    async def work(unit: Unit) -> RulebookPublished:
        await store.lock_numbering(unit.conn)
        now = await unit.refresh_now()
        event = await store.publish(
            unit.conn,
            prepared,
            published_by=published_by,
            now=now,
            effective_from=await moment(unit),
            rolled_back_to=rolled_back_to,
        )
        if also is not None:
            await also(unit, event)
        _check_readable(event)
        number = str(event.version)
        unit.note("version", None, event.version)
        unit.note("rolled_back_to", None, rolled_back_to)
        unit.emit(TOPIC, event, key=number, cause=_cause(event), subject=number, time=event.published_at)
        return event

    return Published(await runtime.in_transaction(work, asked), prepared.warnings)


def _check_size(document: object) -> None:
    """Before the check, which takes its time over what is too large to be sent anyway."""
    try:
        size = len(orjson.dumps(document))
    except TypeError:  # no JSON: the check says what is wrong with it
        return
    _refuse_above_limit(size)


def _refuse_above_limit(size: int) -> None:
    largest = topic(TOPIC).max_message_bytes - HEADERS_BYTES
    if size > largest:
        hint = f"make it at most {largest} bytes: leave out what nobody uses"
        raise _invalid(f"is {size} bytes long", hint)


def _check_readable(event: RulebookPublished) -> None:
    """What cannot be sent, or read by those who get it, must not be kept either. Raises RulebookInvalid."""
    value = event.to_json()
    _refuse_above_limit(len(value))
    try:
        RulebookPublished.model_validate_json(value, strict=True)
    except ValidationError:
        raise _invalid("cannot be read back", "nest lists and objects less deeply") from None


def _invalid(message: str, hint: str) -> RulebookInvalid:
    return RulebookInvalid([Finding("", 0, "rulebook", message, hint)])


def _cause(event: RulebookPublished) -> UUID:
    """What stands for the request in the event's id: number and content."""
    return uuid5(NAMESPACE_URL, f"baton:rulebook:{event.version}:{event.checksum}")
