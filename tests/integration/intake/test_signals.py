"""Batches of signals: what is taken, what is refused with what to send instead, and what scoring gets."""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from intake import metrics
from intake.snippet.api import script
from lead_events import LeadSignalled
from lead_events.codec import decode
from service_kit.fakes import FakeBroker
from tests.integration.intake.running import FORMS, KEY, Harness, Running, publication, rulebook

VISITOR = "0b6f1c8e-3c57-4a0e-9a51-6f2f0d7f3b11"
VIEW = {"kind": "page_view", "url": "https://www.example.com/prices", "id": "v1"}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TOOL = {
    "key": "pk_tool_123",
    "fields": {"email": "email"},
    "signature": {"scheme": "standard_webhooks", "secret": "tool"},
}


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Running]:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "tool").write_text(SECRET)
    harness = Harness(tmp_path / "data")
    harness.broker.append(publication(1, rulebook(FORMS | {"tool": TOOL})))
    async with harness.start(secrets_dir=secrets) as running:
        yield running


def batch(*signals: Any, **more: Any) -> dict[str, Any]:
    return {"form": KEY, "consent": True, "visitor": VISITOR, "signals": list(signals or [VIEW])} | more


async def send(intake: Running, body: Any, **request: Any) -> httpx.Response:
    return await intake.post("/v1/signals", json=body, **request)


def signalled(intake: Running) -> list[LeadSignalled]:
    broker = intake.wiring.reader._broker
    assert isinstance(broker, FakeBroker)
    events = []
    for record in broker.records("lead-signalled"):
        _, event = decode(record.topic, record.headers, record.value)
        assert isinstance(event, LeadSignalled)
        events.append(event)
    return events


async def test_a_batch_becomes_an_event_a_signal(intake: Running) -> None:
    before = metrics.SIGNALS.labels("kafka")._value.get()
    download = {"kind": "download", "at": "2026-01-01T00:00:00Z", "attributes": {"file": "prices.pdf"}}
    answer = await send(intake, batch(VIEW, download))
    assert answer.status_code == 202
    first, second = sorted(signalled(intake), key=lambda each: each.kind, reverse=True)
    assert answer.json()["signals"] == [str(first.signal_id), str(second.signal_id)]
    assert (first.kind, first.url, first.identity) == ("page_view", VIEW["url"], {"visitor": VISITOR})
    assert (first.form_id, first.source, first.at) == ("demo", "website", first.received_at)
    assert second.attributes == {"file": "prices.pdf"}
    assert metrics.SIGNALS.labels("kafka")._value.get() == before + 2


async def test_a_repeat_has_the_same_ids_by_the_senders_id_by_time_and_by_slot(intake: Running) -> None:
    signals = [VIEW, {"kind": "download", "at": "2026-11-01T00:00:00Z"}, {"kind": "webinar"}]
    first, again = [(await send(intake, batch(*signals))).json()["signals"] for _ in range(2)]
    assert len(set(first)) == 3
    assert first[:2] == again[:2]


async def test_another_visitors_id_of_the_same_name_is_another_signal(intake: Running) -> None:
    first = await send(intake, batch())
    other = await send(intake, batch(visitor="another-visitor"))
    assert first.json()["signals"] != other.json()["signals"]


async def test_a_beacon_needs_no_content_type_that_a_browser_would_ask_about(intake: Running) -> None:
    body = json.dumps(batch()).encode()
    headers = {"Content-Type": "text/plain;charset=UTF-8", "Origin": "https://www.example.com"}
    answer = await intake.post("/v1/signals", content=body, headers=headers)
    assert answer.status_code == 202
    assert answer.headers["access-control-allow-origin"] == "https://www.example.com"


async def test_a_page_of_another_origin_may_ask_but_not_read(intake: Running) -> None:
    asked = await intake.client.options(
        "/v1/signals",
        headers={"Origin": "https://other.example", "Access-Control-Request-Method": "POST"},
    )
    assert (asked.status_code, asked.headers["access-control-max-age"]) == (204, "86400")
    answer = await send(intake, batch(), headers={"Origin": "https://other.example"})
    assert answer.status_code == 202
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("body", "status", "field", "says"),
    [
        (batch(consent=False), 422, "visitor", "consent true"),
        (batch(visitor=None), 422, "signals[0].identity", "belongs to nobody"),
        (batch(visitor="x y"), 422, "visitor", "8 to 64"),
        (batch({"kind": "visited"}), 422, "signals[0].kind", "page_view"),
        (batch({"kind": "page_view", "at": "yesterday"}), 422, "signals[0].at", "2026-03-02T09:30:00Z"),
        (batch({"kind": "page_view", "at": "2026-03-02T09:30:00"}), 422, "signals[0].at", "offset"),
        (batch({"kind": "page_view", "line": "boats"}), 422, "signals[0].line", "main"),
        (batch({"kind": "page_view", "attributes": {"a": []}}), 422, "signals[0].attributes.a", "text"),
        (batch({"kind": "page_view", "page": "/"}), 422, "signals[0].page", "url"),
        (batch("page_view"), 422, "signals[0]", "object"),
        (batch(*[VIEW] * 51), 422, "signals", "1 to 50"),
        (batch(signals=[]), 422, "signals", "1 to 50"),
        (batch(form=None), 422, "form", "data-baton"),
        (batch(form="pk_unknown_1"), 404, None, "key"),
        ([], 422, None, "object"),
    ],
    ids=str,
)
async def test_what_cannot_be_taken_is_told_with_what_to_send_instead(
    intake: Running, body: Any, status: int, field: str | None, says: str
) -> None:
    answer = await send(intake, body)
    problem = answer.json()
    assert (answer.status_code, problem.get("field")) == (status, field), problem
    assert says in problem["detail"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert signalled(intake) == []


async def test_the_answer_to_a_batch_of_faults_is_no_longer_than_need_be(intake: Running) -> None:
    answer = await send(intake, batch() | {f"k{number}": 0 for number in range(5_000)})
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 100)
    assert len(answer.content) < 65_536


async def test_other_content_types_and_long_bodies_are_refused(intake: Running) -> None:
    form = await intake.post("/v1/signals", data={"form": KEY})
    packed = gzip.compress(json.dumps(batch()).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    squeezed = await intake.post("/v1/signals", content=packed, headers=headers)
    long = await send(intake, batch(note="x" * 70_000))
    assert [each.status_code for each in (form, squeezed, long)] == [415, 415, 413]


@pytest.mark.parametrize("at", ["2999-01-01T00:00:00Z", "1999-01-01T00:00:00Z"])
async def test_a_time_that_cannot_be_is_the_time_of_receipt(intake: Running, at: str) -> None:
    await send(intake, batch(VIEW | {"at": at}))
    (event,) = signalled(intake)
    assert event.at == event.received_at


EMAIL = batch(
    {"kind": "email_click", "identity": {"email": "Ana@EXAMPLE.com", "phone": "+34600111222"}}, visitor=None
)


async def test_anybody_who_names_people_is_asked_to_prove_who_they_are(intake: Running) -> None:
    answer = await send(intake, EMAIL)
    assert (answer.status_code, signalled(intake)) == (401, [])
    assert "signature" in answer.json()["detail"]


async def test_the_operator_may_name_people(intake: Running) -> None:
    answer = await send(intake, EMAIL, headers={"Authorization": "Bearer secret"})
    assert answer.status_code == 202
    (event,) = signalled(intake)
    assert event.identity == {"email": "Ana@example.com", "phone": "+34600111222"}


async def test_a_tool_that_signs_may_name_people(intake: Running) -> None:
    body = json.dumps(EMAIL | {"form": "pk_tool_123"})
    now = intake.wiring.now()
    signature = Webhook(SECRET).sign("msg_1", now, body)
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
        "content-type": "application/json",
    }
    answer = await intake.post("/v1/signals", content=body, headers=signed)
    assert answer.status_code == 202, answer.text
    wrong = await intake.post("/v1/signals", content=body + " ", headers=signed)
    assert wrong.status_code == 401


@pytest.mark.parametrize(
    "identity", [{"email": "ana at example"}, {"phone": "600111222"}, {"visitor": VISITOR}]
)
async def test_an_identity_that_identifies_nobody_is_refused(
    intake: Running, identity: dict[str, str]
) -> None:
    answer = await send(
        intake, batch({"kind": "social", "identity": identity}), headers={"Authorization": "Bearer secret"}
    )
    assert answer.status_code == 422
    assert answer.json()["field"] == f"signals[0].identity.{next(iter(identity))}"


async def test_signals_wait_in_the_spool_while_the_broker_is_away(tmp_path: Path) -> None:
    harness = Harness(tmp_path)
    harness.broker.append(publication(1, rulebook(FORMS)))
    async with harness.start() as running:
        harness.broker.away = True
        answer = await send(running, batch(VIEW, {"kind": "download"}))
        assert answer.status_code == 202
        assert running.wiring.spool.counts.written == 2


async def test_more_batches_than_the_form_takes_are_told_to_wait(tmp_path: Path) -> None:
    harness = Harness(tmp_path)
    form = FORMS["demo"] | {"limits": {"per_minute": 1}}
    harness.broker.append(publication(1, rulebook({"demo": form})))
    async with harness.start() as running:
        answers = [await send(running, batch()) for _ in range(2)]
    assert [each.status_code for each in answers] == [202, 429]
    assert int(answers[1].headers["retry-after"]) >= 1


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_signals = st.dictionaries(
    st.sampled_from(["id", "kind", "at", "url", "line", "identity", "attributes"]), _values, max_size=4
)


@given(
    st.fixed_dictionaries(
        {"form": st.just(KEY)},
        optional={
            "consent": _values,
            "visitor": _values,
            "signals": st.lists(_signals | _values, max_size=3),
        },
    )
)
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
async def test_no_batch_whatever_makes_intake_fail(intake: Running, body: dict[str, Any]) -> None:
    try:
        content = json.dumps(body).encode()
    except ValueError:
        return
    answer = await intake.post("/v1/signals", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (202, 400, 422, 429), answer.text


async def test_the_script_is_small_kept_by_browsers_and_open_to_every_page(intake: Running) -> None:
    answer = await intake.client.get("/baton.js")
    assert answer.content == script()
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 4096
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "max-age=86400" in answer.headers["cache-control"]
    again = await intake.client.get("/baton.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = await intake.client.get("/baton.js", headers={"Accept-Encoding": "identity"})
    assert plain.content == script()
    assert plain.headers["etag"] != answer.headers["etag"]


def test_the_script_does_without_what_a_strict_page_forbids() -> None:
    text = script().decode()
    assert "cookie" not in text
    for word in ("eval(", "Function(", "innerHTML", "document.write", 'setAttribute("style"'):
        assert word not in text
