"""Long polling and the webhook, as bots rely on them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import aiohttp
import pytest
from aiogram import Bot as AiogramBot
from aiohttp import web
from telegram import Bot
from telegram.error import BadRequest, Conflict

from bot.simulator import DEMO_PHONES, Phone, Simulator


async def test_updates_stay_until_a_higher_offset_confirms_them(ravi: Phone, bot: Bot) -> None:
    for text in ("one", "two", "three"):
        await ravi.send_text(text)
    first = await bot.get_updates(limit=2)
    assert [update.message and update.message.text for update in first] == ["one", "two"]
    assert [update.update_id for update in await bot.get_updates()] == [u.update_id for u in first] + [
        first[-1].update_id + 1
    ]
    rest = await bot.get_updates(offset=first[-1].update_id + 1)
    assert [update.message and update.message.text for update in rest] == ["three"]
    assert await bot.get_updates(offset=rest[-1].update_id + 1) == ()


async def test_a_negative_offset_keeps_the_last_ones(ravi: Phone, bot: Bot) -> None:
    for text in ("one", "two", "three"):
        await ravi.send_text(text)
    assert [update.message and update.message.text for update in await bot.get_updates(offset=-1)] == ["three"]
    assert len(await bot.get_updates()) == 1


async def test_a_waiting_poll_is_answered_at_once(ravi: Phone, bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.sleep(0.1)
    assert not poll.done()
    await ravi.send_text("now")
    async with asyncio.timeout(2):
        (update,) = await poll
    assert update.message is not None


async def test_a_second_poll_ends_the_first(bot: Bot, other_bot: AiogramBot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.sleep(0.5)
    second = asyncio.create_task(other_bot.get_updates(timeout=1))
    with pytest.raises(Conflict, match="terminated by other getUpdates request; make sure that only one bot"):
        await first
    assert await second == []


async def test_only_allowed_updates_come(ravi: Phone, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    await ravi.send_text("unheard")
    await ravi.press_data(1, "heard")
    updates = await bot.get_updates()
    assert [update.callback_query and update.callback_query.data for update in updates] == ["heard"]


async def test_delivered_twice_with_the_same_id(sim: Simulator, ravi: Phone, bot: Bot) -> None:
    sim.account.updates.deliver_twice = True
    await ravi.send_text("again")
    (first,) = await bot.get_updates()
    (second,) = await bot.get_updates(offset=first.update_id + 1)
    assert second.update_id == first.update_id
    assert await bot.get_updates(offset=first.update_id + 1) == ()


async def test_a_simulator_started_later_repeats_no_id() -> None:
    ids = []
    for now in (1_793_000_000.0, 1_793_000_001.0):
        simulator = Simulator(DEMO_PHONES, clock=partial(float, now))
        for _ in range(50):
            await simulator.phone("ravi").start()
        ids += [update.id for update in simulator.account.updates.pending()]
    assert len(set(ids)) == 100
    assert ids == sorted(ids)


class Hook:
    """A bot's own server. Answers with the statuses planned, then 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.seen: list[tuple[str, str]] = []
        self.url = ""
        self._came = asyncio.Condition()

    async def handle(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.seen.append((update["message"]["text"], request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")))
        async with self._came:
            self._came.notify_all()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def wait(self, count: int) -> list[str]:
        async with asyncio.timeout(5), self._came:
            await self._came.wait_for(lambda: len(self.seen) >= count)
        return [text for text, _ in self.seen]


@asynccontextmanager
async def running_hook() -> AsyncIterator[Hook]:
    hook, app = Hook(), web.Application()
    app.router.add_post("/hook", hook.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


async def test_webhook_gets_what_waited_and_what_comes_with_the_secret(ravi: Phone, bot: Bot) -> None:
    await ravi.send_text("before")
    async with running_hook() as hook:
        await bot.set_webhook(hook.url, secret_token="s3cret")
        await ravi.send_text("after")
        assert await hook.wait(2) == ["before", "after"]
        assert {secret for _, secret in hook.seen} == {"s3cret"}
        info = await bot.get_webhook_info()
        assert (info.url, info.pending_update_count) == (hook.url, 0)
        with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
            await bot.get_updates()
        await bot.delete_webhook()
        assert await bot.get_updates() == ()


async def test_webhook_repeats_until_2xx_and_keeps_the_order_of_a_chat(sim: Simulator, ravi: Phone, bot: Bot) -> None:
    sim.account.webhook.retry_seconds = 0.01
    async with running_hook() as hook:
        hook.statuses = [500, 503]
        await bot.set_webhook(hook.url)
        await ravi.send_text("one")
        await ravi.send_text("two")
        assert await hook.wait(4) == ["one", "one", "one", "two"]
        assert (await bot.get_webhook_info()).last_error_message == (
            "Wrong response from the webhook: 503 Service Unavailable"
        )


async def test_webhook_secret_is_checked(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Secret token contains unallowed characters"):
        await bot.set_webhook("http://127.0.0.1:9/hook", secret_token="ü")


async def test_setting_a_webhook_ends_the_poll(sim: Simulator, bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.sleep(0.1)
    url = f"{sim.base_url}{sim.token}/setWebhook"
    async with (
        running_hook() as hook,
        aiohttp.ClientSession() as session,
        session.post(url, data={"url": hook.url}) as answer,
    ):
        assert (await answer.json())["ok"]
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await poll
