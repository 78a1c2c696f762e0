"""Everything at once: Kafka, PostgreSQL and the four services, with their data in one folder."""

import contextlib
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any, TextIO

from baton_dev.errors import PartFailedError, StackError
from baton_dev.files import LOCK, hold, last_lines, write_private
from baton_dev.java import find_java
from baton_dev.kafka import KafkaServer
from baton_dev.kafka_jars import KAFKA
from baton_dev.mailbox import Mailbox
from baton_dev.onboarding import Operator, Published
from baton_dev.ports import choose_port, remembered_ports, require_free
from baton_dev.postgres import PostgresServer
from baton_dev.preparation import migrate_and_create_topics, prepare_database
from baton_dev.process import ManagedProcess
from baton_dev.services import ROUTER, SCORING, SERVICES, Surroundings, instance_process
from baton_dev.waiting import wait_until

DATABASE = "baton"
ROSTER_DEADLINE = 60.0
_MAIL = ("mail", "mail page")
"""Ports of the mailbox, as ports.json names them."""


@dataclass(frozen=True)
class Secrets:
    """Made once for a folder and kept in it, readable by its owner only."""

    operator_token: str
    passwords: dict[str, str]
    rep_tokens: dict[str, str]
    link_secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def save(self, path: Path) -> None:
        """Write them to `path`, mode 600."""
        write_private(path, json.dumps(self.__dict__, indent=2))

    @classmethod
    def load_or_make(cls, path: Path) -> "Secrets":
        """Return those in `path`, else new ones, written there."""
        if path.exists():
            known = json.loads(path.read_text())
            found = cls(**known)
            if found.__dict__ != known:  # written before something was added
                found.save(path)
            return found
        stores = [service.name for service in SERVICES if service.has_store]
        made = cls(secrets.token_urlsafe(24), {name: secrets.token_urlsafe(18) for name in stores}, {})
        made.save(path)
        return made


class Stack:
    """One running installation in `home`; started again there it continues with the same data and ports.

    `rulebook` is the rulebook as JSON, published when it differs from the newest version. `fsync=False`
    is for tests that prove nothing about a power cut. `extra_env` goes to every service, for instance
    failpoints; `own_env` to one alone, by its name. `has_demo_hours`: the rulebook has the demo's hours;
    clients are told to keep them.
    `tells_reps`: messages have links, and e-mail goes to a mailbox in the folder unless BATON_SMTP_URL names
    a server. `say` is told each step in a sentence.
    """

    def __init__(
        self,
        home: Path,
        rulebook: dict[str, Any],
        *,
        fsync: bool = True,
        extra_env: Mapping[str, str] | None = None,
        has_demo_hours: bool = False,
        tells_reps: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.home = home.resolve()
        self.kafka = KafkaServer(self.home / "kafka")
        self.postgres = PostgresServer(self.home / "postgres", fsync=fsync)
        self.services: dict[str, ManagedProcess] = {}
        self.published: Published | None = None
        self.mailbox: Mailbox | None = None
        self._tells_reps = tells_reps
        self._rulebook = rulebook
        self._extra_env = dict(extra_env or {})
        self.own_env: dict[str, Mapping[str, str]] = {}
        self._has_demo_hours = has_demo_hours
        self._say = say
        self._around: Surroundings | None = None
        self._lock: TextIO | None = None

    @property
    def secrets(self) -> Secrets:
        """Passwords and tokens of this folder."""
        return Secrets.load_or_make(self.home / "secrets.json")

    @property
    def description(self) -> dict[str, Any]:
        """What a client needs to reach the running stack: the content of stack.json."""
        path = self.home / "stack.json"
        if not path.exists():
            raise StackError(f"no stack runs in {self.home}: `make run` starts one.")
        content: dict[str, Any] = json.loads(path.read_text())
        return content

    def start(self) -> None:
        """Start everything and return once all four services are ready; on any error stop it all again.

        The reps of a version that takes effect later get their tokens from `await_roster()`.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        self._take_folder()
        try:
            self._start_servers()
            self._start_services()
            self._onboard()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop services side by side, then the servers; data stays. Nothing happens unless it was started."""
        if self._lock is None:
            return
        for process in self.services.values():
            process.ask_to_stop()
        for process in self.services.values():
            process.stop()
        if self.mailbox is not None:
            self.mailbox.stop()
        self.kafka.stop()
        self.postgres.stop()
        (self.home / "stack.json").unlink(missing_ok=True)
        self._lock.close()
        self._lock = None

    @property
    def is_held(self) -> bool:
        """Tell whether this stack has its folder, and so everything that runs there."""
        return self._lock is not None

    def require_alive(self) -> None:
        """Raise PartFailedError that names the first part that has ended by itself, with its log's end."""
        for name, server in (("Kafka", self.kafka), ("PostgreSQL", self.postgres)):
            if not server.is_alive():
                log = server.log_path
                raise PartFailedError(f"{name} has ended. The end of {log}:\n{last_lines(log, 5)}")
        for process in self.services.values():
            process.require_alive()

    def add_instance(
        self, service_name: str, *, extra_env: Mapping[str, str] | None = None
    ) -> ManagedProcess:
        """Start one more instance of a service, with settings of its own, and return it once ready."""
        service = next(service for service in SERVICES if service.name == service_name)
        taken = {*self.services, *(process.name for process in self.services.values())}
        name = next(name for number in count(2) if (name := f"{service_name}-{number}") not in taken)
        process = instance_process(service, self._surroundings(), port=choose_port(), instance=name)
        process.env |= dict(extra_env or {})
        self.services[name] = process
        process.start()
        process.await_answer()
        return process

    def remove_instance(self, name: str) -> None:
        """Stop an instance in order and forget it."""
        self.services.pop(name).stop()

    @contextlib.contextmanager
    def operator(self) -> Iterator[Operator]:
        """Give the operator's calls to scoring and router."""
        scoring, router = (self.services[service.name].base_url for service in (SCORING, ROUTER))
        calls = Operator(self.secrets.operator_token, scoring=scoring, router=router)
        try:
            yield calls
        finally:
            calls.close()

    def _take_folder(self) -> None:
        self._lock = hold(self.home / LOCK)
        if self._lock is None:
            raise StackError(
                f"a stack already runs on {self.home}: stop it (Ctrl-C in its terminal) or use its addresses "
                f"in {self.home / 'stack.json'}."
            )
        (self.home / "stack.json").unlink(missing_ok=True)  # of a run that was killed

    def _start_servers(self) -> None:
        with ThreadPoolExecutor() as pool:
            starting = [pool.submit(self.postgres.start), pool.submit(self.kafka.start)]
            for done in starting:
                done.result()
        self._say(f"Apache Kafka {KAFKA.rpartition(':')[2]} serves {self.kafka.bootstrap}")
        self._say(f"PostgreSQL serves 127.0.0.1:{self.postgres.port}")

    def _surroundings(self) -> Surroundings:
        if self._around is None:
            secret = self.secrets
            dsn = prepare_database(self.postgres.dsn, DATABASE, secret.passwords)
            self._around = Surroundings(
                self.home,
                self.kafka.bootstrap,
                dsn,
                secret.operator_token,
                self._extra_env,
                self.own_env,
            )
        return self._around

    def _start_services(self) -> None:
        around = self._surroundings()
        migrate_and_create_topics(around)
        self._say("stores migrated, topics created")
        has_mailbox = self._tells_reps and not os.environ.get("BATON_SMTP_URL")
        names = [*(service.name for service in SERVICES), *(_MAIL if has_mailbox else ())]
        ports = remembered_ports(self.home / "ports.json", dict.fromkeys(names))
        for name in names:
            remedy = f"Stop that process, or delete {self.home / 'ports.json'} so that another is chosen."
            require_free(ports[name], name, remedy)
        if has_mailbox:
            mail_port, page_port = (ports[name] for name in _MAIL)
            self.mailbox = Mailbox(self.home / "mail", mail_port=mail_port, page_port=page_port)
            self.mailbox.start()
        router = {"BATON_ROUTER_URL": f"http://127.0.0.1:{ports[ROUTER.name]}"}
        around = self._around = replace(around, extra=router | dict(around.extra))
        if self._tells_reps:
            around = self._around = replace(
                around, extra=self._telling(ports[ROUTER.name]) | dict(around.extra)
            )
        for service in SERVICES:
            process = instance_process(service, around, port=ports[service.name], instance=service.name)
            self.services[service.name] = process
            process.start()

    def _telling(self, router_port: int) -> dict[str, str]:
        """Settings by which reps hear of leads and can answer."""
        links = {
            "BATON_LINK_SECRET": self.secrets.link_secret,
            "BATON_PUBLIC_URL": f"http://127.0.0.1:{router_port}",
        }
        return links | (self.mailbox.settings if self.mailbox is not None else {})

    def _onboard(self) -> None:
        self.services[SCORING.name].await_answer("/healthz")
        with self.operator() as operator:
            self.published = operator.publish(self._rulebook, published_by="make run")
            self._say(_what_was_published(self.published, datetime.now(UTC)))
            for process in self.services.values():
                process.await_answer()
        if self.published.is_awaited(datetime.now(UTC)):
            self._tell_clients()
        else:
            self.await_roster()
        self._say("intake, scoring, router and sla-monitor are ready")

    def await_roster(self) -> None:
        """Return once router has every rep of the rulebook, and stack.json their tokens.

        Router takes them in some time after the version takes effect. PartFailedError after ROSTER_DEADLINE.
        """
        wanted = set(self._rulebook["roster"]["reps"])
        log = self.services[ROUTER.name].log_path
        with self.operator() as operator:
            wait_until(
                lambda: wanted <= set(operator.reps()), ROSTER_DEADLINE, f"router's roster (its log: {log})"
            )
        self._tell_clients()

    def _tell_clients(self) -> None:
        with self.operator() as operator:
            reps = self._rep_tokens(operator)
        write_private(self.home / "stack.json", json.dumps(self._describe(reps), indent=2))

    def _rep_tokens(self, operator: Operator) -> dict[str, dict[str, str]]:
        secret = self.secrets
        names = operator.reps()
        missing = [rep for rep in names if rep not in secret.rep_tokens]
        tokens = secret.rep_tokens | {rep: operator.rep_token(rep) for rep in missing}
        replace(secret, rep_tokens=tokens).save(self.home / "secrets.json")
        return {rep: {"name": name, "token": tokens[rep]} for rep, name in names.items()}

    def _describe(self, reps: dict[str, dict[str, str]]) -> dict[str, Any]:
        around = self._surroundings()
        forms = {name: {"key": form["key"]} for name, form in self._rulebook["forms"].items()}
        versions = {
            "baton": version("baton-dev"),
            "kafka": KAFKA.rpartition(":")[2],
            "java": find_java().build,
            "rulebook": self.published.version if self.published else None,
        }
        return {
            **{name: process.base_url for name, process in self.services.items()},
            "kafka": around.kafka,
            "dsn": dict(around.dsn),
            "operator_token": around.operator_token,
            "reps": reps,
            "forms": forms,
            "mailbox": self.mailbox.url if self.mailbox is not None else None,
            "demo_hours": self._has_demo_hours,
            "versions": versions,
            "started_at": datetime.now(UTC).isoformat(),
        }


def _what_was_published(published: Published, now: datetime) -> str:
    version = f"rulebook version {published.version}"
    if published.is_awaited(now):
        return f"{version} {'published' if published.is_new else 'waits'}, not yet in force"
    return f"{version} {'published' if published.is_new else 'in force, unchanged'}"
