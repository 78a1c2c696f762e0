"""What an operator does with the overlay `production`: take a copy of it elsewhere."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from baton_dev.kafka_rights import SERVICES
from baton_dev.kubernetes.manifests import OVERLAYS, Manifest, of_kind, render, templates
from tests.k8s.pages import PAGE, commands

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


def test_a_copy_takes_what_the_page_has_to_add(copied: Path) -> None:
    """More memory for the monitor, and traces."""
    kustomization = copied / "kustomization.yaml"
    content = yaml.safe_load(kustomization.read_text())
    content["patches"] += yaml.safe_load("\n".join(_indented("Memory and processor")))
    (tracing,) = re.findall(r"Take `([^`]+)` in under `components`", PAGE.read_text())
    content["components"].append(tracing)
    kustomization.write_text(yaml.safe_dump(content))
    made = render(copied)
    monitor = of_kind(made, "Deployment")["sla-monitor"]["spec"]["template"]["spec"]["containers"][0]
    assert monitor["resources"]["limits"]["memory"] == "3Gi"
    assert "trace" in of_kind(made, "NetworkPolicy")


def test_the_namespace_for_the_secrets_is_that_of_the_overlay(
    copied: Path, built: dict[str, list[Manifest]]
) -> None:
    (line,) = [each for each in commands("Production") if "namespace.yaml" in each]
    file = copied.parent / shlex.split(line)[-1]
    (made,) = of_kind(built["production"], "Namespace").values()
    before = yaml.safe_load(file.read_text())
    assert before["metadata"]["name"] == made["metadata"]["name"]
    assert before["metadata"]["labels"].items() <= made["metadata"]["labels"].items()


def _indented(heading: str) -> list[str]:
    """The code under a heading of the page, as it stands."""
    section = PAGE.read_text().split(f"# {heading}\n")[1].split("\n#")[0]
    return [line.removeprefix("    ") for line in section.splitlines() if line.startswith("    ")]
