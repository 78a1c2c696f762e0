"""One installation for all short tests: starting it costs more than most of them."""

import os
import random
from collections.abc import Iterator

import pytest

from baton_dev.pytest_plugin import Tell
from tests.chaos.installation import Installation, running


@pytest.fixture(scope="package")
def shared_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(Installation(tmp_path_factory.mktemp("chaos"))) as installation:
        yield installation


@pytest.fixture
def installation(shared_installation: Installation) -> Installation:
    """The shared installation with every part running, whatever the test before has left."""
    shared_installation.heal()
    return shared_installation


@pytest.fixture(scope="session")
def seed(tell: Tell) -> int:
    """Of every random choice: BATON_CHAOS_SEED, else another one each time."""
    chosen = int(os.environ.get("BATON_CHAOS_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)
    tell(f"BATON_CHAOS_SEED={chosen} repeats the choices of this run")
    return chosen
