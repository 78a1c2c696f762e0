"""`python -m service_kit topics`: create and widen Kafka's topics. Reads BATON_KAFKA."""

import asyncio
import os
import sys

from service_kit.broker import BrokerUnavailable
from service_kit.topics import create_topics


def main(arguments: list[str]) -> int:
    """Exit code 0, 1 when the broker is away, 2 for wrong usage."""
    if arguments != ["topics"]:
        sys.stderr.write("usage: BATON_KAFKA=host:port python -m service_kit topics\n")
        return 2
    bootstrap = os.environ.get("BATON_KAFKA", "127.0.0.1:9092")
    try:
        changed = asyncio.run(create_topics(bootstrap))
    except BrokerUnavailable as error:
        sys.stderr.write(f"{error}\nset BATON_KAFKA to host:port of a broker that runs\n")
        return 1
    for line in changed:
        sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
