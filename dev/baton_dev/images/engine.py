"""A Docker engine of our own for one proof: its data in one folder; nothing of it stays on the machine."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from baton_dev.errors import PartFailedError, StackError
from baton_dev.files import last_lines
from baton_dev.images.system import call
from baton_dev.launch import Process, death_signal, launch, stop
from baton_dev.waiting import wait_until

_BRIDGE = re.compile(r"^(docker0|br-[0-9a-f]{12})\b")
_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")
_TABLES = {"nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"), "filter": ("INPUT", "FORWARD", "OUTPUT")}
"""What the engine writes into, and the chains that are there without it."""
_CGROUPS = Path("/sys/fs/cgroup")
_SHARES = {_CGROUPS / "cpu" / "docker" / "cpu.shares": str(10 * 1024)}
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0


class Engine:
    """Use as a context manager. `home` is new or empty, and deleted at the end.

    What the engine changes of the machine's network is put back: rules, bridges, forwarding.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._process: Process | None = None
        self._rules = ""
        self._forwarding = ""
        self._bridges: set[str] = set()

    @property
    def host(self) -> str:
        """The value of DOCKER_HOST."""
        return f"unix://{self.home / 'docker.sock'}"

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment with the engine in it; the engine is an old one, so its own builder."""
        foreign = ("DOCKER_", "COMPOSE_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        ours = {"DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "0"}
        return kept | ours | {"DOCKER_CONFIG": str(self.home / "client")}

    def __enter__(self) -> Self:
        if (bridges := _bridges()) and any(each == "docker0" for each in bridges):
            raise StackError("another Docker engine runs here (docker0 exists): stop it for this proof.")
        self._bridges, self._rules = bridges, call(["iptables-save"])
        self._forwarding = _FORWARD.read_text()
        self.home.mkdir(parents=True, exist_ok=True)
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def docker(self, *words: str, seconds: float = 900) -> str:
        """What `docker WORDS` says. PartFailedError when it fails."""
        return call(["docker", *words], env=self.environment, seconds=seconds)

    def inspect(self, name: str) -> dict[str, Any]:
        """What the engine knows of an image or a container."""
        found: list[dict[str, Any]] = json.loads(self.docker("inspect", name))
        return found[0]

    @property
    def gateway(self) -> str:
        """The address by which containers reach this machine, whatever networks come and go."""
        _, _, address, *_ = call(["ip", "-4", "-brief", "address", "show", "docker0"]).split()
        return address.partition("/")[0]

    def _start(self) -> None:
        log = self.home / "dockerd.log"
        words = ["--data-root", str(self.home / "data"), "--exec-root", str(self.home / "exec")]
        words += ["--pidfile", str(self.home / "pid"), "--host", self.host, "--storage-driver", "overlay2"]
        process = self._process = launch([*death_signal("TERM"), "dockerd", *words], log=log)

        def answers() -> bool:
            if process.poll() is not None:
                raise PartFailedError(f"dockerd ended. The end of {log}:\n{last_lines(log)}")
            try:
                self.docker("version")
            except PartFailedError:
                return False
            return True

        wait_until(answers, _START_SECONDS, "the Docker engine", pause=0.3)
        self._take_a_share()

    def _take_a_share(self) -> None:
        """Count all containers together as ten processes: as one, they starve on a machine that works."""
        for path in _SHARES:
            if path.parent.parent.exists():
                path.parent.mkdir(exist_ok=True)
                path.write_text(_SHARES[path])

    def _stop(self) -> None:
        if self._process is not None:
            stop(self._process, signal.SIGTERM, _STOP_SECONDS)
            self._process = None
        for name in _bridges() - self._bridges:
            call(["ip", "link", "delete", name])
        _restore(self._rules)
        _FORWARD.write_text(self._forwarding)
        for mounted in _mounts_below(self.home):
            call(["umount", mounted])
        for group in _CGROUPS.glob("*/docker"):
            with contextlib.suppress(OSError):  # one that something still uses
                group.rmdir()
        shutil.rmtree(self.home)


def _bridges() -> set[str]:
    lines = call(["ip", "-brief", "link"]).splitlines()
    return {found[1] for line in lines if (found := _BRIDGE.match(line))}


def _mounts_below(folder: Path) -> list[str]:
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [each for each in reversed(mounted) if Path(each).is_relative_to(folder)]


def _restore(rules: str) -> None:
    """Put the rules back as they were; a table that was not there before is emptied, as it began."""
    for table, chains in _TABLES.items():
        if f"*{table}\n" not in rules:
            rules += "\n".join([f"*{table}", *(f":{chain} ACCEPT [0:0]" for chain in chains), "COMMIT", ""])
    subprocess.run(["iptables-restore"], input=rules, text=True, check=True)
