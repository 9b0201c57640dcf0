"""A running simulator, and two independent clients of it."""

from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from aiogram import Bot as AiogramBot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from PIL import Image
from telegram import Bot

from bot.simulator import DEMO_PHONES, DEMO_STEPS, Phone, Simulator


@pytest.fixture(autouse=True)
def _seconds_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    """python-telegram-bot warns until one chooses how it gives `retry_after`."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(DEMO_PHONES, steps=DEMO_STEPS, first_id=1) as simulator:
        yield simulator


@pytest.fixture
def ravi(sim: Simulator) -> Phone:
    return sim.phone("ravi")


@pytest.fixture
async def bot(sim: Simulator) -> AsyncIterator[Bot]:
    """python-telegram-bot."""
    async with Bot(sim.token, base_url=sim.base_url, base_file_url=sim.file_url) as client:
        yield client


@pytest.fixture
async def other_bot(sim: Simulator) -> AsyncIterator[AiogramBot]:
    """aiogram, written by other people: every answer is validated by its models."""
    server = TelegramAPIServer.from_base(sim.url)
    async with AiohttpSession(api=server) as session, AiogramBot(sim.token, session=session) as client:
        yield client


@pytest.fixture
async def started(ravi: Phone) -> Phone:
    await ravi.start()
    return ravi


def picture(width: int = 640, height: int = 480) -> bytes:
    target = BytesIO()
    Image.new("RGB", (width, height), (120, 160, 90)).save(target, "JPEG")
    return target.getvalue()
