"""Two pods of each store: lost together, and back through deaths in the midst of reading back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from baton_dev.errors import PartFailedError
from baton_dev.process import ManagedProcess
from baton_dev.stack import Stack
from baton_dev.waiting import wait_until

STORES = ("scoring", "router", "sla_monitor")
DEATH_SECONDS = 90.0
DEATHS = {
    "scoring": ("consumer.in_transaction", "consumer.after_commit"),
    "router": ("{}", "consumer.before_commit"),
    "sla_monitor": ("consumer.before_commit",),
}
"""Of the pods of a service, one after the other; the router alone says something while it reads back."""


def pods_of(stack: Stack, service: str) -> list[ManagedProcess]:
    """All pods of a service, whether or not they run."""
    return [each for name, each in stack.services.items() if name.partition("-")[0] == service]


def double(stack: Stack) -> None:
    """Give each store a second pod."""
    with ThreadPoolExecutor() as crowd:
        list(crowd.map(stack.add_instance, STORES))


def kill_all(stack: Stack) -> None:
    """As the machine they ran on would end."""
    for pod in _every(stack):
        pod.kill()


def die_reading_back(stack: Stack, failpoint: str) -> None:
    """Start pods that die at a step of reading back, a router at this one."""
    with ThreadPoolExecutor() as crowd:
        list(crowd.map(lambda service: _die(stack, service, failpoint), DEATHS))


def start_at_once(stack: Stack) -> None:
    """Start all pods side by side, and wait until they are ready."""
    for pod in _every(stack):
        pod.start()
    for pod in _every(stack):
        pod.await_answer()


def _every(stack: Stack) -> Iterator[ManagedProcess]:
    for service in STORES:
        yield from pods_of(stack, service)


def _die(stack: Stack, service: str, failpoint: str) -> None:
    for pod, place in zip(pods_of(stack, service), DEATHS[service], strict=False):
        pod.env["BATON_FAILPOINTS"] = f"{place.format(failpoint)}=kill@1"
        pod.start()
        _await_death(pod)
        del pod.env["BATON_FAILPOINTS"]


def _await_death(pod: ManagedProcess) -> None:
    what = f"{pod.name} to die at {pod.env['BATON_FAILPOINTS']}"
    wait_until(lambda: not pod.is_alive(), DEATH_SECONDS, what)
    with pytest.raises(PartFailedError, match="ended by SIGKILL"):
        pod.require_alive()
