"""`python -m router.feed_reader TZ NOW`: reads a feed from stdin in a process of its own.

A file made to be slow or large ends this process and nothing else. Out comes JSON: spans, or why not.
"""

import resource
import sys
from datetime import datetime

import orjson

from router.domain.absences import write_spans
from router.domain.feed import FeedUnusable, read_feed

CPU_SECONDS = 20
MEMORY_BYTES = 2 * 1024**3


def main(tz: str, now: str) -> None:
    """Read stdin, write the answer to stdout. Whatever else happens ends with another exit code than 0."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        read = read_feed(sys.stdin.buffer.read(), tz, datetime.fromisoformat(now))
        answer: dict[str, object] = {"spans": write_spans(read.spans), "unread": read.unread}
    except FeedUnusable as error:
        answer = {"problem": str(error)}
    sys.stdout.buffer.write(orjson.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
