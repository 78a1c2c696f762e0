"""The generated files are those of the code, and the AsyncAPI document holds together."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lead_events.catalog import dead_letter_topics, topics
from lead_events.generate import releases, rendered

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
VERSION = releases(SCHEMAS / "releases")[-1]
FILES = rendered(VERSION)
DOCUMENT: dict[str, Any] = yaml.safe_load(FILES["asyncapi.yaml"])
ALL_TOPICS = (*topics(), *dead_letter_topics())


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_generated_file_is_not_stale(name: str) -> None:
    assert (SCHEMAS / name).read_text("utf-8") == FILES[name], "run: python -m lead_events.generate"


def test_the_document_is_asyncapi_3_and_names_the_release() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert DOCUMENT["info"]["version"] == VERSION
    assert set(DOCUMENT) <= {
        "asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components",
    }  # fmt: skip


def test_every_topic_and_dead_letter_topic_is_a_channel_of_that_address() -> None:
    channels = DOCUMENT["channels"]
    assert {name: each["address"] for name, each in channels.items()} == {
        each.name: each.name for each in ALL_TOPICS
    }
    for each in ALL_TOPICS:
        binding = channels[each.name]["bindings"]["kafka"]
        assert binding["partitions"] == each.partitions
        assert binding["topicConfiguration"]["cleanup.policy"] == [each.cleanup]


def test_every_service_sends_and_receives_what_the_records_say() -> None:
    told = {
        (each["tags"][0]["name"], each["action"], _last(each["channel"]["$ref"]))
        for each in DOCUMENT["operations"].values()
    }
    sends = {(service, "send", each.name) for each in ALL_TOPICS for service in each.producers}
    receives = {(service, "receive", each.name) for each in ALL_TOPICS for service in each.consumers}
    assert told == sends | receives


def test_every_reference_leads_somewhere() -> None:
    found = list(_references(DOCUMENT))
    assert found
    for reference in found:
        if reference.startswith("#/"):
            node = DOCUMENT
            for part in reference.removeprefix("#/").split("/"):
                node = node[part]
        else:
            assert (SCHEMAS / reference).is_file(), reference


def test_an_operation_names_only_messages_of_its_channel() -> None:
    for each in DOCUMENT["operations"].values():
        assert {reference["$ref"].rsplit("/messages/", 1)[0] for reference in each["messages"]} == {
            each["channel"]["$ref"]
        }


def test_every_message_lists_the_headers_of_a_cloudevent() -> None:
    for name, message in DOCUMENT["components"]["messages"].items():
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
        headers = message["headers"]
        assert headers["properties"]["ce_type"]["const"] == message["name"] == f"baton.{name}"
        assert set(headers["required"]) <= set(headers["properties"])


def _last(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for each in node for found in _references(each)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for each in node.values() for found in _references(each)]
