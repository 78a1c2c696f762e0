"""What the page grants in Kafka follows the catalogue, and the code uses no group that it does not know."""

import re
from pathlib import Path

import pytest

from baton_dev.kafka_rights import (
    LOGINS,
    PAGE,
    SERVICES,
    STRIMZI,
    group_prefixes,
    page,
    prefixes,
    rights,
    strimzi,
)
from intake.notices.consumer import GROUP
from lead_events.catalog import dead_letter_topics, topics

ROOT = Path(__file__).parents[2]
SOURCES = [each for folder in ("libs", "services") for each in (ROOT / folder).rglob("*.py")]
SECURITY = ROOT / "docs" / "operations" / "security.md"
RANDOM = {
    "baton-intake-rulebook-": ("intake",),
    "baton-{self._runtime.settings.service}-read-back-": ("scoring", "router", "sla-monitor"),
    "baton-dead-letters-": ("scoring", "router", "sla-monitor"),
}
"""How groups begin that end in something random, and who makes them."""


def test_the_page_and_the_users_for_strimzi_are_those_of_the_catalogue() -> None:
    assert PAGE.read_text() == page(), "run `make generate`"
    assert STRIMZI.read_text() == strimzi(), "run `make generate`"


@pytest.mark.parametrize("service", SERVICES)
def test_groups_that_keep_their_name_begin_as_the_service_may_read(service: str) -> None:
    consumers = {name for each in topics() for name in each.consumers if f"{name}-".startswith(f"{service}-")}
    groups = {GROUP} if service == "intake" else {f"baton-{name}" for name in consumers}
    assert groups
    assert all(group.startswith(group_prefixes(service)) for group in groups)


def test_groups_with_a_random_end_are_known_and_begin_as_their_service_may_read() -> None:
    found = {
        begin
        for file in SOURCES
        for begin in re.findall(r"""f"(baton-[^"]*?)\{uuid4\(\)""", file.read_text())
    }
    assert found == set(RANDOM)
    for begin, services in RANDOM.items():
        for service in services:
            group = begin.replace("{self._runtime.settings.service}", service)
            assert group.startswith(group_prefixes(service)), (service, group)


def test_every_topic_is_made_by_its_job_and_written_by_somebody() -> None:
    written = {
        right.name
        for login in SERVICES
        for right in rights(login)
        if right.kind == "topic" and "Write" in right.operations
    }
    everything = {each.name for each in (*topics(), *dead_letter_topics())}
    assert written == everything
    assert all(name.startswith(tuple(prefixes())) for name in everything)


def test_no_login_may_delete_or_rule_the_cluster() -> None:
    for login in LOGINS:
        for right in rights(login):
            assert set(right.operations) <= {"Read", "Write", "Create", "Alter", "AlterConfigs"}
            assert right.kind in ("topic", "group")


def test_the_page_on_logins_names_every_beginning_for_a_login_that_all_share() -> None:
    text = SECURITY.read_text()
    for begin in (*prefixes(), "baton-"):
        assert f"`{begin}`" in text, begin
    assert "kafka-rights.md" in text
