"""The doctor about the office's own channel: what is not posted, and why."""

import asyncio

import asyncpg

from tests.bot.cli.conftest import Billing


async def _refused(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        """insert into notifications (outbox, channel, status, kind, source_type, source_id, sequence, message, error)
           values (true, 'discord', 'queued', 'office_test', 'test', '1', 1, 'one', 'Discord answered 404.')"""
    )
    await connection.close()


def test_notices_that_the_channel_refuses_are_told(on_database: Billing, dsn: str) -> None:
    assert "Discord: 1 notice" not in on_database("doctor").out
    asyncio.run(_refused(dsn))
    said = on_database("doctor").out
    assert "Discord: 1 notice waits to be posted. Discord answered 404." in said
    assert "put a working webhook into DISCORD_WEBHOOK_URL" in said
