"""A real API server takes both overlays whole, twice alike, and every pod of theirs under `restricted`."""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from baton_dev.kubernetes import control_plane, tools
from baton_dev.kubernetes.control_plane import ControlPlane
from baton_dev.kubernetes.manifests import OVERLAYS, Manifest, Template, templates
from tests.k8s.conftest import NAMES
from tests.k8s.pages import PAGE, commands
from tests.k8s.test_manifests import SETTINGS

NAMESPACE = "baton"
APPLY = ("apply", "--server-side", "--field-manager=operator", "-k")
NEXT = "99.0.0"
IMAGES = "jsonpath={.items[*].spec.template.spec.containers[*].image}"
ACCOUNT = {
    "apiVersion": "v1",
    "kind": "ServiceAccount",
    "metadata": {"name": "default", "namespace": NAMESPACE},
}
"""In a cluster a controller makes it in each namespace."""


@pytest.fixture(scope="module", params=NAMES)
def applied(request: pytest.FixtureRequest) -> Iterator[tuple[str, ControlPlane, str]]:
    """An overlay applied to a control plane of its own: its name, the plane, what the server warned of."""
    with control_plane.running() as plane:
        for kinds in tools.operator_kinds():
            plane.must("apply", "--server-side", "-f", str(kinds))
        plane.must("wait", "--for=condition=established", "crd", "--all", "--timeout=60s")
        said = plane.must(*APPLY, str(OVERLAYS / str(request.param))).said
        plane.must("apply", "--server-side", "-f", "-", text=yaml.safe_dump(ACCOUNT))
        yield str(request.param), plane, said


def test_the_server_is_the_version_that_the_page_names(applied: tuple[str, ControlPlane, str]) -> None:
    _, plane, _ = applied
    assert f"Server Version: v{tools.KUBERNETES}" in plane.must("version").out


def test_an_overlay_is_taken_without_a_warning(applied: tuple[str, ControlPlane, str]) -> None:
    _, _, said = applied
    assert said == ""


def test_every_object_is_there(
    applied: tuple[str, ControlPlane, str], built: dict[str, list[Manifest]]
) -> None:
    name, plane, _ = applied
    found = plane.must("get", "-k", str(OVERLAYS / name), "-o", "name").out.splitlines()
    assert len(set(found)) == len(built[name])


def test_applying_again_changes_nothing(applied: tuple[str, ControlPlane, str]) -> None:
    name, plane, _ = applied
    overlay = str(OVERLAYS / name)
    difference = plane.kubectl("diff", "--server-side", "--field-manager=operator", "-k", overlay)
    assert (difference.code, difference.out, difference.said) == (0, "", "")
    before = _versions(plane)
    plane.must(*APPLY, overlay)
    assert _versions(plane) == before


def test_every_pod_is_taken_where_pod_security_is_restricted(
    applied: tuple[str, ControlPlane, str], built: dict[str, list[Manifest]]
) -> None:
    name, plane, _ = applied
    pods = [_pod(each) for each in templates(built[name])]
    assert len(pods) >= 9
    answer = plane.must("create", "--dry-run=server", "-f", "-", text=yaml.safe_dump_all(pods))
    assert answer.out.count("created (server dry run)") == len(pods)
    assert answer.said == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("runAsNonRoot", False),
        ("seccompProfile", {"type": "Unconfined"}),
        ("runAsUser", 0),
    ],
)
def test_a_pod_that_wants_more_is_refused(
    applied: tuple[str, ControlPlane, str], built: dict[str, list[Manifest]], field: str, value: object
) -> None:
    name, plane, _ = applied
    pod = _pod(next(each for each in templates(built[name]) if each.owner == "Deployment/router"))
    pod["spec"]["securityContext"] = {**pod["spec"]["securityContext"], field: value}
    answer = plane.kubectl("create", "--dry-run=server", "-f", "-", text=yaml.safe_dump(pod))
    assert answer.code != 0
    assert 'violates PodSecurity "restricted' in answer.said


def test_the_job_that_adopts_a_spool_is_made_as_the_page_says(applied: tuple[str, ControlPlane, str]) -> None:
    _, plane, _ = applied
    pattern = plane.must(
        *("create", "job", "adopt-2", "--from=cronjob/adopt-spool", "-n", NAMESPACE),
        *("--dry-run=client", "-o", "yaml"),
    ).out
    job = pattern.replace("data-intake-ORDINAL", "data-intake-2")
    assert job != pattern
    answer = plane.must("apply", "--dry-run=server", "-f", "-", text=job)
    assert answer.out == "job.batch/adopt-2 created (server dry run)\n"
    assert "PodSecurity" not in answer.said


def test_pods_are_replaced_for_a_variable_as_the_page_says(applied: tuple[str, ControlPlane, str]) -> None:
    """And an apply after it takes nothing back."""
    name, plane, _ = applied
    (told,) = re.findall(r"`kubectl (-n baton rollout restart [^`]+)`", PAGE.read_text())
    restarted = set(re.findall(r"/(\S+) restarted", plane.must(*told.split()).out))
    assert restarted == {*SETTINGS, *(("kafka", "postgres") if name == "dev" else ())}
    overlay = str(OVERLAYS / name)
    assert plane.kubectl("diff", "--server-side", "--field-manager=operator", "-k", overlay).code == 0


def test_an_apply_leaves_the_number_of_pods_to_the_autoscaler(applied: tuple[str, ControlPlane, str]) -> None:
    name, plane, _ = applied
    for each in ("statefulset/intake", "deployment/router", "deployment/scoring", "deployment/sla-monitor"):
        plane.must("scale", each, "-n", NAMESPACE, "--replicas=4")
        plane.must(*APPLY, str(OVERLAYS / name))
        assert plane.must("get", each, "-n", NAMESPACE, "-o", "jsonpath={.spec.replicas}").out == "4", each


def test_a_new_release_is_taken_as_the_page_says(
    applied: tuple[str, ControlPlane, str], tmp_path: Path
) -> None:
    """Jobs of the last one are in the way, as told; nothing else is. Changes the plane: stays the last but
    one."""
    name, plane, _ = applied
    overlay = _next_release(tmp_path, OVERLAYS / name)
    at_once = plane.kubectl(*APPLY, overlay, "--dry-run=server")
    assert at_once.code != 0
    refused = {line.split('"')[1] for line in at_once.said.splitlines() if "is invalid" in line}
    jobs = set(_names(plane, "job"))
    assert refused == jobs, at_once.said
    assert "field is immutable" in at_once.said
    _typed(plane, commands("Upgrade, or publish a changed rulebook"), overlay)
    assert set(_names(plane, "job")) == jobs
    for kind in ("deploy", "sts", "job"):
        images = plane.must("get", kind, "-n", NAMESPACE, "-o", IMAGES).out.split()
        assert {each for each in images if each.startswith("baton/")} == {
            each for each in images if each.endswith(f":{NEXT}")
        }


def test_services_are_upgraded_one_after_the_other_as_the_page_says(
    applied: tuple[str, ControlPlane, str], tmp_path: Path
) -> None:
    """An apply does not set free what was paused, nor intake's pods that were to wait."""
    name, plane, _ = applied
    overlay = _next_release(tmp_path, OVERLAYS / name)
    lines = [line for line in commands("One service after the other") if "rollout status" not in line]
    free = next(place for place, line in enumerate(lines) if "resume" in line)
    _typed(plane, lines[:free], overlay)
    held = ("get", "-n", NAMESPACE, "-o", "jsonpath={.spec.paused}{.spec.updateStrategy}")
    for service in ("scoring", "router"):
        assert plane.must(*held, f"deploy/{service}").out == "true"
    assert plane.must(*held, "deploy/sla-monitor").out == "", "goes first"
    assert '"partition":1000' in plane.must(*held, "sts/intake").out
    _typed(plane, lines[free:], overlay)
    for service in ("scoring", "router"):
        assert plane.must(*held, f"deploy/{service}").out == ""
    assert '"partition":0' in plane.must(*held, "sts/intake").out


def _next_release(folder: Path, overlay: Path) -> str:
    """A folder with the overlay, its images newer, in a place of its own."""
    images = [{"name": f"baton/{each}", "newTag": NEXT} for each in (*SETTINGS, "cli")]
    there = os.path.relpath(overlay.resolve(), folder.resolve())
    (folder / "kustomization.yaml").write_text(yaml.safe_dump({"resources": [there], "images": images}))
    return str(folder)


def _typed(plane: ControlPlane, lines: list[str], overlay: str) -> None:
    """What the page says, typed line by line by whoever applied the overlay first."""
    assert lines
    for line in lines:
        program, *arguments = shlex.split(line.replace("your-overlay", overlay))
        assert program == "kubectl"
        whose = ["--field-manager=operator"] if arguments[0] == "apply" else []
        plane.must(*arguments, *whose)


def _names(plane: ControlPlane, kind: str) -> list[str]:
    return plane.must("get", kind, "-n", NAMESPACE, "-o", "jsonpath={.items[*].metadata.name}").out.split()


def _pod(template: Template) -> Manifest:
    name = template.owner.lower().replace("/", "-")
    spec = {**template.spec, "restartPolicy": template.spec.get("restartPolicy", "Always")}
    metadata = {"name": name, "namespace": NAMESPACE, "labels": template.labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _versions(plane: ControlPlane) -> str:
    kinds = "deploy,sts,job,cronjob,svc,sa,cm,secret,pdb,hpa,netpol,ingress,servicemonitor,prometheusrule"
    columns = "custom-columns=KIND:.kind,NAME:.metadata.name,VERSION:.metadata.resourceVersion"
    return plane.must("get", kinds, "-n", NAMESPACE, "-o", columns).out
