"""What kube-score has to say of an overlay: nothing that is not excused here, and no excuse too many."""

import json
import subprocess
from copy import deepcopy

import pytest
import yaml

from baton_dev.kubernetes import tools
from baton_dev.kubernetes.manifests import Manifest

WELL = 7
"""Grades are 10, 7, 5 and 1: all is well, nearly, warning, critical."""
MORE = ("container-seccomp-profile", "container-ports-check")
EXCUSED = {
    "container-image-pull-policy": "a release's tag is not moved, and images may be loaded into nodes",
    "deployment-has-host-podantiaffinity": "topologySpreadConstraints say the same, also for zones",
    "statefulset-has-host-podantiaffinity": "topologySpreadConstraints say the same, also for zones",
}
ONE_OF_EACH = "deployment-replicas"
"""The overlay to try it out has no autoscaler, and starts one pod of each."""
THEIR_IMAGES = {
    "container-security-context-readonlyrootfilesystem": "Kafka's and PostgreSQL's images write beside data",
    "container-security-context-user-group-id": "those images are made for the users 1000 and 999",
}
"""What is excused of the two images of the overlay `dev` that are not ours."""


@pytest.fixture(scope="module")
def linter() -> str:
    """The program, built the first time."""
    return str(tools.kube_score())


def test_a_linter_finds_nothing_that_is_not_excused(
    linter: str, manifests: list[Manifest], overlay: str
) -> None:
    found = set(_findings(linter, yaml.safe_dump_all(manifests)))
    theirs = {(check, name) for check, name in found if check in THEIR_IMAGES}
    assert {name for _, name in theirs} == ({"kafka", "postgres"} if overlay == "dev" else set())
    rest = found - theirs
    excused = {*EXCUSED, ONE_OF_EACH} if overlay == "dev" else set(EXCUSED)
    assert {check for check, _ in rest} == excused, sorted(rest)


def test_the_linter_is_not_blind(linter: str, manifests: list[Manifest]) -> None:
    """A service without limits and probes is found."""
    manifests = deepcopy(manifests)
    router = next(
        each for each in manifests if each["kind"] == "Deployment" and each["metadata"]["name"] == "router"
    )
    text = yaml.safe_dump_all(manifests)
    bare = {key: value for key, value in _container(router).items() if key in ("name", "image")}
    _container(router).clear()
    _container(router).update(bare)
    worse = set(_findings(linter, yaml.safe_dump_all(manifests))) - set(_findings(linter, text))
    assert {check for check, name in worse if name == "router"} >= {"container-resources", "pod-probes"}


def _container(workload: Manifest) -> Manifest:
    container: Manifest = workload["spec"]["template"]["spec"]["containers"][0]
    return container


def _findings(linter: str, manifests: str) -> list[tuple[str, str]]:
    """The ids of checks, each with the name of the object that it is about."""
    more = [part for check in MORE for part in ("--enable-optional-test", check)]
    release = f"v{tools.KUBERNETES.rpartition('.')[0]}"
    done = subprocess.run(
        [linter, "score", "--kubernetes-version", release, "--output-format", "json", *more, "-"],
        input=manifests,
        capture_output=True,
        text=True,
        check=False,
    )
    return [
        (check["check"]["id"], each["object_meta"]["name"])
        for each in json.loads(done.stdout)
        for check in each["checks"]
        if not check["skipped"] and check["grade"] < WELL
    ]
