"""WhatsApp phones in a real browser, beside the others."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

import pytest
from playwright.async_api import Page, expect

from bot.simulator import Simulator
from bot.simulator.whatsapp import WhatsAppPhone
from tests.bot.simulator.test_page import CHROMIUM, page  # noqa: F401 - the fixture
from tests.bot.simulator.whatsapp.conftest import BUTTONS, Client, Listener, listed
from tests.journeys.stage import until

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


async def listening(sim: Simulator) -> None:
    """Until the page hears what happens."""

    async def heard() -> bool:
        return len(sim.live) > 0

    await until(heard)


async def test_buttons_and_lists_look_and_work_as_on_whatsapp(
    sim: Simulator,
    heard: WhatsAppPhone,
    client: Client,
    listener: Listener,
    page: Page,  # noqa: F811 - the fixture
) -> None:
    await listening(sim)
    ravis = page.get_by_test_id("phone-ravi")
    await expect(ravis.get_by_test_id("status")).to_have_text("Engineer · WhatsApp")
    await client.interactive(BUTTONS)
    await expect(ravis.get_by_test_id("message-text").last).to_have_text("B17-FF 146 units")
    await expect(ravis.locator("strong")).to_have_text("B17-FF")
    await expect(ravis.get_by_test_id("keyboard-button")).to_have_count(0)
    await ravis.get_by_role("button", name="Approve").click()
    await client.interactive(listed(5, description="and more about it"))
    await ravis.get_by_role("button", name="Choose").press("Enter")
    choices = page.get_by_test_id("dialog-choice")
    await expect(choices).to_have_count(5)
    await expect(choices.nth(2)).to_contain_text("and more about it")
    await choices.nth(2).press("Enter")
    await expect(ravis.get_by_test_id("message-text").last).to_have_text("Choice 2")
    _, button, row = await listener.heard(3)
    assert button["interactive"]["button_reply"]["id"] == "token-a"
    assert row["interactive"]["list_reply"]["id"] == "token-2"


async def test_an_invite_for_whatsapp_opens_on_a_whatsapp_phone(
    sim: Simulator,
    heard: WhatsAppPhone,
    client: Client,
    page: Page,  # noqa: F811 - the fixture
) -> None:
    await listening(sim)
    await client.text("Open https://wa.me/447700900900?text=join%20abc")
    await page.get_by_test_id("phone-ravi").get_by_role("link", name="wa.me").click()
    await expect(page.get_by_test_id("dialog-choice")).to_have_text(["Ravi Kumar, Engineer", "Farida, Owner"])
    await page.get_by_test_id("dialog-choice").nth(1).click()
    farida = page.get_by_test_id("phone-farida")
    await expect(farida.get_by_test_id("message-text")).to_have_text("join abc")
    assert sim.phone("farida").home.started


async def test_the_page_is_accessible_with_whatsapp_on_it(
    sim: Simulator,
    heard: WhatsAppPhone,
    client: Client,
    page: Page,  # noqa: F811 - the fixture
) -> None:
    await listening(sim)
    await client.interactive(BUTTONS)
    await client.interactive(listed(5))
    await expect(page.get_by_test_id("phone-ravi").get_by_role("button", name="Choose")).to_be_visible()
    await page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        await page.emulate_media(color_scheme=scheme)
        found = await page.evaluate("axe.run('[data-part=phones]')")
        assert found["passes"]
        assert found["violations"] == []
