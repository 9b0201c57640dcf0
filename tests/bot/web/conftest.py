"""The bill page served over real HTTP to one browser-like client."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from storage.database import Database
from tests.bot.flows.owner.story import Story
from tests.bot.web.served import served
from tests.society import build


@pytest.fixture
async def story(db: Database) -> Story:
    async with db.transaction() as conn:
        town = await build(conn)
    return Story(db, town)


@pytest.fixture
async def site(story: Story) -> AsyncIterator[ClientSession]:
    async with served(story) as client:
        yield client
