"""Each image by itself: who runs in it, what is not in it, how large it is, and in which layers."""

import ast
import gzip
import json
import tarfile
from typing import IO

import pytest

from baton_dev.images.composition import Composition
from sla_monitor.reports.words import LOCALES

IMAGES = {
    "intake": "intake",
    "scoring": "scoring",
    "router": "router",
    "sla-monitor": "sla_monitor",
    "cli": "baton_cli",
}
"""Each image and the package it is there for."""
WRITERS = ("sla-monitor", "cli")
"""The images that write figures and days for people."""
PACKED_MB = 120
UNPACKED_MB = 290
"""As small as the stand-in for python:slim lets them be, which is 128 MB of it."""
OWN_LAYER_MB = 16
_TOOLS = ("pip", "pip3", "gcc", "cc", "make", "git", "strip", "hatchling")
_MODULES = ("pip", "ensurepip", "setuptools", "hatchling")


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
    find = f"from importlib.util import find_spec; print([each for each in {_MODULES} if find_spec(each)])"
    assert _run(composition, image, "python", "-c", find).strip() == "[]"


def test_nothing_of_ours_in_it_can_be_changed_by_who_runs_it(composition: Composition, image: str) -> None:
    assert _run(composition, image, "find", "/opt/baton", "-not", "-type", "l", "-perm", "/022") == ""
    assert _run(composition, image, "find", "/opt/baton", "-not", "-user", "root") == ""


def test_it_says_what_it_is(composition: Composition, image: str) -> None:
    labels = composition.engine.inspect(image)["Config"]["Labels"]
    name, _, version = image.partition(":")
    assert labels["org.opencontainers.image.title"] == name
    assert labels["org.opencontainers.image.version"] == version
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


@pytest.fixture(scope="module")
def packed(composition: Composition, tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """What each image weighs on its way, in MB: its layers, compressed as little as a registry ever does."""
    saved = tmp_path_factory.mktemp("images") / "all.tar"
    names = [f"baton/{name}:{_version(composition)}" for name in IMAGES]
    composition.engine.docker("save", "--output", str(saved), *names)
    layers: dict[str, float] = {}
    with tarfile.open(saved) as archive:
        manifest = json.load(_member(archive, "manifest.json"))
        for layer in {layer for each in manifest for layer in each["Layers"]}:
            layers[layer] = len(gzip.compress(_member(archive, layer).read(), compresslevel=1)) / 1e6
    saved.unlink()
    return {
        name: sum(layers[layer] for layer in each["Layers"]) for each in manifest for name in each["RepoTags"]
    }


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    assert found is not None, name
    return found


def test_it_is_small_to_send(packed: dict[str, float], image: str) -> None:
    assert packed[image] < PACKED_MB, packed


def test_it_is_small_where_it_runs(composition: Composition, image: str) -> None:
    assert composition.engine.inspect(image)["Size"] / 1e6 < UNPACKED_MB


def test_it_writes_the_languages_of_its_texts(composition: Composition) -> None:
    say = (
        "from datetime import date; from babel.dates import format_date; "
        "from sla_monitor.reports.words import LOCALES; "
        "print([format_date(date(2026, 1, 2), 'long', each) for each in LOCALES.values()])"
    )
    told = [
        _run(composition, f"baton/{name}:{_version(composition)}", "python", "-c", say) for name in WRITERS
    ]
    assert all(len(set(ast.literal_eval(each))) == len(LOCALES) for each in told), told


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
