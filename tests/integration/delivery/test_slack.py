"""Slack's API shape on loopback, spoken to by the official client."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from delivery.message import Message, Outcome, Target
from delivery.slack import Slack
from service_kit.secrets import Secrets
from tests.integration.delivery.conftest import START

TOKEN = "xoxb-test"
BLOCKS = ({"type": "section", "text": {"type": "mrkdwn", "text": "A lead"}},)


@dataclass
class Workspace:
    """Answers each call with `answer`, and keeps what was asked."""

    url: str = ""
    status: int = 200
    answer: dict[str, Any] = field(default_factory=lambda: {"ok": True, "channel": "D1", "ts": "171.25"})
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    made = Workspace()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            is_json = "json" in self.headers["Content-Type"]
            fields = json.loads(body) if is_json else {k: v[0] for k, v in parse_qs(body).items()}
            made.asked.append((self.path, self.headers["Authorization"], fields))
            content = json.dumps(made.answer).encode()
            self.send_response(made.status)
            for name, value in {"Content-Length": str(len(content)), **made.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/api/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def slack(workspace: Workspace, environ: dict[str, str] | None = None) -> Slack:
    known = {"BATON_SECRET_SLACK_TOKEN": TOKEN} if environ is None else environ
    return Slack(Secrets(environ=known), base_url=workspace.url, attempt_seconds=5)


def message(**more: Any) -> Message:
    target = Target.slack("U0123", "slack-token")
    return Message(UUID(int=1), UUID(int=2), "assigned", target, "A lead", "Call her", START, **more)


async def test_a_message_with_blocks_arrives_and_can_be_changed_by_its_receipt(workspace: Workspace) -> None:
    sent = await slack(workspace).carry(message(blocks=BLOCKS), START)
    assert (sent.outcome, sent.receipt) == (Outcome.DELIVERED, "D1 171.25")
    path, authorization, fields = workspace.asked[0]
    assert (path, authorization, fields["channel"]) == ("/api/chat.postMessage", f"Bearer {TOKEN}", "U0123")
    blocks = fields["blocks"]
    assert (json.loads(blocks) if isinstance(blocks, str) else blocks) == [dict(BLOCKS[0])]
    changed = await slack(workspace).carry(message(replaces=sent.receipt), START)
    assert changed.outcome is Outcome.DELIVERED
    path, _, fields = workspace.asked[1]
    assert (path, fields["channel"], fields["ts"]) == ("/api/chat.update", "D1", "171.25")


async def test_what_a_buyer_wrote_calls_nobody_and_is_never_too_long(workspace: Workspace) -> None:
    """The text beside the blocks is read for mentions; and a text too long would never arrive."""
    cry = "<!channel> <https://x.example|your bank> & co " + "x" * 50_000
    assert (await slack(workspace).carry(replace(message(), text=cry), START)).outcome is Outcome.DELIVERED
    text = workspace.asked[0][2]["text"]
    assert text.startswith("A lead\n&lt;!channel&gt; &lt;https://x.example|your bank&gt; &amp; co xxx"), text[
        :200
    ]
    assert len(text) < 4000


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        pytest.param("user_not_found", Outcome.GONE, id="nobody of that id"),
        pytest.param("is_archived", Outcome.GONE, id="the channel is closed"),
        pytest.param("invalid_auth", Outcome.MISCONFIGURED, id="a token that does not work"),
        pytest.param("not_in_channel", Outcome.MISCONFIGURED, id="the bot was not invited"),
        pytest.param("invalid_blocks", Outcome.IMPOSSIBLE, id="blocks that Slack does not take"),
        pytest.param("internal_error", Outcome.LATER, id="Slack's own trouble"),
        pytest.param("something_new", Outcome.LATER, id="a word we do not know"),
    ],
)
async def test_each_refusal_has_its_outcome(workspace: Workspace, error: str, outcome: Outcome) -> None:
    workspace.answer = {"ok": False, "error": error}
    assert (await slack(workspace).carry(message(), START)).outcome is outcome


@pytest.mark.parametrize(
    ("error", "only_this"), [("cant_post_message", True), ("internal_error", False), ("ratelimited", False)]
)
async def test_a_refusal_of_one_channel_says_nothing_of_slack(
    workspace: Workspace, error: str, only_this: bool
) -> None:
    workspace.answer = {"ok": False, "error": error}
    assert (await slack(workspace).carry(message(), START)).only_this is only_this


async def test_a_limit_is_waited_for_as_long_as_slack_says(workspace: Workspace) -> None:
    workspace.status, workspace.headers = 429, {"Retry-After": "30"}
    workspace.answer = {"ok": False, "error": "ratelimited"}
    result = await slack(workspace).carry(message(), START)
    assert (result.outcome, result.wait) == (Outcome.LATER, timedelta(seconds=30))


async def test_without_a_token_it_is_said_which_secret_is_missing(workspace: Workspace) -> None:
    result = await slack(workspace, {}).carry(message(), START)
    assert result.outcome is Outcome.MISCONFIGURED
    assert "slack-token" in (result.detail or "")
    assert not workspace.asked


async def test_a_workspace_that_cannot_be_reached_is_tried_later() -> None:
    nobody = Slack(
        Secrets(environ={"BATON_SECRET_SLACK_TOKEN": TOKEN}),
        base_url="http://127.0.0.1:9/api/",
        attempt_seconds=2,
    )
    assert (await nobody.carry(message(), START)).outcome is Outcome.LATER
