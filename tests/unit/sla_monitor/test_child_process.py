"""A process of its own gives way to who fires, and is never left behind."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE

import pytest

from sla_monitor.child_process import StoreQuestion, answered, asked, child_process

QUESTION = StoreQuestion(dsn="postgresql:///there", schema_name="sla")
TELLS_OF_ITSELF = """
import gc, os
from sla_monitor.child_process import NICER, StoreQuestion, read_question, write_answer
before = os.nice(0)
question = read_question(StoreQuestion)
gives_way = os.nice(0) == min(19, before + NICER)
write_answer(f"{question.dsn} {question.schema_name} {gives_way} {gc.isenabled()}")
"""
WAITS_FOR_ITS_QUESTION = "sla_monitor.reports.child"


async def test_a_child_reads_its_question_gives_way_and_looks_for_no_garbage() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", TELLS_OF_ITSELF, stdin=PIPE, stdout=PIPE
    )
    told = await answered(process, QUESTION, seconds=60)
    assert told.decode() == "postgresql:///there sla True False"


async def test_a_child_is_ended_when_who_asked_has_gone() -> None:
    with pytest.raises(ConnectionResetError):
        async with child_process(WAITS_FOR_ITS_QUESTION) as process:
            raise ConnectionResetError
    assert process.returncode == -signal.SIGKILL


async def test_a_child_that_cannot_read_its_question_says_nothing_and_ends_badly() -> None:
    async with child_process(WAITS_FOR_ITS_QUESTION) as process:
        source = await asked(process, QUESTION)
        assert await source.read() == b""
        assert await process.wait() == 1
