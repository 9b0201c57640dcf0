"""A story that begins in the small society."""

import pytest

from storage.database import Database
from tests.bot.flows.owner.story import Story
from tests.society import build


@pytest.fixture
async def story(db: Database) -> Story:
    async with db.transaction() as conn:
        town = await build(conn)
    return Story(db, town)
