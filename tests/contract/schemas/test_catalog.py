"""The records in schemas/topics agree with the typed events, the files beside them and themselves."""

from pathlib import Path

import pytest

from lead_events import EVENT_OF_TOPIC, EVENT_OF_VERSION, EventModel
from lead_events.catalog import (
    InvalidTopicRecord,
    Topic,
    UnknownTopic,
    dead_letter_topics,
    read_topic,
    topic,
    topics,
)
from lead_events.cloudevents import event_type

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
DAY_MS = 86_400_000

RECORD = """
name: lead-called
description: A lead called.
producers: [intake]
consumers: [scoring]
key: lead id
partitions: 6
retention_days: 13
cleanup: delete
max_message_bytes: 1048576
personal_data: true
versions:
  - {version: 1, schema: lead-called.v1.schema.json}
"""


def _event_classes(base: type[EventModel]) -> set[type[EventModel]]:
    return {base}.union(*(_event_classes(each) for each in base.__subclasses__()))


def test_every_topic_has_an_event_class_and_no_class_is_without_its_topic() -> None:
    assert {each.name for each in topics()} == set(EVENT_OF_TOPIC)
    assert {entry.name for each in topics() for entry in each.versions} == set(EVENT_OF_VERSION)


@pytest.mark.parametrize("name", sorted(EVENT_OF_TOPIC))
def test_producers_write_the_newest_version(name: str) -> None:
    assert EVENT_OF_VERSION[topic(name).newest.name] is EVENT_OF_TOPIC[name]


def test_no_event_class_is_an_orphan() -> None:
    used: set[str] = set()
    for model in EVENT_OF_VERSION.values():
        schema = model.model_json_schema()
        used |= {model.__name__, *schema.get("$defs", {})}
        used |= {parent.__name__ for parent in model.__mro__}
    declared = {each.__name__ for each in _event_classes(EventModel) if each.__module__.startswith("lead_")}
    assert declared - used == set()


def test_no_schema_and_no_example_folder_is_an_orphan() -> None:
    schemas = {path.name.removesuffix(".schema.json") for path in (SCHEMAS / "events").iterdir()}
    folders = {path.name for path in (SCHEMAS / "examples").iterdir()}
    assert schemas == set(EVENT_OF_VERSION)
    assert folders == {name.removesuffix(".v1") for name in EVENT_OF_VERSION}


@pytest.mark.parametrize("found", topics(), ids=lambda each: each.name)
def test_versions_run_from_one_without_a_gap(found: Topic) -> None:
    assert [entry.version for entry in found.versions] == list(range(1, len(found.versions) + 1))


def test_personal_data_is_gone_within_fourteen_days_dead_letters_included() -> None:
    for each in (*topics(), *dead_letter_topics()):
        config = each.kafka_config()
        if each.personal_data:
            assert config["cleanup.policy"] == "delete", each.name
            assert int(config["retention.ms"]) + int(config["segment.ms"]) <= 14 * DAY_MS, each.name


def test_the_broker_stamps_every_record() -> None:
    configs = [each.kafka_config() for each in (*topics(), *dead_letter_topics())]
    assert {config["message.timestamp.type"] for config in configs} == {"LogAppendTime"}


def test_every_version_of_the_rulebook_is_kept_for_good_in_one_order() -> None:
    rulebook = topic("rulebook-published")
    config = rulebook.kafka_config()
    assert rulebook.partitions == 1
    assert (config["cleanup.policy"], config["retention.ms"]) == ("compact", "-1")
    assert config["max.message.bytes"] == str(8 * 1024 * 1024)


def test_every_consumer_has_a_dead_letter_topic_that_takes_what_it_read() -> None:
    by_name = {each.name: each for each in dead_letter_topics()}
    for source in topics():
        for consumer in source.consumers:
            letters = by_name.pop(f"{source.name}-{consumer}-dlq")
            assert letters.retention_days == 13
            assert letters.max_message_bytes > source.max_message_bytes
            assert (letters.producers, letters.consumers) == ((consumer,), (consumer,))
    assert by_name == {}


def test_lanes_carry_the_type_of_their_live_lane() -> None:
    assert event_type("lead-scored-bulk") == event_type("lead-scored", 1) == "baton.lead-scored.v1"
    assert event_type("lead-imported") == "baton.lead-submitted.v1"
    assert event_type("lead-notified-retry-1h") == "baton.lead-notified.v1"


def test_an_unknown_topic_or_version_is_refused_with_what_exists() -> None:
    with pytest.raises(UnknownTopic, match="lead-scored"):
        topic("leads")
    with pytest.raises(LookupError, match="newest is 1"):
        event_type("lead-scored", 2)


def test_a_sound_record_is_read() -> None:
    assert read_topic("lead-called.yaml", RECORD).newest.ce_type == "baton.lead-called.v1"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("version: 1", "version: 2", "versions: expected 1, found 2"),
        ("called.v1.schema", "called.v3.schema", "version 1 names lead-called.v3.schema.json"),
        ("name: lead-called", "name: lead-rung", "call the file lead-rung.yaml"),
        ("[scoring]", "[billing]", "consumers.0"),
        ("partitions: 6", "partitions: 0", "partitions: .* greater than or equal to 1"),
        ("key: lead id", "keyed_by: lead id", "key: Field required"),
        ("cleanup: delete", "cleanup: [", "not YAML"),
    ],
)
def test_a_faulty_record_is_refused_naming_file_and_field(old: str, new: str, fault: str) -> None:
    with pytest.raises(InvalidTopicRecord, match=rf"^lead-called\.yaml: .*{fault}"):
        read_topic("lead-called.yaml", RECORD.replace(old, new))
