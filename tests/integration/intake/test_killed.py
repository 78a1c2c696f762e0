"""`kill -9` at any moment loses nothing that was durable."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from intake.spool import Spool
from intake.spool.folder import Folder

WRITER = Path(__file__).with_name("spool_writer.py")
KILLS = [8, pytest.param(200, marks=pytest.mark.long)]


def written_until_killed(folder: Path, lines: int) -> list[int]:
    """Numbers that the writer called durable before it was killed, after about `lines` of them."""
    process = subprocess.Popen([sys.executable, str(WRITER), str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    seen = [process.stdout.readline() for _ in range(lines)]
    process.kill()
    seen += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    return [int(line) for line in seen if line.endswith("\n")]


@pytest.mark.parametrize("kills", KILLS)
async def test_a_spool_whose_writer_is_killed_again_and_again_loses_nothing(
    tmp_path: Path, kills: int
) -> None:
    durable: set[int] = set()
    drained: list[int] = []
    chance = random.Random(7)
    for _ in range(kills):
        durable |= set(written_until_killed(tmp_path, chance.randint(1, 60)))
        spool = Spool(Folder(tmp_path), max_bytes=1 << 30)
        if chance.random() < 0.5:
            batch = await spool.batch(chance.randint(1, 30))
            drained += [int((each.record.value or b"").rstrip(b".")) for each in batch if each.record]
            await spool.advance(batch, {})
        assert spool.counts.unaccounted == 0
        await spool.close()
    spool = Spool(Folder(tmp_path), max_bytes=1 << 30)
    while batch := await spool.batch(500):
        drained += [int((each.record.value or b"").rstrip(b".")) for each in batch if each.record]
        await spool.advance(batch, {})
    assert durable <= set(drained)
    assert len(drained) == len(set(drained))
    counts = spool.counts
    assert (counts.written, counts.drained, counts.pending, counts.refused) == (
        len(drained),
        len(drained),
        0,
        0,
    )
    await spool.close()
