"""A real kube-apiserver with its etcd on loopback; without nodes and controllers nothing runs."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from baton_dev.errors import PartFailedError
from baton_dev.files import last_lines, write_private
from baton_dev.kubernetes import tools
from baton_dev.launch import Process, death_signal, launch, stop
from baton_dev.ports import choose_port
from baton_dev.waiting import wait_until

START_SECONDS = 120.0


@dataclass(frozen=True)
class Answer:
    """What kubectl said."""

    code: int
    out: str
    said: str
    """Its stderr: errors, and the server's warnings."""


@dataclass(frozen=True)
class ControlPlane:
    """A running API server, and the client that is its administrator."""

    home: Path
    port: int

    @property
    def _kubeconfig(self) -> Path:
        return self.home / "kubeconfig"

    def kubectl(self, *arguments: str, text: str | None = None) -> Answer:
        """Run kubectl to its end, with `text` as its input."""
        env = {**os.environ, "KUBECONFIG": str(self._kubeconfig), "HOME": str(self.home)}
        env.pop("HTTPS_PROXY", None)
        done = subprocess.run(
            [str(tools.kubectl()), *arguments],
            input=text,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def must(self, *arguments: str, text: str | None = None) -> Answer:
        """The same; PartFailedError when it fails."""
        answer = self.kubectl(*arguments, text=text)
        if answer.code != 0:
            raise PartFailedError(f"kubectl {' '.join(arguments)} failed:\n{answer.out}{answer.said}")
        return answer


@contextmanager
def running() -> Iterator[ControlPlane]:
    """A fresh control plane, stopped and deleted at the end. Raises StackError."""
    etcd, server = tools.etcd(), tools.api_server()
    with ExitStack() as undo:
        home = Path(tempfile.mkdtemp(prefix="baton-kubernetes-"))
        undo.callback(shutil.rmtree, home, ignore_errors=True)
        store = f"http://127.0.0.1:{choose_port()}"
        _start(undo, "etcd", _etcd_command(etcd, home, store), home)
        plane = ControlPlane(home, choose_port())
        _write_credentials(home, plane.port)
        process = _start(undo, "kube-apiserver", _server_command(server, home, store, plane.port), home)
        _await(process, plane)
        yield plane


def _etcd_command(etcd: Path, home: Path, store: str) -> list[str]:
    peer = f"http://127.0.0.1:{choose_port()}"
    return [
        str(etcd),
        f"--data-dir={home / 'etcd'}",
        f"--listen-client-urls={store}",
        f"--advertise-client-urls={store}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
    ]


def _server_command(server: Path, home: Path, store: str, port: int) -> list[str]:
    return [
        str(server),
        f"--etcd-servers={store}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={home / 'certificates'}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={home / 'accounts.key'}",
        f"--service-account-signing-key-file={home / 'accounts.key'}",
        f"--token-auth-file={home / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--endpoint-reconciler-type=none",
    ]


def _write_credentials(home: Path, port: int) -> None:
    token = secrets.token_urlsafe(24)
    write_private(home / "tokens.csv", f"{token},administrator,administrator,system:masters\n")
    write_private(
        home / "kubeconfig",
        f"""apiVersion: v1
kind: Config
current-context: here
contexts: [{{name: here, context: {{cluster: here, user: administrator}}}}]
clusters:
  - name: here
    cluster: {{server: "https://127.0.0.1:{port}", certificate-authority: certificates/apiserver.crt}}
users: [{{name: administrator, user: {{token: {token}}}}}]
""",
    )
    key = ["openssl", "genrsa", "-out", str(home / "accounts.key"), "2048"]
    subprocess.run(key, check=True, capture_output=True)


def _start(undo: ExitStack, name: str, command: Sequence[str], home: Path) -> Process:
    env = {"PATH": os.environ["PATH"], "HOME": str(home)}
    process = launch([*death_signal("KILL"), *command], env=env, log=home / f"{name}.log", cwd=home)
    undo.callback(stop, process, signal.SIGTERM, 10.0)
    return process


def _await(process: Process, plane: ControlPlane) -> None:
    def is_ready() -> bool:
        if process.poll() is not None:
            raise PartFailedError(f"kube-apiserver ended:\n{last_lines(plane.home / 'kube-apiserver.log')}")
        return plane.kubectl("get", "--raw", "/readyz").code == 0

    wait_until(is_ready, START_SECONDS, "kube-apiserver", pause=0.5)
