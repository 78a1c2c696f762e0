"""`python -m service_kit topics`: create and widen Kafka's topics. Reads BATON_KAFKA and its like."""

import asyncio
import sys

from service_kit.broker import BrokerUnavailable
from service_kit.kafka_access import KafkaAccess
from service_kit.settings import SettingsRefused, read_settings
from service_kit.topic_copies import TooFewCopies, TopicSettings
from service_kit.topics import create_topics


def main(arguments: list[str]) -> int:
    """Exit code 0, 1 when the broker is away or topics have too few copies, 2 for wrong usage or settings."""
    if arguments != ["topics"]:
        sys.stderr.write("usage: BATON_KAFKA=host:port python -m service_kit topics\n")
        return 2
    try:
        settings = read_settings(TopicSettings)
        changed = asyncio.run(
            create_topics(
                settings.kafka,
                replication=settings.topic_replication,
                min_in_sync=settings.topic_min_in_sync,
                access=KafkaAccess(settings),
            )
        )
    except SettingsRefused as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except BrokerUnavailable as error:
        sys.stderr.write(f"{error}\nset BATON_KAFKA to host:port of a broker that runs\n")
        return 1
    except TooFewCopies as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for line in changed:
        sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
