"""The page in a real browser: what a person sees, taps and types."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

from bot.simulator import Phone, Simulator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture
async def page(sim: Simulator) -> AsyncIterator[Page]:
    problems: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        await page.goto(sim.url)
        await page.wait_for_selector("[data-ready]")
        yield page
        await browser.close()
    assert problems == []


@pytest.fixture
def ravis(page: Page) -> Locator:
    return page.get_by_test_id("phone-ravi")


FOCUSED = """() => {
  const node = document.activeElement;
  return [node.dataset.testid, node.tagName, getComputedStyle(node).outlineStyle];
}"""


def one_button(text: str, data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=data)]])


async def test_start_then_a_sample_photo_with_its_caption(ravi: Phone, ravis: Locator, page: Page) -> None:
    await ravis.get_by_test_id("start").click()
    await expect(ravis.get_by_test_id("message")).to_contain_text(["/start"])
    await ravis.get_by_test_id("sample-photo").first.click()
    await expect(ravis.get_by_test_id("composer")).to_have_value("B17-FF 146")
    await ravis.get_by_test_id("send").click()
    await expect(ravis.get_by_test_id("message").last).to_contain_text("B17-FF 146")
    assert ravi.messages[-1].photo_file_id is not None
    await expect(page.get_by_test_id("coach")).to_contain_text("Rekha")


async def test_a_sample_photo_without_words(ravi: Phone, ravis: Locator, page: Page) -> None:
    await ravis.get_by_test_id("start").click()
    await ravis.get_by_test_id("sample-photo").first.click()
    await ravis.get_by_test_id("wordless").click()
    await expect(ravis.get_by_test_id("composer")).to_have_value("")
    await ravis.get_by_test_id("send").click()
    await expect(ravis.get_by_test_id("message")).to_have_count(2)
    assert ravi.messages[-1].photo_file_id is not None
    assert not ravi.messages[-1].text
    await expect(page.get_by_test_id("coach")).to_contain_text("Tap a sample meter photo")


async def test_two_samples_make_an_album(ravi: Phone, ravis: Locator) -> None:
    await ravis.get_by_test_id("start").click()
    samples = ravis.get_by_test_id("sample-photo")
    await samples.nth(0).click()
    await samples.nth(1).click()
    await ravis.get_by_test_id("send").click()
    await expect(ravis.locator(".album img")).to_have_count(2)
    assert [message.text for message in ravi.messages[1:]] == ["B17-FF 146", "B17-GF 251"]


async def test_cards_change_in_place_and_presses_get_toasts(started: Phone, ravis: Locator, bot: Bot) -> None:
    sent = await bot.send_message(
        started.home.id, "<b>card</b>", parse_mode="HTML", reply_markup=one_button("Approve", "a")
    )
    await ravis.get_by_test_id("button").click()
    (update,) = [update for update in await bot.get_updates(offset=-1, timeout=5) if update.callback_query]
    assert update.callback_query is not None
    await bot.answer_callback_query(update.callback_query.id, "Noted")
    await expect(ravis.get_by_test_id("toast")).to_have_text("Noted")
    await bot.edit_message_text("done", started.home.id, sent.message_id)
    await expect(ravis.get_by_test_id("message-text").last).to_have_text("done")
    await expect(ravis.get_by_test_id("button")).to_have_count(0)
    await bot.send_chat_action(started.home.id, "typing")
    await expect(ravis.get_by_test_id("status")).to_have_text("Blessings Billing is typing…")
    await bot.delete_message(started.home.id, sent.message_id)
    await expect(ravis.get_by_test_id("message")).to_have_count(1)


async def test_markup_in_names_and_texts_is_shown_as_typed(started: Phone, ravis: Locator, bot: Bot) -> None:
    await started.send_text("<img src=x onerror=alert(1)>")
    await bot.send_message(started.home.id, "&lt;script&gt;1&lt;/script&gt; <i>x</i>", parse_mode="HTML")
    texts = ravis.get_by_test_id("message-text")
    await expect(texts.nth(1)).to_have_text("<img src=x onerror=alert(1)>")
    await expect(texts.nth(2)).to_have_text("<script>1</script> x")
    await expect(texts.nth(2).locator("em")).to_have_text("x")


async def test_offline_waits_and_flushes(ravi: Phone, started: Phone, ravis: Locator, bot: Bot, page: Page) -> None:
    await page.get_by_test_id("switch-offline").click()
    await expect(ravis.get_by_test_id("status")).to_have_text("No network")
    await ravis.get_by_test_id("composer").fill("B17-FF 146")
    await ravis.get_by_test_id("composer").press("Enter")
    await expect(ravis.get_by_test_id("pending")).to_contain_text("B17-FF 146")
    await bot.send_message(started.home.id, "unseen")
    await page.get_by_test_id("switch-offline").click()
    await expect(ravis.get_by_test_id("message-text")).to_have_text(["/start", "unseen", "B17-FF 146"])


async def test_reply_keyboard_edit_reply_and_commands(started: Phone, ravis: Locator, bot: Bot) -> None:
    share = KeyboardButton("Share my number", request_contact=True)
    await bot.send_message(started.home.id, "menu", reply_markup=ReplyKeyboardMarkup([["Next meter"], [share]]))
    await bot.set_my_commands([("help", "What I can do")])
    await ravis.get_by_test_id("keyboard-button").nth(0).click()
    await expect(ravis.get_by_test_id("message-text").last).to_have_text("Next meter")
    await ravis.get_by_test_id("keyboard-button").nth(1).click()
    await expect(ravis.get_by_test_id("message").last).to_contain_text("+447700900101")
    await ravis.get_by_test_id("menu").click()
    await ravis.get_by_test_id("command").click()
    await expect(ravis.get_by_test_id("message-text").last).to_have_text("/help")
    own = ravis.get_by_test_id("message").last
    await own.hover()
    await own.get_by_test_id("edit").click()
    await ravis.get_by_test_id("composer").fill("/helping")
    await ravis.get_by_test_id("send").click()
    await expect(own).to_contain_text("edited")
    assert started.messages[-1].text == "/helping"


async def test_an_invite_link_opens_on_a_phone_of_ones_choice(
    sim: Simulator, started: Phone, ravis: Locator, bot: Bot, page: Page
) -> None:
    await bot.send_message(started.home.id, "https://t.me/blessings_billing_bot?start=inv_1")
    await ravis.get_by_role("link", name="start=inv_1").click()
    await page.get_by_test_id("dialog-choice").nth(1).click()
    await expect(page.get_by_test_id("phone-rekha").get_by_test_id("message-text")).to_have_text("/start inv_1")
    assert sim.phone("rekha").home.started


async def test_everything_is_reached_by_keyboard(started: Phone, ravis: Locator, bot: Bot, page: Page) -> None:
    await bot.send_message(started.home.id, "card", reply_markup=one_button("Approve", "a"))
    await expect(ravis.get_by_test_id("button")).to_be_visible()
    seen = set()
    for _ in range(60):
        await page.keyboard.press("Tab")
        name, tag, outline = await page.evaluate(FOCUSED)
        seen.add(name)
        assert outline != "none" or tag == "BODY", (name, tag)
    wanted = {"switch-429", "offline", "chat", "button", "sample-photo", "composer", "attach", "send", "unfold-sharma2"}
    assert wanted <= seen


async def test_a_small_screen_shows_one_phone_at_a_time(sim: Simulator, page: Page) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    await expect(page.get_by_test_id("phone-ravi")).to_be_visible()
    await expect(page.get_by_test_id("phone-rekha")).to_be_hidden()
    await sim.phone("sharma2").start()
    await page.get_by_test_id("tab-sharma2").click()
    await expect(page.get_by_test_id("phone-sharma2")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 360


async def test_the_json_pane_and_going_live(sim: Simulator, started: Phone, bot: Bot, page: Page) -> None:
    await page.get_by_test_id("json-pane").locator("summary").first.click()
    await bot.send_message(started.home.id, "look")
    request = page.get_by_test_id("request").first
    await expect(request).to_contain_text("sendMessage")
    await request.locator("summary").click()
    await expect(request.locator("pre")).to_contain_text('"ok": true')
    await page.get_by_test_id("go-live").locator("summary").click()
    before = len(list(sim.recorder))
    await page.get_by_test_id("token").fill("123456789:" + "A" * 35)
    await expect(page.get_by_test_id("go-live")).to_contain_text("This looks like a bot token")
    assert len(list(sim.recorder)) == before
