"""How a service that keeps no tokens asks the router whose one is."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from service_kit.auth_principal import Role
from service_kit.auth_remote import RouterDirectory, directory_of
from service_kit.settings import ServiceSettings

TOLD = {"active": True, "role": "manager", "subject": "eva", "name": "eva", "scopes": []}


class Router(BaseHTTPRequestHandler):
    """Knows every token."""

    def do_POST(self) -> None:
        content = json.dumps(TOLD).encode()
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Router)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_without_a_token_to_ask_with_a_service_starts_and_knows_no_tokens() -> None:
    """Intake takes leads whatever is wrong with tokens; the API stays closed."""
    lacking = ServiceSettings(
        router_url="http://127.0.0.1:1",
        operator_token=SecretStr(""),
        access_token=SecretStr(""),
    )
    assert directory_of(lacking) is None


async def test_tokens_go_to_the_router_and_never_to_a_proxy_of_the_environment(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    found = await RouterDirectory(address, "mach_token").principal("mgr_token")
    assert found is not None
    assert (found.role, found.subject) == (Role.MANAGER, "eva")


async def test_certificates_are_read_once_and_not_for_every_token(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading them takes 30 ms, and nothing else runs meanwhile."""
    directory = RouterDirectory(address, "mach_token")
    read: list[str] = []
    monkeypatch.setattr("ssl.create_default_context", lambda *_, **__: read.append("again"))
    for number in range(3):
        assert await directory.principal(f"mgr_{number}") is not None
    assert read == []
