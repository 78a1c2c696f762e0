"""Who is suspect waits in quarantine with the reason, hears the same as everybody, and is never dropped."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest

from intake.domain.technical import honeypot_name
from tests.integration.intake.running import FORMS, KEY, Harness, Running, publication, rulebook, submitted
from tests.patience import HANGS_AFTER

ANA = {"email": "ana@example.com", "name": "Ana Ruiz"}
TOKEN = f"/v1/forms/{KEY}/token"


@asynccontextmanager
async def with_form(harness: Harness, changes: dict[str, Any], **settings: Any) -> AsyncIterator[Running]:
    harness.broker.append(publication(2, rulebook(FORMS | {"demo": FORMS["demo"] | changes})))
    async with harness.start(**settings) as running:
        yield running


def reasons(harness: Harness) -> list[str | None]:
    return [event.verdict.reason for event in submitted(harness.broker)]


async def test_intakes_own_honeypot_needs_no_entry_and_leaves_no_trace_when_empty(
    harness: Harness, intake: Running
) -> None:
    trap = honeypot_name(KEY)
    honest = await intake.post(data=ANA | {trap: ""})
    bot = await intake.post(data=ANA | {trap: "http://spam.example"})
    assert (honest.status_code, bot.status_code, set(bot.json())) == (202, 202, set(honest.json()))
    first, second = submitted(harness.broker)
    assert (first.fields, first.verdict.reason) == (ANA, None)
    assert (second.fields[trap], second.verdict.reason) == ("http://spam.example", "honeypot")


async def test_a_form_sent_faster_than_a_person_can_waits(harness: Harness) -> None:
    async with with_form(harness, {"spam": {"min_fill": "5s"}}) as intake:
        token = (await intake.client.get(TOKEN)).json()["token"]
        assert (await intake.post(json=ANA | {"_baton_token": token})).status_code == 202
        harness.clock.ahead += 6
        await intake.post(json={"email": "bob@example.com", "_baton_token": token})
    fast, slow = submitted(harness.broker)
    assert (fast.verdict.reason, fast.fields) == ("too_fast", ANA)
    assert (slow.verdict.reason, slow.fields) == (None, {"email": "bob@example.com"})


@pytest.mark.parametrize("token", [None, "", "nonsense", "A" * 40, "ü" * 40])
async def test_without_a_token_that_means_something_nobody_is_punished(
    harness: Harness, token: str | None
) -> None:
    async with with_form(harness, {"spam": {"min_fill": "5s"}}) as intake:
        await intake.post(json=ANA | ({} if token is None else {"_baton_token": token}))
    assert reasons(harness) == [None]


async def test_a_token_of_another_process_counts_only_with_the_shared_secret(harness: Harness) -> None:
    async with harness.start(form_token_secret="one secret for all") as other:
        token = (await other.client.get(TOKEN)).json()["token"]
    changes = {"spam": {"min_fill": "5s"}}
    async with with_form(harness, changes, form_token_secret="one secret for all") as intake:
        await intake.post(json=ANA | {"_baton_token": token})
    async with harness.start() as intake:
        await intake.post(json={"email": "bob@example.com", "_baton_token": token})
    assert reasons(harness) == ["too_fast", None]


async def test_a_repeat_is_no_other_use_of_its_token(harness: Harness) -> None:
    async with with_form(harness, {"spam": {"min_fill": "1s"}}) as intake:
        token = (await intake.client.get(TOKEN)).json()["token"]
        harness.clock.ahead += 2
        for _ in range(8):
            await intake.post(json=ANA | {"_baton_token": token})
        await intake.post(json={"email": "bob@example.com", "_baton_token": token})
    assert set(reasons(harness)) == {None}


async def test_a_suspect_sent_again_and_again_is_one_and_no_wave(harness: Harness) -> None:
    async with with_form(harness, {"spam": {"wave": {"suspects": 5}}}) as intake:
        for _ in range(20):
            await intake.post(json=ANA | {"website_2": "spam"})
        assert not intake.wiring.guard.gate.waves.count
        await intake.post(json={"email": "bob@example.com"})
    assert reasons(harness)[-1] is None


async def test_a_token_vouches_for_few_submissions(harness: Harness) -> None:
    async with with_form(harness, {"spam": {"min_fill": "1s"}}) as intake:
        token = (await intake.client.get(TOKEN)).json()["token"]
        harness.clock.ahead += 2
        for number in range(7):
            await intake.post(json={"email": f"p{number}@example.com", "_baton_token": token})
    assert reasons(harness) == [None] * 5 + ["too_fast"] * 2


async def test_a_token_is_given_for_forms_that_there_are(intake: Running) -> None:
    answer = await intake.client.get("/v1/forms/pk_nothing/token")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    answer = await intake.client.get(TOKEN, headers={"origin": "https://www.example.com"})
    assert answer.headers["access-control-allow-origin"] == "https://www.example.com"
    assert (answer.headers["cache-control"], answer.json()["expires_in"]) == ("no-store", 86_400)


async def test_links_and_throw_away_addresses_wait(harness: Harness) -> None:
    policy = {"max_links": 1, "disposable_addresses": "quarantine"}
    fields = FORMS["demo"]["fields"] | {"message": {"from": "message"}}
    async with with_form(harness, {"spam": policy, "fields": fields}) as intake:
        await intake.post(json=ANA | {"message": "see https://a.example and www.b.example/x"})
        await intake.post(json={"email": "ana@mailinator.com"})
        await intake.post(json=ANA | {"message": "see https://a.example", "page": "https://example.com/x"})
    assert reasons(harness) == ["links", "disposable_address", None]


async def test_consent_that_the_form_requires_and_nobody_gave_waits(harness: Harness) -> None:
    async with with_form(harness, {"consent_required": True, "consent_field": "privacy"}) as intake:
        await intake.post(json=ANA)
        await intake.post(json=ANA | {"privacy": "on"})
    assert reasons(harness) == ["consent_missing", None]


async def test_a_wave_turns_a_form_to_quarantine_until_it_is_calm(harness: Harness) -> None:
    wave = {"suspects": 5, "window": "10m", "calm": "30m"}
    async with with_form(harness, {"spam": {"wave": wave}}) as intake:
        for number in range(6):
            await intake.post(json={"email": f"p{number}@example.com", "website_2": "spam"})
        await intake.post(json=ANA)
        other = await intake.post("/v1/forms/pk_thanks_1/submissions", json=ANA)
        assert (intake.wiring.guard.gate.waves.count, other.status_code) == (1, 202)
        harness.clock.ahead += 31 * 60
        await intake.post(json={"email": "bob@example.com"})
        assert intake.wiring.guard.gate.waves.count == 0
    assert reasons(harness) == ["honeypot"] * 6 + ["spam_wave", None, None]


class Provider:
    """Answers like Turnstile's siteverify, on loopback."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answer: dict[str, Any] | None = {"success": True, "error-codes": []}
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Provider"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/siteverify"
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        form = parse_qs((await reader.readexactly(length)).decode())
        self.asked.append({name: values[0] for name, values in form.items()})
        if self.answer is None:
            await reader.read()  # never answers: the caller hangs up
        else:
            body = json.dumps(self.answer).encode()
            head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
            writer.write(head + body)
        writer.close()


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with Provider().running() as provider:
        yield provider


@pytest.fixture
async def guarded(
    harness: Harness, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    monkeypatch.setenv("BATON_SECRET_TURNSTILE", "s3cret")
    monkeypatch.setattr("intake.gate.captcha.SECONDS", HANGS_AFTER)
    monkeypatch.setattr("intake.deadline.ANSWER_SECONDS", HANGS_AFTER)
    captcha = {
        "provider": "turnstile", "site_key": "1x0", "secret": "turnstile", "verify_url": provider.url,
    }  # fmt: skip
    async with with_form(harness, {"spam": {"captcha": captcha}}, trusted_proxies="127.0.0.1") as running:
        yield running


PROOF = {"cf-turnstile-response": "a proof"}


async def test_a_person_who_is_proven_passes(harness: Harness, guarded: Running, provider: Provider) -> None:
    answer = await guarded.post(data=ANA | PROOF, headers={"x-forwarded-for": "203.0.113.7"})
    (asked,) = provider.asked
    assert asked == {
        "secret": "s3cret",
        "response": "a proof",
        "remoteip": "203.0.113.7",
        "idempotency_key": answer.json()["submission_id"],
    }
    (event,) = submitted(harness.broker)
    assert (event.verdict.reason, event.fields) == (None, ANA)


@pytest.mark.parametrize(
    ("proof", "answer", "reason"),
    [
        (PROOF, {"success": False, "error-codes": ["timeout-or-duplicate"]}, "captcha_failed"),
        ({}, {"success": True}, "captcha_failed"),
        ({"cf-turnstile-response": "x" * 3_000}, {"success": True}, "captcha_failed"),
        (PROOF, {"success": False, "error-codes": ["invalid-input-secret"]}, "captcha_unavailable"),
        (PROOF, {"success": False, "error-codes": ["internal-error"]}, "captcha_unavailable"),
        (PROOF, {}, "captcha_unavailable"),
    ],
)
async def test_whoever_is_not_proven_waits(
    harness: Harness,
    guarded: Running,
    provider: Provider,
    proof: dict[str, str],
    answer: dict[str, Any],
    reason: str,
) -> None:
    provider.answer = answer
    assert (await guarded.post(data=ANA | proof)).status_code == 202
    assert reasons(harness) == [reason]


async def test_a_provider_that_hangs_holds_nobody_up(
    harness: Harness, guarded: Running, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.gate.captcha.SECONDS", 0.05)
    provider.answer = None
    assert (await guarded.post(data=ANA | PROOF)).status_code == 202
    assert reasons(harness) == ["captcha_unavailable"]


async def test_a_provider_that_is_away_holds_nobody_up(harness: Harness) -> None:
    captcha = {
        "provider": "turnstile", "site_key": "1x0", "secret": "nowhere", "verify_url": "http://127.0.0.1:9/",
    }  # fmt: skip
    async with with_form(harness, {"spam": {"captcha": captcha}}) as intake:
        assert (await intake.post(data=ANA | PROOF)).status_code == 202
    assert reasons(harness) == ["captcha_unavailable"]


async def test_a_double_click_asks_the_provider_once(
    harness: Harness, guarded: Running, provider: Provider
) -> None:
    answers = await asyncio.gather(*(guarded.post(data=ANA | PROOF) for _ in range(5)))
    assert len({answer.text for answer in answers}) == 1
    assert len(provider.asked) == 1
    assert reasons(harness) == [None]
