"""The topics and how the broker keeps them: the records in topics/*.yaml, read once on first use."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

Service = Literal[
    "intake",
    "scoring",
    "scoring-signals",
    "scoring-imports",
    "scoring-forms",
    "scoring-feedback",
    "scoring-own",
    "router",
    "router-own",
    "sla-monitor",
]
"""Who writes or reads a topic. scoring-signals, -imports, -forms and -feedback are loops of
scoring that have dead letters of their own; scoring-own and router-own read back after a restore what
scoring and router themselves have written."""

_DAY_MS = 86_400_000
_DEAD_LETTER_DAYS = 13
_DEAD_LETTER_HEADROOM = 64 * 1024
"""Bytes that the headers naming the failure may add to the record they are put on."""


class UnknownTopic(LookupError):
    """No record in topics/ describes this topic: correct the name, or add the record."""


class InvalidTopicRecord(ValueError):
    """A record in topics/ cannot be used: correct the file it names."""


class TopicVersion(BaseModel):
    """One version of the events on a topic. `schema` is a file name in schemas/events/."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1)
    schema_file: str = Field(alias="schema", pattern=r"^[a-z][a-z0-9-]*\.v[1-9][0-9]*\.schema\.json$")

    @property
    def name(self) -> str:
        """Type and version without a prefix: `lead-scored.v1`."""
        return self.schema_file.removesuffix(".schema.json")

    @property
    def ce_type(self) -> str:
        """`ce_type` of the events of this version: `baton.lead-scored.v1`."""
        return f"baton.{self.name}"


class Topic(BaseModel):
    """A topic: who writes it, who reads it, and how long the broker keeps it.

    `retention_days` None keeps records for good. `personal_data` says whether the events are about a buyer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=200)
    description: str = Field(min_length=1)
    producers: tuple[Service, ...] = Field(min_length=1)
    consumers: tuple[Service, ...] = Field(min_length=1)
    key: str = Field(min_length=1, description="what the record key holds, in words")
    partitions: int = Field(ge=1)
    retention_days: int | None = Field(ge=1)
    cleanup: Literal["delete", "compact"]
    max_message_bytes: int = Field(ge=1024)
    personal_data: bool
    versions: tuple[TopicVersion, ...] = Field(min_length=1)

    @property
    def newest(self) -> TopicVersion:
        """The version that producers write."""
        return self.versions[-1]

    def kafka_config(self) -> dict[str, str]:
        """The topic's own settings at the broker. Replication is the cluster's matter and not among them.

        Segments roll daily, so a record outlives its retention by a day at most.
        """
        retention = -1 if self.retention_days is None else self.retention_days * _DAY_MS
        return {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(retention),
            "segment.ms": str(_DAY_MS),
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.type": "LogAppendTime",
        }

    def dead_letters(self, consumer: Service) -> "Topic":
        """Where `consumer` puts the records of this topic that it cannot handle."""
        return self.model_copy(
            update={
                "name": dead_letter_name(self.name, consumer),
                "description": f"Records of {self.name} that {consumer} could not handle.",
                "producers": (consumer,),
                "consumers": (consumer,),
                "retention_days": _DEAD_LETTER_DAYS,
                "cleanup": "delete",
                "max_message_bytes": self.max_message_bytes + _DEAD_LETTER_HEADROOM,
            }
        )


def dead_letter_name(topic: str, consumer: str) -> str:
    """Name of the topic for what `consumer` could not handle of `topic`."""
    return f"{topic}-{consumer}-dlq"


def topics() -> tuple[Topic, ...]:
    """Every topic by name, dead letters left out.

    Raises InvalidTopicRecord naming the file and the field.
    """
    return tuple(_by_name().values())


def topic(name: str) -> Topic:
    """The topic of that name. Raises UnknownTopic."""
    try:
        return _by_name()[name]
    except KeyError:
        raise UnknownTopic(f"no topic {name!r}; there are {', '.join(_by_name())}") from None


@cache
def dead_letter_topics() -> tuple[Topic, ...]:
    """One topic for each pair of topic and consumer."""
    return tuple(found.dead_letters(consumer) for found in topics() for consumer in found.consumers)


def read_topic(file_name: str, text: str) -> Topic:
    """The topic that one record describes.

    Raises InvalidTopicRecord: not YAML, a field wrong, a file named otherwise than its topic, or versions
    that do not run from 1 without a gap.
    """
    try:
        found = Topic.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InvalidTopicRecord(f"{file_name}: not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "record"
        raise InvalidTopicRecord(f"{file_name}: {where}: {first['msg']}") from error
    if file_name != f"{found.name}.yaml":
        raise InvalidTopicRecord(
            f"{file_name}: holds the topic {found.name}; call the file {found.name}.yaml"
        )
    _check_versions(file_name, found)
    return found


def _check_versions(file_name: str, found: Topic) -> None:
    for expected, entry in enumerate(found.versions, start=1):
        if entry.version != expected:
            raise InvalidTopicRecord(f"{file_name}: versions: expected {expected}, found {entry.version}")
        if not entry.name.endswith(f".v{expected}"):
            raise InvalidTopicRecord(
                f"{file_name}: version {expected} names {entry.schema_file}; write a file of .v{expected}"
            )


@cache
def _by_name() -> dict[str, Topic]:
    records = sorted(
        (entry for entry in _folder().iterdir() if entry.name.endswith(".yaml")),
        key=lambda entry: entry.name.removesuffix(".yaml"),
    )
    found = [read_topic(entry.name, entry.read_text(encoding="utf-8")) for entry in records]
    return {each.name: each for each in found}


def _folder() -> Traversable:
    """Inside the package in a wheel, beside it in the repository."""
    inside = files("lead_events") / "topics"
    return inside if inside.is_dir() else Path(__file__).parents[1] / "topics"
