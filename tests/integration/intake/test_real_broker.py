"""On a real Kafka: accepted, away, hung, back, and killed processes, with a ledger of every 202."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from baton_dev.kafka import KafkaServer
from baton_dev.ports import choose_port
from lead_events.catalog import topic
from service_kit.kafka import KafkaBroker
from service_kit.topics import create_topics
from tests.integration.intake.running import FORMS, PATH, Harness, eventually, publication, rulebook
from tests.patience import HANGS_AFTER

pytestmark = pytest.mark.stack


@pytest.fixture
async def kafka(tmp_path: Path) -> AsyncIterator[KafkaServer]:
    server = KafkaServer(tmp_path / "kafka")
    await asyncio.to_thread(server.start)
    await create_topics(server.bootstrap, [topic("lead-submitted"), topic("rulebook-published")])
    publisher = KafkaBroker(server.bootstrap).publisher()
    await publisher.start()
    await publisher.publish([publication(1, rulebook(FORMS))])
    await publisher.stop()
    yield server
    await asyncio.to_thread(server.kill)


async def arrived(server: KafkaServer) -> set[str]:
    """Ids of all submissions on the topic."""
    client = KafkaBroker(server.bootstrap).consumer("reader", ["lead-submitted"])
    await client.start()
    found: set[str] = set()
    try:
        await eventually(lambda: bool(client.assignment().partitions), 30)
        places = client.assignment().partitions
        left = sum((await client.end_offsets(places)).values())
        while left > 0:
            records = await client.take(places, max_records=500, timeout=1.0)
            left -= len(records)
            found |= {dict(record.headers)["ce_subject"].decode() for record in records}
    finally:
        await client.stop()
    return found


class Stolen:
    """Seconds so far in which this process wanted its core and had none: no fault of intake's."""

    def __init__(self) -> None:
        self.seconds = 0.0

    async def watch(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.02)
            self.seconds += max(0.0, time.monotonic() - before - 0.02)


async def test_a_broker_that_hangs_and_one_that_is_gone_hold_nobody_up(
    kafka: KafkaServer, tmp_path: Path
) -> None:
    harness = Harness(tmp_path / "intake")
    broker = KafkaBroker(kafka.bootstrap, publish_deadline=1.2)
    ids: list[str] = []
    longest = 0.0
    stolen = Stolen()
    watching = asyncio.create_task(stolen.watch())
    async with harness.start(broker=broker) as intake:

        async def post(first: int, count: int) -> None:
            nonlocal longest

            async def one(number: int) -> None:
                nonlocal longest
                started = time.monotonic() - stolen.seconds
                answer = await intake.post(json={"email": f"ana{number}@example.com"})
                longest = max(longest, time.monotonic() - stolen.seconds - started)
                assert answer.status_code == 202
                ids.append(answer.json()["submission_id"])

            await asyncio.gather(*(one(number) for number in range(first, first + count)))

        await post(0, 50)
        assert intake.wiring.spool.counts.written == 0
        os.kill(kafka.pid, signal.SIGSTOP)
        await post(100, 50)
        await post(200, 50)
        assert intake.wiring.spool.counts.pending == 100
        os.kill(kafka.pid, signal.SIGCONT)
        await eventually(lambda: intake.wiring.spool.counts.pending == 0, 30)
        await asyncio.to_thread(kafka.kill)
        await post(300, 50)
        await asyncio.to_thread(kafka.start)
        await eventually(lambda: intake.wiring.spool.counts.pending == 0, 30)
        await eventually(lambda: not intake.wiring.circuit.is_open)
        await post(400, 50)
        counts = intake.wiring.spool.counts
        assert (counts.drained, counts.refused, counts.unaccounted) == (counts.written, 0, 0)
    watching.cancel()
    assert longest < 2.5
    assert set(ids) <= await arrived(kafka)
    assert len(set(ids)) == 250


class Process:
    """Intake as its own process."""

    def __init__(self, folder: Path, bootstrap: str) -> None:
        self.port = choose_port()
        self._log = (folder.parent / "intake.log").open("ab")
        environment = {
            **os.environ,
            "BATON_KAFKA": bootstrap,
            "BATON_DATA_DIR": str(folder),
            "BATON_HTTP_PORT": str(self.port),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "intake"], env=environment, stdout=self._log, stderr=self._log
        )

    def stop(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        code = self.process.wait(15)
        self._log.close()
        return code


@pytest.fixture
def processes() -> Iterator[list[Process]]:
    started: list[Process] = []
    yield started
    for each in started:
        if each.process.poll() is None:
            each.stop(signal.SIGKILL)


async def test_a_killed_and_a_stopped_process_lose_no_202(
    kafka: KafkaServer, tmp_path: Path, processes: list[Process]
) -> None:
    ids: list[str] = []

    async def post_until_gone(process: Process, worker: int, enough: asyncio.Event) -> None:
        address = f"http://127.0.0.1:{process.port}"
        async with httpx.AsyncClient(base_url=address, timeout=5) as client:
            while True:
                try:
                    answer = await client.post(PATH, json={"email": f"{len(ids)}.{worker}@example.com"})
                except httpx.HTTPError:
                    return
                if answer.status_code == 202:
                    ids.append(answer.json()["submission_id"])
                    if len(ids) % 150 == 0:
                        enough.set()

    async def run(how: signal.Signals) -> int:
        process = Process(tmp_path / "data", kafka.bootstrap)
        processes.append(process)
        await ready(process)
        enough = asyncio.Event()
        workers = [asyncio.create_task(post_until_gone(process, worker, enough)) for worker in range(8)]
        async with asyncio.timeout(HANGS_AFTER):
            await enough.wait()
        code = await asyncio.to_thread(process.stop, how)
        await asyncio.gather(*workers)
        return code

    await run(signal.SIGKILL)
    await asyncio.to_thread(kafka.kill)
    await run(signal.SIGKILL)
    assert await run(signal.SIGTERM) == 0
    await asyncio.to_thread(kafka.start)
    harness = Harness(tmp_path / "data")
    async with harness.start(broker=KafkaBroker(kafka.bootstrap)) as intake:
        await eventually(lambda: intake.wiring.spool.counts.pending == 0, 30)
        assert intake.wiring.spool.counts.unaccounted == 0
    assert len(ids) >= 450
    assert set(ids) <= await arrived(kafka)


async def ready(process: Process) -> None:
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{process.port}") as client,
        asyncio.timeout(HANGS_AFTER),
    ):
        while process.process.poll() is None:
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.05)
    raise AssertionError("intake did not start")
