"""All pods are lost together, and come back through deaths in the midst of reading back."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from baton_dev.errors import PartFailedError
from baton_dev.process import ManagedProcess
from baton_dev.stack import Stack
from baton_dev.waiting import wait_until

STORES = ("scoring", "router", "sla_monitor")
DEATH_SECONDS = 90.0
DEATHS = (
    {
        "scoring": ("consumer.in_transaction", "consumer.after_commit"),
        "router": ("read_back.after_publish", "consumer.before_commit"),
        "sla_monitor": ("consumer.before_commit",),
    },
    {"router": ("read_back.after_delete",)},
)
"""For each restore where pods of a service die, one after the other: the first takes in what another would
have had to. The router alone says something while it reads back."""


def pods_of(stack: Stack, service: str) -> list[ManagedProcess]:
    """All pods of a service, whether or not they run."""
    return [each for name, each in stack.services.items() if name.partition("-")[0] == service]


def double(stack: Stack) -> None:
    """Give those that say most a second pod."""
    with ThreadPoolExecutor() as crowd:
        list(crowd.map(stack.add_instance, ("scoring", "router")))


def kill_all(stack: Stack) -> None:
    """As the machine they ran on would end."""
    for pod in _every(stack):
        pod.kill()


def die_reading_back(stack: Stack, deaths: Mapping[str, Sequence[str]]) -> None:
    """Start pods that die at these steps while they read back."""
    with ThreadPoolExecutor() as crowd:
        list(crowd.map(lambda service: _die(pods_of(stack, service), deaths[service]), deaths))


def start_at_once(stack: Stack) -> None:
    """Start all pods side by side, and wait until they are ready."""
    for pod in _every(stack):
        pod.start()
    for pod in _every(stack):
        pod.await_answer()


def _every(stack: Stack) -> Iterator[ManagedProcess]:
    for service in STORES:
        yield from pods_of(stack, service)


def _die(pods: Sequence[ManagedProcess], failpoints: Sequence[str]) -> None:
    for pod, failpoint in zip(pods, failpoints, strict=False):
        pod.env["BATON_FAILPOINTS"] = f"{failpoint}=kill@1"
        pod.start()
        _await_death(pod)
        del pod.env["BATON_FAILPOINTS"]


def _await_death(pod: ManagedProcess) -> None:
    what = f"{pod.name} to die at {pod.env['BATON_FAILPOINTS']}"
    wait_until(lambda: not pod.is_alive(), DEATH_SECONDS, what)
    with pytest.raises(PartFailedError, match="ended by SIGKILL"):
        pod.require_alive()
