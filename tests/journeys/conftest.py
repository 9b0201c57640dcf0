"""Every journey has a service of its own, with phones."""

from collections.abc import AsyncIterator

import pytest

from bot.simulator import DEMO_SAMPLES, draw_meter
from tests.journeys.stage import Stage, staged


@pytest.fixture
def channel() -> str:
    """Where everybody is; `over_both` runs a journey on either."""
    return "telegram"


@pytest.fixture
async def stage(dsn: str, channel: str) -> AsyncIterator[Stage]:
    async with staged(dsn, channel=channel) as running:
        yield running


@pytest.fixture(scope="session")
def meter_photo() -> bytes:
    return draw_meter(DEMO_SAMPLES[0])
