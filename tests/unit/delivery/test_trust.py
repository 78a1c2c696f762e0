"""What is dear is made once."""

import ssl

import httpx
import pytest

from delivery import webhook


async def test_trusted_certificates_are_read_once_a_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    webhook._trusted.cache_clear()
    read: list[int] = []
    make = httpx.create_ssl_context

    def counted() -> ssl.SSLContext:
        read.append(1)
        return make()

    monkeypatch.setattr(httpx, "create_ssl_context", counted)
    for _ in range(3):
        await webhook.fresh_transport().aclose()
    assert len(read) == 1
