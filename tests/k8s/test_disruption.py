"""What happens to pods when something is away, a node is emptied, or a release comes."""

import re
from pathlib import Path

import pytest

from baton_dev.kubernetes.manifests import Manifest, of_kind, templates
from tests.k8s.test_manifests import PAGE, SETTINGS, amount, environment, of_service

MEASUREMENTS = Path(__file__).parents[2] / "docs" / "measurements.md"


@pytest.mark.parametrize("service", SETTINGS)
def test_an_outage_of_kafka_or_postgresql_kills_no_pod_and_takes_no_requests_from_it(
    service: str, manifests: list[Manifest]
) -> None:
    """Restarted is only who has died: /healthz. /servez stays after the first time that all was well: reps
    answer, and tokens are checked, without Kafka. Intake is never unready for what is away, only for a full
    spool or without a rulebook; then another pod may have room: /readyz."""
    container = of_service(service, manifests).spec["containers"][0]
    probes = {name: container[f"{name}Probe"] for name in ("startup", "liveness", "readiness")}
    answering = "/readyz" if service == "intake" else "/servez"
    paths = {name: probe["httpGet"]["path"] for name, probe in probes.items()}
    assert paths == {"startup": "/healthz", "liveness": "/healthz", "readiness": answering}
    for name, least in {"startup": 60, "liveness": 30}.items():
        seconds = probes[name]["periodSeconds"] * probes[name]["failureThreshold"]
        assert seconds >= least, "a slow node is no reason to restart a pod"


@pytest.mark.parametrize("service", SETTINGS)
def test_a_service_has_the_time_to_stop_that_it_takes(service: str, manifests: list[Manifest]) -> None:
    """After preStop requests in hand end, then parts, each within BATON_STOP_SECONDS; then the kill."""
    template = of_service(service, manifests)
    container = template.spec["containers"][0]
    before = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    stop = float(environment(container, manifests)["BATON_STOP_SECONDS"])
    assert before + 2 * stop < template.spec["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("service", SETTINGS)
def test_a_node_can_be_emptied_whatever_state_pods_are_in(service: str, manifests: list[Manifest]) -> None:
    """With one pod, with several, and with pods that are not ready: those would else block it for ever."""
    budget = of_kind(manifests, "PodDisruptionBudget")[service]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


@pytest.mark.parametrize("service", [each for each in SETTINGS if each != "intake"])
def test_a_new_release_is_spread_over_nodes_by_itself(service: str, manifests: list[Manifest]) -> None:
    """Pods of the old release, which are about to go, do not count."""
    for each in of_service(service, manifests).spec["topologySpreadConstraints"]:
        assert each["matchLabelKeys"] == ["pod-template-hash"]
        assert each["whenUnsatisfiable"] == "ScheduleAnyway", "a cluster of one node runs it too"


def test_secrets_are_read_by_baton_and_root_alone(manifests: list[Manifest]) -> None:
    """libpq refuses a key that others may read; the group is the pod's."""
    volumes = [
        (each.owner, volume["secret"])
        for each in templates(manifests)
        for volume in each.spec["volumes"]
        if "secret" in volume
    ]
    assert volumes
    for owner, secret in volumes:
        assert secret["defaultMode"] == 0o440, owner


def test_what_failed_once_can_still_be_read(manifests: list[Manifest]) -> None:
    """A pod of a job that failed stays with its log, for a day: `OnFailure` deletes it with the last try."""
    patterns = [each["spec"]["jobTemplate"]["spec"] for each in of_kind(manifests, "CronJob").values()]
    jobs = [*(each["spec"] for each in of_kind(manifests, "Job").values()), *patterns]
    assert len(jobs) == 6
    for job in jobs:
        assert job["template"]["spec"]["restartPolicy"] == "Never"
        assert job["ttlSecondsAfterFinished"] >= 86_400
        assert job["backoffLimit"] >= 10, "what it needs may come later"


def test_a_job_that_no_repetition_helps_ends_at_once(manifests: list[Manifest]) -> None:
    """Services and topics end with 2 for settings that cannot be. A rulebook that scoring of the release
    before declines, the next one may take: it is tried again."""
    for name, job in of_kind(manifests, "Job").items():
        drained, *hopeless = job["spec"]["podFailurePolicy"]["rules"]
        assert (drained["action"], drained["onPodConditions"][0]["type"]) == ("Ignore", "DisruptionTarget")
        ends = [(each["action"], each["onExitCodes"]["values"]) for each in hopeless]
        assert ends == ([] if name == "publish-rulebook" else [("FailJob", [2])]), name


def test_a_pattern_of_a_job_that_somebody_sets_free_starts_nothing_overdue(manifests: list[Manifest]) -> None:
    for pattern in of_kind(manifests, "CronJob").values():
        assert pattern["spec"]["suspend"] is True
        assert pattern["spec"]["startingDeadlineSeconds"] <= 600


@pytest.mark.parametrize("service", SETTINGS)
def test_a_pod_has_the_memory_that_was_measured(service: str, manifests: list[Manifest]) -> None:
    """Asked for is what it holds after overload; the limit leaves as much again, and to the monitor the
    process that makes a report of 100,000 leads: one that is over ends the whole container."""
    measured = MEASUREMENTS.read_text()
    (overload,) = re.findall(r"^\| resident memory after that overload \| ([^|]*)\|", measured, re.MULTILINE)
    held = int(re.findall(rf"{service} (\d+)", overload)[0])
    report = int(re.findall(r"makes the report.*/ (\d+) MiB", measured)[0]) if service == "sla-monitor" else 0
    resources = of_service(service, manifests).spec["containers"][0]["resources"]
    asked, most = (amount(resources[each]["memory"]) / 2**20 for each in ("requests", "limits"))
    assert held <= asked
    assert 2 * (held + report) <= most


def test_postgresql_takes_the_connections_of_every_pod_there_may_be(built: dict[str, list[Manifest]]) -> None:
    """With all autoscalers at their most and a pod of each too many, reports and jobs at work, and operators
    looking on: what the page asks of `max_connections`, and the overlay to try it out has."""
    scalers = of_kind(built["production"], "HorizontalPodAutoscaler")
    pods = sum(scalers[each]["spec"]["maxReplicas"] + 1 for each in ("scoring", "router", "sla-monitor"))
    pool = SETTINGS["router"].model_fields["pool_size"].default
    reports = 3 * (scalers["sla-monitor"]["spec"]["maxReplicas"] + 1)
    jobs, operators = 3, 20
    (most,) = re.findall(r"give `max_connections` (\d+)", PAGE.read_text())
    assert pods * pool + reports + jobs + operators <= int(most)
    postgres = of_kind(built["dev"], "StatefulSet")["postgres"]["spec"]["template"]["spec"]["containers"][0]
    assert f"max_connections={most}" in postgres["args"]
