"""The table of attempts: claimed, tried, tried again, given up."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from prometheus_client import REGISTRY

from delivery import store
from delivery.breaker import FAILURES, SHORTEST
from delivery.mail import Mail, MailServer
from delivery.message import Channel, Message, Outcome, Result, Stale, Target
from delivery.sender import CLAIM, COUNTED_EVERY, EACH_RECEIVER, Sender
from service_kit.clock import ManualClock
from service_kit.postgres import Database
from tests.integration.delivery.conftest import START, Mailbox
from tests.patience import HANGS_AFTER


class Notebook:
    """A carrier that answers with the results given, the last one again and again."""

    def __init__(self, *results: Result | Exception) -> None:
        self.results: list[Result | Exception] = list(results) or [Result(Outcome.DELIVERED)]
        self.carried: list[UUID] = []

    async def carry(self, message: Message, now: datetime) -> Result:
        self.carried.append(message.id)
        await asyncio.sleep(0)
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        if isinstance(result, Exception):
            raise result
        return result


def sender(database: Database, clock: ManualClock, carrier: Notebook) -> Sender:
    return Sender(database, {Channel.EMAIL: carrier}, clock, chance=lambda: 0.5)


async def enqueue(database: Database, count: int = 1, days: int = 3) -> Sequence[Message]:
    messages = [
        Message(uuid4(), uuid4(), "form.silent", Target.email("ana@example.com"), "Silent", "Text", START)
        for _ in range(count)
    ]
    async with database.transaction() as conn:
        await store.enqueue(conn, messages, now=START, for_=timedelta(days=days))
        await store.enqueue(conn, messages, now=START, for_=timedelta(days=days))
    return messages


async def rows(database: Database, sql: str) -> list[tuple[object, ...]]:
    async with database.acquire() as conn:
        return [tuple(row) for row in await conn.fetch(sql)]


STATES = "SELECT state, attempts, outcome FROM deliveries"


async def test_two_senders_share_the_work_and_send_each_message_once(
    database: Database, clock: ManualClock
) -> None:
    messages = await enqueue(database, 25)
    carrier = Notebook()
    await asyncio.gather(*(sender(database, clock, carrier).work() for _ in range(2)))
    assert sorted(carrier.carried) == sorted(message.id for message in messages)
    assert await rows(database, f"{STATES} GROUP BY 1, 2, 3") == [("delivered", 1, "delivered")]


async def test_it_is_tried_again_later_under_the_same_id(database: Database, clock: ManualClock) -> None:
    (message,) = await enqueue(database)
    carrier = Notebook(
        Result(Outcome.LATER, "answered 500"), RuntimeError("broken"), Result(Outcome.DELIVERED)
    )
    one = sender(database, clock, carrier)
    for seconds in (0, 4, 1, 14, 1, 100):
        clock.advance(seconds)
        await one.work()
    assert carrier.carried == [message.id] * 3
    assert await rows(database, "SELECT number, outcome FROM delivery_attempts ORDER BY 1") == [
        (1, "later"),
        (2, "later"),
        (3, "delivered"),
    ]


async def test_a_receiver_that_asks_to_wait_is_left_alone(database: Database, clock: ManualClock) -> None:
    await enqueue(database)
    carrier = Notebook(Result(Outcome.LATER, wait=timedelta(minutes=10)), Result(Outcome.DELIVERED))
    one = sender(database, clock, carrier)
    for seconds, carried in ((0, 1), (599, 1), (1, 2)):
        clock.advance(seconds)
        await one.work()
        assert len(carrier.carried) == carried


async def test_a_receiver_that_is_gone_is_given_up_at_once(database: Database, clock: ManualClock) -> None:
    await enqueue(database)
    await sender(database, clock, Notebook(Result(Outcome.GONE))).work()
    assert await rows(database, STATES) == [("given_up", 1, "gone")]


async def test_after_its_time_a_message_is_given_up(database: Database, clock: ManualClock) -> None:
    await enqueue(database, days=1)
    carrier = Notebook(Result(Outcome.LATER))
    one = sender(database, clock, carrier)
    for _ in range(60):
        await one.work()
        clock.advance(3600)
    ((state, _, outcome),) = await rows(database, STATES)
    assert (state, outcome) == ("given_up", "out_of_time")
    assert 24 <= len(carrier.carried) <= 40


async def test_a_sender_that_died_in_an_attempt_is_stood_in_for(
    database: Database, clock: ManualClock
) -> None:
    (message,) = await enqueue(database)
    async with database.transaction() as conn:
        dead = await store.claim(conn, now=clock.now(), for_=CLAIM, limit=10)
    carrier = Notebook()
    one = sender(database, clock, carrier)
    await one.work()
    assert carrier.carried == []
    clock.advance(CLAIM.total_seconds())
    await one.work()
    assert carrier.carried == [message.id]
    async with database.transaction() as conn:  # the one thought dead wakes up
        late = Result(Outcome.LATER)
        await store.note(conn, dead[0], late, now=clock.now(), milliseconds=1, next_try=clock.now())
    assert await rows(database, "SELECT state, attempts FROM deliveries") == [("delivered", 2)]


async def test_a_channel_this_service_lacks_is_told(database: Database, clock: ManualClock) -> None:
    await enqueue(database)
    await Sender(database, {}, clock, chance=lambda: 0.5).work()
    assert await rows(database, STATES) == [("pending", 1, "misconfigured")]


async def test_what_ended_long_ago_is_forgotten(database: Database, clock: ManualClock) -> None:
    await enqueue(database)
    one = sender(database, clock, Notebook())
    await one.work()
    clock.advance(31 * 24 * 3600)
    await one.work()
    assert await rows(database, STATES) == []


class Hangs:
    """Answers everybody but those of one server, who wait for `release`."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.reached, self.release = asyncio.Event(), asyncio.Event()
        self.carried: list[str] = []

    async def carry(self, message: Message, now: datetime) -> Result:
        if self.server in message.target.url:
            self.reached.set()
            await self.release.wait()
            return Result(Outcome.LATER, "too late")
        self.carried.append(message.target.url)
        return Result(Outcome.DELIVERED)


async def to_webhooks(database: Database, *urls: str) -> None:
    messages = [
        Message(uuid4(), uuid4(), "assigned", Target.webhook(url, "s"), "", "", START) for url in urls
    ]
    async with database.transaction() as conn:
        await store.enqueue(conn, messages, now=START, for_=timedelta(days=3))


async def test_a_receiver_that_hangs_holds_up_no_other(database: Database, clock: ManualClock) -> None:
    await to_webhooks(database, *["https://hangs.example/x"] * 50)
    await to_webhooks(database, *[f"https://well{number}.example/x" for number in range(500)])
    carrier = Hangs("hangs.example")
    working = asyncio.create_task(
        Sender(database, {Channel.WEBHOOK: carrier}, clock, chance=lambda: 0.5).work()
    )
    async with asyncio.timeout(HANGS_AFTER):
        while len(carrier.carried) < 500:
            await asyncio.wait({working}, timeout=0.01)
    carrier.release.set()
    await working
    assert await rows(database, "SELECT state, count(*) FROM deliveries GROUP BY state ORDER BY state") == [
        ("delivered", 500),
        ("pending", 50),
    ]


async def test_a_receiver_that_hangs_holds_up_nothing_that_comes_meanwhile(
    database: Database, clock: ManualClock
) -> None:
    await to_webhooks(database, "https://hangs.example/x")
    carrier = Hangs("hangs.example")
    working = asyncio.create_task(
        Sender(database, {Channel.WEBHOOK: carrier}, clock, chance=lambda: 0.5).work()
    )
    async with asyncio.timeout(HANGS_AFTER):
        await carrier.reached.wait()
        await to_webhooks(database, "https://well.example/x")
        while not carrier.carried:
            await asyncio.wait({working}, timeout=0.02)
    assert not working.done(), "the other one still hangs"
    carrier.release.set()
    await working


async def test_how_much_is_on_its_way_is_told_while_a_receiver_takes_its_time(
    database: Database, clock: ManualClock
) -> None:
    await to_webhooks(database, *["https://hangs.example/x"] * 30)
    carrier = Hangs("hangs.example")
    working = asyncio.create_task(
        Sender(database, {Channel.WEBHOOK: carrier}, clock, chance=lambda: 0.5).work()
    )
    async with asyncio.timeout(HANGS_AFTER):
        await carrier.reached.wait()
        await to_webhooks(database, *["https://hangs.example/x"] * 5)
        clock.advance(COUNTED_EVERY)
        while REGISTRY.get_sample_value("baton_delivery_pending") != 35:
            await asyncio.wait({working}, timeout=0.02)
    assert not working.done()
    carrier.release.set()
    await working


async def test_a_receiver_that_fails_again_and_again_is_left_alone_and_then_one_tries(
    database: Database, clock: ManualClock
) -> None:
    await to_webhooks(database, *["https://down.example/x"] * 30)
    carrier = Notebook(Result(Outcome.LATER, "down"))
    sending = Sender(database, {Channel.WEBHOOK: carrier}, clock, chance=lambda: 0.5)
    await sending.work()
    first = len(carrier.carried)
    assert FAILURES <= first <= FAILURES + EACH_RECEIVER, "those in hand when the circuit opened, and no more"
    clock.advance(SHORTEST.total_seconds() - 1)
    await sending.work()
    assert len(carrier.carried) == first
    clock.advance(1)
    await sending.work()
    assert len(carrier.carried) == first + 1
    waiting = "SELECT count(*) FROM deliveries WHERE attempts = 0"
    assert await rows(database, waiting) == [(30 - first - 1,)], "being left alone is no attempt"
    carrier.results = [Result(Outcome.DELIVERED)]
    clock.advance(4 * SHORTEST.total_seconds())
    await sending.work()
    assert await rows(database, "SELECT count(*) FROM deliveries WHERE state = 'delivered'") == [(30,)]


async def test_one_full_mailbox_keeps_nobody_elses_mail(
    database: Database, clock: ManualClock, mailbox: Mailbox
) -> None:
    mailbox.full = "ana@example.com"
    carrier = Mail(MailServer.parse(f"smtp://127.0.0.1:{mailbox.port}"), "baton@example.org")
    sending = Sender(database, {Channel.EMAIL: carrier}, clock, chance=lambda: 0.5)
    await enqueue(database, 3 * FAILURES)
    await sending.work()
    bea = Message(uuid4(), uuid4(), "assigned", Target.email("bea@example.com"), "A lead", "Call", START)
    async with database.transaction() as conn:
        await store.enqueue(conn, [bea], now=clock.now(), for_=timedelta(days=3))
    await sending.work()
    assert len(mailbox.letters) == 1, "the server is well: it refused one mailbox"
    assert await rows(database, f"{STATES} GROUP BY 1, 2, 3 ORDER BY 1") == [
        ("delivered", 1, "delivered"),
        ("pending", 1, "later"),
    ]


async def test_a_message_is_composed_when_it_goes_out_and_called_off_when_it_is_over(
    database: Database, clock: ManualClock
) -> None:
    going, over = await enqueue(database, 2)
    seen: list[str] = []

    class Reader:
        async def carry(self, message: Message, now: datetime) -> Result:
            seen.append(message.text)
            return Result(Outcome.DELIVERED, receipt="D1 17.5")

    async def prepare(message: Message, now: datetime) -> Message | Stale:
        return Stale("the round is over") if message.id == over.id else replace(message, text="as of now")

    await Sender(database, {Channel.EMAIL: Reader()}, clock, prepare=prepare).work()
    assert seen == ["as of now"]
    found = await rows(database, "SELECT id, state, outcome, receipt, text FROM deliveries ORDER BY state")
    assert found == [
        (going.id, "delivered", "delivered", "D1 17.5", "Text"),
        (over.id, "dropped", "stale", None, "Text"),
    ]


async def test_what_was_given_up_is_sent_again_for_as_long_as_before(
    database: Database, clock: ManualClock
) -> None:
    [message] = await enqueue(database)
    carrier = Notebook(Result(Outcome.GONE, "no such mailbox"))
    sending = sender(database, clock, carrier)
    await sending.work()
    clock.advance(3600)
    async with database.transaction() as conn:
        assert await store.send_again(conn, message.id, clock.now())
        assert not await store.send_again(conn, message.id, clock.now()), "it is under way"
    carrier.results = [Result(Outcome.DELIVERED)]
    await sending.work()
    async with database.acquire() as conn:
        found = await store.one(conn, message.id)
    assert found is not None
    assert (found["state"], [each["outcome"] for each in found["each_attempt"]]) == (
        "delivered",
        ["gone", "delivered"],
    )


async def test_what_takes_too_long_to_compose_is_tried_later(database: Database, clock: ManualClock) -> None:
    await enqueue(database)

    async def prepare(message: Message, now: datetime) -> Message | Stale:
        await asyncio.Event().wait()
        return message

    carrier = Notebook()
    one = Sender(database, {Channel.EMAIL: carrier}, clock, prepare=prepare, prepare_seconds=0.01)
    await one.work()
    ((state, detail),) = await rows(database, "SELECT state, detail FROM deliveries")
    assert state == "pending"
    assert "not composed within 0.01 s" in str(detail)
    assert not carrier.carried


async def test_time_runs_on_while_a_receiver_is_left_alone_and_one_more_attempt_follows(
    database: Database, clock: ManualClock
) -> None:
    await enqueue(database, FAILURES, days=1)
    carrier = Notebook(Result(Outcome.LATER))
    one = sender(database, clock, carrier)
    await one.work()
    async with database.transaction() as conn:
        await conn.execute("DELETE FROM deliveries")
    (late,) = await enqueue(database)
    async with database.transaction() as conn:
        await conn.execute("UPDATE deliveries SET give_up_at = $2 WHERE id = $1", late.id, clock.now())
    carrier.carried.clear()
    clock.advance(SHORTEST.total_seconds() - 1)
    await one.work()
    assert not carrier.carried, "left alone: no attempt, and not given up without one"
    clock.advance(1)
    await one.work()
    assert carrier.carried == [late.id]
    found = await rows(database, f"SELECT state, attempts FROM deliveries WHERE id = '{late.id}'")
    assert found == [("given_up", 1)]


async def test_a_message_that_is_sent_again_and_again_is_tried_as_long_each_time(
    database: Database, clock: ManualClock
) -> None:
    [message] = await enqueue(database, days=3)
    sending = sender(database, clock, Notebook(Result(Outcome.GONE)))
    for _ in range(3):
        await sending.work()
        clock.advance(timedelta(days=10).total_seconds())
        async with database.transaction() as conn:
            assert await store.send_again(conn, message.id, clock.now())
        [(give_up_at,)] = await rows(database, "SELECT give_up_at FROM deliveries")
        assert give_up_at == clock.now() + timedelta(days=3)


async def test_two_who_have_it_sent_again_at_once_send_it_once(
    database: Database, clock: ManualClock
) -> None:
    [message] = await enqueue(database)
    carrier = Notebook(Result(Outcome.GONE))
    await sender(database, clock, carrier).work()

    async def again() -> bool:
        async with database.transaction() as conn:
            return await store.send_again(conn, message.id, clock.now())

    assert sorted(await asyncio.gather(again(), again(), again())) == [False, False, True]
    carrier.results = [Result(Outcome.DELIVERED)]
    await asyncio.gather(*(sender(database, clock, carrier).work() for _ in range(3)))
    assert carrier.carried == [message.id] * 2


async def test_a_restart_tries_nothing_before_its_time(database: Database, clock: ManualClock) -> None:
    [message] = await enqueue(database)
    carrier = Notebook(Result(Outcome.LATER, wait=timedelta(hours=1)))
    await sender(database, clock, carrier).work()
    clock.advance(3599)
    await sender(database, clock, carrier).work()
    assert carrier.carried == [message.id]
    clock.advance(1)
    await sender(database, clock, carrier).work()
    assert carrier.carried == [message.id] * 2
