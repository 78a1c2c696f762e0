"""Long reading in a process of its own, so that firing never waits: for who starts one, and for what runs in
it."""

import asyncio
import gc
import os
import sys
from asyncio import StreamReader
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from pydantic import BaseModel

from service_kit.logs import configure_logs
from service_kit.postgres import Connection, Database

NICER = 5
"""Who fires goes first."""
STATEMENT_TIMEOUT_MS = 60_000


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
