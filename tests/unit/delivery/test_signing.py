"""Signatures by Standard Webhooks, against the reference implementation."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from delivery.signing import TOLERANCE, SecretUnusable, is_signed, signature, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def test_the_published_vector() -> None:
    """Source: the tests of the Standard Webhooks libraries."""
    body = b'{"test": 2432232314}'
    found = signature("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body, SECRET)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.text(), st.binary(min_size=24, max_size=64))
def test_ours_and_the_reference_agree(body: str, key: bytes) -> None:
    import base64

    body = body.encode("utf-8", "replace").decode()
    secret = "whsec_" + base64.b64encode(key).decode()
    at = datetime(2026, 3, 6, 18, 10, tzinfo=UTC)
    ours = signature("msg_1", str(int(at.timestamp())), body.encode(), secret)
    assert ours == Webhook(secret).sign("msg_1", at, body)


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_while_secrets_rotate_either_verifies(secret: str) -> None:
    now = datetime.now(UTC)
    headers = signed_headers("msg_2", now, b'{"a":1}', [SECRET, OTHER])
    assert Webhook(secret).verify(b'{"a":1}', headers) == {"a": 1}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(b'{"a":2}', headers)


@pytest.mark.parametrize("secret", ["", "whsec_", "not base64!", "whsec_ñ"])
def test_a_secret_that_is_none_says_what_to_write(secret: str) -> None:
    with pytest.raises(SecretUnusable, match="openssl rand"):
        signature("msg", "1", b"", secret)


def test_what_the_reference_signs_is_known_as_signed_while_it_is_fresh() -> None:
    now = datetime(2026, 3, 6, 18, 10, tzinfo=UTC)
    sent = {
        "webhook-id": "msg_3",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": f"v1,none {Webhook(OTHER).sign('msg_3', now, '{}')}",
    }
    assert is_signed(sent, b"{}", [SECRET, OTHER], now)
    assert is_signed(sent, b"{}", [OTHER], now + TOLERANCE)
    assert not is_signed(sent, b"{}", [SECRET], now)
    assert not is_signed(sent, b"{ }", [OTHER], now)
    assert not is_signed(sent, b"{}", [OTHER], now + TOLERANCE * 1.1)
    assert not is_signed(sent, b"{}", [OTHER], now - TOLERANCE * 1.1)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"webhook-id": ""},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "9" * 40},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,ö"},
    ],
)
def test_odd_headers_are_not_signed(spoilt: dict[str, str]) -> None:
    now = datetime(2026, 3, 6, 18, 10, tzinfo=UTC)
    good = signed_headers("msg_4", now, b"{}", [SECRET])
    assert is_signed(good, b"{}", [SECRET], now)
    assert not is_signed(good | spoilt, b"{}", [SECRET], now)
