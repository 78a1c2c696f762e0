"""Signatures by Standard Webhooks, against the reference implementation."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from delivery.signing import SecretUnusable, signature, signed_headers

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
