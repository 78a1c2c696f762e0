"""One installation for all tests of the whole: each makes people of its own and leaves everything running."""

from collections.abc import Iterator

import pytest

from baton_dev.stack import Stack
from tests.e2e.company import company_round_the_clock
from tests.e2e.installation import Installation


@pytest.fixture(scope="package")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Kafka, PostgreSQL and the four services as processes; gone when the next package needs the cores."""
    stack = Stack(tmp_path_factory.mktemp("whole"), company_round_the_clock(), fsync=False)
    stack.start()
    yield stack
    stack.stop()


@pytest.fixture
def baton(whole: Stack) -> Iterator[Installation]:
    """The installation as it is spoken to, every part running whatever the test before has left."""
    for service in whole.services.values():
        if not service.is_alive():
            service.start()
            service.await_answer()
    installation = Installation(whole)
    yield installation
    installation.close()
