"""Notices to the office's Discord channel: together, in order, once; a channel that is away or gone does no harm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from domain.payments import PaymentMethod
from jobs import office_notices
from jobs.gateways.discord import DiscordBoard
from jobs.gateways.heartbeat import Heartbeat, HeartbeatError
from jobs.office_notices import BoardError, Posting, post_forever, tell_office
from jobs.office_words import rupees
from jobs.record_payment import PaymentSlip, record, undo
from storage.database import Database
from tests.billing import NOW
from tests.society import SOCIETY, Town, build, work

WITH_CHANNEL = replace(SOCIETY, office_channel=True)
HOOK = "/api/webhooks/1/secret-token"


@dataclass
class Discord:
    """A server shaped like Discord's; `answers` are given in turn, then 204."""

    url: str = ""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    beats: int = 0

    async def post(self, request: web.Request) -> web.Response:
        self.posts.append(await request.json())
        status, body = self.answers.pop(0) if self.answers else (204, None)
        return web.json_response(body, status=status) if body is not None else web.Response(status=status)

    async def look(self, _: web.Request) -> web.Response:
        self.beats += 1
        status, body = self.answers.pop(0) if self.answers else (200, {"name": "Office"})
        return web.json_response(body, status=status)

    @property
    def lines(self) -> list[list[str]]:
        return [post["content"].split("\n") for post in self.posts]


@pytest.fixture
async def discord() -> AsyncIterator[Discord]:
    made, app = Discord(), web.Application()
    app.router.add_post(HOOK, made.post)
    app.router.add_get(HOOK, made.look)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}{HOOK}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def town(db: Database) -> Town:
    async with db.transaction() as conn:
        return await build(conn)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BETWEEN_POSTS", "_GATHER"):
        monkeypatch.setattr(office_notices, name, 0.01)
    monkeypatch.setattr(office_notices, "_LOOK", 0.05)


async def _tell(db: Database, town: Town, *texts: str, society: Any = WITH_CHANNEL) -> None:
    async with db.transaction() as conn:
        for text in texts:
            await tell_office(work(conn, town.rekha, NOW, society), "test", "line", text, text)


async def _rows(db: Database) -> list[tuple[str, str]]:
    async with db.transaction() as conn:
        rows = await conn.fetch("select message, status from notifications where channel = 'discord' order by id")
    return [(row["message"], row["status"]) for row in rows]


@asynccontextmanager
async def _posting(db: Database, discord: Discord) -> AsyncIterator[Posting]:
    posting = Posting(db, DiscordBoard(discord.url), lambda: NOW)
    running = asyncio.create_task(posting.run())
    yield posting
    running.cancel()
    await asyncio.wait({running})


async def _until_settled(db: Database) -> None:
    async with asyncio.timeout(20):
        while "queued" in {status for _, status in await _rows(db)}:
            await asyncio.sleep(0.01)


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


async def test_ten_lines_a_post_in_order_once(db: Database, town: Town, discord: Discord) -> None:
    texts = [f"line {number}" for number in range(23)]
    await _tell(db, town, *texts)
    await _tell(db, town, *texts)
    async with _posting(db, discord):
        await _until_settled(db)
    assert discord.lines == [texts[:10], texts[10:20], texts[20:]]
    assert {status for _, status in await _rows(db)} == {"sent"}
    assert discord.posts[0]["allowed_mentions"] == {"parse": []}


async def test_two_processes_post_each_line_once(db: Database, town: Town, discord: Discord) -> None:
    texts = [f"line {number}" for number in range(40)]
    await _tell(db, town, *texts)
    async with _posting(db, discord), _posting(db, discord):
        await _until(lambda: sum(map(len, discord.lines)) >= 40)
    assert [line for lines in discord.lines for line in lines] == texts


async def test_a_post_holds_at_most_two_thousand_letters(db: Database, town: Town, discord: Discord) -> None:
    texts = [f"{number} ".ljust(500, "x") for number in range(9)]
    await _tell(db, town, *texts)
    async with _posting(db, discord):
        await _until(lambda: sum(map(len, discord.lines)) >= 9)
    assert all(len(post["content"]) <= 2000 for post in discord.posts)


async def test_it_waits_as_long_as_discord_says(db: Database, town: Town, discord: Discord) -> None:
    discord.answers = [(429, {"retry_after": 0.6})]
    await _tell(db, town, "one")
    began = asyncio.get_running_loop().time()
    async with _posting(db, discord):
        await _until(lambda: len(discord.posts) == 2)
    assert asyncio.get_running_loop().time() - began >= 0.6
    assert await _rows(db) == [("one", "sent")]


async def test_a_server_error_is_tried_again(db: Database, town: Town, discord: Discord) -> None:
    discord.answers = [(503, None)]
    await _tell(db, town, "one")
    async with _posting(db, discord):
        await _until(lambda: len(discord.posts) == 2)
    assert await _rows(db) == [("one", "sent")]


@pytest.mark.parametrize("status", [401, 404])
async def test_a_webhook_that_is_gone_stops_loudly_and_keeps_what_waits(
    db: Database, town: Town, discord: Discord, status: int
) -> None:
    discord.answers = [(status, None)]
    await _tell(db, town, "one")
    posting = Posting(db, DiscordBoard(discord.url), lambda: NOW)
    await posting.run()
    assert str(status) in posting.stopped
    assert "secret-token" not in posting.stopped
    assert await _rows(db) == [("one", "queued")]


async def test_what_discord_never_takes_is_given_up(db: Database, town: Town, discord: Discord) -> None:
    discord.answers = [(400, None)]
    await _tell(db, town, "one")
    async with _posting(db, discord):
        await _until_settled(db)
    assert await _rows(db) == [("one", "dead")]


async def test_without_a_channel_notices_are_only_logged(db: Database, town: Town) -> None:
    await _tell(db, town, "one", society=SOCIETY)
    await _tell(db, town, "two")
    await post_forever(db, None)
    assert await _rows(db) == [("one", "off"), ("two", "off")]


async def test_payments_are_told_with_flat_and_amount_and_nobodys_name(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        at_work = work(conn, town.rekha, NOW, WITH_CHANNEL)
        paid = await record(at_work, PaymentSlip("B17-FF", Decimal("184200.5"), PaymentMethod.CASH), "one")
        await undo(at_work, paid.payment.entry_id)  # type: ignore[union-attr] # it is recorded
    assert [text for text, _ in await _rows(db)] == [
        "B17-FF: ₹1,84,200.50 received (cash).",
        "B17-FF: the payment of ₹1,84,200.50 was undone.",
    ]


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "₹0.00"),
        ("999.9", "₹999.90"),
        ("1000", "₹1,000.00"),
        ("123456789.01", "₹12,34,56,789.01"),
        ("-5", "-₹5.00"),
    ],
)
def test_amounts_are_grouped_as_in_india(amount: str, text: str) -> None:
    assert rupees(Decimal(amount)) == text


async def test_the_look_at_the_webhook_posts_nothing(discord: Discord) -> None:
    assert await DiscordBoard(discord.url).look() == "Office"
    discord.answers = [(404, {"message": "Unknown Webhook"})]
    with pytest.raises(BoardError, match="does not know"):
        await DiscordBoard(discord.url).look()
    assert discord.posts == []


async def test_a_heartbeat_is_one_call_and_its_failure_names_no_address(discord: Discord) -> None:
    await Heartbeat(discord.url).beat()
    assert discord.beats == 1
    discord.answers = [(500, {})]
    with pytest.raises(HeartbeatError, match="500"):
        await Heartbeat(discord.url).beat()
    with pytest.raises(HeartbeatError) as refused:
        await Heartbeat("http://127.0.0.1:9/secret-token").beat()
    assert "secret-token" not in str(refused.value)
    assert "secret-token" not in repr(Heartbeat(discord.url))
