"""One engine, the images and one running composition for all tests here; nothing of it stays."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from baton_dev.collector import Collector
from baton_dev.images.composition import ComposedStack, Composition, read_versions
from baton_dev.images.engine import Engine
from baton_dev.images.standins import make_standins
from baton_dev.images.system import require_system
from tests.e2e.company import company_round_the_clock
from tests.e2e.installation import Installation

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A Docker engine that has what the files pull."""
    require_system()
    with Engine(Path(tempfile.mkdtemp(prefix="baton-engine-"))) as running:
        make_standins(running, read_versions(ROOT))
        yield running


@pytest.fixture(scope="session")
def composition(engine: Engine) -> Iterator[Composition]:
    """docker-compose.yml with its images built, not yet up."""
    made = Composition(engine, ROOT)
    made.build()
    yield made
    made.down(with_data=True)


@pytest.fixture(scope="session")
def first_start(composition: Composition) -> Composition:
    """The composition after the first `docker compose up --wait`."""
    composition.up()
    return composition


@pytest.fixture(scope="session")
def collector(engine: Engine) -> Iterator[Collector]:
    """A collector of traces on this machine, where containers reach it."""
    with Collector(host=engine.gateway) as listening:
        yield listening


@pytest.fixture(scope="session")
def whole(
    first_start: Composition, collector: Collector, tmp_path_factory: pytest.TempPathFactory
) -> ComposedStack:
    """The same with the company of the tests of the whole, whose offices never close, and with traces on."""
    first_start.variables |= collector.settings
    stack = ComposedStack(first_start, company_round_the_clock(), tmp_path_factory.mktemp("whole"))
    stack.start()
    return stack


@pytest.fixture
def baton(whole: ComposedStack) -> Iterator[Installation]:
    """The installation as it is spoken to, every part running whatever the test before has left."""
    for service in whole.services.values():
        if not service.is_alive():
            service.start()
            service.await_answer()
    installation = Installation(whole)
    yield installation
    installation.close()
