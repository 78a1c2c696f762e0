"""Fixtures: intakes on the broker in memory that know a rulebook."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.intake.running import FORMS, Harness, Running, publication, rulebook


@pytest.fixture
def harness(tmp_path: Path) -> Harness:
    harness = Harness(tmp_path)
    harness.broker.append(publication(1, rulebook(FORMS)))
    return harness


@pytest.fixture
async def intake(harness: Harness) -> AsyncIterator[Running]:
    async with harness.start() as running:
        yield running
