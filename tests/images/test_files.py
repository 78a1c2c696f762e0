"""What the files say, by the strictest readers there are; the profile observability is read only, not run."""

import os
from pathlib import Path

import pytest

from baton_dev.images.composition import Composition
from baton_dev.images.system import call, tool
from tests.images.conftest import ROOT

DOCKERFILES = sorted([*ROOT.glob("services/*/Dockerfile"), ROOT / "cli" / "Dockerfile"])


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_hadolint_finds_nothing(path: Path) -> None:
    call([str(tool("hadolint")), "--failure-threshold", "style", str(path)])


def test_compose_lint_finds_nothing() -> None:
    words = ["check", "--fail-on", "low", "--strict-config", "docker-compose.yml"]
    call([str(tool("compose-lint")), *words], cwd=ROOT)


def test_both_profiles_together_are_understood(composition: Composition) -> None:
    around = {**composition.variables, "COMPOSE_PROFILES": "core,observability"}
    both = Composition(composition.engine, ROOT, around).configuration()
    assert {"prometheus", "alertmanager", "grafana", "mailpit"} <= set(both["services"])


def test_every_file_that_the_composition_mounts_is_there(composition: Composition) -> None:
    around = {**composition.variables, "COMPOSE_PROFILES": "core,observability,commands"}
    services = Composition(composition.engine, ROOT, around).configuration()["services"]
    mounted = {each["source"] for service in services.values() for each in service.get("volumes", [])}
    missing = sorted(source for source in mounted if source.startswith("/") and not Path(source).exists())
    assert missing == []


def test_prometheus_and_alertmanager_take_their_files(tmp_path: Path) -> None:
    whole = tmp_path / "prometheus"
    whole.mkdir()
    (whole / "prometheus.yml").write_text((ROOT / "deploy/compose/prometheus.yml").read_text())
    (whole / "rules").symlink_to(ROOT / "deploy" / "prometheus" / "rules")
    said = call(["promtool", "check", "config", str(whole / "prometheus.yml")], env=dict(os.environ))
    assert "rules found" in said
    call(["amtool", "check-config", str(ROOT / "deploy" / "alertmanager" / "alertmanager.yml")])


def test_every_version_stands_in_one_place() -> None:
    lines = (ROOT / "docker-compose.yml").read_text().splitlines()
    images = [line.partition("image: ")[2].split()[-1] for line in lines if "image: " in line]
    assert [image for image in images if not image.startswith("*") and not image.endswith("_VERSION}")] == []
