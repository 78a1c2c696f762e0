"""`baton token` and `baton audit` on the four services as they run."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.access_world import OPERATOR, SETTINGS, bearer, built, on_a_port
from tests.integration.router.worlds import rulebook


@dataclass(frozen=True)
class Done:
    """What a command gave."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


Run = Callable[..., Awaitable[Done]]


@pytest.fixture
async def baton(database_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Run]:
    """Runs the command as somebody with this token."""
    monkeypatch.setenv("BATON_OPERATOR_TOKEN", OPERATOR)
    monkeypatch.chdir(tmp_path)
    async with AsyncExitStack() as stack:
        router = await stack.enter_async_context(on_a_port(built("router", database_dsn, tmp_path)))
        for service in SETTINGS:
            address = router
            if service != "router":
                asking = built(service, database_dsn, tmp_path / service, router_url=router)
                address = await stack.enter_async_context(on_a_port(asking))
            monkeypatch.setenv(f"BATON_{service.upper()}_URL", address)

        async def run(*words: str, token: str = OPERATOR) -> Done:
            env = {**os.environ, "BATON_OPERATOR_TOKEN": token, "LOGNAME": "olga"}
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "baton_cli", *words, env=env, stdout=PIPE, stderr=PIPE
            )
            out, err = await process.communicate()
            return Done(process.returncode or 0, out.decode(), err.decode())

        yield run


async def told(run: Run, *words: str, **more: Any) -> Any:
    done = await run(*words, "--json", **more)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


async def test_a_token_is_made_used_listed_and_ended(baton: Run) -> None:
    made = await baton("token", "create", "eva", "--role", "manager", "--days", "30")
    token = made.stdout.strip()
    assert token.startswith("mgr_"), made.output
    assert (await baton("audit", token=token)).exit_code == 0
    listed = await baton("token", "list", token=token)
    assert listed.exit_code != 0
    assert "tokens:write" in listed.output
    everybody = await baton("token", "list")
    assert "eva" in everybody.stdout
    assert token not in everybody.stdout
    (known,) = (await told(baton, "token", "list"))["tokens"]
    assert (known["name"], known["role"], known["rep_id"]) == ("eva", "manager", None)
    ended = await baton("token", "revoke", known["id"][:8])
    assert ended.stdout == "eva opens nothing any more.\n"
    refused = await baton("rep", "list", token=token)
    assert refused.exit_code != 0
    assert token not in refused.output
    assert (await told(baton, "token", "list"))["tokens"] == []
    assert len((await told(baton, "token", "list", "--over"))["tokens"]) == 1


async def test_a_program_gets_what_it_is_given_and_nothing_else(baton: Run) -> None:
    made = await told(baton, "token", "create", "sheet", "--role", "machine", "--scope", "roster:read")
    assert made["scopes"] == ["roster:read"]
    refused = await baton("held", token=made["token"])
    assert refused.exit_code != 0
    assert "routing:read" in refused.output


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--role", "machine"), "leads:read"),
        (("--role", "rep"), "rep"),
        (("--role", "king"), "role"),
        (("--role", "machine", "--scope", "leads:act"), "leads:act"),
        (("--role", "rep", "--rep", "nobody"), "nobody"),
    ],
)
async def test_a_token_that_cannot_be_says_what_to_write(
    baton: Run, words: tuple[str, ...], expected: str
) -> None:
    refused = await baton("token", "create", "x", *words)
    assert refused.exit_code != 0
    assert expected in refused.output


async def test_the_audit_log_of_all_services_is_read_at_once(baton: Run) -> None:
    made = await told(baton, "token", "create", "eva", "--role", "manager")
    async with httpx.AsyncClient(headers=bearer(OPERATOR)) as client:
        await published(client)
    resumed = await baton("dlq", "resume", "sla-monitor", "--reason", "mended")
    assert resumed.exit_code == 0, resumed.output
    entries = (await told(baton, "audit", token=made["token"]))["audit"]
    found = [(each["service"], each["action"], each["name"]) for each in entries]
    assert found == [
        ("sla-monitor", "dead_letters.resume", "olga"),
        ("scoring", "rulebook.publish", "olga"),
        ("router", "token.create", "olga"),
    ]
    assert entries[0]["object_id"] == "none was stopped"
    table = (await baton("audit", "--kind", "token")).stdout
    assert "scopes: [" in table
    assert "nothing ->" not in table
    assert "rulebook.publish" not in table
    (only,) = (await told(baton, "audit", "--service", "scoring"))["audit"]
    assert only["detail"]["changes"] == {"version": [None, 1]}
    assert (await told(baton, "audit", "--by", "nobody"))["audit"] == []
    assert (await told(baton, "audit", "--since", "2999-01-01T00:00:00Z"))["audit"] == []
    many = await baton("audit", "--before", "3")
    assert (many.exit_code, "--service" in many.output) == (2, True)


async def published(client: httpx.AsyncClient) -> None:
    told = {"rulebook": rulebook(), "published_by": "olga"}
    answer = await client.post(f"{os.environ['BATON_SCORING_URL']}/v1/rulebooks", json=told)
    assert answer.status_code == 201, answer.text
