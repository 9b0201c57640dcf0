"""The bill page served over real HTTP to one browser-like client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web

from bot.web.bill_page import BillPages
from storage.database import Database
from tests.bot.flows.owner.story import Story
from tests.society import build


@pytest.fixture
async def story(db: Database) -> Story:
    async with db.transaction() as conn:
        town = await build(conn)
    return Story(db, town)


@asynccontextmanager
async def served(story: Story) -> AsyncIterator[ClientSession]:
    """A client of a server that shows the story's bills at the story's time."""
    app = web.Application()
    app.add_routes(BillPages(story.db, story.society, lambda: story.now).routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with ClientSession(f"http://{host}:{port}") as client:
        yield client
    await runner.cleanup()


@pytest.fixture
async def site(story: Story) -> AsyncIterator[ClientSession]:
    async with served(story) as client:
        yield client
