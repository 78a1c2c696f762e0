"""`python -m intake.spool FOLDER`: drain a spool that an instance left behind, as a job of its own.

Settings are those of intake (BATON_KAFKA, BATON_PUBLISH_DEADLINE_MS). Ends with 0 when nothing is left; with
1 and what to do when the folder holds no spool or its instance still runs. Waits for a broker that is away.
"""

import asyncio
import sys
from pathlib import Path

from intake.settings import IntakeSettings
from intake.spool.adoption import Adoptions, drain_left_behind
from intake.spool.errors import NoSpool, SpoolOwned
from service_kit.runtime import Runtime


async def drain(folder: Path, settings: IntakeSettings) -> None:
    """Drain the spool in `folder`. Raises NoSpool, SpoolOwned, OSError."""
    runtime = Runtime.of(settings, needs_database=False)
    await runtime.publisher.start()
    try:
        adoptions = Adoptions(
            folder.parent, runtime.publisher, runtime.clock, max_bytes=settings.spool_max_bytes
        )
        await drain_left_behind(adoptions, folder.name, print)
    finally:
        await runtime.close()


def main() -> None:
    """Read the command line and drain."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m intake.spool FOLDER")
    try:
        asyncio.run(drain(Path(sys.argv[1]).resolve(), IntakeSettings()))
    except (NoSpool, SpoolOwned, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
