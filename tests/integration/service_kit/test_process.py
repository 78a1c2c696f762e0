"""A service as a process of its own: killed for real, stopped for real."""

import asyncio
import os
import signal as signals
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx
import psutil
import pytest

from baton_dev.files import last_messages
from service_kit.kafka import KafkaBroker
from tests.integration.service_kit.worlds import World, signal

ROOT = Path(__file__).resolve().parents[3]
SERVICE = "from tests.integration.service_kit.worlds import run_service; run_service()"
RSS_LIMIT = 120 * 1024 * 1024

pytestmark = pytest.mark.stack


@contextmanager
def service(
    world: World, *, log: IO[bytes] | None = None, **environment: str
) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    assert isinstance(world.broker, KafkaBroker)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "BATON_KAFKA": world.broker.bootstrap,
        "BATON_DSN": world.store.dsn,
        "KIT_SCHEMA": world.store.schema,
        "BATON_HTTP_PORT": str(port),
        "BATON_OUTBOX_CLAIM_MS": "600",
        "BATON_LOG_LEVEL": "warning",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SERVICE],
        cwd=ROOT,
        env={**os.environ, **settings, **environment},
        stdout=log,
        stderr=log,
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("world", ["kafka"], indirect=True)
async def test_killed_after_the_commit_and_started_again_nothing_is_lost_or_doubled(world: World) -> None:
    sent = dict(signal() for _ in range(50))
    await world.send(list(sent.values()))
    with service(world, BATON_FAILPOINTS="consumer.after_commit=kill@1") as (process, _):
        await world.eventually(lambda: _ended(process))
        assert process.returncode == -signals.SIGKILL
    with service(world) as (process, address):
        await world.eventually(lambda: world.notes(list(sent)), 30)
        await world.eventually(lambda: _all_out(world, 50))
        await world.eventually(world.outbox_is_empty)
        await world.eventually(lambda: _status(address, "/readyz", 200))
        assert psutil.Process(process.pid).memory_info().rss < RSS_LIMIT
        process.send_signal(signals.SIGTERM)
        assert process.wait(10) == 0
    assert await world.noted() == dict.fromkeys(sent, 1)
    assert (await world.hop()).unaccounted == 0


@pytest.mark.parametrize("world", ["kafka"], indirect=True)
async def test_a_process_whose_part_died_says_so_and_then_ends_to_be_started_anew(
    world: World, tmp_path: Path
) -> None:
    """Docker starts what has ended, and not what is unhealthy."""
    with (
        (tmp_path / "log").open("wb") as log,
        service(world, log=log, KIT_DOOM_SECONDS="2", BATON_LOG_LEVEL="info") as (process, address),
    ):
        await world.eventually(lambda: _status(address, "/healthz", 503))
        await world.eventually(lambda: _ended(process))
        assert process.returncode == 1
    assert "doomed: Poison: no way on" in last_messages(tmp_path / "log", 1), "why, at the end of its log"


@pytest.mark.parametrize("world", ["kafka"], indirect=True)
async def test_a_process_whose_part_died_ends_though_a_thread_of_it_never_does(world: World) -> None:
    """As one that reads a file of a network's disk that is away: nobody kills what Docker calls unhealthy."""
    with service(world, KIT_DOOM_SECONDS="1", KIT_STUCK="yes", BATON_STOP_SECONDS="1") as (process, _):
        await world.eventually(lambda: _ended(process), 30)
        assert process.returncode == 1


@pytest.mark.parametrize("world", ["kafka"], indirect=True)
async def test_told_to_stop_in_its_last_half_minute_a_process_stops_at_once_and_cleanly(world: World) -> None:
    with service(world, KIT_DOOM_SECONDS="60") as (process, address):
        await world.eventually(lambda: _status(address, "/healthz", 503))
        process.send_signal(signals.SIGTERM)
        assert await asyncio.to_thread(process.wait, 10) == 0


@pytest.mark.parametrize("world", ["kafka"], indirect=True)
async def test_a_process_whose_port_is_taken_ends_with_1_and_says_so(world: World, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, (tmp_path / "log").open("wb") as log:
        port = str(taken.getsockname()[1])
        with service(world, log=log, BATON_HTTP_PORT=port) as (process, _):
            await world.eventually(lambda: _ended(process))
            assert process.returncode == 1
    assert "address already in use" in (tmp_path / "log").read_text()


async def _ended(process: "subprocess.Popen[bytes]") -> bool:
    return process.poll() is not None


async def _all_out(world: World, number: int) -> bool:
    return len(await world.outputs()) == number


async def _status(address: str, path: str, status: int) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(address + path)).status_code == status
        except httpx.ConnectError:
            return False


@pytest.mark.parametrize("world", ["kafka"], indirect=True)
async def test_an_idle_connection_is_closed_by_its_client_first_and_holds_up_no_stop(world: World) -> None:
    """Clients and proxies drop theirs after 5 to 60 s; a server that is quicker closes on requests that are
    on their way, which then have no answer."""
    limits = httpx.Limits(keepalive_expiry=None)
    with service(world) as (process, address):
        await world.eventually(lambda: _status(address, "/readyz", 200))
        async with httpx.AsyncClient(limits=limits, trust_env=False) as client:
            first = await client.get(f"{address}/healthz")
            await asyncio.sleep(6)
            second = await client.get(f"{address}/healthz")
            streams = [answer.extensions["network_stream"] for answer in (first, second)]
            ports = {stream.get_extra_info("client_addr") for stream in streams}
            assert len(ports) == 1, "one connection"
            process.send_signal(signals.SIGTERM)
            assert await asyncio.to_thread(process.wait, 10) == 0
