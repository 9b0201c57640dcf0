"""Paying in the demo: simulated provider, real client, real hook, real engine, over loopback."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from html import unescape
from pathlib import Path

import aiohttp
import pytest

from bot.demo import Demo, demo
from bot.i18n import Translator
from domain.account import EntryKind
from storage import accounts, bill_links, bill_views
from storage.accounts import NewEntry
from tests.bot.web.test_bill_page import text_of
from tests.journeys.stage import free_port
from tests.society import SOCIETY

pytestmark = pytest.mark.slow


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Demo]:
    async with demo(SOCIETY, tmp_path / "demo", 0, free_port()) as started:
        yield started


async def bill_page(running: Demo) -> tuple[str, Decimal]:
    """The address of Mr Sharma's newest bill, with something owed."""
    service = running.service
    async with service.database.transaction() as conn:
        person = await conn.fetchval("select id from people where name = 'Mr Sharma'")
        [before] = await bill_views.newest_bills(conn, person)
        day = service.clock().date()
        owes = NewEntry(before.flat_id, EntryKind.DEBIT_NOTE, Decimal(500), day, day, "test", "test")
        await accounts.post(conn, owes)
        [view] = await bill_views.newest_bills(conn, person)
        token = await bill_links.link_for(conn, view.id, person, service.clock())
    return f"{service.address}/b/{token}", view.balance


async def pressed(client: aiohttp.ClientSession, page: str, deed: str) -> None:
    """Press pay on the bill, then this at the provider."""
    async with client.get(page) as shown:
        html = await shown.text()
    [address] = re.findall(r'action="([^"]+)"', html)
    form = {name: unescape(value) for name, value in re.findall(r'name="(owed|seal)" value="([^"]*)"', html)}
    async with client.post(f"{page.partition('/b/')[0]}{address}", data=form) as till:
        assert "A made-up bank" in await till.text()
        async with client.post(f"{till.url}/{deed}") as back:
            assert str(back.url) == f"{page}?back=1"


async def shows(client: aiohttp.ClientSession, page: str, words: str) -> str:
    async with asyncio.timeout(30):
        while True:
            async with client.get(page) as shown:
                said = text_of(await shown.text())
            if words in said:
                return said
            await asyncio.sleep(0.1)


@pytest.mark.timeout(180)
async def test_every_way_the_demo_offers(running: Demo) -> None:
    page, owed = await bill_page(running)
    amount = Translator("en").rupees
    async with aiohttp.ClientSession() as client:
        await pressed(client, page, "decline")
        await shows(client, page, f"{amount(owed)} कार्ड से भरें")
        await pressed(client, page, "cancel")
        await pressed(client, page, "fail")
        await shows(client, page, f"हम बैंक से {amount(owed)} की जाँच")
        await shows(client, page, f"{amount(owed)} कार्ड से भरें")
        await pressed(client, page, "twice")
        favour = Translator("hi").gettext("{amount} is in your favour for the next bill.")
        await shows(client, page, favour.format(amount=amount(owed)))
