"""What faults are planted in: all of Baton, whoever uses it, and Prometheus and Alertmanager beside it."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from baton_dev.errors import StackError
from baton_dev.faults.company import VENDOR_APP, VENDOR_TOKEN, drill_company
from baton_dev.faults.people import POSTS_A_SECOND, People
from baton_dev.faults.vendor import Vendor
from baton_dev.files import write_private
from baton_dev.mailbox import Mailbox
from baton_dev.observability.pace import Pace
from baton_dev.observability.servers import Watchers
from baton_dev.ports import choose_port
from baton_dev.stack import Stack
from baton_dev.waiting import wait_until

JOBS = {"intake": "intake", "scoring": "scoring", "router": "router", "sla_monitor": "sla-monitor"}
"""Which job of Prometheus a service is."""
LEAD_BYTES = 1500
"""About what a lead takes on intake's disk."""
LEAST_SPOOL, SEGMENT_BYTES = 64 * 1024, 4096
FILLS_IN = 240.0
"""Seconds of the rules' time in which ordinary posts fill the second half of the spool."""
CALM_SECONDS = 180


class Site:
    """Everything of one drill, with its data in `home`. `stack` and the rest are there once it runs."""

    def __init__(self, home: Path, pace: Pace, say: Callable[[str], None] = lambda _: None) -> None:
        self.pace = pace
        self.home = home.resolve()
        self.secrets = self.home / "secrets"
        self.vendor = Vendor(choose_port(), secrets.token_urlsafe(24))
        self._app_secret = secrets.token_urlsafe(24)
        self.alerts_mail = Mailbox(
            self.home / "mail-of-alerts", mail_port=choose_port(), page_port=choose_port()
        )
        self.stack = Stack(
            self.home / "stack",
            drill_company(self.vendor.url),
            fsync=False,
            extra_env=self._env(),
            tells_reps=True,
            say=say,
        )
        self._say = say
        self._http = httpx.Client(trust_env=False, timeout=20)

    @contextmanager
    def running(self) -> Iterator["Site"]:
        """Start everything, and once nothing is wrong any more give it; stop it all afterwards."""
        with ExitStack() as parts:
            parts.enter_context(self._http)
            self.keep_secret(VENDOR_TOKEN, self.vendor.token)
            self.keep_secret(VENDOR_APP, self._app_secret)
            for part in (self.vendor, self.alerts_mail, self.stack):
                part.start()
                parts.callback(part.stop)
            self.people = People(self.stack.description, lambda: self.instances("intake"), self._app_secret)
            self.watchers = Watchers(
                self.home / "watchers",
                {job: self._targets(name)[0] for name, job in JOBS.items()},
                mail_port=self.alerts_mail.mail_port,
                pace=self.pace,
            )
            parts.callback(self.watchers.stop)
            self.watchers.start()
            self.people.start()
            parts.callback(self.people.stop)
            self._await_scrapes()
            yield self

    @property
    def reps_mail(self) -> Mailbox:
        """The mail server that the services hand letters to."""
        if self.stack.mailbox is None:
            raise StackError("unset BATON_SMTP_URL: a drill writes to nobody but its own mailbox.")
        return self.stack.mailbox

    def instances(self, service: str) -> list[str]:
        """Addresses of the instances of a service."""
        return [
            process.base_url
            for name, process in list(self.stack.services.items())
            if name == service or name.startswith(f"{service}-")
        ]

    @contextmanager
    def one_more(self, service: str, extra_env: Mapping[str, str]) -> Iterator[str]:
        """One more instance of a service, scraped as its others are; gone afterwards. Gives its name."""
        name = self.stack.add_instance(service, extra_env=extra_env).name
        self.watchers.watch(JOBS[service], self._targets(service))
        try:
            yield name
        finally:
            gone = self.stack.services[name].base_url.removeprefix("http://")
            self.watchers.watch(JOBS[service], [each for each in self._targets(service) if each != gone])
            self.stack.remove_instance(name)

    def gauge(self, service: str, name: str) -> float:
        """The sum of a metric of the first instance of a service, as it exports it now; 0 without one."""
        text = self._http.get(f"{self.instances(service)[0]}/metrics").text
        samples = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
        return sum(float(value) for series, _, value in samples if series.partition("{")[0] == name)

    def ask(self, service: str, method: str, path: str, body: Any = None) -> Any:
        """A call of the operator's. Raises httpx.HTTPStatusError."""
        at = self.stack.description
        headers = {"Authorization": f"Bearer {at['operator_token']}"}
        answer = self._http.request(method, f"{at[service]}{path}", json=body, headers=headers)
        answer.raise_for_status()
        return answer.json()

    def keep_secret(self, name: str, value: str) -> None:
        """Put a secret where intake reads it, from now on."""
        self.secrets.mkdir(parents=True, exist_ok=True)
        write_private(self.secrets / name, value)

    def _env(self) -> dict[str, str]:
        return {
            "BATON_SECRETS_DIR": str(self.secrets),
            "BATON_SPOOL_MAX_BYTES": str(self._spool_bytes()),
            "BATON_SPOOL_SEGMENT_BYTES": str(SEGMENT_BYTES),
        }

    def _spool_bytes(self) -> int:
        posts = self.pace.seconds(FILLS_IN) * POSTS_A_SECOND
        return max(LEAST_SPOOL, int(2 * posts * LEAD_BYTES))

    def _targets(self, service: str) -> list[str]:
        return [address.removeprefix("http://") for address in self.instances(service)]

    def _await_scrapes(self) -> None:
        self._say("Prometheus and Alertmanager watch it")
        wait_until(
            lambda: len(self.watchers.series("up == 1")) == len(JOBS),
            CALM_SECONDS,
            "what Prometheus scrapes",
            pause=0.5,
        )
