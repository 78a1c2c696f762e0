"""An installation in a clone of its own with settings of one's own, made as compose.md has it."""

import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from baton_dev.images.composition import SERVICES, ComposedStack, Composition
from baton_dev.images.engine import Engine
from baton_dev.images.system import call
from baton_dev.images.terminal import Terminal
from baton_dev.ledger import Ledger
from baton_dev.waiting import wait_until
from tests.chaos.audited import Audited
from tests.chaos.company import company_in_a_hurry
from tests.contract.documents import examples
from tests.images.pages import filled_in

BUILD = "docker compose build"
UP = "docker compose up --wait"
MAIL_OF_THE_PAGE = "smtp://USER:PASSWORD@mail.example.com:587"
PROJECT = "baton-upgraded"
READY_SECONDS = 60.0
_SERVICE = "com.docker.compose.service"
SHELL = {"COMPOSE_ENV_FILES": ".env,.env.local", "GIT_PAGER": "cat"}
"""What a shell has from its profile; whoever looks at a diff ends the pager by hand."""


def own_settings() -> str:
    """What compose.md has typed for settings of one's own, but for the `up` at its end."""
    (block,) = (
        each.text for each in examples() if each.file.name == "compose.md" and ".env.local <<" in each.text
    )
    settings, up, rest = block.partition(UP)
    assert up
    assert not rest.strip()
    return settings


class OwnInstallation(Audited):
    """`folder` is its clone of `releases`, at `tag`; beside it lies what is the operator's own.

    The page's `docker compose build` is not typed: here an image is built by the engine's own builder, and
    on the host's network, from what Compose says of it.
    """

    def __init__(self, engine: Engine, releases: Path, tag: str, home: Path) -> None:
        self.folder = home / "baton"
        call(["git", "clone", "--quiet", str(releases), str(self.folder)])
        call(["git", "checkout", "--quiet", tag], cwd=self.folder)
        self.composition = Composition(engine, self.folder, SHELL | {"COMPOSE_PROJECT_NAME": PROJECT})
        self.terminal = Terminal(self.composition)
        self.stack = ComposedStack(self.composition, company_in_a_hurry(), home)
        del self.composition.variables["BATON_RULEBOOK"]  # .env.local says it
        self.rulebook = home / "our-rulebook"
        self.ledger = Ledger(home / "ledger.jsonl")
        self._inside: dict[str, list[str]] = {}

    def start(self, mail: str) -> None:
        """Do what the page says, with the rulebook of the tests for one's own."""
        self.terminal.type(filled_in(own_settings(), (MAIL_OF_THE_PAGE, mail)))
        shutil.rmtree(self.rulebook)
        shutil.copytree(self.stack.home / "rulebook", self.rulebook)
        self.type(f"{BUILD}\n{UP}")
        self.stack.meet()
        self.learn_addresses()

    def type(self, lines: str) -> dict[str, str]:
        """Type lines one by one; what is shown after each, by the line without its comment."""
        each = [line.partition("#")[0].strip() for line in lines.splitlines()]
        return {line: self._type(line) for line in each}

    def _type(self, line: str) -> str:
        if line != BUILD:
            return self.terminal.type(line)
        self.composition.build()
        return ""

    def baton(self, *words: str) -> str:
        """What the command says."""
        return self.composition.compose("run", "--rm", "baton", *words)

    @property
    def dsn(self) -> str:
        """The database of all schemas, as its superuser."""
        read = ("exec", "-T", "postgres", "cat", "/run/secrets/env/POSTGRES_PASSWORD")
        password = self.composition.compose(*read)
        return f"postgresql://postgres:{password}@{self._inside['postgres'][0]}/baton"

    @property
    def bootstrap(self) -> str:
        """Kafka's address, by the name that it gives itself."""
        return "kafka:9092"

    @property
    def description(self) -> Mapping[str, Any]:
        """What a client needs to reach it."""
        return self.stack.description

    def addresses(self, service: str) -> list[str]:
        """Compose runs one of each."""
        return [self.composition.address(service)]

    def published(self) -> dict[str, str]:
        """Where each service is reached through a port of this machine."""
        return {each: self.composition.address(each) for each in SERVICES}

    def instances(self, service: str | None = None) -> dict[str, str]:
        """The address of each container of ours, by name, past this machine's ports."""
        wanted = SERVICES.values() if service is None else [SERVICES[service]]
        return {
            f"{each} at {address}": f"http://{address}:8080"
            for each in wanted
            for address in self._inside[each]
        }

    def await_ready(self) -> None:
        """Return once every container of ours is ready."""
        self.learn_addresses()
        for name, address in self.instances().items():
            wait_until(partial(_answers, f"{address}/readyz"), READY_SECONDS, name)

    def migrations(self, package: str) -> set[str]:
        """The names of those that were run on the store of a service."""
        with psycopg.connect(self.dsn) as connection:
            rows = connection.execute(f"SELECT migration_id FROM {package}._yoyo_migration".encode())
            return {name for (name,) in rows}

    @contextmanager
    def names_known(self) -> Iterator[None]:
        """Reach containers by their names from this machine, as they do among themselves."""
        known = socket.getaddrinfo

        def look_up(host: Any, *about: Any, **more: Any) -> Any:
            return known(self._inside.get(host, [host])[0], *about, **more)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", look_up)
            yield

    def learn_addresses(self) -> None:
        """Look up where containers are, as they may be others by now."""
        self._inside.clear()
        for each in self.composition.compose("ps", "--quiet").split():
            found = self.composition.engine.inspect(each)
            address = found["NetworkSettings"]["Networks"][f"{PROJECT}_inside"]["IPAddress"]
            self._inside.setdefault(found["Config"]["Labels"][_SERVICE], []).append(address)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False
