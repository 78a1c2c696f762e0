"""Tracing is off until the component `tracing` is taken in; then every service reaches the collector."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml

from baton_dev.kubernetes.manifests import OVERLAYS, Manifest, render, templates
from service_kit.tracing import is_on
from tests.k8s.conftest import NAMES
from tests.k8s.flows import NAME, elsewhere, is_open, pod
from tests.k8s.test_manifests import OLDEST, PAGE, SETTINGS, environment, of_service

TRACING = OVERLAYS.parent / "components" / "tracing"


@pytest.fixture(scope="module", params=NAMES)
def traced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Manifest]:
    """An overlay with the component."""
    folder = tmp_path_factory.mktemp("traced")
    kustomization = {
        "resources": [_from(folder, OVERLAYS / str(request.param))],
        "components": [_from(folder, TRACING)],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return render(folder)


def _from(folder: Path, there: Path) -> str:
    """Kustomize takes no absolute path."""
    return os.path.relpath(there.resolve(), folder.resolve())


@pytest.mark.parametrize("service", SETTINGS)
def test_nothing_is_traced_until_it_is_asked_for(service: str, manifests: list[Manifest]) -> None:
    given = environment(of_service(service, manifests).spec["containers"][0], manifests)
    assert not [name for name in given if name.startswith("OTEL_")]
    for port in (4317, 4318):
        assert not is_open(manifests, pod(service, manifests), elsewhere("observability"), port)


@pytest.mark.parametrize("service", SETTINGS)
def test_every_service_traces_to_a_collector_that_it_reaches(service: str, traced: list[Manifest]) -> None:
    container = of_service(service, traced).spec["containers"][0]
    given = environment(container, traced)
    assert is_on(given)
    collector = urlsplit(given["OTEL_EXPORTER_OTLP_ENDPOINT"])
    assert collector.hostname
    assert collector.port
    namespace = collector.hostname.split(".")[1]
    assert is_open(traced, pod(service, traced), elsewhere(namespace), collector.port)
    assert not is_open(traced, pod(service, traced), elsewhere("shop"), collector.port)
    login = {"secretRef": {"name": "baton-tracing", "optional": True}}
    assert login in container["envFrom"], "the collector may ask for a token"


def test_jobs_but_the_one_that_sends_leads_on_reach_no_collector(traced: list[Manifest]) -> None:
    names = {each.labels[NAME] for each in templates(traced) if "Job/" in each.owner}
    assert len(names) == 4
    collector = elsewhere("observability")
    reach = {name for name in names if is_open(traced, pod(name, traced), collector, 4318)}
    assert reach == {"adopt-spool"}


def test_what_the_component_adds_is_of_its_schema(traced: list[Manifest]) -> None:
    for each in traced:
        if each["kind"] in ("NetworkPolicy", "ConfigMap", "Deployment", "StatefulSet"):
            kubernetes_validate.validate(each, OLDEST, strict=True)


def test_the_page_on_tracing_knows_every_variable_that_the_component_sets() -> None:
    names = [line.partition("=")[0] for line in (TRACING / "tracing.env").read_text().splitlines()]
    assert names
    page = PAGE.with_name("tracing.md").read_text()
    assert [name for name in names if f"`{name}`" not in page] == []
