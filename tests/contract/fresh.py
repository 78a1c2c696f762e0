"""One service that has just started and has a rulebook: what it exports before anything has happened.

`python -m tests.contract.fresh SERVICE DSN FOLDER [WORD...]` writes `/metrics` to FOLDER/exposition once
every word is in it.
"""

import asyncio
import sys
from pathlib import Path

from tests.contract.access_world import built, client_of

EXPOSITION = "exposition"
_EVERY = 0.1


async def exposition(service: str, dsn: str, folder: Path, awaited: list[str]) -> str:
    """`/metrics` once every awaited word is in it."""
    async with client_of(built(service, dsn, folder)) as client:
        while True:
            text = (await client.get("/metrics")).text
            if all(word in text for word in awaited):
                return text
            await asyncio.sleep(_EVERY)


if __name__ == "__main__":
    _, name, store, place, *words = sys.argv
    written = asyncio.run(exposition(name, store, Path(place), words))
    (Path(place) / EXPOSITION).write_text(written, encoding="utf-8")
