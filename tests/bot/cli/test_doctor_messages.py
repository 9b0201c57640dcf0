"""What doctor says of messages that were tried and wait."""

from __future__ import annotations

import asyncio

import asyncpg

from tests.bot.cli.conftest import Billing

_WHY = "WhatsApp does not have the approved template: hand it in by billing whatsapp templates (132001)"


async def _wait(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    await conn.execute(
        """with chat as (insert into chat_identities (channel, external_id) values ('whatsapp', '447700900105')
                         returning id)
           insert into notifications (outbox, status, channel, chat_id, kind, source_type, source_id, error, not_before)
           select true, 'queued', 'whatsapp', chat.id, 'bill', 'bill', n::text, $1, now() + interval '1 hour'
           from chat, generate_series(1, 3) n""",
        _WHY,
    )
    await conn.close()


def test_messages_that_wait_are_told_with_what_to_mend(on_database: Billing, dsn: str) -> None:
    assert "were tried" not in on_database("doctor").out
    asyncio.run(_wait(dsn))
    assert f"3 messages were tried and wait: {_WHY}" in " ".join(on_database("doctor").out.split())
