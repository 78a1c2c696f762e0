"""Restarts in the order of a rolling update, as deploy/k8s asks a cluster for it."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from baton_dev.errors import PartFailedError
from baton_dev.process import ManagedProcess
from tests.chaos.installation import SERVICES, Installation

ADOPTION = Path(__file__).resolve().parents[2] / "deploy" / "k8s" / "base" / "adopt-spool.yaml"
HEARD_SECONDS = 1.0
"""Until load balancers have heard that a pod goes; they send it requests meanwhile."""
PRE_STOP_SECONDS = 10.0
"""From the decision to SIGTERM, as in deploy/k8s."""
GRACE_SECONDS = 30.0
"""What deploy/k8s leaves after that, before SIGKILL."""


async def roll_all(installation: Installation) -> None:
    """Replace every pod of every service once, the services at the same time, as one apply does it."""
    await asyncio.gather(*(roll(installation, service) for service in SERVICES))


async def roll(installation: Installation, service: str) -> None:
    """One pod after the other: of intake, whose pods own their volumes, the same again; of others a new one
    first, and the old one goes once that is ready.
    """
    names = [name for name in installation.stack.services if name.partition("-")[0] == service]
    for name in reversed(names):
        old = installation.stack.services[name]
        if service == "intake":
            await go(installation, old)
            await asyncio.to_thread(old.start)
            await asyncio.to_thread(old.await_answer)
            installation.out_of_balance.discard(old)
            continue
        new = await asyncio.to_thread(installation.stack.add_instance, service)
        await go(installation, old)
        installation.stack.services[name] = installation.stack.services.pop(new.name)
        installation.out_of_balance.discard(old)


async def go(installation: Installation, pod: ManagedProcess) -> None:
    """preStop, SIGTERM, and an end by itself within the grace period; AssertionError for any other."""
    await asyncio.sleep(HEARD_SECONDS)
    installation.out_of_balance.add(pod)
    await asyncio.sleep(PRE_STOP_SECONDS - HEARD_SECONDS)
    pod.ask_to_stop()
    for _ in range(int(GRACE_SECONDS / 0.1)):
        if not pod.is_alive():
            with pytest.raises(PartFailedError, match="ended with exit 0"):
                pod.require_alive()
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{pod.name} would have been killed after {GRACE_SECONDS:.0f} s")


def adopt(left: ManagedProcess) -> str:
    """Drain the spool that a pod of intake left behind, as the job of deploy/k8s does; what it said."""
    pattern = yaml.safe_load(ADOPTION.read_text())["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    command = pattern["containers"][0]["command"]
    assert (command[0], command[-1]) == ("python", "/var/lib/baton")
    done = subprocess.run(
        [sys.executable, *command[1:-1], left.env["BATON_DATA_DIR"]],
        env=left.env,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout
