"""Both overlays, built once."""

import pytest

from baton_dev.kubernetes.manifests import OVERLAYS, Manifest, render

NAMES = ("dev", "production")


@pytest.fixture(scope="session")
def built() -> dict[str, list[Manifest]]:
    """The objects of each overlay."""
    return {name: render(OVERLAYS / name) for name in NAMES}


@pytest.fixture(params=NAMES)
def overlay(request: pytest.FixtureRequest) -> str:
    """The name of one overlay; a test that asks for it runs for each."""
    return str(request.param)


@pytest.fixture
def manifests(overlay: str, built: dict[str, list[Manifest]]) -> list[Manifest]:
    """The objects of that overlay."""
    return built[overlay]
