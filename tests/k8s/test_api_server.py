"""A real API server takes both overlays whole, twice alike, and every pod of theirs under `restricted`."""

from collections.abc import Iterator

import pytest
import yaml

from baton_dev.kubernetes import control_plane, tools
from baton_dev.kubernetes.control_plane import ControlPlane
from baton_dev.kubernetes.manifests import OVERLAYS, Manifest, Template, templates
from tests.k8s.conftest import NAMES

NAMESPACE = "baton"
APPLY = ("apply", "--server-side", "--field-manager=operator", "-k")
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


def _pod(template: Template) -> Manifest:
    name = template.owner.lower().replace("/", "-")
    spec = {**template.spec, "restartPolicy": template.spec.get("restartPolicy", "Always")}
    metadata = {"name": name, "namespace": NAMESPACE, "labels": template.labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _versions(plane: ControlPlane) -> str:
    kinds = "deploy,sts,job,cronjob,svc,sa,cm,secret,pdb,hpa,netpol,ingress,servicemonitor,prometheusrule"
    columns = "custom-columns=KIND:.kind,NAME:.metadata.name,VERSION:.metadata.resourceVersion"
    return plane.must("get", kinds, "-n", NAMESPACE, "-o", columns).out
