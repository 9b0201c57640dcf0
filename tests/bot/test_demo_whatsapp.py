"""The demo speaks WhatsApp too: the same service, a phone that has it, a bill that arrives there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.demo import demo
from bot.simulator.whatsapp import WhatsAppPhone
from tests.journeys.stage import free_port
from tests.society import SOCIETY

pytestmark = pytest.mark.slow


@pytest.mark.timeout(180)
async def test_an_owner_on_whatsapp_is_linked_and_gets_the_bill(tmp_path: Path) -> None:
    async with demo(SOCIETY, tmp_path / "demo", 0, free_port()) as started:
        phones = started.simulator
        nandini = phones.phone("nandini")
        assert isinstance(nandini, WhatsAppPhone)
        assert nandini.find("Nandini") is not None
        await phones.phone("ravi").send_text("C8-GF 167")
        card = await phones.phone("rekha").wait_for("C8-GF", timeout=60)
        assert "WhatsApp" in card.text
        await phones.phone("rekha").press("Approve", within=card)
        bill = await nandini.wait_for(lambda message: any("₹" in button.text for button in message.buttons), timeout=60)
        assert "C8-GF" in bill.text
        assert phones.recorder.of("sendMessage")
