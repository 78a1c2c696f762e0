"""Programs of Debian's packages, installed when absent, without the daemons that the packages bring."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from baton_dev.errors import StackError

PACKAGES = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
}
"""Which package a program comes in."""
POLICY = Path("/usr/sbin/policy-rc.d")
"""Asked by packages before they start a daemon; 101 forbids it (Debian policy on init scripts)."""


def program(name: str) -> str:
    """The path of a program, whose package is installed when it is absent. Raises StackError."""
    found = shutil.which(name)
    if found is None:
        _install(PACKAGES[name])
        found = shutil.which(name)
    if found is None:
        raise StackError(f"{name} is not here and the package {PACKAGES[name]} did not bring it.")
    return found


def library(package: str, name: str) -> Path:
    """The path of a shared library of a package, which is installed when it is absent. Raises StackError."""
    found = _files(package, name)
    if not found:
        _install(package)
        found = _files(package, name)
    if not found:
        raise StackError(f"{name} is not here and the package {package} did not bring it.")
    return found[0]


def _files(package: str, name: str) -> list[Path]:
    if shutil.which("dpkg-query") is None:
        return []
    listed = subprocess.run(["dpkg-query", "-L", package], capture_output=True, text=True, check=False)
    return [path for line in listed.stdout.splitlines() if (path := Path(line)).name == name]


def _install(package: str) -> None:
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise StackError(
            f"install the package {package}: it can be done here only by root on Debian or Ubuntu."
        )
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    with _no_daemons():
        for command in (["apt-get", "update", "-qq"], install):
            done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
            if done.returncode:
                raise StackError(f"{' '.join(command)} failed: {done.stderr[-500:]}")


@contextmanager
def _no_daemons() -> Iterator[None]:
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
