"""Servers of the tests from their images, through testcontainers, and the tests against servers on them."""

import subprocess
import sys

import pytest

from baton_dev.containers import KAFKA_IMAGE, POSTGRES_IMAGE, ContainerServers, images_present
from baton_dev.images.engine import Engine
from tests.images.conftest import ROOT

SECONDS = 3600


@pytest.fixture
def reached(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The engine, as programs find it by the environment."""
    for name, value in engine.environment.items():
        monkeypatch.setenv(name, value)
    return engine


def test_servers_from_images_are_reached_from_this_machine_only_and_leave_nothing(reached: Engine) -> None:
    assert images_present()
    before = set(reached.docker("ps", "--all", "--quiet").split())
    servers = ContainerServers()
    servers.start()
    ours = [reached.inspect(name) for name in set(reached.docker("ps", "--quiet").split()) - before]
    servers.stop()
    assert {each["Config"]["Image"] for each in ours} == {KAFKA_IMAGE, POSTGRES_IMAGE}
    opened = [
        port for each in ours for ports in each["HostConfig"]["PortBindings"].values() for port in ports
    ]
    assert {port["HostIp"] for port in opened} == {"127.0.0.1"}
    assert set(reached.docker("ps", "--all", "--quiet").split()) == before


def test_tests_against_servers_pass_on_those_from_images(engine: Engine) -> None:
    environment = engine.environment | {"BATON_TEST_STACK": "containers"}
    parallel = ("-n", "2", "--dist", "loadfile")
    words = [sys.executable, "-m", "pytest", *parallel, "-m", "not long", "-p", "no:cacheprovider"]
    words.append("tests/integration")
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout[-6000:]
    assert f"containers {KAFKA_IMAGE} and {POSTGRES_IMAGE}" in done.stdout
