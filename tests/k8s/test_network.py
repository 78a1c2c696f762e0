"""Every way that the services need is open, and no other: policies read as their specification has it."""

import re

import pytest

from baton_dev.kubernetes.manifests import Manifest, of_kind
from intake.main import OPEN_TO_ALL as OPEN_AT_INTAKE
from router.main import OPEN_TO_ALL as OPEN_AT_ROUTER
from scoring.main import OPEN_TO_ALL as OPEN_AT_SCORING
from tests.k8s.flows import End, elsewhere, is_open, pod

SERVICES = ("intake", "scoring", "router", "sla-monitor")
WITH_STORE = ("scoring", "router", "sla-monitor", "migrate")
WITH_KAFKA = (*SERVICES, "create-topics", "adopt-spool")
ALL = (*WITH_KAFKA, "migrate", "publish-rulebook")
NAMES = elsewhere("kube-system", k8s_app="kube-dns")
ON_THE_NODE = End("169.254.20.10")
WORLD, WORLD_6 = End("198.51.100.7"), End("2001:db8::7")
INSIDE, METADATA = End("10.3.2.1"), End("169.254.169.254")
DOOR = elsewhere("ingress-nginx")
PROMETHEUS = elsewhere("monitoring")
COLLECTOR = elsewhere("observability")
NEIGHBOUR = elsewhere("shop")


@pytest.mark.parametrize("name", ALL)
def test_every_pod_finds_names(name: str, manifests: list[Manifest]) -> None:
    """By the cluster's DNS, also where a cache on each node stands in front of it."""
    for server in (NAMES, ON_THE_NODE):
        for protocol in ("UDP", "TCP"):
            assert is_open(manifests, pod(name, manifests), server, 53, protocol), (server, protocol)


@pytest.mark.parametrize("name", ALL)
def test_kafka_and_postgresql_are_open_to_those_that_use_them(
    name: str, manifests: list[Manifest], overlay: str
) -> None:
    ours, one = pod(name, manifests), overlay == "dev"
    kafka = (pod("kafka", manifests), 9092) if one else (WORLD, 9093)
    postgres = (pod("postgres", manifests), 5432) if one else (WORLD, 5432)
    assert is_open(manifests, ours, *kafka) == (name in WITH_KAFKA)
    assert is_open(manifests, ours, *postgres) == (name in WITH_STORE)
    if not one:
        assert is_open(manifests, ours, elsewhere("kafka"), 9093) == (name in WITH_KAFKA), "as Strimzi has it"
        assert is_open(manifests, ours, elsewhere("postgres"), 5432) == (name in WITH_STORE)


def test_a_single_broker_finds_itself_by_its_own_name(built: dict[str, list[Manifest]]) -> None:
    kafka = pod("kafka", built["dev"])
    assert is_open(built["dev"], kafka, kafka, 9092)
    assert not is_open(built["dev"], kafka, pod("postgres", built["dev"]), 5432)


@pytest.mark.parametrize("source", ALL)
def test_the_router_is_asked_whose_a_token_is_and_scoring_is_published_to(
    source: str, manifests: list[Manifest]
) -> None:
    wanted = {"router": ("intake", "scoring", "sla-monitor"), "scoring": ("publish-rulebook",)}
    for target in SERVICES:
        passes = is_open(manifests, pod(source, manifests), pod(target, manifests), 8080)
        assert passes == (source in wanted.get(target, ())), target


@pytest.mark.parametrize("name", ALL)
def test_channels_and_crms_in_the_world_are_told_and_nothing_inside_the_network(
    name: str, manifests: list[Manifest], overlay: str
) -> None:
    ours, tells = pod(name, manifests), overlay == "production" and name in SERVICES
    for there in (WORLD, WORLD_6):
        assert is_open(manifests, ours, there, 443) == tells
        for mail in (465, 587):
            sends = tells and name != "intake"
            assert is_open(manifests, ours, there, mail) == sends, "intake sends no mail"
    for port in (80, 443, 6443, 8080):
        assert not is_open(manifests, ours, METADATA, port), "credentials of the cloud"
        assert not is_open(manifests, ours, INSIDE, port)
        assert not is_open(manifests, ours, NEIGHBOUR, port)


@pytest.mark.parametrize("name", SERVICES)
def test_prometheus_reads_every_service_and_a_neighbour_none(
    name: str, manifests: list[Manifest], overlay: str
) -> None:
    ours = pod(name, manifests)
    assert is_open(manifests, PROMETHEUS, ours, 8080) == (overlay == "production")
    assert not is_open(manifests, PROMETHEUS, ours, 8081)
    for stranger in (NEIGHBOUR, WORLD, INSIDE):
        assert not is_open(manifests, stranger, ours, 8080)


@pytest.mark.parametrize("name", SERVICES)
def test_visitors_come_through_the_door_to_what_it_leads_to(
    name: str, manifests: list[Manifest], overlay: str
) -> None:
    led = {service for service, _, _ in _paths(manifests)}
    assert is_open(manifests, DOOR, pod(name, manifests), 8080) == (name in led)
    assert bool(led) == (overlay == "production")


def test_every_route_that_asks_for_no_token_is_reached_from_outside(
    manifests: list[Manifest], overlay: str
) -> None:
    """Who comes there proves themselves by a signature or a secret: browsers, reps, vendors, tools."""
    if overlay == "dev":
        return
    routes = {"intake": OPEN_AT_INTAKE, "router": OPEN_AT_ROUTER, "scoring": OPEN_AT_SCORING}
    for service, paths in routes.items():
        for route in paths:
            path = re.sub(r"\{name\}", "hubspot", re.sub(r"\{(key|token)[^}]*\}", "x", route))
            assert any(
                service == target and (path.startswith(each) if kind == "Prefix" else path == each)
                for target, each, kind in _paths(manifests)
            ), f"{service}: {route}"


def _paths(manifests: list[Manifest]) -> list[tuple[str, str, str]]:
    return [
        (path["backend"]["service"]["name"], path["path"], path["pathType"])
        for each in of_kind(manifests, "Ingress").values()
        for rule in each["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]
