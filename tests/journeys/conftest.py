"""Every journey has a service of its own, with phones."""

from collections.abc import AsyncIterator

import pytest

from bot.simulator import DEMO_SAMPLES, draw_meter
from tests.journeys.stage import Stage, staged


@pytest.fixture
async def stage(dsn: str) -> AsyncIterator[Stage]:
    async with staged(dsn) as running:
        yield running


@pytest.fixture(scope="session")
def meter_photo() -> bytes:
    return draw_meter(DEMO_SAMPLES[0])
