"""Programs of a control plane: built or installed the first time that a user needs them, then kept."""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from baton_dev.errors import StackError
from baton_dev.files import cache_dir, one_writer, require_space
from baton_dev.launch import run_once

KUBERNETES = "1.36.3"
SOURCES = Path(__file__).parent / "go"
OPERATOR_KINDS = ("servicemonitors", "prometheusrules")
_OPERATOR_API = "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
_VERSION = "k8s.io/component-base/version"


class ToolUnavailable(StackError):
    """A program is missing and could not be had; the message says what to install."""


def kubectl() -> Path:
    """The client that came with Baton's development tools. Raises ToolUnavailable."""
    found = Path(sys.executable).with_name("kubectl")
    if not found.exists():
        raise ToolUnavailable(f"there is no {found}: run `make install`, which installs requirements.lock")
    return found


def etcd() -> Path:
    """Debian's etcd, installed if need be. Raises ToolUnavailable."""
    if shutil.which("etcd") is None:
        _install("etcd-server")
    found = shutil.which("etcd")
    if found is None:
        raise ToolUnavailable("etcd is missing: install it (on Debian: apt-get install etcd-server)")
    return Path(found)


def api_server() -> Path:
    """A kube-apiserver of version KUBERNETES; building it takes ten minutes or so. Raises StackError."""
    flags = ["-s", "-w", "-X", f"{_VERSION}.gitVersion=v{KUBERNETES}"]
    major, minor, _ = KUBERNETES.split(".")
    flags += ["-X", f"{_VERSION}.gitMajor={major}", "-X", f"{_VERSION}.gitMinor={minor}"]
    ldflags = " ".join(flags)

    def build(made: Path, folder: Path) -> None:
        package = "k8s.io/kubernetes/cmd/kube-apiserver"
        _go(["build", "-p", "2", "-trimpath", "-ldflags", ldflags, "-o", str(made), package], folder)

    return _made_once("kube-apiserver", SOURCES / "api_server", build, mebibytes=6000)


def operator_kinds() -> list[Path]:
    """Definitions of the Prometheus operator's kinds, generated from its types. Raises StackError."""

    def build(made: Path, folder: Path) -> None:
        made.mkdir()
        tool = ["tool", "controller-gen", "crd:crdVersions=v1,ignoreUnexportedFields=true"]
        _go([*tool, f"paths={_OPERATOR_API}", f"output:crd:dir={made.resolve()}"], folder)

    found = _made_once("operator-kinds", SOURCES / "operator_kinds", build, mebibytes=2000)
    return [found / f"monitoring.coreos.com_{kind}.yaml" for kind in OPERATOR_KINDS]


def kube_score() -> Path:
    """A linter for manifests; building it takes half a minute. Raises StackError."""

    def build(made: Path, folder: Path) -> None:
        package = "github.com/zegl/kube-score/cmd/kube-score"
        _go(["build", "-p", "2", "-trimpath", "-ldflags", "-s -w", "-o", str(made), package], folder)

    return _made_once("kube-score", SOURCES / "kube_score", build, mebibytes=1000)


def _made_once(name: str, sources: Path, build: Callable[[Path, Path], None], *, mebibytes: int) -> Path:
    """What `build` makes of a copy of `sources`, kept in the cache under a name that tells its pins."""
    pins = b"".join(each.read_bytes() for each in sorted(sources.iterdir()))
    cache = cache_dir() / "kubernetes"
    made = cache / f"{name}-{hashlib.sha256(pins).hexdigest()[:12]}"
    with one_writer(cache):
        if not made.exists():
            require_space(cache, mebibytes, f"Building {name}")
            print(f"Building {name} (once) ...", flush=True)
            folder, draft = cache / f"{name}-sources", cache / f"{name}-draft"
            for each in (folder, draft):
                shutil.rmtree(each, ignore_errors=True)
            draft.unlink(missing_ok=True)
            shutil.copytree(sources, folder)
            build(draft, folder)
            draft.replace(made)
            shutil.rmtree(folder)
    return made


def _go(arguments: Sequence[str], folder: Path) -> None:
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        raise ToolUnavailable("Go is missing: install Go 1.26 or newer, which builds a kube-apiserver once")
    # the go.sum beside go.mod holds the hash of every module: nothing else is taken
    env = {**os.environ, "GOFLAGS": "-mod=readonly -buildvcs=false"}
    command = ["nice", "-n", "19", go, "-C", str(folder), *arguments]
    run_once(command, what=f"go {' '.join(arguments[:2])}", log=folder.with_suffix(".log"), env=env)


def _install(package: str) -> None:
    if shutil.which("apt-get") is None:
        raise ToolUnavailable(f"{package} is missing: install what your system calls so")
    log = cache_dir() / "kubernetes" / "apt-get.log"
    # installed to be started here, on loopback, and not as a service of the machine
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    run_once(["apt-get", "update", "-qq"], what="apt-get update", log=log, env=env)
    command = ["apt-get", "install", "-qq", "--no-install-recommends", package]
    run_once(command, what=f"apt-get install {package}", log=log, env=env)
