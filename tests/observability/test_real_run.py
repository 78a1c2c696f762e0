"""A real Prometheus and Alertmanager beside a real run: what is scraped, what is reckoned, who is woken."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import yaml
from aiokafka import AIOKafkaProducer

from baton_dev.mailbox import Mailbox
from baton_dev.observability.servers import RULES, Watchers
from baton_dev.ports import choose_port
from baton_dev.stack import Stack
from baton_dev.waiting import wait_until
from tests.e2e.company import company_round_the_clock
from tests.e2e.installation import Installation, somebody

pytestmark = pytest.mark.stack

SECONDS = 180
JOBS = {"intake": "intake", "scoring": "scoring", "router": "router", "sla_monitor": "sla-monitor"}
NOTHING_TO_RECKON = {"goal:baton_pace:ratio", "baton:leads_worked:ratio"}
"""Nought by nought at the beginning of a month: no value, and no alert."""


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    box = Mailbox(tmp_path_factory.mktemp("mail"), mail_port=choose_port(), page_port=choose_port())
    box.start()
    yield box
    box.stop()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("watched") / "stack", company_round_the_clock(), fsync=False)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def watchers(stack: Stack, mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchers]:
    """They look on while leads come, reps answer, and one does not."""
    targets = {job: stack.services[name].base_url.removeprefix("http://") for name, job in JOBS.items()}
    made = Watchers(tmp_path_factory.mktemp("watchers"), targets, mail_port=mailbox.mail_port)
    try:
        made.start()
        _until(lambda: len(made.series("up == 1")) == len(JOBS), "all four are scraped")
        with closing(Installation(stack)) as baton:
            for _ in range(3):
                (lead,) = baton.leads_of(baton.post("demo-request", somebody()))
                rep = baton.assigned(lead)["rep_id"]
                baton.act(lead, rep, "accept")
                baton.act(lead, rep, "contacted", {"channel": "phone", "result": "reached"})
            baton.leads_of(baton.post("demo-request", somebody()))  # its rep lets it run out
        yield made
    finally:
        made.stop()


def _until(condition: Any, what: str) -> None:
    wait_until(condition, SECONDS, what, pause=0.5)


def _rules(kind: str) -> set[str]:
    files = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in RULES.glob("*.yml")]
    return {
        rule[kind] for file in files for group in file["groups"] for rule in group["rules"] if kind in rule
    }


def _firing(watchers: Watchers, **labels: str) -> set[str]:
    wanted = "".join(f',{name}="{value}"' for name, value in labels.items())
    return {each["metric"]["alertname"] for each in watchers.series(f'ALERTS{{alertstate="firing"{wanted}}}')}


def test_every_rule_of_the_folder_is_loaded_and_none_fails(watchers: Watchers) -> None:
    def rules() -> list[dict[str, Any]]:
        return [rule for group in watchers.ask("rules")["groups"] for rule in group["rules"]]

    _until(lambda: all(rule["health"] != "unknown" for rule in rules()), "each rule was reckoned once")
    assert [(rule["name"], rule.get("lastError")) for rule in rules() if rule["health"] != "ok"] == []
    assert {rule["name"] for rule in rules()} == _rules("alert") | _rules("record")


def test_every_recording_rule_has_a_value_in_a_run_with_leads(watchers: Watchers) -> None:
    wanted = _rules("record") - NOTHING_TO_RECKON

    def lacking() -> set[str]:
        found = {each["metric"]["__name__"] for each in watchers.series('{__name__=~".+:.+:.+"}')}
        return wanted - found

    try:
        _until(lambda: not lacking(), "a value of each rule")
    except Exception:
        assert lacking() == set()
        raise


def test_nothing_wakes_anybody_while_all_is_well(watchers: Watchers) -> None:
    assert _firing(watchers, severity="page") == set()
    assert {each["metric"]["job"] for each in watchers.series("baton_ready == 1")} == set(JOBS.values())
    assert len(watchers.series("baton_database_up == 1")) == len(JOBS) - 1
    assert watchers.series("abs(instance:baton_clock_offset_seconds:scraper) > 5") == []


def test_a_lead_that_becomes_a_dead_letter_wakes_somebody_once_with_the_way_to_its_runbook(
    stack: Stack, watchers: Watchers, mailbox: Mailbox
) -> None:
    asyncio.run(_publish(stack.description["kafka"], "lead-submitted", b'{"submission_id": "no id"}'))

    def letters() -> list[str]:
        return [each.text for each in mailbox.letters() if each.to == "on-call@example.com"]

    _until(lambda: "BatonDeadLetters" in _firing(watchers, severity="page"), "the alert fires")
    _until(lambda: bool(letters()), "the letter of Alertmanager")
    (alert,) = [each for each in watchers.received() if each["labels"]["alertname"] == "BatonDeadLetters"]
    assert (alert["labels"]["consumer"], alert["labels"]["topic"]) == ("scoring", "lead-submitted")
    assert alert["annotations"]["runbook_url"] == "https://example.com/runbooks/BatonDeadLetters.md"
    assert _firing(watchers, severity="page") == {"BatonDeadLetters"}
    assert len(letters()) == 1


async def _publish(bootstrap: str, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, key=b"somebody")
    finally:
        await producer.stop()
