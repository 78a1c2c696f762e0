"""The AsyncAPI 3 document of all topics. Pure: topics in, a document of plain dicts out."""

from collections.abc import Iterable
from typing import Any

from lead_events import EVENT_OF_VERSION
from lead_events.catalog import Topic, TopicVersion

Document = dict[str, Any]

_KAFKA_BINDING = "0.5.0"
_VERBS = {"send": "sends", "receive": "receives"}


def asyncapi_document(topics: Iterable[Topic], dead_letters: Iterable[Topic], version: str) -> Document:
    """The document; `version` is the release it describes."""
    channels = [*topics, *dead_letters]
    return {
        "asyncapi": "3.0.0",
        "info": _info(version),
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": {each.name: _channel(each) for each in channels},
        "operations": dict(_operation(each, *way) for each in channels for way in _ways(each)),
        "components": {"messages": _messages(channels)},
    }


def _info(version: str) -> Document:
    return {
        "title": "Baton",
        "version": version,
        "description": (
            "The topics through which intake, scoring, router and sla-monitor meet. Every record is a"
            " CloudEvents 1.0 event in Kafka's binary mode. Delivery is at least once: keep the ids you have"
            " seen."
        ),
        "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
    }


def _server() -> Document:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "description": "The company's Kafka cluster.",
        "variables": {"bootstrap": {"default": "localhost:9092", "description": "host:port of a broker"}},
    }


def _channel(topic: Topic) -> Document:
    config = topic.kafka_config()
    return {
        "address": topic.name,
        "description": topic.description,
        "messages": {entry.name: {"$ref": f"#/components/messages/{entry.name}"} for entry in topic.versions},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [topic.cleanup],
                    "retention.ms": int(config["retention.ms"]),
                    "max.message.bytes": topic.max_message_bytes,
                },
                "bindingVersion": _KAFKA_BINDING,
            }
        },
        "x-baton": {
            "key": topic.key,
            "personal-data": topic.personal_data,
            "segment.ms": int(config["segment.ms"]),
            "message.timestamp.type": config["message.timestamp.type"],
        },
    }


def _ways(topic: Topic) -> list[tuple[str, str]]:
    return [*((name, "send") for name in topic.producers), *((name, "receive") for name in topic.consumers)]


def _operation(topic: Topic, service: str, action: str) -> tuple[str, Document]:
    return f"{service}-{_VERBS[action]}-{topic.name}", {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": f"{service} {_VERBS[action]} {topic.name}",
        "tags": [{"name": service}],
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{entry.name}"} for entry in topic.versions],
    }


def _messages(topics: Iterable[Topic]) -> Document:
    messages: Document = {}
    for topic in topics:
        for entry in topic.versions:
            messages.setdefault(entry.name, _message(topic, entry))
    return messages


def _message(topic: Topic, entry: TopicVersion) -> Document:
    return {
        "name": entry.ce_type,
        "title": entry.name,
        "summary": (EVENT_OF_VERSION[entry.name].__doc__ or "").strip(),
        "contentType": "application/json",
        "headers": _headers(entry.ce_type),
        "payload": {"$ref": f"./events/{entry.schema_file}"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": topic.key},
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _headers(ce_type: str) -> Document:
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "ce_subject"],
        "properties": {
            "ce_specversion": {"type": "string", "const": "1.0"},
            "ce_id": {"type": "string", "format": "uuid", "description": "the same in every repeat"},
            "ce_type": {"type": "string", "const": ce_type},
            "ce_source": dict(text, description="the service that wrote it"),
            "ce_time": {"type": "string", "format": "date-time", "description": "when it happened"},
            "ce_subject": dict(text, description="what the record key holds"),
            "content-type": {"type": "string", "const": "application/json"},
            "traceparent": dict(text, description="W3C trace context"),
        },
    }
