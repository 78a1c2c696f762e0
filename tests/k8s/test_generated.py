"""What deploy/k8s has from elsewhere is what stands there."""

from pathlib import Path

import pytest
import yaml

from baton_dev.kubernetes.manifests import OVERLAYS, Manifest, of_kind, templates
from baton_dev.kubernetes.rulebook import RulebookUnfit, component
from baton_dev.kubernetes.rules import RULES, WRITTEN, groups
from rulebook.loader import load_folder

ROOT = OVERLAYS.parents[2]
EXAMPLE = ROOT / "rulebook"


def test_the_clusters_rules_are_those_of_prometheus_word_for_word() -> None:
    written = {each["metadata"]["name"]: each["spec"]["groups"] for each in _written_rules()}
    assert written == {f"baton-{file.stem}": groups(file) for file in RULES.glob("*.yml")}, (
        "run `make generate`"
    )
    assert written, "no rule reaches the cluster"


def _written_rules() -> list[Manifest]:
    return list(yaml.safe_load_all(WRITTEN.read_text()))


def test_every_file_of_the_rulebook_reaches_the_cluster() -> None:
    assert (EXAMPLE / "Kustomization").read_text() == component(EXAMPLE), "run `make generate`"


@pytest.mark.parametrize("owner", ["StatefulSet/intake", "Job/publish-rulebook"])
def test_a_mounted_rulebook_says_what_its_folder_says(
    owner: str, manifests: list[Manifest], tmp_path: Path
) -> None:
    template = next(each for each in templates(manifests) if each.owner == owner)
    volume = next(each for each in template.spec["volumes"] if each["name"] == "rulebook")["configMap"]
    data = of_kind(manifests, "ConfigMap")[volume["name"]]["data"]
    _mount(tmp_path, {item["path"]: data[item["key"]] for item in volume["items"]})
    assert load_folder(tmp_path) == load_folder(EXAMPLE)


def _mount(folder: Path, files: dict[str, str]) -> None:
    """As the kubelet lays them: in a dated folder behind links, so that all change at once."""
    dated = folder / "..2026_11_30"
    for path, text in files.items():
        (dated / path).parent.mkdir(parents=True, exist_ok=True)
        (dated / path).write_text(text)
    (folder / "..data").symlink_to(dated.name)
    for top in {path.split("/")[0] for path in files}:
        (folder / top).symlink_to(Path("..data") / top)


@pytest.mark.parametrize(
    ("file", "bytes_", "told"),
    [
        ("routing.yaml", 1_100_000, "baton rulebook publish"),
        ("forms/two words.yaml", 10, "rename the file"),
        (None, 0, "company.yaml"),
    ],
)
def test_a_folder_that_fits_no_config_map_is_told_what_to_do(
    file: str | None, bytes_: int, told: str, tmp_path: Path
) -> None:
    if file is not None:
        (tmp_path / "company.yaml").touch()
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("#" * bytes_)
    with pytest.raises(RulebookUnfit, match=told):
        component(tmp_path)


def test_images_are_of_the_release_that_compose_runs(manifests: list[Manifest]) -> None:
    release = dict(line.split("=", 1) for line in (ROOT / ".env").read_text().splitlines() if "=" in line)
    images = {each["image"] for one in templates(manifests) for each in one.spec["containers"]}
    ours = {image for image in images if image.startswith("baton/")}
    assert {image.rpartition(":")[2] for image in ours} == {release["BATON_VERSION"]}
