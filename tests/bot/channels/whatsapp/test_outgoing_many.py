"""Many messages to WhatsApp: over a faulty network (P8), and at the pace that the platform takes."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from bot.channels.whatsapp.account import CHANNEL, Account
from bot.channels.whatsapp.api import GraphApi
from bot.channels.whatsapp.outgoing import Outgoing
from jobs.deliver import Delivery, Tempo
from jobs.ports import Message, Outcome, Parcel
from tests.bot.channels.whatsapp.cloud import NUMBER, TOKEN, Cloud, by_chance, running
from tests.jobs.mailroom import FakeWording
from tests.society import SOCIETY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from storage.database import Database

FACTS = 150
CHATS = 15


class Line:
    """The outgoing side as a courier."""

    channel = CHANNEL
    edits = False

    def __init__(self, outgoing: Outgoing) -> None:
        self.deliver = outgoing.deliver


@asynccontextmanager
async def delivering(db: Database, cloud: Cloud, seconds: float, *, limiters: bool) -> AsyncIterator[None]:
    account = Account(NUMBER, TOKEN, cloud.url)
    api = GraphApi(account, seconds=seconds)
    line = Line(Outgoing(account, api, lambda: datetime.now(UTC), limiters=limiters))
    tempo = Tempo(lease=30, poll=0.05, backoff=0.02)
    worker = Delivery(db, {CHANNEL: line}, FakeWording(), SOCIETY, lambda: datetime.now(UTC), tempo=tempo)
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        await api.close()


async def _queue(conn: asyncpg.Connection, facts: int, *, heard: bool) -> None:
    await conn.execute(
        """insert into chat_identities (channel, external_id, last_heard_at)
           select 'whatsapp', '4477009001' || lpad(n::text, 2, '0'), case when $2 then now() end
           from generate_series(1, $1) n""",
        CHATS,
        heard,
    )
    await conn.execute(
        """insert into notifications (outbox, status, channel, chat_id, kind, source_type, source_id, payload)
           select true, 'queued', chat.channel, chat.id, 'bill', 'test', chat.id || '-' || n,
               jsonb_build_object('say', 'Fact ' || chat.id || '-' || n)
           from generate_series(1, $1) n, chat_identities chat where chat.channel = 'whatsapp' order by n, chat.id""",
        facts // CHATS,
    )


async def _until_settled(conn: asyncpg.Connection, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while await conn.fetchval("select exists (select from notifications where status = 'queued')"):
            await asyncio.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("heard", [True, False])
async def test_every_bill_message_is_sent_dead_or_unknown(dsn: str, db: Database, heard: bool) -> None:  # noqa: FBT001 - a parameter of the test
    conn = await asyncpg.connect(dsn)
    await _queue(conn, FACTS, heard=heard)
    async with running() as cloud:
        faults = ((429, 130429, 0.5), (502, None), "reset", "lost")
        cloud.by_chance = by_chance(7, 0.05, faults)
        async with delivering(db, cloud, 1.0, limiters=False):
            await _until_settled(conn, 120)
        came = Counter(body.rpartition(" · ")[2] for body in cloud.bodies)
        rows = await conn.fetch("select *, payload->>'say' as say from notifications order by id")
        assert len(rows) == FACTS
        assert {row["status"] for row in rows} <= {"sent", "unknown", "dead"}
        for row in rows:
            if row["status"] == "sent":
                assert 1 <= came[row["say"]] <= (2 if row["uncertain"] else 1), dict(row)
        assert any(row["uncertain"] for row in rows), "the network was not faulty"
        assert any(row["outages"] and not row["uncertain"] for row in rows)
        assert {body["type"] for body in cloud.posted} == {"text" if heard else "template"}
        _in_order(cloud)
    await conn.close()


def _in_order(cloud: Cloud) -> None:
    """What first came of each fact, chat by chat."""
    said = [body.rpartition(" · ")[2].removeprefix("Fact ") for body in cloud.bodies]
    for chat in {one.partition("-")[0] for one in said}:
        mine = [int(one.partition("-")[2]) for one in dict.fromkeys(said) if one.partition("-")[0] == chat]
        assert mine == sorted(mine)


@pytest.mark.slow
async def test_no_more_than_eighty_leave_in_any_second(dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    conn = await asyncpg.connect(dsn)
    await _queue(conn, 300, heard=True)
    async with running() as cloud:
        left = _departures(monkeypatch)
        async with delivering(db, cloud, 20, limiters=True):
            await _until_settled(conn, 60)
        assert len(cloud.posted) == len(left) == 300
        assert max(sum(at <= other < at + 1 for other in left) for at in left) <= 80
    await conn.close()


def _departures(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When each message left: what arrives close together on a busy machine need not have been sent so."""
    left: list[float] = []
    post = GraphApi.post

    async def noted(api: GraphApi, path: str, body: Any) -> Any:
        left.append(asyncio.get_running_loop().time())
        return await post(api, path, body)

    monkeypatch.setattr(GraphApi, "post", noted)
    return left


async def test_a_person_is_not_written_to_faster_than_the_platform_takes() -> None:
    async with running() as cloud:
        account = Account(NUMBER, TOKEN, cloud.url)
        api = GraphApi(account)
        outgoing = Outgoing(account, api, lambda: datetime.now(UTC))
        heard = datetime.now(UTC)

        async def one(number: int, chat: str) -> Outcome:
            parcel = Parcel(chat, is_private=True, message=Message(str(number)), heard_at=heard, row=number)
            return await outgoing.deliver(parcel)

        waiting = [asyncio.create_task(one(number, "447700900105")) for number in range(1, 40)]
        await one(100, "447700900106")
        await asyncio.wait(waiting, return_when=asyncio.ALL_COMPLETED, timeout=1.5)
        to_one = sum(body["to"] == "447700900105" for body in cloud.posted)
        assert 1 <= to_one < 39, "thirty at once, then one in six seconds"
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        await api.close()
