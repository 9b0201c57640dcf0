"""Faults: by plan, by seeded share, and what each looks like to a bot."""

from datetime import timedelta

import pytest
from telegram import Bot
from telegram.error import NetworkError, RetryAfter, TimedOut
from telegram.request import HTTPXRequest

from bot.simulator import Fault, Faults, Phone, Simulator


async def test_each_fault_as_the_library_sees_it(sim: Simulator, started: Phone, bot: Bot) -> None:
    chat = started.home.id
    sim.faults.plan(Fault.TOO_MANY_REQUESTS, Fault.BAD_GATEWAY, Fault.RESET)
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(chat, "429")
    assert caught.value.retry_after == timedelta(seconds=3)
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.send_message(chat, "502")
    with pytest.raises(NetworkError):
        await bot.send_message(chat, "reset")
    assert started.received == []
    await bot.send_message(chat, "fine")
    assert [message.text for message in started.received] == ["fine"]


async def test_a_lost_answer_did_its_work(sim: Simulator, started: Phone) -> None:
    sim.faults.plan(Fault.LOST_ANSWER)
    request = HTTPXRequest(read_timeout=0.2)
    async with Bot(sim.token, base_url=sim.base_url, request=request) as bot:
        with pytest.raises(TimedOut):
            await bot.send_message(started.home.id, "did it arrive?")
    assert started.last.text == "did it arrive?"
    (recorded,) = sim.recorder.of("sendMessage")
    assert (recorded.status, recorded.fault) == (0, Fault.LOST_ANSWER)


def test_shares_are_seeded() -> None:
    def draws() -> list[Fault | None]:
        faults = Faults()
        faults.seed(11)
        faults.share(dict.fromkeys(Fault, 0.05))
        return [faults.draw("sendmessage") for _ in range(2000)]

    drawn = draws()
    assert drawn == draws()
    for fault in Fault:
        assert 60 < drawn.count(fault) < 140


def test_polling_is_spared_unless_named() -> None:
    faults = Faults()
    faults.share({Fault.BAD_GATEWAY: 1})
    assert faults.draw("getupdates") is None
    faults.share({Fault.BAD_GATEWAY: 1}, ["getUpdates"])
    assert faults.draw("getupdates") is Fault.BAD_GATEWAY
    assert faults.draw("sendmessage") is None
    faults.clear()
    assert faults.draw("getupdates") is None
