# ruff: noqa: E501 - one case a line, however long
"""What a caller posts, what it hears, and what scoring gets."""

import asyncio
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.api import submissions_router
from rulebook.mapping import Mapped
from service_kit.auth_attempts import MOST_FAILURES
from tests.integration.intake.running import (
    FORMS,
    KEY,
    PATH,
    Harness,
    Running,
    publication,
    rulebook,
    submitted,
)

ANA = {"email": "ana@example.com", "name": "Ana Ruiz"}
SHARED = Path(__file__).resolve().parents[3] / "../shared"


async def test_a_post_becomes_an_event_with_its_profile(harness: Harness, intake: Running) -> None:
    answer = await intake.post(json=ANA, headers={"Idempotency-Key": "k1"})
    assert answer.status_code == 202
    assert answer.json()["status"] == "accepted"
    (event,) = submitted(harness.broker)
    assert str(event.submission_id) == answer.json()["submission_id"]
    assert (event.form_id, event.source, event.lines) == ("demo", "website", ["main"])
    assert (event.fields, event.profile.email) == (ANA, "ana@example.com")
    assert (event.key, event.key_origin, event.rulebook_version) == ("k1", "header", 1)
    assert (event.receipt.number, event.receipt.voided, event.spooled_at) == (1, [], None)
    assert event.verdict.outcome == "accepted"


async def test_the_record_is_keyed_by_the_person_and_dated_when_it_was_received(
    harness: Harness, intake: Running
) -> None:
    await intake.post(json=ANA)
    (record,) = harness.broker.records("lead-submitted")
    (event,) = submitted(harness.broker)
    headers = dict(record.headers)
    assert record.key == b"email:ana@example.com"
    assert headers["ce_time"].decode() == event.received_at.isoformat()
    assert headers["ce_type"] == b"baton.lead-submitted.v1"


@pytest.mark.parametrize(
    "request_",
    [
        {"json": ANA},
        {"data": ANA},
        {"files": {name: (None, value) for name, value in ANA.items()}},
    ],
    ids=["json", "urlencoded", "multipart"],
)
async def test_every_kind_of_body_says_the_same(
    harness: Harness, intake: Running, request_: dict[str, Any]
) -> None:
    assert (await intake.post(**request_)).status_code == 202
    assert submitted(harness.broker)[0].fields == ANA


async def test_a_slash_too_many_is_no_reason_to_send_anybody_elsewhere(
    harness: Harness, intake: Running
) -> None:
    assert (await intake.post(f"{PATH}/", json={"email": "ana@example.com"})).status_code == 202
    assert len(submitted(harness.broker)) == 1
    other = await intake.client.post("/v1/signals/", json={}, headers={"host": "elsewhere.example"})
    assert (other.status_code, other.headers.get("location")) == (404, None)
    assert other.headers["content-type"] == "application/problem+json"


async def test_json_within_a_text_cannot_bring_in_what_no_store_keeps(harness: Harness) -> None:
    fields = {"name": "raw|json.name", "email": "raw|json.email"}
    form = {"key": KEY, "fields": fields, "unfold": ["raw|json"]}
    harness.broker.append(publication(2, rulebook(FORMS | {"demo": form})))
    inner = {"email": "ana@example.com", "name": "An\0a", "note\0": "a\0b"}
    async with harness.start() as intake:
        assert (await intake.post(data={"raw": json.dumps(inner)})).status_code == 202
    (record,) = harness.broker.records("lead-submitted")
    assert not re.search(rb"(?<!\\)(?:\\\\)*\\u0000", record.value or b"")
    (event,) = submitted(harness.broker)
    assert event.profile.name == "Ana"
    assert json.loads(event.fields["raw"]) == inner, "as it was sent, letter by letter"


async def test_a_double_click_is_one_submission(harness: Harness, intake: Running) -> None:
    answers = await asyncio.gather(
        intake.post(json=ANA), intake.post(json=ANA | {"email": "ANA@example.com"})
    )
    later = await intake.post(json=ANA)
    assert {answer.status_code for answer in [*answers, later]} == {202}
    assert len({answer.json()["submission_id"] for answer in [*answers, later]}) == 1
    assert len({event.submission_id for event in submitted(harness.broker)}) == 1
    assert intake.wiring.numbering.given == 2


async def test_a_key_used_with_other_fields_is_refused(intake: Running) -> None:
    headers = {"Idempotency-Key": '"k1"'}
    first = await intake.post(json=ANA, headers=headers)
    again = await intake.post(json=ANA, headers=headers)
    other = await intake.post(json=ANA | {"name": "Bob"}, headers=headers)
    assert first.json() == again.json()
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")


async def test_the_vendors_own_id_is_the_key(harness: Harness, intake: Running) -> None:
    body = {"lead": {"id": "L-1", "email": "ana@example.com"}}
    path = "/v1/forms/pk_vendor_1/submissions"
    assert (await intake.post(path, json=body)).json() == (await intake.post(path, json=body)).json()
    event = submitted(harness.broker)[0]
    assert (event.key, event.key_origin) == ("L-1", "vendor")


async def test_a_submission_without_its_required_field_after_a_good_one_is_refused(
    harness: Harness, intake: Running
) -> None:
    await intake.post(json=ANA | {"form_id": "demo"})
    refused = await intake.post(json={"form_id": "demo"})
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert problem["errors"] == [
        {
            "field": "email",
            "detail": "is required: send at least one of email, phone",
            "message": "Please fill in at least one of these: E-mail, Phone.",
        }
    ]
    assert len(submitted(harness.broker)) == 1


async def test_a_honeypots_catch_waits_in_quarantine_and_hears_nothing_of_it(
    harness: Harness, intake: Running
) -> None:
    answer = await intake.post(data=ANA | {"website_2": "http://spam.example"})
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    (event,) = submitted(harness.broker)
    assert (event.verdict.outcome, event.verdict.reason) == ("quarantined", "honeypot")


async def test_a_renamed_field_waits_in_quarantine(harness: Harness, intake: Running) -> None:
    assert (await intake.post(data={"e_mail": "ana@example.com"})).status_code == 202
    assert submitted(harness.broker)[0].verdict.reason == "field_missing"


@pytest.mark.parametrize(
    ("request_", "reason", "keeps_raw"),
    [
        ({"json": ANA}, "form_retired", False),
        ({"content": b"{broken", "headers": {"content-type": "application/json"}}, "unreadable", True),
        ({"content": b"hello", "headers": {"content-type": "text/plain"}}, "unreadable", True),
        ({"json": ANA, "headers": {"Idempotency-Key": "not a key"}}, "form_retired", False),
    ],
)
async def test_a_form_that_was_valid_once_refuses_nothing(
    harness: Harness, intake: Running, request_: dict[str, Any], reason: str, keeps_raw: bool
) -> None:
    assert (await intake.post("/v1/forms/pk_old_123/submissions", **request_)).status_code == 202
    (event,) = submitted(harness.broker)
    assert event.verdict.reason == reason
    assert (event.raw is not None) == keeps_raw


async def test_a_test_submission_is_marked(harness: Harness, intake: Running) -> None:
    await intake.post(json=ANA | {"test": True})
    assert submitted(harness.broker)[0].is_test


async def test_the_operators_own_test_is_marked_and_meets_no_rule_against_spam(harness: Harness) -> None:
    strict = {"signature": {"scheme": "typeform", "secret": "nobody-has-it"}, "spam": {"max_links": 0}}
    harness.broker.append(publication(2, rulebook({"demo": FORMS["demo"] | strict})))
    async with harness.start() as intake:
        headers = {"Authorization": "Bearer secret", "Baton-Test": "1"}
        answer = await intake.post(json=ANA | {"name": "https://a.example"}, headers=headers)
        assert answer.status_code == 202
    (event,) = submitted(harness.broker)
    assert (event.is_test, event.verdict.outcome, event.sender) == (True, "accepted", "operator")


@pytest.mark.parametrize("token", [{}, {"Authorization": "Bearer guessed"}, {"Authorization": "secret-"}])
async def test_nobody_else_may_hide_a_lead_as_a_test(
    harness: Harness, intake: Running, token: dict[str, str]
) -> None:
    answer = await intake.post(json=ANA, headers={"Baton-Test": "1", **token})
    assert answer.status_code == 401
    assert "leave the header out" in answer.json()["detail"]
    assert submitted(harness.broker) == []


async def test_who_guesses_the_operators_token_by_tests_is_stopped_and_visitors_are_not(
    harness: Harness, intake: Running
) -> None:
    def test(token: str) -> dict[str, str]:
        return {"Baton-Test": "1", "Authorization": f"Bearer {token}"}

    assert (await intake.post(json=ANA, headers=test("secret"))).status_code == 202
    for number in range(MOST_FAILURES):
        assert (await intake.post(json=ANA, headers=test(f"guess-{number}"))).status_code == 401
    stopped = await intake.post(json=ANA, headers=test("guess"))
    assert (stopped.status_code, int(stopped.headers["retry-after"]) > 0) == (429, True)
    assert (await intake.post(json=ANA, headers=test("secret"))).status_code == 202, "known to be good"
    assert (await intake.post(json=ANA | {"name": "Ana"})).status_code == 202


async def test_what_comes_from_the_companys_own_domains_is_a_test(harness: Harness) -> None:
    harness.broker.append(publication(2, rulebook(FORMS) | {"staff_domains": ["aurora.example"]}))
    async with harness.start() as intake:
        await intake.post(json={"email": "eva@aurora.example"})
        await intake.post(json=ANA)
    assert [event.is_test for event in submitted(harness.broker)] == [True, False]


async def test_a_file_is_left_out_with_a_flag(harness: Harness, intake: Running) -> None:
    await intake.post(data=ANA, files={"cv": ("cv.pdf", b"\x00\x01")})
    assert submitted(harness.broker)[0].flags == ["file_ignored"]


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("too large", {"content": b"x" * 65_537}, 413, "65536"),
    ("broken JSON", {"content": b'{"a":', "headers": {"content-type": "application/json"}}, 400, "JSON"),
    ("another type", {"content": b"a", "headers": {"content-type": "text/plain"}}, 415, "application/json"),
    ("compressed", {"json": ANA, "headers": {"content-encoding": "gzip"}}, 415, "uncompressed"),
    ("half a surrogate pair", {"content": rb'{"name":"\ud83c"}', "headers": {"content-type": "application/json"}}, 422, "'name'"),
    ("half a pair in a name", {"content": rb'{"\ud83c":"x"}', "headers": {"content-type": "application/json"}}, 422, "surrogate"),
    ("NUL in a name", {"content": rb'{"a\u0000":"x"}', "headers": {"content-type": "application/json"}}, 422, "NUL"),
    ("a bad key", {"json": ANA, "headers": {"Idempotency-Key": "a b"}}, 400, "UUID"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "status", "says"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
async def test_a_refusal_says_what_to_send_instead(
    harness: Harness, intake: Running, request_: dict[str, Any], status: int, says: str
) -> None:
    answer = await intake.post(**request_)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    assert submitted(harness.broker) == []


async def test_an_unknown_form_is_404(intake: Running) -> None:
    answer = await intake.post("/v1/forms/pk_nothing/submissions", json=ANA)
    assert answer.status_code == 404


async def test_a_body_is_cut_off_while_it_streams(intake: Running) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 1_000:
            sent += 1
            yield b"x" * 1024

    answer = await intake.post(content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert sent < 100


async def test_a_plain_html_form_is_sent_on_or_thanked(intake: Running) -> None:
    browser = {"accept": "text/html,application/xhtml+xml"}
    sent_on = await intake.post("/v1/forms/pk_thanks_1/submissions", data=ANA, headers=browser)
    assert (sent_on.status_code, sent_on.headers["location"]) == (303, "https://www.example.com/grazie")
    thanked = await intake.post(data=ANA, headers=browser)
    assert thanked.status_code == 202
    assert "<h1>Thank you</h1>" in thanked.text
    script = await intake.post("/v1/forms/pk_thanks_1/submissions", json=ANA, headers=browser)
    assert script.json()["status"] == "accepted"


async def test_only_pages_that_the_form_allows_may_read_the_answer(intake: Running) -> None:
    allowed, other = "https://www.example.com", "https://evil.example"
    answer = await intake.post(json=ANA, headers={"origin": allowed})
    assert answer.headers["access-control-allow-origin"] == allowed
    answer = await intake.post(json=ANA, headers={"origin": other})
    assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (202, None)
    preflight = await intake.client.options(PATH, headers={"origin": allowed})
    assert preflight.status_code == 204
    assert "idempotency-key" in preflight.headers["access-control-allow-headers"]
    preflight = await intake.client.options(PATH, headers={"origin": other})
    assert "access-control-allow-methods" not in preflight.headers


async def test_a_long_address_of_the_page_is_no_reason_to_refuse(harness: Harness, intake: Running) -> None:
    answer = await intake.post(
        json=ANA | {"referrer": "https://example.com/?q=" + "a" * 3_000, "utm_content": "b" * 600}
    )
    assert answer.status_code == 202
    assert len(submitted(harness.broker)[0].fields["referrer"]) > 3_000


async def test_posts_are_documented_with_examples(intake: Running) -> None:
    document = (await intake.client.get("/openapi.json")).json()
    operation = document["paths"]["/v1/forms/{key}/submissions"]["post"]
    assert set(operation["requestBody"]["content"]) == {
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    }
    assert {"202", "303", "400", "404", "413", "415", "422", "503"} <= set(operation["responses"])


async def test_the_documented_route_answers_like_the_short_cut(harness: Harness, intake: Running) -> None:
    app = FastAPI()
    app.include_router(submissions_router(intake.wiring.submissions))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake") as client:
        answer = await client.post(PATH, json=ANA)
    assert answer.json() == (await intake.post(json=ANA)).json()
    assert len(submitted(harness.broker)) == 2


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_form_that_is_not_posted_is_told_how_to(intake: Running, method: str) -> None:
    answer = await intake.client.request(method, PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert answer.headers["allow"] == "POST, OPTIONS"
    assert f"{method} is not taken here: POST the form's fields" in answer.json()["detail"]


async def test_a_form_published_but_not_in_force_is_404_with_the_time_to_wait(harness: Harness) -> None:
    coming = FORMS | {"seminar": {"key": "pk_seminar_1", "fields": {"email": {"from": "email"}}}}
    harness.broker.append(publication(2, rulebook(coming), effective_from=datetime(2126, 1, 1, tzinfo=UTC)))
    async with harness.start() as running:
        answer = await running.post("/v1/forms/pk_seminar_1/submissions", json=ANA)
    assert answer.status_code == 404
    assert "from 2126-01-01T00:00:00Z on" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) > 0


CONTENT_TYPES = st.sampled_from(
    [
        "application/json",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-7",
        "multipart/form-data; boundary=limit",
        "multipart/form-data",
        "text/html",
    ]
) | st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["email", "phone", "x"]) | st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip
BODIES = (
    st.binary(max_size=300)
    | JSON_VALUES.map(lambda value: json.dumps({"email": value, "phone": value}).encode())
    | JSON_VALUES.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=60).map(
        lambda data: (
            b'--limit\r\nContent-Disposition: form-data; name="email"\r\n\r\n' + data + b"\r\n--limit--\r\n"
        )
    )
)


async def test_no_body_whatever_makes_intake_fail(harness: Harness, intake: Running) -> None:
    posts: list[tuple[str, bytes]] = []

    @given(CONTENT_TYPES, BODIES)
    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def collect(content_type: str, body: bytes) -> None:
        posts.append((content_type, body))

    collect()
    for content_type, body in posts:
        for form in (PATH, "/v1/forms/pk_old_123/submissions", "/v1/forms/pk_vendor_1/submissions"):
            answer = await intake.post(form, content=body, headers={"content-type": content_type})
            assert answer.status_code < 500, (form, content_type, body, answer.text)
            answer.json()
    submitted(harness.broker)


@pytest.mark.parametrize("form", ["pk_demo_1", "pk_vendor_1"])
async def test_every_vendors_body_is_a_submission_or_a_clear_refusal(intake: Running, form: str) -> None:
    folder = SHARED / "payloads"
    payloads = _payloads(folder)
    if not payloads:
        pytest.skip("the collection of vendors' payloads is not next to this repository")
    for content_type, body in payloads:
        answer = await intake.post(
            f"/v1/forms/{form}/submissions", content=body, headers={"content-type": content_type}
        )
        assert answer.status_code in (202, 422), answer.text


def _payloads(folder: Path) -> list[tuple[str, bytes]]:
    found = [("application/json", path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    for path in folder.glob("*.multipart"):
        body = path.read_bytes()
        boundary = body.partition(b"\n")[0].strip().removeprefix(b"--").decode()
        found.append(
            (
                f"multipart/form-data; boundary={boundary}",
                body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
            )
        )
    return found


async def test_a_mapping_that_breaks_keeps_the_submission_in_quarantine(
    harness: Harness, intake: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("of whoever wrote it")

    monkeypatch.setattr("intake.handlers.map_submission", broken)
    assert (await intake.post(json=ANA)).status_code == 202
    (event,) = submitted(harness.broker)
    assert (event.verdict.reason, event.fields) == ("mapping_error", ANA)


async def test_a_profile_the_event_cannot_hold_keeps_the_submission_in_quarantine(
    harness: Harness, intake: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(*_: object, **__: object) -> Mapped:
        return Mapped(profile={"email": "ana@example.com", "employees": -1}, lines=["main"])

    monkeypatch.setattr("intake.handlers.map_submission", odd)
    assert (await intake.post(json=ANA)).status_code == 202
    (event,) = submitted(harness.broker)
    assert (event.verdict.reason, event.fields) == ("mapping_error", ANA)
    assert "employees" in (event.verdict.detail or "")
