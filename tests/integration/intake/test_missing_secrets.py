"""A form whose secret has no value here: told to the operator, nothing lost that can be kept, soon over."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from tests.integration.intake.running import Harness, Running, eventually, publication, rulebook, submitted
from tests.integration.intake.test_senders import of_meta

FIELDS = {"fields": {"email": "email", "name": "name"}}
TURNSTILE = {
    "provider": "turnstile",
    "site_key": "site",
    "secret": "turnstile",
    "verify_url": "http://127.0.0.1:1",
}


def signed(key: str, scheme: str, secret: str, **more: Any) -> dict[str, Any]:
    return FIELDS | {"key": key, "signature": {"scheme": scheme, "secret": secret} | more}


FORMS: dict[str, dict[str, Any]] = {
    "plain": FIELDS | {"key": "pk_plain_01"},
    "meta": signed("pk_meta_001", "meta", "meta-app", verify_token="meta-challenge"),
    "tool": signed("pk_tool_001", "shared_secret", "tool-key", header="X-Key")
    | {"spam": {"wave": {"suspects": 5}}},
    "hooks": signed("pk_hooks_01", "standard_webhooks", "hooks-key"),
    "hubspot": signed("pk_hubspot1", "hubspot_v3", "hubspot-app"),
    "ads": signed("pk_ads_0001", "meta", "meta-app") | {"fetch": {"api": "meta", "token": "page-token"}},
    "guarded": FIELDS | {"key": "pk_guarded1", "spam": {"captcha": TURNSTILE}},
    "old": signed("pk_old_0001", "meta", "nobody-needs-it") | {"status": "retired"},
}
OPERATOR = {"authorization": "Bearer secret"}


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "hubspot-app").write_text("known")
    (folder / "hooks-key").write_text("not base64 at all!")
    return folder


@pytest.fixture
def harness(tmp_path: Path) -> Harness:
    harness = Harness(tmp_path / "data")
    harness.broker.append(publication(1, rulebook(FORMS)))
    return harness


@pytest.fixture
async def intake(harness: Harness, secrets: Path) -> AsyncIterator[Running]:
    async with harness.start(secrets_dir=str(secrets)) as running:
        yield running


async def told(intake: Running) -> dict[str, dict[str, Any]]:
    answer = await intake.client.get("/v1/forms", headers=OPERATOR)
    return {each["form"]: each for each in answer.json()["forms"]}


async def lacks(intake: Running) -> dict[str, list[str]]:
    forms = await told(intake)
    return {
        name: uses for name, form in forms.items() if (uses := [each["use"] for each in form["lacks"]]) != []
    }


def counted() -> dict[str, float]:
    name = "baton_intake_forms_lacking_secret"
    uses = ("signature", "challenge", "captcha", "fetch")
    return {use: REGISTRY.get_sample_value(name, {"use": use}) or 0.0 for use in uses}


async def post(intake: Running, form: str, fields: dict[str, Any], **headers: str) -> Any:
    return await intake.post(f"/v1/forms/{FORMS[form]['key']}/submissions", json=fields, headers=headers)


async def test_every_kind_of_secret_that_is_missing_is_told_to_the_operator_alone(
    intake: Running, secrets: Path
) -> None:
    assert (await intake.client.get("/v1/forms")).status_code == 401
    assert await lacks(intake) == {
        "meta": ["signature", "challenge"],
        "tool": ["signature"],
        "hooks": ["signature"],
        "hubspot": ["signature"],
        "ads": ["signature", "fetch"],
        "guarded": ["captcha"],
    }
    forms = await told(intake)
    (lack,) = forms["tool"]["lacks"]
    assert (lack["variable"], lack["file"]) == ("BATON_SECRET_TOOL_KEY", str(secrets / "tool-key"))
    assert lack["detail"] == (
        f"form tool: the secret 'tool-key' has no value: write it to {secrets / 'tool-key'} or set "
        "BATON_SECRET_TOOL_KEY. Until then posts wait in quarantine (sender_unchecked)."
    )
    assert "whsec_ and base64" in forms["hooks"]["lacks"][0]["detail"]
    assert "BATON_PUBLIC_URL" in forms["hubspot"]["lacks"][0]["detail"]
    assert "answered 503" in forms["meta"]["lacks"][0]["detail"]
    assert counted() == {"signature": 5.0, "challenge": 1.0, "captcha": 1.0, "fetch": 1.0}


async def test_the_fault_is_over_as_soon_as_the_secret_is_there(intake: Running, secrets: Path) -> None:
    body = json.dumps({"email": "ana@example.com"}).encode()
    headers = of_meta(body, "app-secret") | {"content-type": "application/json"}
    path = "/v1/forms/pk_meta_001/submissions"
    assert (await intake.post(path, content=body, headers=headers)).status_code == 503
    (secrets / "meta-app").write_text("app-secret")
    (secrets / "meta-challenge").write_text("hello")
    assert "meta" not in await lacks(intake)
    assert counted()["challenge"] == 0.0
    assert (await intake.post(path, content=body, headers=headers)).status_code == 202


async def test_a_tool_that_may_send_once_is_kept_in_quarantine_and_no_wave_comes_of_it(
    harness: Harness, intake: Running, secrets: Path
) -> None:
    for number in range(8):
        answer = await post(intake, "tool", {"email": f"p{number}@example.com"}, **{"x-key": "the-key"})
        assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    assert (await post(intake, "tool", {"name": "no address"})).status_code == 202
    (secrets / "tool-key").write_text("the-key")
    assert (
        await post(intake, "tool", {"email": "ana@example.com"}, **{"x-key": "the-key"})
    ).status_code == 202
    assert (await post(intake, "tool", {"email": "eve@example.com"}, **{"x-key": "other"})).status_code == 401
    *waiting, last = submitted(harness.broker)
    assert {(event.verdict.reason, event.sender) for event in waiting} == {("sender_unchecked", None)}
    assert (last.verdict.reason, last.sender) == (None, "shared_secret")
    assert all(b"the-key" not in (record.value or b"") for record in harness.broker.records("lead-submitted"))


async def test_who_names_people_in_signals_is_never_taken_unchecked(intake: Running) -> None:
    signal = {"kind": "email_click", "identity": {"email": "ana@example.com"}}
    answer = await intake.client.post("/v1/signals", json={"form": "pk_tool_001", "signals": [signal]})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


async def test_posts_that_prove_nothing_are_counted_until_one_does(intake: Running, secrets: Path) -> None:
    (secrets / "tool-key").write_text("the-key")
    assert (await told(intake))["tool"]["unproven"] is None
    await post(intake, "tool", {"email": "ana@example.com"})
    await post(intake, "tool", {"email": "ana@example.com"}, **{"x-key": "the-vendors-own"})
    unproven = (await told(intake))["tool"]["unproven"]
    assert (unproven["posts"], unproven["proof"]) == (2, "wrong")
    await post(intake, "tool", {"email": "ana@example.com"}, **{"x-key": "the-key"})
    assert (await told(intake))["tool"]["unproven"] is None


async def test_a_secret_in_another_encoding_is_a_missing_one_and_no_failure(
    intake: Running, secrets: Path
) -> None:
    (secrets / "meta-app").write_bytes("app-secret".encode("utf-16"))
    assert "meta" in await lacks(intake)
    (secrets / "tool-key").write_bytes(b"\xef\xbb\xbfthe-key\r\n")
    assert "tool" not in await lacks(intake)
    assert (
        await post(intake, "tool", {"email": "ana@example.com"}, **{"x-key": "the-key"})
    ).status_code == 202


async def test_without_a_rulebook_there_is_nothing_to_lack(tmp_path: Path) -> None:
    async with Harness(tmp_path).start(know=False) as intake:
        assert (await told(intake), counted()["signature"]) == ({}, 0.0)
        await eventually(lambda: intake.wiring.forms.topic_was_read)
