"""How many brokers keep each record: as the environment asks for it, else as the cluster does by default."""

from pydantic import Field, model_validator

from service_kit.connection_settings import ConnectionSettings


class TopicSettings(ConnectionSettings):
    """What the job that creates topics reads."""

    topic_replication: int = Field(
        -1, ge=-1, le=32767, description="brokers that keep each record; -1: the cluster's default"
    )
    topic_min_in_sync: int | None = Field(
        None,
        ge=1,
        description="of them must have it before it counts as written; absent: the cluster's default",
    )

    @model_validator(mode="after")
    def _fits(self) -> "TopicSettings":
        copies, least = self.topic_replication, self.topic_min_in_sync or 1
        if copies == 0:
            raise ValueError("BATON_TOPIC_REPLICATION is 0: write 3, or -1 for the cluster's default")
        if 0 < copies < least:
            raise ValueError(
                f"BATON_TOPIC_MIN_IN_SYNC is {least} and BATON_TOPIC_REPLICATION only {copies}: nothing "
                "could be written; write 2 and 3"
            )
        return self


class TooFewCopies(Exception):
    """Topics have fewer copies than is asked for: add them by Kafka's own tool for reassignment."""

    def __init__(self, found: dict[str, int], wanted: int) -> None:
        told = ", ".join(f"{name} ({copies})" for name, copies in sorted(found.items()))
        super().__init__(
            f"BATON_TOPIC_REPLICATION is {wanted} and these topics have fewer copies: {told}. Add some with "
            "kafka-reassign-partitions.sh, or ask for fewer"
        )
