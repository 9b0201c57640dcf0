"""What the business hears: signed, batched, again until taken, twice and shuffled on demand."""

from __future__ import annotations

import pytest

from bot.simulator import Simulator
from bot.simulator.whatsapp import WhatsAppPhone
from tests.bot.simulator.whatsapp.conftest import Client, Listener
from tests.journeys.stage import until


async def test_what_came_while_nobody_listened_travels_together(
    sim: Simulator, heard: WhatsAppPhone, client: Client, listener: Listener
) -> None:
    await listener.heard(1)
    sim.whatsapp.hooks.address = None
    await heard.go_offline()
    for text in ("one", "two", "three"):
        await heard.send_text(text)
    await heard.go_online()
    await sim.phone("farida").start()
    for number in range(4):
        await client.text(f"answer {number}")
        await sim.phone("farida").send_text(str(number))
    sim.whatsapp.hooks.address = listener.address
    messages = await listener.heard(9)
    assert [message["text"]["body"] for message in messages[1:4]] == ["one", "two", "three"]
    assert len(listener.payloads) == 2
    entries = listener.payloads[1]["entry"]
    assert len(entries) > 1
    assert all(1 <= len(entry["changes"]) <= 3 for entry in entries)
    assert max(len(value.get("messages", [])) for value in listener.values) >= 3
    assert max(len(value.get("statuses", [])) for value in listener.values) == 2


async def test_a_refused_hook_comes_again_in_order(sim: Simulator, ravi: WhatsAppPhone, listener: Listener) -> None:
    sim.whatsapp.hooks.retry_seconds = 0.01
    listener.answers = [500, 404, 503]
    for text in ("one", "two"):
        await ravi.send_text(text)
    messages = await listener.heard(2)
    assert [message["text"]["body"] for message in messages] == ["one", "two"]
    assert sim.whatsapp.hooks.refused == [500, 404, 503]

    async def none_left() -> bool:
        return len(sim.whatsapp.hooks) == 0

    await until(none_left)


async def test_disturbed_hooks_come_twice_and_shuffled(sim: Simulator, ravi: WhatsAppPhone, listener: Listener) -> None:
    sim.whatsapp.hooks.address = None
    sim.whatsapp.hooks.disturbed = True
    for number in range(6):
        await ravi.send_text(str(number))
    sim.whatsapp.hooks.address = listener.address
    texts = [message["text"]["body"] for message in await listener.heard(12)]
    assert sorted(texts) == sorted([str(number) for number in range(6)] * 2)
    assert texts[:6] == texts[6:]
    assert texts[:6] != sorted(texts[:6])


async def test_only_this_machine_is_called(sim: Simulator) -> None:
    with pytest.raises(ValueError, match="nobody but this machine"):
        sim.whatsapp.hooks.address = "https://example.org/webhook/whatsapp"


async def test_the_switches_disturb_both_channels(sim: Simulator, client: Client) -> None:
    async with client.http.post(f"{sim.url}/sim/faults", json={"deliver_twice": True, "real_limits": True}) as answer:
        assert answer.ok
    assert sim.whatsapp.hooks.disturbed
    assert sim.whatsapp.rates.enabled
    async with client.http.post(f"{sim.url}/sim/faults", json={"clear": True}) as answer:
        assert answer.ok

    async def calm() -> bool:
        return not sim.whatsapp.hooks.disturbed and not sim.whatsapp.rates.enabled

    await until(calm)
