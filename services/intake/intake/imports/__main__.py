"""`python -m intake.imports FOLDER [PARENT]`: read and publish the import in FOLDER, from where it stopped.

PARENT is the process without which it stops: whoever started it may be gone before this one is up.
Settings are those of intake (BATON_KAFKA, BATON_PUBLISH_DEADLINE_MS). Ends with 0 when the import is over,
with 3 when another process works on it, with 4 when it was asked to stop.
"""

import asyncio
import gc
import os
import signal
import sys
from pathlib import Path

import uvloop

from intake.imports.job import Job, locked
from intake.imports.worker import Abandoned, Worker, lower_priority
from intake.settings import IntakeSettings
from service_kit.logs import configure_logs
from service_kit.runtime import Runtime

IN_USE, STOPPED = 3, 4
PUBLISH_DEADLINE_MS = 10_000
"""An import has time: nobody waits for its answer."""
COLLECT_AFTER = 50_000
"""New objects between two looks for garbage: a batch's are many, and none of them is in a circle."""


async def work(folder: Path, settings: IntakeSettings, parent: int) -> int:
    """Work on one import for as long as `parent` is the parent; the exit code."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
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
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python -m intake.imports FOLDER [PARENT]")
    parent = int(sys.argv[2]) if len(sys.argv) == 3 else os.getppid()
    settings = IntakeSettings().model_copy(update={"publish_deadline_ms": PUBLISH_DEADLINE_MS})
    configure_logs(service="intake-import", instance=settings.instance, level=settings.log_level)
    lower_priority()
    gc.freeze()  # what is loaded stays
    gc.set_threshold(COLLECT_AFTER)
    sys.exit(uvloop.run(work(Path(sys.argv[1]).resolve(), settings, parent)))


if __name__ == "__main__":
    main()
