"""A lead told in Slack and by webhook, and answered by Slack's buttons, on servers of their shape."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr

from router.settings import RouterSettings
from tests.integration.listening import json_answer, read_post, stream_server
from tests.integration.router.test_messages import SECRET, deliveries, tell
from tests.integration.router.worlds import World, rep, rulebook

SIGNING = "slack's signing secret"


@dataclass
class Server:
    """Answers each POST as Slack's API does, and keeps the path and what was posted."""

    port: int = 0
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.got.append(await read_post(reader))
            writer.write(json_answer(b'{"ok":true,"channel":"D1","ts":"1.1"}'))
            await writer.drain()
        finally:
            writer.close()

    def of(self, path: str) -> list[dict[str, Any]]:
        return [posted for each, posted in self.got if each == path]


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    async with stream_server(made.talk) as made.port:
        yield made


@pytest.fixture
async def slack(world: World, server: Server, tmp_path: Path) -> World:
    """A router whose reps are told in Slack: ana as U1, bea as U2, and ana by webhook too."""
    secrets = {
        "slack-token": "xoxb-1",
        "slack-signing": SIGNING,
        "hook": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    }
    for name, value in secrets.items():
        (tmp_path / name).write_text(value)
    hook = {"channel": "webhook", "to": f"http://127.0.0.1:{server.port}/hook", "secret": "hook"}
    told = {"ana": [{"channel": "slack", "to": "U1"}, hook], "bea": [{"channel": "slack", "to": "U2"}]}
    reps = {name: rep(name.capitalize(), notify=ways) for name, ways in told.items()}
    reps["carla"] = rep("Carla", team="school", lines=["training"])
    settings = {
        **world.settings.model_dump(),
        "link_secret": SecretStr(SECRET),
        "public_url": "http://router",
        "secrets_dir": tmp_path,
        "slack_api": f"http://127.0.0.1:{server.port}/",
        "delivery_allow": f"127.0.0.1:{server.port}",
    }
    world.settings = RouterSettings(**settings)
    world.__post_init__()
    await world.publish_rulebook(rulebook(reps=reps))
    return world


async def press(
    world: World, server: Server, user: str, value: str, *, secret: str = SIGNING, age: int = 0
) -> httpx.Response:
    payload = {
        "type": "block_actions",
        "user": {"id": user},
        "actions": [{"value": value}],
        "response_url": f"http://127.0.0.1:{server.port}/response",
        "message": {"blocks": [{"type": "header"}, {"type": "actions"}]},
    }
    posted = {"payload": json.dumps(payload)}
    return await signed_post(world, "/slack/interactions", posted, secret=secret, age=age)


async def signed_post(
    world: World, path: str, fields: dict[str, str], *, secret: str = SIGNING, age: int = 0
) -> httpx.Response:
    """What Slack sends, `age` seconds old."""
    body = urlencode(fields)
    stamp = str(int((world.clock.now() - timedelta(seconds=age)).timestamp()))
    mark = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={mark}",
    }
    async with world.client() as client:
        answer = await client.post(path, content=body, headers=headers)
    await world.runtime.published()
    return answer


def elements(server: Server, which: int = -1) -> list[dict[str, Any]]:
    posted = server.of("/chat.postmessage")[which]
    blocks = posted["blocks"]
    found = json.loads(blocks) if isinstance(blocks, str) else blocks
    return next(block["elements"] for block in found if block["type"] == "actions")


async def test_a_lead_is_told_in_slack_and_by_webhook_and_accepted_by_a_button(
    slack: World, server: Server
) -> None:
    await slack.take("ada")
    await tell(slack)
    assert {row["state"] for row in await deliveries(slack)} == {"delivered"}
    (hooked,) = server.of("/hook")
    assert (hooked["type"], hooked["data"]["profile"]["email"]) == ("assigned", "ada@example.com")
    accept = elements(server)[0]["value"]
    assert (await press(slack, server, "U1", accept)).status_code == 200
    assert [(event.kind, event.rep_id) for event in slack.progressed("ada")] == [("accepted", "ana")]
    (shown,) = server.of("/response")
    assert shown["replace_original"] is True
    assert [block["type"] for block in shown["blocks"]] == ["header", "section"]
    assert shown["text"] == "The lead is accepted. It is yours."


async def test_a_decline_in_slack_brings_the_lead_to_the_next_rep(slack: World, server: Server) -> None:
    await slack.take("ada")
    await tell(slack)
    options = elements(server)[1]["options"]
    chosen = next(each["value"] for each in options if each["value"].endswith(":no_time"))
    await press(slack, server, "U1", chosen)
    assert slack.holder("ada") == "bea"
    await press(slack, server, "U1", elements(server)[0]["value"])
    assert server.of("/response")[-1]["text"] == "This lead is no longer yours. Bea has it now."


async def test_whom_the_roster_does_not_know_is_told_so_and_does_nothing(
    slack: World, server: Server
) -> None:
    await slack.take("ada")
    await tell(slack)
    await press(slack, server, "U2", elements(server)[0]["value"])
    assert slack.progressed("ada") == []
    (shown,) = server.of("/response")
    assert (shown["response_type"], shown["replace_original"]) == ("ephemeral", False)
    assert "roster does not know you" in shown["text"]


@pytest.mark.parametrize(("secret", "age"), [("another", 0), (SIGNING, 301), (SIGNING, -301)])
async def test_what_slack_did_not_sign_in_the_last_minutes_is_refused(
    slack: World, server: Server, secret: str, age: int
) -> None:
    await slack.take("ada")
    await tell(slack)
    answer = await press(slack, server, "U1", elements(server)[0]["value"], secret=secret, age=age)
    assert answer.status_code == 401
    assert slack.progressed("ada") == []
