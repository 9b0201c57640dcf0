"""Paying from the bill page: what it offers, where a press leads, and who may not press."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import unescape

import pytest
from aiohttp import ClientResponse, ClientSession
from playwright.async_api import Page, expect

from bot.i18n import LANGUAGES, Translator
from bot.simulator.till import Mishap, Sale, StripeTill
from bot.texts import pay_page
from bot.texts.bill_page import NO_SUCH_PAGE
from storage import bill_links
from tests.bot.flows.owner.story import Story
from tests.bot.web.served import served
from tests.bot.web.test_bill_page import text_of
from tests.journeys.browser import axe_violations, chromium
from tests.till import BILL, Clock, gateway, served_till

CHECKING = "We are checking ₹3,226.00 with the bank; please don't pay again."


@dataclass
class Counter:
    """The bill of B17-FF over ₹3,226.00 on its page, and the till behind the button."""

    story: Story
    till: StripeTill
    site: ClientSession
    token: str

    async def html(self, query: str = "") -> str:
        async with self.site.get(f"/b/{self.token}{query}") as response:
            assert response.status == 200
            return await response.text()

    async def says(self, query: str = "") -> str:
        return text_of(await self.html(query))

    async def form(self) -> dict[str, str]:
        """The fields of the form, as the page shows it."""
        return {
            name: unescape(value)
            for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', await self.html())
        }

    async def press(
        self, form: dict[str, str] | None = None, provider: str = "stripe", **headers: str
    ) -> ClientResponse:
        data = await self.form() if form is None else form
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        address = f"/b/{self.token}/pay/{provider}"
        async with self.site.post(address, data=data, headers=named, allow_redirects=False) as answer:
            await answer.read()
            return answer

    async def sale(self) -> Sale:
        went = await self.press()
        assert went.status == 303
        return self.till.sales.by_id[went.headers["Location"].rpartition("/")[2]]


@pytest.fixture
async def counter(story: Story) -> AsyncIterator[Counter]:
    clock = Clock(story.now)
    bill = await story.bill("B17-FF", "146")
    async with story.db.transaction() as conn:
        token = await bill_links.link_for(conn, bill, story.town.sharma.person_id, story.now)
    async with served_till(clock) as till:
        provider = gateway(till, seconds=0.5)
        async with served(story, {"stripe": provider}) as site:
            yield Counter(story, till, site, token)
        await provider.close()


async def test_a_press_leads_to_the_providers_page_for_what_is_owed(counter: Counter) -> None:
    assert "Pay ₹3,226.00 by card" in await counter.says()
    sale = await counter.sale()
    assert sale.paise == 322_600
    assert sale.back_to == f"{str(counter.site._base_url).rstrip('/')}/b/{counter.token}?back=1"


async def said_paid(story: Story, amount: str) -> None:
    phone = story.phone(story.town.sharma)
    await phone.say(f"/utr B17-FF 412345678901 {amount}")
    await phone.press("Yes")


async def test_while_the_office_looks_for_a_part_only_the_rest_is_asked_for(counter: Counter) -> None:
    form = await counter.form()
    await said_paid(counter.story, "1226")
    html = await counter.html()
    assert text_of(html).splitlines()[3:7] == [
        "To pay now",
        "₹2,000.00",
        "Pay by 12 Nov 2026",
        "₹1,226.00 (UTR 412345678901) is being checked by the office; please don't pay it again.",
    ]
    assert "am=2000.00" in html
    assert "by card" not in text_of(html)
    await counter.press(form)
    assert counter.till.calls == []


async def test_while_the_office_looks_for_all_nothing_is_asked_for(counter: Counter) -> None:
    await said_paid(counter.story, "3226")
    html = await counter.html()
    assert text_of(html).splitlines()[3:7] == [
        "Bill total",
        "₹3,226.00",
        "₹3,226.00 (UTR 412345678901) is being checked by the office; please don't pay it again.",
        "Nothing more is to be paid now.",
    ]
    assert "Pay with a UPI app" not in text_of(html)
    assert 'class="aside"' in html


async def test_it_speaks_hindi(counter: Counter) -> None:
    await counter.story.run("update people set language = 'hi'")
    assert "₹3,226.00 कार्ड से भरें" in await counter.says()
    counter.till.mishaps.extend([Mishap.DONE_AND_BROKEN] * 2)
    await counter.press()
    assert "हम बैंक से ₹3,226.00 की जाँच कर रहे हैं; कृपया दोबारा न भरें।" in await counter.says()


async def test_looking_changes_nothing(counter: Counter) -> None:
    for query in ("", "?back=1", "?back=failed"):
        await counter.says(query)
    async with counter.site.get(f"/b/{counter.token}/pay/stripe") as answer:
        assert answer.status in (404, 405)
    assert counter.till.calls == []
    async with counter.story.db.transaction() as conn:
        assert await conn.fetchval("select count(*) from payment_attempts") == 0


async def test_a_second_press_leads_to_the_same_session(counter: Counter) -> None:
    assert (await counter.sale()).id == (await counter.sale()).id
    assert len(counter.till.sales.by_id) == 1


async def test_unknown_is_shown_as_neither(counter: Counter) -> None:
    counter.till.mishaps.extend([Mishap.DONE_AND_BROKEN] * 2)
    went = await counter.press()
    assert (went.status, went.headers["Location"].endswith(counter.token)) == (303, True)
    said = await counter.says()
    assert CHECKING in said
    assert "UPI app" not in said
    assert "by card" not in said


async def test_an_unknown_one_is_not_asked_for_again(counter: Counter) -> None:
    form = await counter.form()
    counter.till.mishaps.extend([Mishap.DONE_AND_BROKEN] * 2)
    await counter.press(form)
    assert (await counter.press(form)).headers["Location"].endswith(counter.token)
    assert len(counter.till.sales.by_id) == 1


async def test_the_chat_says_it_too(counter: Counter) -> None:
    counter.till.mishaps.extend([Mishap.DONE_AND_BROKEN] * 2)
    await counter.press()
    phone = counter.story.phone(counter.story.town.sharma)
    assert await phone.say("/pay") == CHECKING


async def test_a_certain_no_says_what_else_to_do(counter: Counter) -> None:
    counter.till.mishaps.append(Mishap.REFUSED)
    went = await counter.press()
    said = await counter.says(f"?{went.headers['Location'].partition('?')[2]}")
    assert "Paying online does not work right now. No money was taken." in said
    assert "Pay ₹3,226.00 by card" in said


async def test_back_from_paying_before_the_news(counter: Counter) -> None:
    await counter.sale()
    assert "Have you just paid?" in await counter.says("?back=1")
    assert "Have you just paid?" not in await counter.says()


async def test_what_changed_meanwhile_is_shown_first(counter: Counter) -> None:
    form = await counter.form()
    await counter.story.paid("B17-FF", "226")
    went = await counter.press(form)
    assert went.headers["Location"].endswith(counter.token)
    assert counter.till.calls == []
    assert "Pay ₹3,000.00 by card" in await counter.says()


async def test_a_changed_balance_closes_the_old_link(counter: Counter) -> None:
    old = await counter.sale()
    await counter.story.paid("B17-FF", "226")
    new = await counter.sale()
    assert (old.status, new.status, new.paise) == ("expired", "open", 300_000)


async def test_an_old_link_that_may_still_be_open_is_said_to_be_checked(counter: Counter) -> None:
    await counter.sale()
    await counter.story.paid("B17-FF", "226")
    form = await counter.form()
    counter.till.mishaps.extend([Mishap.BROKEN] * 2)
    assert (await counter.press(form)).headers["Location"].endswith(counter.token)
    said = await counter.says()
    assert "by card" not in said
    assert "UPI app" not in said
    assert f"{CHECKING} Look again in a few minutes." in said
    phone = counter.story.phone(counter.story.town.sharma)
    assert await phone.say("/pay") == f"{CHECKING} Look again in a few minutes."
    assert len(counter.till.sales.by_id) == 1


async def test_paid_while_a_new_link_is_asked_for(counter: Counter) -> None:
    """The old link turns out to be paid when it is closed: the payment counts, nothing more is asked for."""
    old = await counter.sale()
    await counter.story.paid("B17-FF", "226")
    form = await counter.form()
    counter.till.sales.pay(old)
    went = await counter.press(form)
    assert went.headers["Location"].endswith(counter.token)
    assert "₹226.00 is in your favour" in await counter.says()


async def test_nothing_owed_offers_nothing(counter: Counter) -> None:
    form = await counter.form()
    await counter.story.paid("B17-FF", "3226")
    assert "by card" not in await counter.says()
    assert (await counter.press(form)).headers["Location"].endswith(counter.token)
    assert counter.till.calls == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site", "Origin": "null"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
    ],
)
async def test_a_form_of_another_site(counter: Counter, headers: dict[str, str]) -> None:
    assert (await counter.press(None, "stripe", **headers)).status == 403
    assert counter.till.calls == []


async def test_our_own_form_in_a_browser(counter: Counter) -> None:
    went = await counter.press(Sec_Fetch_Site="same-origin", Origin="null")
    assert "/till/" in went.headers["Location"]


@pytest.mark.parametrize("wrong", [{}, {"owed": "1.00"}, {"seal": "0" * 64}, {"seal": "é\udc80"}])
async def test_a_form_without_the_pages_seal(counter: Counter, wrong: dict[str, str]) -> None:
    form = {**await counter.form(), **wrong} if wrong else {}
    sent = {name: value.encode("utf-8", "replace").decode() for name, value in form.items()}
    assert (await counter.press(sent)).status == 403


async def test_unknown_providers_and_pages_are_all_the_same_404(counter: Counter) -> None:
    assert (await counter.press(provider="razorpay")).status == 404
    token, counter.token = counter.token, "x" * 32
    assert (await counter.press({})).status == 404
    counter.token = token
    await counter.story.run("update bill_links set revoked_at = now()")
    assert (await counter.press({})).status == 404
    assert counter.till.calls == []


async def test_a_double_press_makes_one_session(counter: Counter) -> None:
    form = await counter.form()
    went = await asyncio.gather(*(counter.press(form) for _ in range(4)))
    [sale] = counter.till.sales.by_id.values()
    assert {answer.headers["Location"] for answer in went} == {sale.page}


async def seen(counter: Counter, page: Page, words: str, query: str = "") -> None:
    """The page says so, and axe finds nothing, as wide as a phone and as a laptop."""
    address = f"{str(counter.site._base_url).rstrip('/')}/b/{counter.token}"
    for width in (360, 1280):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.goto(f"{address}{query}")
        await expect(page.locator("body")).to_contain_text(words)
        assert await axe_violations(page) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_everybody_can_use_it_in_every_state(counter: Counter, language: str) -> None:
    story, t = counter.story, Translator(language)
    await story.run("update people set language = $1", language)
    async with chromium() as browser, await browser.new_context() as context:
        page = await context.new_page()
        await seen(counter, page, pay_page.pay_button(t, "stripe", BILL))
        await counter.sale()
        await seen(counter, page, pay_page.just_paid(t), "?back=1")
        await seen(counter, page, pay_page.not_reached(t), "?back=failed")
        await story.run("update payment_attempts set state = 'unknown'")
        await seen(counter, page, pay_page.being_checked(t, BILL, closing=False))
        await story.run("update payment_attempts set state = 'closing'")
        await seen(counter, page, pay_page.being_checked(t, BILL, closing=True))
        await story.run("update payment_attempts set state = 'expired'")
        await said_paid(story, "1226")
        await seen(counter, page, "412345678901")
        await story.run("update payment_claims set state = 'refused'")
        await story.paid("B17-FF", "3226")
        await expect_paid(counter, page)
        await story.run("update bill_links set revoked_at = now()")
        await seen(counter, page, NO_SUCH_PAGE.english)


async def expect_paid(counter: Counter, page: Page) -> None:
    await seen(counter, page, "₹3,226.00")
    await expect(page.locator("header.paid")).to_have_count(1)
