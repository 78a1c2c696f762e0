"""An installation that traces to a collector on this machine, and tells reps by e-mail."""

from collections.abc import Iterator

import pytest

from baton_dev.collector import Collector
from baton_dev.stack import Stack
from tests.e2e.company import company_round_the_clock
from tests.e2e.installation import Installation


@pytest.fixture(scope="package")
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="package")
def traced(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("traced")
    stack = Stack(home, company_round_the_clock(), fsync=False, extra_env=collector.settings, tells_reps=True)
    stack.start()
    yield stack
    stack.stop()


@pytest.fixture
def baton(traced: Stack, collector: Collector) -> Iterator[Installation]:
    collector.answer = 200
    installation = Installation(traced)
    yield installation
    installation.close()
