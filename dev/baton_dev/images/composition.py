"""What docker-compose.yml describes, on an engine of our own, and as tests of the whole know a stack."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from baton_dev.errors import PartFailedError
from baton_dev.files import write_private
from baton_dev.images.engine import Engine
from baton_dev.images.system import call, tool
from baton_dev.onboarding import Operator
from baton_dev.ports import choose_port
from baton_dev.waiting import wait_until
from rulebook.loader import FOLDERS

SERVICES = {"intake": "intake", "scoring": "scoring", "router": "router", "sla_monitor": "sla-monitor"}
"""Each service's package, and its name in the file."""
_PORTS = ("INTAKE_PORT", "SCORING_PORT", "ROUTER_PORT", "SLA_MONITOR_PORT")
UP_SECONDS = 600.0
_IN_FORCE_SECONDS = 120.0
_READING_THE_TOKEN = ("exec", "-T", "intake", "cat", "/run/secrets/env/BATON_OPERATOR_TOKEN")


def read_versions(root: Path) -> dict[str, str]:
    """What .env says, by name."""
    lines = [line for line in (root / ".env").read_text().splitlines() if line and not line.startswith("#")]
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def write_rulebook(document: Mapping[str, Any], folder: Path) -> Path:
    """Write a rulebook given as JSON as the folder that says the same, readable for containers' users."""
    folder.mkdir(mode=0o755)
    top = {key: value for key, value in document.items() if key not in FOLDERS}
    (folder / "company.yaml").write_text(json.dumps(top))
    for key, name in FOLDERS.items():
        (folder / name).mkdir(mode=0o755)
        for each, value in document.get(key, {}).items():
            (folder / name / f"{each}.yaml").write_text(json.dumps(value))
    return folder


class Composition:
    """The file in `root` with the profile core. `variables` are given beside those of .env."""

    def __init__(self, engine: Engine, root: Path, variables: Mapping[str, str] | None = None) -> None:
        self.engine = engine
        self.root = root
        ports = {name: str(choose_port()) for name in _PORTS}
        ours = {"COMPOSE_PROFILES": "core", "BATON_SMTP_URL": "", "ROUTER_PUBLIC_URL": ""}
        self.variables = ours | ports | dict(variables or {})

    def compose(self, *words: str, seconds: float = UP_SECONDS) -> str:
        """What `docker compose WORDS` says on stdout. PartFailedError when it fails."""
        around = self.engine.environment | self.variables
        return call([str(tool("docker-compose")), *words], env=around, cwd=self.root, seconds=seconds)

    def build(self) -> None:
        """Build each image as the file says, on the host's network: these builds reach PyPI only there.

        The first by itself, as the others begin with the same layers; then two at a time.
        """
        first, *others = [each for each in self.configuration()["services"].values() if "build" in each]
        self._build(first)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self._build, others))

    def _build(self, service: Mapping[str, Any]) -> None:
        wanted = service["build"]
        given = [f"--build-arg={name}={value}" for name, value in wanted["args"].items()]
        file = str(Path(wanted["context"]) / wanted["dockerfile"])
        words = ["--network", "host", "--quiet", "--tag", service["image"], "--file", file, *given]
        self.engine.docker("build", *words, wanted["context"])

    def configuration(self) -> dict[str, Any]:
        """The file as Compose understands it."""
        read: dict[str, Any] = json.loads(self.compose("config", "--format", "json"))
        return read

    @property
    def project(self) -> str:
        """What its containers, networks and volumes are named after."""
        name = "COMPOSE_PROJECT_NAME"
        return self.variables.get(name) or read_versions(self.root)[name]

    def up(self) -> None:
        """As an operator does, but never pulling: nothing here can."""
        try:
            self.compose("up", "--detach", "--wait", "--pull", "never", "--no-build")
        except PartFailedError as error:
            raise PartFailedError(f"{error}\n{self.compose('logs', '--no-color', '--tail', '30')}") from None

    def down(self, *, with_data: bool) -> None:
        """Remove the containers, with `with_data` also what they kept."""
        self.compose("down", "--remove-orphans", *(["--volumes"] if with_data else []))

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine knows of each container, ended jobs included, by service."""
        names = self.compose("ps", "--all", "--quiet").split()
        known = [self.engine.inspect(name) for name in names]
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in known}

    def address(self, service: str) -> str:
        """Where a service, named by its package, is reached from this machine."""
        return f"http://127.0.0.1:{self.variables[f'{service.upper()}_PORT']}"


class ComposedService:
    """One service in its container, handled as a process of the embedded stack is."""

    def __init__(self, composition: Composition, package: str) -> None:
        self.name = package
        self.base_url = composition.address(package)
        self._composition = composition
        self._service = SERVICES[package]

    def is_alive(self) -> bool:
        """Tell whether the container runs."""
        labels = (f"service={self._service}", f"project={self._composition.project}")
        words = [f"--filter=label=com.docker.compose.{each}" for each in labels]
        return bool(
            self._composition.engine.docker("ps", "--quiet", "--filter=status=running", *words).strip()
        )

    def start(self) -> None:
        """Start the container again."""
        self._composition.compose("start", self._service)

    def await_answer(self, path: str = "/readyz", deadline: float = 60.0) -> None:
        """Return once `GET path` answers 200; PartFailedError after `deadline` seconds."""
        with httpx.Client(base_url=self.base_url, timeout=5, trust_env=False) as client:

            def answers() -> bool:
                try:
                    return client.get(path).is_success
                except httpx.TransportError:
                    return False

            wait_until(answers, deadline, f"{self.name} ({self.base_url}{path})", pause=0.2)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL after the time the file gives."""
        self._composition.compose("stop", self._service)

    def kill(self) -> None:
        """SIGKILL now."""
        self._composition.compose("kill", self._service)


class ComposedStack:
    """The composition as tests of the whole know a stack. Its job publishes `rulebook`, as an operator's.

    `home` is a folder for the rulebook, and for stack.json, which programs beside it read.
    """

    def __init__(self, composition: Composition, rulebook: dict[str, Any], home: Path) -> None:
        self.composition = composition
        self.home = home
        self.services = {package: ComposedService(composition, package) for package in SERVICES}
        self.description: dict[str, Any] = {}
        self._rulebook = rulebook
        self._rep_tokens: dict[str, str] = {}
        composition.variables["BATON_RULEBOOK"] = str(write_rulebook(rulebook, home / "rulebook"))

    def start(self) -> None:
        """Bring everything up; return once the rulebook holds and the services are ready."""
        self.composition.up()
        self.meet()

    def meet(self) -> None:
        """Wait until the rulebook holds and the services are ready, and learn what clients need."""
        for service in self.services.values():
            service.await_answer()
        version = self._version_in_force()
        with self._operator() as operator:
            reps = self._whole_roster(operator)
            for rep in reps.keys() - self._rep_tokens.keys():
                self._rep_tokens[rep] = operator.rep_token(rep)
        self.description = self._describe(reps, version)
        write_private(self.home / "stack.json", json.dumps(self.description))

    def stop(self) -> None:
        """Remove every container; the data stays."""
        self.composition.down(with_data=False)

    @contextmanager
    def _operator(self) -> Iterator[Operator]:
        calls = Operator(
            self.operator_token(),
            scoring=self.services["scoring"].base_url,
            router=self.services["router"].base_url,
        )
        try:
            yield calls
        finally:
            calls.close()

    def operator_token(self) -> str:
        """As the page tells the operator to read it."""
        return self.composition.compose(*_READING_THE_TOKEN)

    def _version_in_force(self) -> int:
        """The number of the version that was published last, once it is in force."""
        url = f"{self.services['scoring'].base_url}/v1/rulebooks"
        with httpx.Client(trust_env=False) as client:
            client.headers["Authorization"] = f"Bearer {self.operator_token()}"
            newest = max(int(each["version"]) for each in client.get(url).json()["versions"])
            wait_until(
                lambda: bool(client.get(f"{url}/active").json()["version"] == newest),
                _IN_FORCE_SECONDS,
                "the rulebook in force",
                pause=0.5,
            )
        return newest

    def _whole_roster(self, operator: Operator) -> dict[str, str]:
        wanted = set(self._rulebook["roster"]["reps"])
        wait_until(lambda: wanted <= set(operator.reps()), _IN_FORCE_SECONDS, "router's roster", pause=0.5)
        return operator.reps()

    def _describe(self, reps: dict[str, str], version: int) -> dict[str, Any]:
        versions = {"rulebook": version, "baton": read_versions(self.composition.root)["BATON_VERSION"]}
        return {
            **{package: service.base_url for package, service in self.services.items()},
            "operator_token": self.operator_token(),
            "reps": {rep: {"name": name, "token": self._rep_tokens[rep]} for rep, name in reps.items()},
            "forms": {name: {"key": form["key"]} for name, form in self._rulebook["forms"].items()},
            "versions": versions,
        }
