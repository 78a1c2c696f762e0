"""What an overlay of deploy/k8s comes to: its objects, and the pods among them."""

import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from baton_dev.errors import StackError
from baton_dev.kubernetes import tools

OVERLAYS = Path(__file__).parents[3] / "deploy" / "k8s" / "overlays"
Manifest = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """The pods that an object makes: how they are labelled, and what they are."""

    owner: str
    labels: dict[str, str]
    spec: dict[str, Any]


def render(overlay: Path) -> list[Manifest]:
    """The objects of an overlay as kustomize makes them. Raises StackError with what it said."""
    done = subprocess.run(
        [str(tools.kubectl()), "kustomize", str(overlay)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise StackError(f"{overlay} cannot be built: {done.stderr}")
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def of_kind(manifests: Iterable[Manifest], kind: str) -> dict[str, Manifest]:
    """The objects of a kind, by name."""
    return {each["metadata"]["name"]: each for each in manifests if each["kind"] == kind}


def templates(manifests: Iterable[Manifest]) -> Iterator[Template]:
    """Every pattern of pods, those of jobs and of patterns of jobs included."""
    for each in manifests:
        spec = each.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template is not None:
            name = f"{each['kind']}/{each['metadata']['name']}"
            claims = [_first_claim(each, claim) for claim in spec.get("volumeClaimTemplates", [])]
            volumes = [*template["spec"].get("volumes", []), *claims]
            yield Template(name, template["metadata"]["labels"], {**template["spec"], "volumes": volumes})


def _first_claim(owner: Manifest, claim: Manifest) -> dict[str, Any]:
    """The volume that a StatefulSet adds to its first pod."""
    name = claim["metadata"]["name"]
    return {
        "name": name,
        "persistentVolumeClaim": {"claimName": f"{name}-{owner['metadata']['name']}-0"},
    }
