"""What no consumer can handle is put aside with its reason, the rest goes on, and nothing is lost by it."""

import asyncio
import json
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner

from baton_cli.app import app
from baton_dev.stack import Stack
from tests.e2e.installation import Installation, somebody

pytestmark = pytest.mark.stack


def test_an_unreadable_record_is_put_aside_with_its_reason_and_the_rest_goes_on(baton: Installation) -> None:
    known = _letters(baton, "scoring")
    value = b'{"submission_id": "not an id", "email": "nobody@example.com"}'
    asyncio.run(_publish(baton.at["kafka"], "lead-submitted", value))
    found = baton.eventually(
        lambda: _letters(baton, "scoring"), lambda now: len(now) > len(known), "the dead letter"
    )
    (letter,) = [each for each in found if each not in known]
    assert letter["source_topic"] == "lead-submitted"
    assert letter["reason"]
    assert "nobody@example.com" not in letter["reason"]
    (lead,) = baton.leads_of(baton.post("newsletter", somebody()))
    assert baton.assigned(lead)["rep_id"]
    assert baton.unaccounted() == 0


def test_a_dead_letter_sent_back_after_the_fault_is_mended_becomes_a_lead(
    baton: Installation, whole: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    scoring = whole.services["scoring"]
    known = _letters(baton, "scoring")
    scoring.stop()
    scoring.env["BATON_FAILPOINTS"] = "consumer.in_transaction=error:unknown"
    scoring.start()
    scoring.await_answer()
    submission = baton.post("newsletter", somebody())
    found = baton.eventually(
        lambda: _letters(baton, "scoring"), lambda now: len(now) > len(known), "the dead letter"
    )
    scoring.stop()
    del scoring.env["BATON_FAILPOINTS"]
    scoring.start()
    scoring.await_answer()
    assert baton.ask("scoring", f"/v1/submissions/{submission}", or_none=True) is None

    monkeypatch.setenv("BATON_STACK", str(baton.stack.home / "stack.json"))
    places = [_place(each) for each in found if each not in known]
    sent = CliRunner().invoke(app, ["dlq", "replay", *places, "--json"])
    assert (sent.exit_code, json.loads(sent.stdout)) == (0, {"replayed": len(places)})
    (lead,) = baton.leads_of(submission)
    assert baton.assigned(lead)["rep_id"]
    assert baton.unaccounted() == 0


def _letters(baton: Installation, service: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = baton.ask(service, "/v1/dead-letters?limit=500")["dead_letters"]
    return [{name: value for name, value in each.items() if name != "replayed_at"} for each in found]


def _place(letter: dict[str, Any]) -> str:
    return f"{letter['topic']}/{letter['partition']}/{letter['offset']}"


async def _publish(bootstrap: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value)
