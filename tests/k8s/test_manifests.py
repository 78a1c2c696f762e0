"""What neither schemas nor the API server look at: whether the parts of an overlay fit each other, and us."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from baton_dev.kubernetes.manifests import Manifest, Template, of_kind, templates
from baton_dev.kubernetes.tools import KUBERNETES
from intake.settings import IntakeSettings
from lead_events.catalog import topics
from router.settings import RouterSettings
from scoring.settings import ScoringSettings
from service_kit.settings import ServiceSettings
from sla_monitor.settings import Settings as SlaMonitorSettings

PAGE = Path(__file__).parents[2] / "docs" / "operations" / "kubernetes.md"
SETTINGS: dict[str, type[ServiceSettings]] = {
    "intake": IntakeSettings,
    "scoring": ScoringSettings,
    "router": RouterSettings,
    "sla-monitor": SlaMonitorSettings,
}
OLDEST = re.findall(r"Kubernetes ([0-9.]+) or newer", PAGE.read_text())[0]
NAME = "app.kubernetes.io/name"
_UNITS = {"": 1.0, "m": 0.001, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30}


@pytest.mark.parametrize("release", [OLDEST, KUBERNETES.rpartition(".")[0]])
def test_every_object_is_of_its_schema_to_the_letter(release: str, manifests: list[Manifest]) -> None:
    for each in manifests:
        if not each["apiVersion"].startswith("monitoring.coreos.com/"):
            kubernetes_validate.validate(each, release, strict=True)


def test_every_container_asks_for_no_more_than_it_may_have(manifests: list[Manifest]) -> None:
    for owner, container in _containers(manifests):
        asked, allowed = (container["resources"][each] for each in ("requests", "limits"))
        for what in ("cpu", "memory"):
            assert 0 < amount(asked[what]) <= amount(allowed[what]), (owner, what)


def test_every_port_is_one(manifests: list[Manifest]) -> None:
    ports = list(_ports(manifests))
    assert ports
    assert all(1 <= number <= 65535 for number in ports), ports


def test_our_pods_are_closed(manifests: list[Manifest]) -> None:
    ours = [each for each in templates(manifests) if each.spec["containers"][0]["image"].startswith("baton/")]
    assert len(ours) >= 9
    for each in ours:
        pod, container = each.spec["securityContext"], each.spec["containers"][0]["securityContext"]
        assert len(each.spec["containers"]) == 1, each.owner
        assert (pod["runAsNonRoot"], pod["runAsUser"], pod["runAsGroup"]) == (True, 10001, 10001), each.owner
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}, each.owner
        assert container["readOnlyRootFilesystem"] is True, each.owner
        assert container["allowPrivilegeEscalation"] is False, each.owner
        assert container["capabilities"] == {"drop": ["ALL"]}, each.owner
        assert each.spec["automountServiceAccountToken"] is False, each.owner
        assert each.spec["enableServiceLinks"] is False, each.owner


@pytest.mark.parametrize("service", SETTINGS)
def test_the_settings_of_a_service_are_settings_that_it_has(
    service: str, manifests: list[Manifest], overlay: str
) -> None:
    given = environment(of_service(service, manifests).spec["containers"][0], manifests)
    known = {f"BATON_{name.upper()}" for name in SETTINGS[service].model_fields}
    # some are in the ConfigMap that all services share
    shared = {f"BATON_{name.upper()}" for kind in SETTINGS.values() for name in kind.model_fields}
    assert set(given) <= known | shared
    assert {"BATON_KAFKA", "BATON_ROUTER_URL", "BATON_HTTP_HOST"} <= set(given)
    assert (given.get("BATON_KAFKA_SECURITY") == "SASL_SSL") == (overlay == "production")


def test_what_a_pod_mounts_or_reads_is_made_or_asked_of_the_operator(
    manifests: list[Manifest], overlay: str
) -> None:
    asked = set(re.findall(r"^\| `(baton-[a-z-]+)` \|", PAGE.read_text(), re.MULTILINE))
    made = {kind: set(of_kind(manifests, kind)) for kind in ("ConfigMap", "Secret")}
    for owner, kind, name, optional in _references(manifests):
        there = made[kind] | (asked if kind == "Secret" and overlay == "production" else set())
        assert name in there or optional, f"{owner} needs {kind} {name}"
    if overlay == "production":
        needed = {name for _, kind, name, _ in _references(manifests) if kind == "Secret"}
        assert asked - {"baton-tls"} == needed, "the page lists the Secrets"


def test_every_file_that_a_setting_names_is_on_a_volume(manifests: list[Manifest]) -> None:
    for owner, container in _containers(manifests):
        mounts = [each["mountPath"] for each in container.get("volumeMounts", [])]
        for name, value in environment(container, manifests).items():
            if name.endswith("_FILE"):
                assert any(value.startswith(f"{mount}/") for mount in mounts), (owner, name)


def test_selectors_and_budgets_and_policies_name_pods_that_exist(manifests: list[Manifest]) -> None:
    pods = {each.labels[NAME] for each in templates(manifests)}
    for name, each in of_kind(manifests, "Service").items():
        assert each["spec"]["selector"][NAME] in pods, name
    for name, each in of_kind(manifests, "PodDisruptionBudget").items():
        assert each["spec"]["selector"]["matchLabels"][NAME] in pods, name
    for name, each in of_kind(manifests, "NetworkPolicy").items():
        assert set(_named(each)) <= pods, name


def test_nothing_may_talk_but_for_what_is_opened(manifests: list[Manifest]) -> None:
    closed = of_kind(manifests, "NetworkPolicy")["default-deny"]["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_no_autoscaler_makes_more_consumers_than_partitions(manifests: list[Manifest], overlay: str) -> None:
    fewest = min(each.partitions for each in topics() if each.name != "rulebook-published")
    scaled = of_kind(manifests, "HorizontalPodAutoscaler")
    assert bool(scaled) == (overlay == "production")
    for name, each in scaled.items():
        spec = each["spec"]
        target = of_kind(manifests, spec["scaleTargetRef"]["kind"])[name]
        assert "replicas" not in target["spec"], "an apply would undo what the autoscaler did"
        assert 2 <= spec["minReplicas"] <= spec["maxReplicas"] <= fewest, name


def test_a_spool_outlives_its_pod_and_intake_scales_in_by_hand_only(
    manifests: list[Manifest], overlay: str
) -> None:
    intake = of_kind(manifests, "StatefulSet")["intake"]["spec"]
    assert intake["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    if overlay == "production":
        scaler = of_kind(manifests, "HorizontalPodAutoscaler")["intake"]["spec"]
        assert scaler["behavior"]["scaleDown"] == {"selectPolicy": "Disabled"}


def test_the_world_reaches_services_by_ports_that_they_have(manifests: list[Manifest], overlay: str) -> None:
    services = of_kind(manifests, "Service")
    found = of_kind(manifests, "Ingress")
    assert bool(found) == (overlay == "production")
    for each in found.values():
        hosts = {host for tls in each["spec"]["tls"] for host in tls["hosts"]}
        for rule in each["spec"]["rules"]:
            assert rule["host"] in hosts, "no TLS"
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                ports = {port["name"] for port in services[backend["name"]]["spec"]["ports"]}
                assert backend["port"]["name"] in ports


def test_prometheus_calls_jobs_as_rules_and_boards_do(manifests: list[Manifest], overlay: str) -> None:
    monitors = of_kind(manifests, "ServiceMonitor")
    assert set(monitors) == (set(SETTINGS) if overlay == "production" else set())
    services = of_kind(manifests, "Service")
    for name, each in monitors.items():
        chosen = each["spec"]["selector"]["matchLabels"].items()
        matching = [
            service
            for service, one in services.items()
            if chosen <= one["metadata"].get("labels", {}).items()
        ]
        assert matching == [name], "a pod would be scraped twice"
        assert services[name]["metadata"]["labels"][each["spec"]["jobLabel"]] == name


def test_an_intake_that_comes_back_on_its_spool_is_the_instance_it_was(
    manifests: list[Manifest], overlay: str
) -> None:
    """Else what its disk held under another address would count as left behind, once for each restart."""
    for name, monitor in of_kind(manifests, "ServiceMonitor").items():
        (endpoint,) = monitor["spec"]["endpoints"]
        named = [each.get("targetLabel") for each in endpoint.get("relabelings", [])]
        assert named == (["instance"] if name == "intake" else []), overlay


def _containers(manifests: list[Manifest]) -> Iterator[tuple[str, dict[str, Any]]]:
    for template in templates(manifests):
        for container in template.spec["containers"]:
            yield template.owner, container


def of_service(service: str, manifests: list[Manifest]) -> Template:
    """The pods of a service."""
    return next(each for each in templates(manifests) if each.labels[NAME] == service)


def environment(container: dict[str, Any], manifests: list[Manifest]) -> dict[str, str]:
    """What is known of it here: not what Secrets of production hold."""
    made = of_kind(manifests, "ConfigMap")
    given: dict[str, str] = {}
    for each in container.get("envFrom", []):
        if "configMapRef" in each:
            given |= made[each["configMapRef"]["name"]]["data"]
    return given


def _references(manifests: list[Manifest]) -> Iterator[tuple[str, str, str, bool]]:
    for template in templates(manifests):
        for container in template.spec["containers"]:
            for each in container.get("envFrom", []):
                for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                    if field in each:
                        yield template.owner, kind, each[field]["name"], False
        for volume in template.spec["volumes"]:
            if "configMap" in volume:
                yield template.owner, "ConfigMap", volume["configMap"]["name"], False
            if "secret" in volume:
                optional = bool(volume["secret"].get("optional"))
                yield template.owner, "Secret", volume["secret"]["secretName"], optional


def _named(policy: Any) -> Iterator[str]:
    """Every name of pods of ours in a policy, wherever it stands."""
    if isinstance(policy, list):
        for each in policy:
            yield from _named(each)
    elif isinstance(policy, dict):
        if policy.get("key") == NAME:
            yield from policy["values"]
        for key, each in policy.items():
            if key == NAME:
                yield each
            else:
                yield from _named(each)


def _ports(part: Any) -> Iterator[int]:
    if isinstance(part, list):
        for each in part:
            yield from _ports(each)
    elif isinstance(part, dict):
        for key, each in part.items():
            if key in ("port", "containerPort", "targetPort", "number") and isinstance(each, int):
                yield each
            else:
                yield from _ports(each)


def amount(quantity: object) -> float:
    """Bytes or cores, as Kubernetes writes them."""
    found = re.fullmatch(r"([0-9.]+)([a-zA-Z]*)", str(quantity))
    assert found, quantity
    return float(found[1]) * _UNITS[found[2]]
