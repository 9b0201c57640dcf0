"""The bill page on a server of its own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

from aiohttp import ClientSession, web

from bot.web.bill_page import BillPages
from jobs.payment_ports import PaymentProvider
from tests.bot.flows.owner.story import Story


@asynccontextmanager
async def served(
    story: Story, providers: Mapping[str, PaymentProvider] = MappingProxyType({})
) -> AsyncIterator[ClientSession]:
    """A client of a server that shows the story's bills at the story's time."""
    app = web.Application()
    app.add_routes(BillPages(story.db, story.society, lambda: story.now, providers).routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with ClientSession(f"http://{host}:{port}") as client:
        yield client
    await runner.cleanup()
