"""P8: of everything sent over a faulty network nothing is lost in silence; what comes twice was unknown once."""

from __future__ import annotations

import asyncio
from collections import Counter

import asyncpg
import pytest

from bot.channels.telegram import Patience
from bot.simulator import Fault
from bot.simulator.phones import Phone
from tests import probe, society

FACTS = 120


def _facts(phone: Phone) -> list[str]:
    """What came of the facts; the answer to /start is none."""
    return [message.text.split()[1] for message in phone.received if message.text.startswith("Fact ")]


@pytest.mark.slow
async def test_every_bill_message_is_sent_dead_or_unknown(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    town = await society.build(conn)
    async with probe.telephones() as simulator:
        phones = {town.ravi.chat_id: "ravi", town.rekha.chat_id: "rekha", town.sharma.chat_id: "sharma"}
        for key in phones.values():
            await simulator.phone(key).start()
        simulator.faults.hold_seconds, simulator.faults.retry_after = 1.0, 1
        simulator.faults.share(
            {Fault.TOO_MANY_REQUESTS: 0.05, Fault.BAD_GATEWAY: 0.05, Fault.RESET: 0.05, Fault.LOST_ANSWER: 0.05},
            ["sendMessage"],
        )
        sql = """
            insert into notifications (outbox, status, channel, chat_id, kind, source_type, source_id, payload)
            select true, 'queued', 'telegram', $1, 'probe_fact', 'probe', $2, $3"""
        for number in range(FACTS):
            chat = list(phones)[number % 3]
            await conn.execute(sql, chat, str(number), f'{{"say": "#{number}."}}')
        async with probe.service(dsn, simulator, patience=Patience(answer=0.4)):
            async with asyncio.timeout(100):
                while await conn.fetchval("select count(*) from notifications where status = 'queued'"):
                    await asyncio.sleep(0.1)
        heard = {key: _facts(simulator.phone(key)) for key in phones.values()}
        came = Counter(fact for facts in heard.values() for fact in facts)
        rows = await conn.fetch(
            "select *, payload->>'say' as say from notifications where kind = 'probe_fact' order by id"
        )
        assert {row["status"] for row in rows} <= {"sent", "unknown", "dead"}
        for row in rows:
            if row["status"] == "sent":
                assert 1 <= came[row["say"]] <= (2 if row["uncertain"] else 1), dict(row)
        assert sum(row["uncertain"] for row in rows) > 0, "the network was not faulty"
        for chat, key in phones.items():
            said = heard[key]
            mine = [row["say"] for row in rows if row["chat_id"] == chat and row["say"] in said]
            assert list(dict.fromkeys(said)) == mine
    await conn.close()
