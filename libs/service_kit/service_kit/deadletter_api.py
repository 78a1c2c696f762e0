"""The operator's dead letters: list, show, send back, and let a stopped consumer go on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from lead_events.catalog import dead_letter_name
from service_kit import deadletters
from service_kit.audit import Caller, Who, audit
from service_kit.auth_principal import Scope
from service_kit.broker import BrokerUnavailable, ConsumerClient
from service_kit.deadletter_client import ask
from service_kit.documents import refusals
from service_kit.postgres import Connection
from service_kit.problems import Problem
from service_kit.queries import load_queries
from service_kit.records import Record, TopicPartition
from service_kit.runtime import Runtime
from service_kit.spec import ConsumerSpec
from service_kit.unit import Unit

_q = load_queries("service_kit")


class DeadLetter(BaseModel):
    """One dead letter: where it stands, where it came from, why it is here."""

    topic: str
    partition: int
    offset: int
    event_id: str
    source_topic: str
    reason: str
    consumer: str
    time: str
    broker_time: datetime
    replayed_at: datetime | None = Field(default=None, description="when it was sent back last, if it was")
    key: str | None
    headers: dict[str, str] | None = None
    value: str | None = None


Number = Annotated[int, Path(ge=0, description="0 or more")]


class Place(BaseModel):
    """One dead letter by its place."""

    topic: str
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)


class Replay(BaseModel):
    """Which dead letters to send back. `by` is kept as audit."""

    letters: list[Place] = Field(min_length=1, max_length=500)
    by: str = Field(min_length=1, max_length=200)


class Resume(BaseModel):
    """Let a stopped consumer go on; without `consumer`, all of this service."""

    consumer: str | None = None
    by: str = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=1, max_length=1000)


def dead_letter_router(runtime: Runtime, specs: Sequence[ConsumerSpec]) -> APIRouter:
    """`/v1/dead-letters` over the dead letter topics of these consumers."""
    router = APIRouter(
        prefix="/v1/dead-letters",
        tags=["dead letters"],
        dependencies=[Depends(runtime.gate.require(Scope.OPERATE))],
    )
    names = [dead_letter_name(t, s.name) for s in specs for t in (*s.topics, *s.bulk_topics)]
    reader = _Reader(runtime, names)

    @router.get("", responses=refusals(404, 503))
    async def list_dead_letters(
        topic: str | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 50
    ) -> dict[str, Any]:
        """The newest dead letters, newest first, and which consumers are stopped."""
        found = await reader.newest([topic] if topic else names, limit)
        async with runtime.database.acquire() as conn:
            stops = await deadletters.open_stops(conn)
            replays = await _replays(conn, found)
        shown = [
            _shown(record).model_copy(update={"replayed_at": replays.get(_at_place(record))})
            for record in found
        ]
        return {
            "dead_letters": [letter.model_dump(exclude_none=True) for letter in shown],
            "stopped": [{"consumer": s.consumer, "since": s.stopped_at, "reason": str(s)} for s in stops],
        }

    @router.get("/{topic}/{partition}/{offset}", responses=refusals(503))
    async def show_dead_letter(topic: str, partition: Number, offset: Number) -> DeadLetter:
        """One dead letter with its headers and value."""
        return _shown(await reader.one(Place(topic=topic, partition=partition, offset=offset)), whole=True)

    @router.post("/replay", responses=refusals(404, 503))
    async def replay_dead_letters(request: Replay, who: Who) -> dict[str, int]:
        """Send dead letters back to the topic they came from, with their old ids."""
        records = [await reader.one(place) for place in request.letters]
        await _send_back(runtime, records, who.named(request.by))
        return {"replayed": len(records)}

    @router.post("/resume")
    async def resume_consumer(request: Resume, who: Who) -> dict[str, list[str]]:
        """Let consumers stopped by the dead-letter limit go on; who and why are kept."""
        caller = who.named(request.by)

        async def work(unit: Unit) -> Sequence[str]:
            resumed = await deadletters.resume(
                unit.conn, consumer=request.consumer, by=caller.by, reason=request.reason, now=unit.now
            )
            for name in resumed or [request.consumer or "none was stopped"]:
                await audit(unit, caller, "dead_letters.resume", "consumer", name)
            return resumed

        return {"resumed": list(await runtime.in_transaction(work))}

    return router


async def _send_back(runtime: Runtime, records: Sequence[Record], who: Caller) -> None:
    """Through the outbox, with the audit in the same transaction: a crash sends twice at most, never not at
    all.
    """

    async def work(unit: Unit) -> None:
        for record in records:
            back = deadletters.replayed(record)
            if back is None:
                raise Problem(
                    422, "Not a dead letter", f"offset {record.offset} does not say where it came from"
                )
            unit.emit_raw(back)
            await unit.conn.execute(
                _q.insert_replay, record.topic, record.partition, record.offset, 1, unit.now, who.by
            )
            place = "/".join(map(str, _at_place(record)))
            await audit(unit, who, "dead_letters.replay", "dead_letter", place)

    await runtime.in_transaction(work)


async def _replays(conn: Connection, records: Sequence[Record]) -> dict[tuple[str, int, int], datetime]:
    """When each of these was sent back last, by its place; those never sent back are left out."""
    places = [_at_place(record) for record in records]
    columns = [list(column) for column in zip(*places, strict=True)] or [[], [], []]
    rows = await conn.fetch(_q.replays_of, *columns)
    return {(row["topic"], row["partition"], row["first_offset"]): row["replayed_at"] for row in rows}


def _at_place(record: Record) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset


def _shown(record: Record, *, whole: bool = False) -> DeadLetter:
    about = deadletters.described(record.headers)
    return DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        event_id=about.get("id", ""),
        source_topic=about.get("topic", ""),
        reason=about.get("reason", ""),
        consumer=about.get("consumer", ""),
        time=about.get("time", ""),
        broker_time=record.broker_time,
        key=record.key.decode("utf-8", "replace") if record.key is not None else None,
        headers={n: v.decode("utf-8", "replace") for n, v in record.headers} if whole else None,
        value=record.value.decode("utf-8", "replace") if whole and record.value is not None else None,
    )


class _Reader:
    """Reads dead letter topics with a client that lives for one question and commits nothing."""

    def __init__(self, runtime: Runtime, topics: Sequence[str]) -> None:
        self._runtime = runtime
        self._topics = list(topics)

    async def newest(self, topics: Sequence[str], limit: int) -> list[Record]:
        """The newest records of these topics, newest first."""
        self._check(topics)
        try:
            return await ask(self._runtime, topics, lambda client: _newest(client, limit))
        except BrokerUnavailable as error:
            raise _unavailable(error) from error

    async def one(self, place: Place) -> Record:
        """The record at a place. Raises Problem 404."""
        self._check([place.topic])
        where = TopicPartition(place.topic, place.partition)
        try:
            found = await ask(self._runtime, [place.topic], lambda client: _at(client, where, place.offset))
        except BrokerUnavailable as error:
            raise _unavailable(error) from error
        if found is None:
            raise Problem(
                404,
                "No such dead letter",
                f"nothing at {place.topic}/{place.partition}/{place.offset}; list them first",
            )
        return found

    def _check(self, topics: Sequence[str]) -> None:
        for topic in topics:
            if topic not in self._topics:
                known = ", ".join(self._topics)
                raise Problem(
                    404,
                    "No such dead letter topic",
                    f"{topic} is none of this service's: {known}",
                    field="topic",
                )


async def _newest(client: ConsumerClient, limit: int) -> list[Record]:
    places = client.assignment().partitions
    ends, begins = await client.end_offsets(places), await client.beginning_offsets(places)
    client.seek({place: max(begins[place], ends[place] - limit) for place in places})
    left = {place: end for place, end in ends.items() if end > begins[place]}
    found: list[Record] = []
    for _ in range(20):
        if not left:
            break
        taken = await client.take(list(left), max_records=limit * len(left), timeout=0.5)
        found += taken
        for record in taken:
            if record.offset + 1 >= ends[record.place]:
                left.pop(record.place, None)
    return sorted(found, key=lambda record: record.broker_time, reverse=True)[:limit]


async def _at(client: ConsumerClient, where: TopicPartition, offset: int) -> Record | None:
    places = client.assignment().partitions
    if where not in places:
        return None
    ends, begins = await client.end_offsets([where]), await client.beginning_offsets([where])
    if not begins[where] <= offset < ends[where]:
        return None
    client.seek({where: offset})
    taken = await client.take([where], max_records=1, timeout=3.0)
    return taken[0] if taken and taken[0].offset == offset else None


def _unavailable(error: Exception) -> Problem:
    return Problem(503, "Kafka is not available", f"{error}; try again later", headers={"Retry-After": "5"})
