"""Each image by itself: who runs in it, what is not in it, how large it is, and in which layers."""

import gzip
import subprocess

import pytest

from baton_dev.errors import PartFailedError
from baton_dev.images.composition import Composition

IMAGES = {
    "intake": "intake",
    "scoring": "scoring",
    "router": "router",
    "sla-monitor": "sla_monitor",
    "cli": "baton_cli",
}
"""Each image and the package it is there for."""
PACKED_MB = 200
OWN_LAYER_MB = 12
_TOOLS = ("pip", "pip3", "gcc", "cc", "make", "git", "hatchling")


@pytest.fixture(params=IMAGES)
def image(request: pytest.FixtureRequest, composition: Composition) -> str:
    name: str = request.param
    return f"baton/{name}:{_version(composition)}"


def _version(composition: Composition) -> str:
    found: str = composition.configuration()["services"]["intake"]["image"].partition(":")[2]
    return found


def _run(composition: Composition, image: str, *command: str) -> str:
    """What a command says in the image with no network, nothing writable and no privilege."""
    hard = ["--rm", "--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
    return composition.engine.docker("run", *hard, f"--entrypoint={command[0]}", image, *command[1:])


def test_nobody_in_it_is_root(composition: Composition, image: str) -> None:
    assert composition.engine.inspect(image)["Config"]["User"] == "10001:10001"
    assert _run(composition, image, "id", "-u").strip() == "10001"


def test_its_program_loads_where_nothing_can_be_written(composition: Composition, image: str) -> None:
    package = IMAGES[image.removeprefix("baton/").partition(":")[0]]
    module = f"{package}.app" if package == "baton_cli" else f"{package}.main"
    _run(composition, image, "python", "-c", f"import {module}")


def test_it_has_no_tool_to_build_or_install_with(composition: Composition, image: str) -> None:
    look = f"for tool in {' '.join(_TOOLS)}; do command -v $tool; done; true"
    assert _run(composition, image, "sh", "-c", look) == ""
    for module in ("pip", "ensurepip", "setuptools", "hatchling"):
        with pytest.raises(PartFailedError, match="ModuleNotFoundError"):
            _run(composition, image, "python", "-c", f"import {module}")


def test_nothing_of_ours_in_it_can_be_changed_by_who_runs_it(composition: Composition, image: str) -> None:
    assert _run(composition, image, "find", "/opt/baton", "-not", "-type", "l", "-perm", "/022") == ""
    assert _run(composition, image, "find", "/opt/baton", "-not", "-user", "root") == ""


def test_it_says_what_it_is(composition: Composition, image: str) -> None:
    labels = composition.engine.inspect(image)["Config"]["Labels"]
    name, _, version = image.partition(":")
    assert labels["org.opencontainers.image.title"] == name
    assert labels["org.opencontainers.image.version"] == version
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_it_is_small_to_send(composition: Composition, image: str) -> None:
    saved = subprocess.run(
        ["docker", "save", image], env=composition.engine.environment, capture_output=True, check=True
    ).stdout
    packed = len(gzip.compress(saved, compresslevel=1)) / 1e6
    assert packed < PACKED_MB


def test_a_change_of_our_code_sends_a_small_layer_only(composition: Composition, image: str) -> None:
    told = ("--human=false", "--format", "{{.Size}} {{.CreatedBy}}")
    layers = composition.engine.docker("history", *told, image)
    copied = [line for line in layers.splitlines() if "COPY" in line]
    own, packages = (int(line.split()[0]) for line in copied[:2])  # the newest come first
    assert own < OWN_LAYER_MB * 1e6 < packages


@pytest.mark.parametrize("service", [name for name in IMAGES if name != "cli"])
def test_a_service_tells_its_health_by_itself(composition: Composition, service: str) -> None:
    health = composition.engine.inspect(f"baton/{service}:{_version(composition)}")["Config"]["Healthcheck"]
    assert health["Test"][:2] == ["CMD", "python"]
    assert "/healthz" in health["Test"][-1]
