"""CORS, proxies, and the headers that every answer carries."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.intake.running import FORMS, KEY, PATH, Harness, Running, publication, rulebook

ANA = {"email": "ana@example.com"}


@pytest.fixture
async def open_form(harness: Harness) -> AsyncIterator[Running]:
    origins = ["https://www.example.com", "https://*.shop.example", "http://localhost:3000"]
    harness.broker.append(
        publication(2, rulebook(FORMS | {"demo": FORMS["demo"] | {"allowed_origins": origins}}))
    )
    async with harness.start() as running:
        yield running


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        ("https://www.example.com", True),
        ("http://localhost:3000", True),
        ("https://a.shop.example", True),
        ("https://a.b.shop.example", True),
        ("https://shop.example", False),
        ("http://a.shop.example", False),
        ("https://a.shop.example.evil.example", False),
        ("https://evilshop.example", False),
        ("https://a.shop.example:8443", False),
        ("https://evil.example/.shop.example", False),
        ("https://-.shop.example", False),
        ("null", False),
    ],
)
async def test_a_page_reads_answers_where_the_form_lists_it(
    open_form: Running, origin: str, is_allowed: bool
) -> None:
    ask = {"origin": origin, "access-control-request-method": "POST"}
    preflight = await open_form.client.options(PATH, headers=ask)
    answer = await open_form.post(json=ANA, headers={"origin": origin})
    refused = await open_form.post(json={}, headers={"origin": origin})
    assert (preflight.status_code, answer.status_code, refused.status_code) == (204, 202, 422)
    for each in (preflight, answer, refused):
        allowed = each.headers.get("access-control-allow-origin")
        assert allowed == (origin if is_allowed else None)
        assert "origin" in each.headers["vary"]
    assert (preflight.headers.get("access-control-max-age") == "86400") == is_allowed
    assert ("retry-after" in answer.headers.get("access-control-expose-headers", "")) == is_allowed


async def test_a_preflight_for_another_method_allows_nothing(open_form: Running) -> None:
    ask = {"origin": "https://www.example.com", "access-control-request-method": "DELETE"}
    preflight = await open_form.client.options(PATH, headers=ask)
    assert "access-control-allow-origin" not in preflight.headers


async def test_an_answer_to_no_page_still_tells_caches_that_it_depends_on_one(open_form: Running) -> None:
    assert (await open_form.post(json=ANA)).headers["vary"] == "origin"


SAFE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-frame-options": "DENY"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", PATH, 422),
        ("OPTIONS", PATH, 204),
        ("PUT", PATH, 405),
        ("GET", f"/v1/forms/{KEY}/token", 200),
        ("DELETE", f"/v1/forms/{KEY}/token", 405),
        ("GET", "/healthz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/nothing/here", 404),
        ("GET", "/v1/conservation", 401),
    ],
)
async def test_every_answer_keeps_a_browser_safe_and_every_refusal_is_a_problem(
    intake: Running, method: str, path: str, status: int
) -> None:
    body = b"{}" if method == "POST" else None
    answer = await intake.client.request(
        method, path, content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == status
    assert {name: answer.headers[name] for name in SAFE} == SAFE
    assert "strict-transport-security" not in answer.headers
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status


async def test_transport_security_is_told_where_it_is_set(harness: Harness) -> None:
    async with harness.start(hsts_seconds=63_072_000) as running:
        for answer in (await running.post(json=ANA), await running.client.get("/healthz")):
            told = answer.headers["strict-transport-security"]
            assert told == "max-age=63072000; includeSubDomains"


async def test_a_fault_of_our_own_is_told_as_a_problem(
    intake: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("intake.handlers.fingerprint", broken)
    answer = await intake.post(json=ANA)
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "send it again" in answer.json()["detail"]
