"""Fixtures: a vendor on loopback and the notices of one intake."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from intake import metrics
from tests.integration.intake.notices.vendor import Vendor, serving
from tests.integration.intake.notices.world import World


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with serving(Vendor()) as vendor:
        yield vendor


@pytest.fixture
async def world(tmp_path: Path, vendor: Vendor) -> AsyncIterator[World]:
    metrics.start_at_zero()
    world = World(tmp_path, vendor)
    await world.publisher.start()
    yield world
    await world.spool.close()
