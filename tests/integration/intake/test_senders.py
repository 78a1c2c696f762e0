"""Vendors that prove themselves, over HTTP and through to the event; and whoever does not."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from standardwebhooks.webhooks import Webhook

from tests.integration.intake.running import Harness, Running, publication, rulebook, submitted

APP_SECRET = "app-secret-of-the-vendor"
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GOOGLE_KEY = "google-key-987654"
SIGNED = {"fields": {"email": "email", "name": "name"}}


def signed(scheme: str, key: str, **more: Any) -> dict[str, Any]:
    return SIGNED | {"key": key, "signature": {"scheme": scheme, "secret": "vendor-key"}} | more


FORMS = {
    "typeform": signed("typeform", "pk_typeform"),
    "meta": signed("meta", "pk_meta_001", vendor_time="at"),
    "hubspot": signed("hubspot_v3", "pk_hubspot_1"),
    "linkedin": signed("linkedin", "pk_linkedin"),
    "webhooks": signed("standard_webhooks", "pk_webhooks")
    | {"signature": {"scheme": "standard_webhooks", "secret": "webhook-key"}},
    "google": signed("google_key", "pk_google_1")
    | {"signature": {"scheme": "google_key", "secret": "google-key"}, "test_flag": "is_test"},
    "picky": signed("shared_secret", "pk_picky_01", success_status=200)
    | {"signature": {"scheme": "shared_secret", "secret": "google-key", "field": "key"}},
    "old": signed("meta", "pk_old_meta", status="retired", vendor_time="at"),
    "old-google": signed("google_key", "pk_old_goog", status="retired")
    | {"signature": {"scheme": "google_key", "secret": "google-key"}},
    "unset": signed("meta", "pk_unset_01") | {"signature": {"scheme": "meta", "secret": "nobody-set-it"}},
    "plain": SIGNED | {"key": "pk_plain_01"},
    "nested": signed("shared_secret", "pk_nested_1")
    | {"signature": {"scheme": "shared_secret", "secret": "google-key", "field": "raw|json.key"}},
    "old-meta-ads": signed("meta", "pk_old_ads_1", status="retired")
    | {"fetch": {"api": "meta", "token": "absent-token"}},
    "meta-ads": SIGNED
    | {
        "key": "pk_meta_ads",
        "signature": {"scheme": "meta", "secret": "vendor-key", "verify_token": "verify"},
        "fetch": {"api": "meta", "token": "absent-token"},
    },
}


@pytest.fixture
def harness(tmp_path: Path) -> Harness:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name, value in {
        "vendor-key": f"{APP_SECRET}\nthe-secret-before",
        "webhook-key": WHSEC,
        "google-key": GOOGLE_KEY,
        "verify": "verify-me",
    }.items():
        (secrets / name).write_text(value)
    harness = Harness(tmp_path / "data")
    harness.broker.append(publication(1, rulebook(FORMS)))
    return harness


@pytest.fixture
async def intake(harness: Harness, tmp_path: Path) -> AsyncIterator[Running]:
    secrets = str(tmp_path / "secrets")
    async with harness.start(secrets_dir=secrets, public_url="https://leads.example.com/") as running:
        yield running


def path(form: str) -> str:
    return f"/v1/forms/{FORMS[form]['key']}/submissions"


def mac(body: bytes, key: str = APP_SECRET) -> bytes:
    return hmac.new(key.encode(), body, hashlib.sha256).digest()


def of_typeform(body: bytes) -> dict[str, str]:
    return {"Typeform-Signature": f"sha256={base64.b64encode(mac(body)).decode()}"}


def of_meta(body: bytes, key: str = APP_SECRET) -> dict[str, str]:
    return {"X-Hub-Signature-256": f"sha256={mac(body, key).hex()}"}


async def post(intake: Running, form: str, body: bytes, headers: dict[str, str], query: str = "") -> Any:
    headers = {"Content-Type": "application/json", **headers}
    return await intake.post(path(form) + query, content=body, headers=headers)


AS_SENT = [
    ("an escape in other letters and 1.0", b'{"email":"ana@example.com","note":"a\\u001Bb","score":1.0}'),
    ("spaces and line ends", b'{ "email" : "ana@example.com" ,\r\n "b":\t1 }\n'),
    ("emoji and accents", '{"email":"ana@example.com","name":"Íñigo 🌸"}'.encode()),
    ("a byte order mark", b'\xef\xbb\xbf{"email":"ana@example.com"}'),
    ("fields twice", b'{"email":"bob@example.com","email":"ana@example.com"}'),
]


@pytest.mark.parametrize(("sentence", "body"), AS_SENT, ids=[row[0] for row in AS_SENT])
async def test_the_signature_is_over_the_bytes_as_sent(
    harness: Harness, intake: Running, sentence: str, body: bytes
) -> None:
    assert (await post(intake, "typeform", body, of_typeform(body))).status_code == 202
    (event,) = submitted(harness.broker)
    assert (event.sender, event.profile.email) == ("typeform", "ana@example.com")
    refused = await post(intake, "typeform", body + b" ", of_typeform(body))
    assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
    assert len(submitted(harness.broker)) == 1


async def test_hubspots_headers_by_its_own_names_and_no_older_than_five_minutes(
    harness: Harness, intake: Running
) -> None:
    body = b'{"email":"ana@example.com"}'

    def headers(at: datetime) -> dict[str, str]:
        stamp = str(int(at.timestamp() * 1000))
        uri = f"https://leads.example.com{path('hubspot')}?portal=1"
        signature = base64.b64encode(mac(f"POST{uri}".encode() + body + stamp.encode())).decode()
        return {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}

    now = datetime.now(UTC)
    assert (await post(intake, "hubspot", body, headers(now), "?portal=1")).status_code == 202
    old = await post(intake, "hubspot", body, headers(now - timedelta(minutes=6)), "?portal=1")
    assert old.status_code == 401
    assert "X-HubSpot-Request-Timestamp was signed too long ago" in old.json()["detail"]
    assert (await post(intake, "hubspot", body, headers(now), "?portal=2")).status_code == 401
    assert submitted(harness.broker)[0].sender == "hubspot_v3"


async def test_a_delivery_tried_again_with_another_request_id_is_one_submission(
    harness: Harness, intake: Running
) -> None:
    at = datetime.now(UTC)
    for attempt in range(4):
        body = json.dumps({"email": "ana@example.com"}).encode()
        moment = at + timedelta(seconds=attempt)
        headers = {
            "webhook-id": "evt_1",
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(WHSEC).sign("evt_1", moment, body.decode()),
            "X-Request-Id": f"proxy-{attempt}",
        }
        assert (await post(intake, "webhooks", body, headers)).status_code == 202
    events = submitted(harness.broker)
    assert len({event.submission_id for event in events}) == 1
    assert {(event.key, event.key_origin, event.sender) for event in events} == {
        ("evt_1", "vendor", "standard_webhooks")
    }


async def test_a_secret_being_replaced_is_read_again_and_both_are_good(
    harness: Harness, intake: Running, tmp_path: Path
) -> None:
    body = b'{"email":"ana@example.com"}'
    assert (await post(intake, "meta", body, of_meta(body, "the-secret-before"))).status_code == 202
    (tmp_path / "secrets/vendor-key").write_text("quite-new\n")
    (tmp_path / "secrets/vendor-key").touch()
    assert (await post(intake, "meta", body, of_meta(body, "quite-new"))).status_code == 202
    assert (await post(intake, "meta", body, of_meta(body, APP_SECRET))).status_code == 401


async def test_googles_key_is_nowhere_in_the_event_and_another_key_changes_no_id(
    harness: Harness, intake: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lead = {"email": "ana@example.com", "is_test": True}
    first = await intake.post(path("google"), json=lead | {"google_key": GOOGLE_KEY})
    (tmp_path / "secrets/google-key").write_text("another-key-1234\n")
    second = await intake.post(path("google"), json=lead | {"google_key": "another-key-1234"})
    assert (first.status_code, first.json()) == (202, second.json())
    wrong = await intake.post(path("google"), json=lead | {"google_key": GOOGLE_KEY + "x"})
    assert (wrong.status_code, "google_key" in wrong.json()["detail"]) == (401, True)
    for record in harness.broker.records("lead-submitted"):
        assert GOOGLE_KEY.encode() not in (record.value or b"")
        assert b"another-key-1234" not in (record.value or b"")
    assert submitted(harness.broker)[0].fields["google_key"] == "[removed]"
    assert (submitted(harness.broker)[0].sender, submitted(harness.broker)[0].is_test) == ("google_key", True)
    assert GOOGLE_KEY not in "".join(capsys.readouterr())


async def test_a_secret_that_is_not_set_here_keeps_an_honest_vendor_trying(
    harness: Harness, intake: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    body = b'{"email":"ana@example.com"}'
    answer = await post(intake, "unset", body, of_meta(body))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "nobody-set-it" not in answer.text
    assert "nobody-set-it" in capsys.readouterr().out
    labels = {"scheme": "meta", "proof": "unusable"}
    assert (REGISTRY.get_sample_value("baton_intake_senders_total", labels) or 0) >= 1


async def test_a_retired_form_refuses_nobody_and_believes_nobody(harness: Harness, intake: Running) -> None:
    at = datetime.now(UTC).isoformat()
    body = json.dumps({"email": "ana@example.com", "at": at}).encode()
    assert (await post(intake, "old", body, {})).status_code == 202
    assert (await post(intake, "old", body, of_meta(body))).status_code == 202
    broken = f'{{"google_key":"{GOOGLE_KEY}",'.encode()
    assert (await post(intake, "old-google", broken, {})).status_code == 202
    unproven, proven, unreadable = submitted(harness.broker)
    assert (unproven.verdict.reason, unproven.sender, unproven.occurred_at) == ("form_retired", None, None)
    assert (proven.sender, proven.occurred_at is not None) == ("meta", True)
    assert base64.b64decode(unreadable.raw or "") == b'{"google_key":"[removed]",'


async def test_a_tool_that_takes_200_alone_for_success_hears_it_and_its_address_is_kept_without_the_key(
    harness: Harness, intake: Running
) -> None:
    address = f"https://leads.example.com{path('picky')}?key={GOOGLE_KEY}"
    body = json.dumps({"email": "ana@example.com", "webhookURL": address}).encode()
    answer = await post(intake, "picky", body, {}, f"?key={GOOGLE_KEY}")
    (event,) = submitted(harness.broker)
    assert (answer.status_code, answer.json()["submission_id"]) == (200, str(event.submission_id))
    assert GOOGLE_KEY not in event.model_dump_json()
    assert (await post(intake, "picky", body, {})).status_code == 401


async def test_a_retired_form_has_no_vendor_asked_for_whoever_posts(
    harness: Harness, intake: Running
) -> None:
    body = b'{"object":"page","entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":"101"}}]}]}'
    assert (await post(intake, "old-meta-ads", body, {})).status_code == 401
    assert harness.broker.records("lead-notified") == []
    assert (await post(intake, "old-meta-ads", body, of_meta(body))).status_code == 200
    assert len(harness.broker.records("lead-notified")) == 1


async def test_json_in_a_field_nested_without_end_is_kept_without_its_key(
    harness: Harness, intake: Running
) -> None:
    inner = '{"key":"' + GOOGLE_KEY + '","q":' + "[" * 400 + "]" * 400 + "}"
    path = f"/v1/forms/{FORMS['nested']['key']}/submissions"
    answer = await intake.post(path, data={"email": "ana@example.com", "raw": inner})
    assert answer.status_code == 202
    (event,) = submitted(harness.broker)
    assert event.profile.email == "ana@example.com"
    assert GOOGLE_KEY not in event.model_dump_json()


async def test_a_form_that_asks_for_no_proof_says_nothing_of_its_sender(
    harness: Harness, intake: Running
) -> None:
    assert (await post(intake, "plain", b'{"email":"ana@example.com"}', {})).status_code == 202
    assert submitted(harness.broker)[0].sender is None


# -- challenges -----------------------------------------------------------------------------------


def challenge(**more: str) -> dict[str, str]:
    asked = {"hub.mode": "subscribe", "hub.verify_token": "verify-me", "hub.challenge": "1158201444"}
    return asked | {name.replace("_", ".", 1): value for name, value in more.items()}


async def test_metas_challenge_comes_back_to_who_knows_the_token(intake: Running) -> None:
    answer = await intake.client.get(path("meta-ads"), params=challenge())
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"] == "text/plain"


@pytest.mark.parametrize(
    ("form", "asked", "status"),
    [
        ("meta-ads", challenge(hub_verify_token="other"), 403),
        ("meta-ads", challenge(hub_verify_token="é"), 403),
        ("meta-ads", challenge(hub_challenge="<script>"), 400),
        ("meta-ads", challenge(hub_mode="unsubscribe"), 400),
        ("meta-ads", {}, 400),
        ("meta", challenge(), 503),
        ("plain", challenge(), 405),
        ("typeform", challenge(), 405),
        ("linkedin", {}, 400),
        ("linkedin", {"challengeCode": 'hmacsha256={"email":"mallory@example.com"}'}, 400),
        ("linkedin", {"challengeCode": "{890e4665-4dfe-4ab1-b689-ed553bceeed0}"}, 400),
    ],
)
async def test_another_challenge_is_not_answered(
    intake: Running, form: str, asked: dict[str, str], status: int
) -> None:
    answer = await intake.client.get(path(form), params=asked)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_linkedins_challenge_is_signed_with_the_first_secret(intake: Running) -> None:
    code = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
    answer = await intake.client.get(path("linkedin"), params={"challengeCode": code, "applicationId": "1"})
    assert answer.status_code == 200
    assert answer.json() == {"challengeCode": code, "challengeResponse": mac(code.encode()).hex()}


# -- notices over HTTP ----------------------------------------------------------------------------


async def test_a_notice_is_answered_200_once_each_lead_is_kept(harness: Harness, intake: Running) -> None:
    changes = [{"field": "leadgen", "value": {"leadgen_id": lead}} for lead in ("101", "102")]
    body = json.dumps({"object": "page", "entry": [{"changes": changes}]}).encode()
    assert (await post(intake, "meta-ads", body, {})).status_code == 401
    answer = await post(intake, "meta-ads", body, of_meta(body))
    assert (answer.status_code, answer.json()["status"]) == (200, "accepted")
    assert len(set(answer.json()["notices"])) == 2
    assert len(harness.broker.records("lead-notified")) == 2
    assert submitted(harness.broker) == []
    books = (await intake.client.get("/v1/conservation", headers={"authorization": "Bearer secret"})).json()
    assert books["notice_receipts"]["given"] == 2
    assert books["receipts"]["given"] == 0
    assert books["notice_receipts"]["instance"].endswith("+notices")
