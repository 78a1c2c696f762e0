"""What the files say, by the strictest readers there are; the profile observability is read only, not run."""

import os
from pathlib import Path

import pytest

from baton_dev.errors import PartFailedError
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


def test_settings_of_ones_own_go_before_and_whoever_forgets_them_is_told(tmp_path: Path) -> None:
    """As docs/operations/compose.md has them typed; the files of the release stay as they are."""
    for name in ("docker-compose.yml", ".env"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    page = (ROOT / "docs/operations/compose.md").read_text()
    for name in (".env.local", "docker-compose.override.yml"):
        written = page.partition(f"cat >> {name} <<'END'\n")[2].partition("END\n")[0]
        (tmp_path / name).write_text(written)
    around = {each: value for each, value in os.environ.items() if not each.startswith("COMPOSE_")}
    words = [str(tool("docker-compose")), "config"]
    said = call(words, env=around | {"COMPOSE_ENV_FILES": ".env,.env.local"}, cwd=tmp_path)
    for mine in (
        "leads@example.org",
        f"{tmp_path.parent}/our-rulebook",
        f"{tmp_path.parent}/our-alertmanager",
    ):
        assert mine in said
    with pytest.raises(PartFailedError, match=r"Type first: export COMPOSE_ENV_FILES=\.env,\.env\.local"):
        call(words, env=around, cwd=tmp_path)
