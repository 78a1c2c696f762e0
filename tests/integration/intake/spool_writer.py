"""A process that appends to a spool for as long as it lives, and prints each number once it is durable."""

import asyncio
import sys
from pathlib import Path

from intake.spool import Spool
from intake.spool.folder import Folder
from service_kit.records import Outgoing


async def write(folder: Path) -> None:
    spool = Spool(Folder(folder), max_bytes=1 << 30, segment_bytes=20_000, gather=0.0)
    first = spool.counts.written

    async def one(number: int) -> None:
        await spool.append(Outgoing("lead-submitted", b"key", b"%d" % number + b"." * 400))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()

    for start in range(first * 1_000, 1 << 30, 8):
        await asyncio.gather(*(one(number) for number in range(start, start + 8)))


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1])))
