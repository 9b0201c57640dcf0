"""A machine in front of the running service."""

from collections.abc import AsyncIterator

import pytest

from tests.bot.web.api.machine import Machine, machine


@pytest.fixture
async def gateway(dsn: str) -> AsyncIterator[Machine]:
    async with machine(dsn) as made:
        yield made
