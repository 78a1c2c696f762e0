"""What an operator does with the overlay `production`: take a copy of it elsewhere."""

import shlex
import subprocess
from pathlib import Path

import pytest

from baton_dev.kafka_rights import SERVICES
from baton_dev.kubernetes.manifests import OVERLAYS, Manifest, render, templates
from tests.k8s.pages import commands

ROOT = OVERLAYS.parents[2]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The copy that the page makes, beside a checkout of Baton."""
    (tmp_path / "baton").symlink_to(ROOT)
    for line in commands("Production"):
        if line.startswith(("cp ", "sed ")):
            subprocess.run(shlex.split(line), check=True, cwd=tmp_path)
    return tmp_path / "your-overlay"


def test_a_copy_in_another_repository_builds_the_same(copied: Path, built: dict[str, list[Manifest]]) -> None:
    assert copied.is_dir(), "the page tells how to copy"
    assert render(copied) == built["production"]


def test_each_workload_has_a_login_of_its_own_in_kafka(built: dict[str, list[Manifest]]) -> None:
    """Intake, which the internet reaches, could else read every lead, and each service make topics anew."""
    logins = {
        each.owner.rpartition("/")[2]: volume["secret"]["secretName"]
        for each in templates(built["production"])
        for volume in each.spec["volumes"]
        if volume["name"] == "kafka"
    }
    wanted = {login: f"baton-kafka-{login}" for login in SERVICES}
    assert logins == wanted | {"create-topics": "baton-kafka-topics", "adopt-spool": "baton-kafka-intake"}
