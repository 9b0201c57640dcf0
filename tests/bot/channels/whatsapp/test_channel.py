"""The channel with its number: our name and limit, files, read marks, early receipts, what Show brings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from bot.bootstrap import Setup, assembled
from bot.channels.base import ChannelDownError
from bot.channels.whatsapp.channel import WhatsAppChannel, people_a_day
from bot.conversation import SHOW, MediaRef
from bot.service import Service
from storage import channel_accounts
from storage.database import Database
from tests import probe, society
from tests.bot.channels.whatsapp.meta import Meta, served
from tests.bot.channels.whatsapp.pushed import SHARMA, account, batch, change, contact, message, status, text

NOW = datetime(2026, 11, 2, 5, tzinfo=UTC)


@pytest.fixture
async def meta() -> AsyncIterator[Meta]:
    async with served() as running:
        yield running


def serving(dsn: str, meta: Meta) -> AbstractAsyncContextManager[Service]:
    return assembled(
        Setup(
            dsn=dsn,
            society=society.SOCIETY,
            whatsapp=account(meta.address),
            engine_tempo=probe.QUICK_ENGINE,
            delivery_tempo=probe.QUICK_DELIVERY,
            load_flows=probe.load,
            host=None,
            limiters=False,
        )
    )


async def push(service: Service, *messages: dict[str, Any], statuses: list[dict[str, Any]] | None = None) -> None:
    assert service.whatsapp_hook is not None
    await service.whatsapp_hook.receive(batch(change(*messages, statuses=statuses or [], contacts=[contact()])))


async def until(conn: asyncpg.Connection, question: str) -> None:
    async with asyncio.timeout(40):
        while not await conn.fetchval(question):
            await asyncio.sleep(0.05)


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    ("said", "people"),
    [
        ("TIER_250", 250),
        ("TIER_2K", 2000),
        ("TIER_100K", 100_000),
        ("TIER_UNLIMITED", 1_000_000),
        ("?", None),
        (7, None),
    ],
)
def test_the_limit_of_new_people(said: object, people: int | None) -> None:
    assert people_a_day(said) == people


async def test_our_number_and_limit_are_noted(dsn: str, meta: Meta, conn: asyncpg.Connection) -> None:
    async with serving(dsn, meta) as service:
        await until(conn, "select count(*) = 1 from channel_accounts where daily_new_people = 2000")
        assert await channel_accounts.name(conn, "whatsapp") == "447700900999"
        assert service.channels["whatsapp"].health.ok


async def test_where_nothing_comes_in_no_link_leads_there(meta: Meta, db: Database, conn: asyncpg.Connection) -> None:
    channel = WhatsAppChannel(account(meta.address, app_secret=None), db, lambda: NOW)
    running = asyncio.create_task(channel.run())
    await until(conn, "select count(*) = 1 from channel_accounts where daily_new_people = 2000")
    assert await channel_accounts.name(conn, "whatsapp") == ""
    running.cancel()
    await channel.close()


async def test_a_token_that_is_not_taken_shows(dsn: str, meta: Meta) -> None:
    meta.status = 401
    async with serving(dsn, meta) as service:
        async with asyncio.timeout(20):
            while (health := service.channels["whatsapp"].health).ok:
                await asyncio.sleep(0.05)
    assert "access token (190)" in health.reason


async def test_a_file_is_fetched_by_its_id(meta: Meta, db: Database) -> None:
    channel = WhatsAppChannel(account(meta.address), db, lambda: NOW)
    media = MediaRef("7001", "photo")
    assert await channel.fetch(media) == b"a photo"
    meta.content = None
    assert await channel.fetch(media) is None
    meta.status = 500
    with pytest.raises(ChannelDownError):
        await channel.fetch(media)
    await channel.close()


async def test_what_came_is_marked_read_once(dsn: str, meta: Meta, conn: asyncpg.Connection) -> None:
    photo = message("image", 2, image={"id": "7001", "mime_type": "image/jpeg"})
    async with serving(dsn, meta) as service:
        for _ in range(2):
            await push(service, text("/probe read", 1), photo, statuses=[status("read")])
        await until(conn, "select count(*) >= 1 from notifications where status = 'sent'")
        async with asyncio.timeout(40):
            while len(_marks(meta)) < 2:
                await asyncio.sleep(0.05)
    assert _marks(meta) == [
        {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.0001=="},
        {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": "wamid.0002==",
            "typing_indicator": {"type": "text"},
        },
    ]


def _marks(meta: Meta) -> list[dict[str, Any]]:
    marks = [body for body in meta.posted if body.get("status") == "read"]
    return sorted(marks, key=lambda body: str(body["message_id"]))


async def test_a_receipt_may_come_before_we_have_written_down_what_it_is_about(
    dsn: str, meta: Meta, conn: asyncpg.Connection
) -> None:
    async with serving(dsn, meta) as service:
        await push(service, statuses=[status("read", "wamid.EARLY=="), status("delivered", "wamid.EARLY==")])
        await push(service, text("/probe one"))
        await until(conn, "select count(*) = 1 from notifications where status = 'sent'")
        assert await conn.fetchval("select count(*) from inbox where state = 'new' and chat <> ''") == 2
        await conn.execute("update notifications set external_id = 'wamid.EARLY=='")
        await until(
            conn, "select count(*) = 1 from notifications where read_at is not null and delivered_at is not null"
        )
        await until(conn, "select count(*) = 0 from inbox where state = 'new'")
    assert await conn.fetchval("select max(attempts) from inbox") == 0


async def test_a_receipt_that_nobody_waits_for_is_done_with_after_a_while(
    dsn: str, meta: Meta, conn: asyncpg.Connection
) -> None:
    async with serving(dsn, meta) as service:
        await push(service, statuses=[status("read", "wamid.THEIRS==")])
        await conn.execute("update inbox set received_at = received_at - interval '3 minutes'")
        await until(conn, "select count(*) = 0 from inbox where state = 'new'")
    assert await conn.fetchval("select count(*) from chat_identities") == 0


async def test_show_brings_what_the_template_stood_for(dsn: str, meta: Meta, conn: asyncpg.Connection) -> None:
    async with serving(dsn, meta) as service:
        await push(service, text("/probe one", 1))
        await until(conn, "select count(*) = 1 from notifications where status = 'sent'")
        shown = await conn.fetchval("select external_id from notifications where status = 'sent'")
        pressed = {
            "timestamp": str(int(datetime.now(UTC).timestamp())),
            "button": {"payload": SHOW, "text": "Show"},
            "context": {"id": shown},
        }
        await push(service, message("button", 2) | pressed)
        await until(conn, "select count(*) = 2 from notifications where status = 'sent'")
        await push(service, message("button", 3) | pressed | {"context": {"id": "wamid.OTHER=="}})
        await until(conn, "select count(*) = 3 from notifications where status = 'sent'")
    assert [body["type"] for body in meta.posted if "type" in body] == ["template", "text", "text"]
    assert meta.said[0] == "probe one"
    assert "button" in meta.said[1]
    assert {body.get("to", SHARMA) for body in meta.posted} == {SHARMA}
