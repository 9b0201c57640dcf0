"""The first minute in a real browser: the demo as a newcomer starts it, walked from the meter to the bill."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import urljoin

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from jobs.documents import page_count
from tests.journeys.browser import chromium, demo, open_phones, show

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SOON = 20_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with demo(tmp_path_factory.mktemp("demo")) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest.mark.asyncio(loop_scope="module")
async def test_the_first_minute_on_a_laptop(address: str, browser: Browser) -> None:
    page = await opened(browser, address, 1280, 800)
    coach = page.get_by_test_id("coach")
    await expect(coach).to_contain_text("Tap a sample meter photo on Ravi's phone")
    await send_sample(page, 0)
    await expect(coach).to_contain_text("Rekha")
    await approve(page, "B17-FF", "₹")
    sharma = await show(page, "sharma")
    bill = sharma.get_by_test_id("message").filter(has_text="B17-FF").filter(has_text="तक भरें").last
    await expect(bill).to_contain_text("का बिल · B17-FF: ₹", timeout=SOON)
    await expect(coach).to_contain_text("Mr Sharma")
    await bill.get_by_test_id("button").first.click()
    await expect(coach).to_contain_text("Now pay it")
    bill_page = await opened_bill(sharma)
    await paid(bill_page)
    await expect(sharma.get_by_test_id("message").filter(has_text="मिल गए").last).to_be_visible(timeout=SOON)
    await expect(coach).to_contain_text("From the meter to the money in a minute")
    await page.set_viewport_size({"width": 1280, "height": 560})
    await expect_the_end(sharma)
    await page.context.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_the_first_minute_on_a_phone(address: str, browser: Browser) -> None:
    page = await opened(browser, address, 360, 740)
    await send_sample(page, 3)
    await approve(page, "B18-FF", "₹")
    await expect(page.locator("body")).to_be_visible()
    wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide
    await page.context.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_the_first_minute_by_keyboard(address: str, browser: Browser) -> None:
    page = await opened(browser, address, 1280, 800)
    await tab_to(page, "composer", "phone-ravi")
    await page.keyboard.type("C8-GF 167")
    await page.keyboard.press("Enter")
    ravi = await show(page, "ravi")
    await expect(ravi.get_by_test_id("message").filter(has_text="C8-GF · 167 units").last).to_be_visible(timeout=SOON)
    rekha = await show(page, "rekha")
    await expect(rekha.get_by_test_id("message").filter(has_text="C8-GF").last).to_contain_text("Total", timeout=SOON)
    await tab_to(page, "button", "phone-rekha", "Approve")
    await page.keyboard.press("Enter")
    await expect(rekha.get_by_test_id("message").filter(has_text="C8-GF").last).to_contain_text(
        "Approved by Rekha", timeout=SOON
    )
    await page.context.close()


async def opened(browser: Browser, address: str, width: int, height: int) -> Page:
    context = await browser.new_context(viewport={"width": width, "height": height})
    page = await context.new_page()
    await open_phones(page, address)
    return page


async def expect_the_end(phone: Locator) -> None:
    """The newest message stays in sight, however low the chat becomes."""
    async with asyncio.timeout(SOON / 1000):
        while (
            await phone.get_by_test_id("chat").evaluate("one => one.scrollHeight - one.scrollTop - one.clientHeight")
            > 2
        ):
            await asyncio.sleep(0.05)


async def send_sample(page: Page, number: int) -> None:
    """Tap a sample photo on Ravi's phone, then Send."""
    ravi = await show(page, "ravi")
    await ravi.get_by_test_id("sample-photo").nth(number).click()
    await ravi.get_by_test_id("send").click()
    await expect(ravi.get_by_test_id("message").filter(has_text="units · saved").last).to_be_visible(timeout=SOON)


async def approve(page: Page, flat: str, total: str) -> None:
    """Rekha sees the whole sum, and approves."""
    rekha = await show(page, "rekha")
    card = rekha.get_by_test_id("message").filter(has_text=flat).last
    await expect(card).to_contain_text("Total ₹", timeout=SOON)
    await expect(card).to_contain_text(total)
    await card.get_by_test_id("button").filter(has_text="Approve").click()
    await expect(rekha.get_by_test_id("message").filter(has_text="Approved by Rekha").last).to_be_visible(timeout=SOON)


async def opened_bill(sharma: Locator) -> Page:
    """The address in what Pay answered opens the bill in Hindi, as wide as a phone and as a laptop."""
    ways = sharma.get_by_test_id("message").last
    link = ways.locator("a").filter(has_text=re.compile(r"/b/"))
    await expect(link).to_be_visible(timeout=SOON)
    page = await sharma.page.context.new_page()
    for width in (360, 1280):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.goto(await link.get_attribute("href") or "")
        await expect(page.locator("body")).to_contain_text("B17-FF")
        await expect(page.locator("html")).to_have_attribute("lang", "hi")
        await expect(page.get_by_test_id("pay-stripe")).to_be_visible()
        assert not await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return page


async def paid(page: Page) -> None:
    """Pay at the made-up bank; the page says so, offers nothing more to pay, and still has the bill as PDF."""
    amount = await page.get_by_test_id("amount").inner_text()
    await page.get_by_test_id("pay-stripe").click()
    await expect(page.get_by_test_id("amount")).to_have_text(amount)
    await page.get_by_test_id("till-pay").click()
    await expect(page.get_by_test_id("bill")).to_be_visible()
    async with asyncio.timeout(SOON / 1000):
        while await page.locator("header.paid").count() == 0:
            await page.wait_for_timeout(200)
            await page.reload()
    await expect(page.get_by_test_id("until")).to_contain_text(f"{amount} का भुगतान")
    await expect(page.get_by_test_id("pay-stripe")).to_have_count(0)
    await expect(page.get_by_test_id("upi-button")).to_have_count(0)
    answer = await page.request.get(urljoin(page.url, await page.get_by_test_id("pdf").get_attribute("href")))
    assert answer.headers["content-type"] == "application/pdf"
    assert page_count(await answer.body()) == 1
    await page.close()


async def tab_to(page: Page, test_id: str, within: str, text: str = "") -> None:
    """Press Tab until this is what the keyboard is on."""
    script = """([id, home, text]) => {
        const node = document.activeElement;
        const here = !!node.closest(`[data-testid="${home}"]`);
        return here && node.dataset.testid === id && node.textContent.includes(text);
    }"""
    for _ in range(150):
        await page.keyboard.press("Tab")
        if await page.evaluate(script, [test_id, within, text]):
            return
    raise AssertionError(f"the keyboard never comes to {test_id} {text!r} of {within}")
