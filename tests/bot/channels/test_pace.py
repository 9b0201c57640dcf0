"""However much waits, no second has more messages than the platform takes; answers get through beside bulk."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.pace import Pace, TelegramPace, WhatsAppPace


@pytest.mark.parametrize(("pace", "most"), [(TelegramPace, 30), (WhatsAppPace, 80)])
async def test_no_second_has_more_than_the_platform_takes(pace: type[Pace], most: int) -> None:
    limit, begun, left = pace(), asyncio.get_running_loop().time(), []

    async def one(number: int) -> None:
        await limit.wait(str(number), is_private=True, bulk=False)
        left.append(asyncio.get_running_loop().time() - begun)

    count = most * 2
    async with asyncio.timeout(20):
        await asyncio.gather(*map(one, range(count)))
    crowded = [sum(at <= other < at + 1 for other in left) for at in left]
    assert max(crowded) <= most
    assert left[-1] < count / most * 2 + 5


@pytest.mark.parametrize("pace", [TelegramPace, WhatsAppPace])
async def test_an_answer_does_not_wait_for_bulk(pace: type[Pace]) -> None:
    limit = pace()
    bulk = [asyncio.create_task(limit.wait(f"b{number}", is_private=True, bulk=True)) for number in range(300)]
    await asyncio.sleep(0.5)
    before = sum(task.done() for task in bulk)
    async with asyncio.timeout(20):
        await limit.wait("somebody", is_private=True, bulk=False)
    assert sum(task.done() for task in bulk) < before + 30
    for task in bulk:
        task.cancel()
    await asyncio.wait(bulk)
