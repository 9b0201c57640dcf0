"""Photos are looked at while the service runs: the engineer hears of it at the meter, and nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from bot.simulator import DEMO_SAMPLES, draw_meter
from domain.metering import ReadingMode
from jobs.photo_readers import ReaderError
from tests.eyes import Eyes, seeing
from tests.journeys.stage import Stage, labels, staged
from tests.society import SOCIETY

if TYPE_CHECKING:
    from domain.photo_reading import Seen

RULES = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)


@dataclass
class Steady(Eyes):
    """Sees the same in every photo, whatever became of it on the way."""

    sees: Seen = field(default_factory=lambda: seeing("172"))

    async def read(self, jpeg: bytes) -> Seen:
        """As told."""
        await super().read(jpeg)
        return self.sees


@pytest.fixture
def eyes() -> Steady:
    return Steady()


@pytest.fixture
async def stage(dsn: str, eyes: Steady) -> AsyncIterator[Stage]:
    async with staged(dsn, rules=RULES, photo_readers=(eyes,)) as running:
        yield running


def meter(number: int = 0) -> bytes:
    return draw_meter(DEMO_SAMPLES[number])


async def test_the_engineer_hears_of_it_and_the_card_says_so(stage: Stage) -> None:
    await stage.ravi.send_photo(meter(), "B17-FF 177")
    told = await stage.ravi.wait_for("the photo seems to read 172. Please look again.")
    assert labels(told) == ["Re-enter", "It is right"]
    await stage.settled()
    card = await stage.rekha.wait_for("photo reads 172 (!)")
    assert "(!) The photo reads 172, sent was 177." in card.text
    await stage.ravi.press("Re-enter")
    await stage.ravi.wait_for("Send")
    await stage.ravi.send_text("172")
    await stage.rekha.wait_for(lambda message: "photo reads 172" in message.text and "(!)" not in message.text)


async def test_what_is_known_of_a_photo_at_once_comes_after_the_answer(stage: Stage) -> None:
    await stage.ravi.send_photo(meter(), "B17-FF 172")
    await stage.rekha.wait_for("photo reads 172")
    await stage.ravi.send_photo(meter(), "B17-GF 133")
    await stage.ravi.wait_for("B17-GF · 133")
    await stage.later(seconds=2)
    told = await stage.ravi.wait_for("Please look again.")
    assert stage.ravi.received[-1].id == told.id


async def test_a_reader_that_hangs_delays_no_reading_and_no_approval(stage: Stage, eyes: Steady) -> None:
    eyes.hangs = asyncio.Event()
    await stage.ravi.send_photo(meter(), "B17-FF 172")
    await stage.ravi.wait_for("saved")
    await stage.rekha.wait_for("looking at the photo…")
    await stage.rekha.press("Approve")
    await stage.rekha.wait_for("Approved by Rekha")
    assert len(await stage.bills()) == 1
    eyes.hangs.set()


async def test_a_reader_that_fails_leaves_it_to_the_people(stage: Stage, eyes: Steady) -> None:
    eyes.failures = [ReaderError("refused", permanent=True)]
    await stage.ravi.send_photo(meter(), "B17-FF 172")
    await stage.rekha.wait_for("The photo could not be read.")
    await stage.rekha.press("Check photo")
    await stage.rekha.wait_for("photo reads 172")
    assert stage.service.crashes == {}
