"""Long reading in a process of its own, so that firing never waits: for who starts one, and for what runs in
it."""

import asyncio
import gc
import os
import resource
import signal
import sys
from asyncio import StreamReader
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from pydantic import BaseModel

from service_kit.logs import configure_logs
from service_kit.postgres import Connection, Database
from service_kit.settings import read_settings
from sla_monitor.settings import Settings

NICER = 5
"""Who fires goes first."""
STATEMENT_TIMEOUT_MS = 60_000
OUT_OF_MEMORY = 4
"""Exit status of a child that would take more memory than it may."""
_ENDED_FOR_MEMORY = (OUT_OF_MEMORY, -signal.SIGABRT, -signal.SIGKILL)
"""Libraries in Rust abort where none is left; the kernel kills where the limit is the container's."""


class StoreQuestion(BaseModel):
    """What a child reads first: where the store is. What is asked of it stands in more fields."""

    dsn: str
    schema_name: str


Question = TypeVar("Question", bound=StoreQuestion)


@asynccontextmanager
async def child_process(module: str) -> AsyncIterator[Process]:
    """A module run in a process of its own: ended whatever happens, also where whoever asked has gone."""
    command = (sys.executable, "-m", module)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def asked(process: Process, question: StoreQuestion) -> StreamReader:
    """Send the question whole; where the answer is read."""
    if process.stdin is None or process.stdout is None:
        raise AssertionError("child_process pipes both")
    process.stdin.write(question.model_dump_json().encode())
    process.stdin.close()
    return process.stdout


async def answered(process: Process, question: StoreQuestion, seconds: float) -> bytes:
    """The whole answer of a child that ends with it. Raises TimeoutError after so many seconds."""
    async with asyncio.timeout(seconds):
        told, _ = await process.communicate(question.model_dump_json().encode())
    return told


def why_broken_off(process: Process) -> str:
    """What is to be told of a child that ended without its whole answer."""
    if process.returncode in _ENDED_FOR_MEMORY:
        return (
            "there is more in it than fits into what BATON_REPORT_MEMORY_MB allows: set it higher, and with "
            "it the memory of sla-monitor's container"
        )
    return "the process that makes it broke off"


def run_child(main: Callable[[], None]) -> None:
    """Run a child's `main` within the memory it may take, so that whoever fires is not killed for it."""
    most = read_settings(Settings).report_memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    try:
        main()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # any tidier end may want memory


def read_question(kind: type[Question]) -> Question:
    """In the child, before all else: give way to who fires, and read stdin to its end. Its stdout is the
    answer: what it logs goes to stderr.

    No garbage is looked for from here on: it ends with the answer, and looking takes half of the time of
    reading.
    """
    os.nice(NICER)
    gc.disable()
    configure_logs(service="sla-monitor", instance=f"child-{os.getpid()}", stream=sys.stderr)
    return kind.model_validate_json(sys.stdin.buffer.read())


def write_answer(answer: str) -> None:
    """In the child: to stdout, at once."""
    sys.stdout.buffer.write(answer.encode())
    sys.stdout.buffer.flush()


@asynccontextmanager
async def one_moment(question: StoreQuestion, application: str) -> AsyncIterator[Connection]:
    """In the child: a transaction that only reads and sees the store at one moment; `application` is what
    the database calls it."""
    database = Database(
        question.dsn,
        schema=question.schema_name,
        application_name=application,
        max_size=1,
        statement_timeout_ms=STATEMENT_TIMEOUT_MS,
    )
    await database.open()
    try:
        async with (
            database.acquire() as conn,
            conn.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield conn
    finally:
        await database.close()
