"""A real HTTP server with set answers, so that commands meet real connections, statuses and bodies."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from baton_cli.app import app

TOKEN = "operator-token"
Run = Callable[..., Result]


@dataclass
class Services:
    """All four services at one address. `answers` maps "GET /path" to a status and a document or a text."""

    url: str = ""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    signed: dict[str, str | None] = field(default_factory=dict)
    """Under whose name each request came last."""
    busy: dict[str, list[str]] = field(default_factory=dict)
    """What is first answered 429, each time with this Retry-After."""
    closed: dict[str, int] = field(default_factory=dict)
    """What is first answered 503, so many times."""

    def answer(self, request: str, document: Any, status: int = 200) -> None:
        self.answers[request] = (status, document)


def _handler(services: Services) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path, _, query = self.path.partition("?")
            services.asked.append((f"{self.command} {path}", json.loads(body) if body else query))
            services.signed[f"{self.command} {path}"] = self.headers.get("X-Operator")
            status, document = services.answers.get(
                f"{self.command} {path}", (404, {"title": "Not Found", "detail": f"nothing at {path}"})
            )
            is_open = path in ("/readyz", "/servez", "/metrics") or path.startswith("/v1/forms/")
            if not is_open and TOKEN not in self.headers.get("Authorization", ""):
                status, document = 401, {"title": "The token is not valid", "detail": "send another"}
            waits = services.busy.get(f"{self.command} {path}")
            if waits:
                status, document = 429, {"title": "Busy", "detail": "one at a time"}
            if services.closed.get(f"{self.command} {path}"):
                services.closed[f"{self.command} {path}"] -= 1
                status, document = 503, {"title": "Service Unavailable", "detail": "not open yet"}
            content = document.encode() if isinstance(document, str) else json.dumps(document).encode()
            self.send_response(status)
            if waits:
                self.send_header("Retry-After", waits.pop(0))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Stay silent."""

    return Handler


@pytest.fixture
def services() -> Iterator[Services]:
    found = Services()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(found))
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def stack_file(tmp_path: Path, services: Services) -> Path:
    file = tmp_path / "stack.json"
    content = {
        **dict.fromkeys(("intake", "scoring", "router", "sla_monitor"), services.url),
        "kafka": "127.0.0.1:9092",
        "operator_token": TOKEN,
        "reps": {"ana": {"name": "Ana", "token": f"ana-{TOKEN}"}},
        "forms": {"demo": {"key": "demo-key-1"}},
        "versions": {"kafka": "4.4.0"},
        "started_at": "2026-11-26T10:00:00+00:00",
    }
    file.write_text(json.dumps(content))
    return file


@pytest.fixture
def baton(stack_file: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs one command line against the services of `stack_file`."""
    for name in ("INTAKE_URL", "SCORING_URL", "ROUTER_URL", "SLA_MONITOR_URL", "OPERATOR_TOKEN"):
        monkeypatch.delenv(f"BATON_{name}", raising=False)
    monkeypatch.setenv("BATON_STACK", str(stack_file))

    def run(*words: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, list(words), input=stdin)

    return run
