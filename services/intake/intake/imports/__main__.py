"""`python -m intake.imports FOLDER`: read and publish the import in that folder, from where it stopped.

Settings are those of intake (BATON_KAFKA, BATON_PUBLISH_DEADLINE_MS). Ends with 0 when the import is over,
with 3 when another process works on it, with 4 when it was asked to stop.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from intake.imports.job import Job, locked
from intake.imports.worker import Abandoned, Worker, lower_priority
from intake.settings import IntakeSettings
from service_kit.logs import configure_logs
from service_kit.runtime import Runtime

IN_USE, STOPPED = 3, 4
PUBLISH_DEADLINE_MS = 10_000
"""An import has time: nobody waits for its answer."""


async def work(folder: Path, settings: IntakeSettings) -> int:
    """Work on one import; the exit code."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    parent = os.getppid()
    runtime = Runtime.of(settings, needs_database=False)
    try:
        with locked(folder) as is_ours:
            if not is_ours:
                return IN_USE
            await Worker(
                Job(folder),
                runtime.publisher,
                runtime.clock,
                may_go_on=lambda: not stopping.is_set() and os.getppid() == parent,
            ).run()
    except Abandoned:
        return STOPPED
    else:
        return 0
    finally:
        await runtime.close()


def main() -> None:
    """Read the command line and work."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m intake.imports FOLDER")
    settings = IntakeSettings().model_copy(update={"publish_deadline_ms": PUBLISH_DEADLINE_MS})
    configure_logs(service="intake-import", instance=settings.instance, level=settings.log_level)
    lower_priority()
    sys.exit(asyncio.run(work(Path(sys.argv[1]).resolve(), settings)))


if __name__ == "__main__":
    main()
