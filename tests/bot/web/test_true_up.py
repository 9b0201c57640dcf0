"""After estimated bills the owner reads what the true reading made of them: in the chat, on the page, on paper."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.bill_document import Printed, bills_facts_of
from bot.i18n import Translator
from bot.texts import slips
from jobs.correct_account import Voided, void_bill
from storage import account_lines, bill_links, bill_views
from tests.bot.flows.owner.estimated import estimated
from tests.society import work

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from storage.bill_views import BillView
    from tests.bot.flows.owner.story import Story

LESS = "Your last bills were estimated. The meter shows 100 units less: ₹1,200.00 taken off."
LESS_HINDI = "आपके पिछले बिल अनुमान से बने थे। मीटर 100 यूनिट कम दिखाता है: ₹1,200.00 घटा दिए गए हैं।"
MORE = "Your last bills were estimated. The meter shows 150 units more: they are on this bill."
MORE_HINDI = "आपके पिछले बिल अनुमान से बने थे। मीटर 150 यूनिट ज़्यादा दिखाता है: वे इस बिल में जुड़ी हैं।"
ESTIMATED = "This bill is estimated: the meter was not read. The next reading settles the difference."
ESTIMATED_HINDI = "यह बिल अनुमानित है: मीटर पढ़ा नहीं जा सका। अगली रीडिंग पर अंतर का हिसाब हो जाएगा।"


async def read(story: Story, register: str, on: date = date(2026, 12, 2)) -> BillView:
    """The bill of the true reading."""
    await story.bill("B17-FF", register, on)
    return await newest(story)


async def newest(story: Story) -> BillView:
    async with story.db.transaction() as conn:
        [view, *_] = await bill_views.newest_bills(conn, story.town.sharma.person_id)
    return view


def on_paper(view: BillView, story: Story, language: str = "en") -> list[str]:
    """The lines above the sum."""
    how: list[str] = bills_facts_of(Translator(language), story.society, [Printed(view)])["bills"][0]["how"]
    return how


async def on_the_page(view: BillView, story: Story, site: ClientSession) -> str:
    async with story.db.transaction() as conn:
        token = await bill_links.link_for(conn, view.id, story.town.sharma.person_id, story.now)
    async with site.get(f"/b/{token}") as answer:
        return await answer.text()


@pytest.mark.parametrize(("register", "said", "hindi"), [("1600", LESS, LESS_HINDI), ("1850", MORE, MORE_HINDI)])
async def test_the_owner_reads_what_the_true_reading_made_of_it(
    story: Story, site: ClientSession, register: str, said: str, hindi: str
) -> None:
    story = await estimated(story)
    view = await read(story, register)
    phone = story.phone(story.town.sharma)
    assert said in await phone.say("/bill")
    explained = await phone.press("How worked out")
    assert f"Meter before: 1,420, now: {int(register):,}\n{said}\n" in explained
    assert said in on_paper(view, story)
    assert hindi in on_paper(view, story, "hi")
    assert said in await on_the_page(view, story, site)


async def test_of_one_estimated_bill_and_one_unit(story: Story) -> None:
    story = await estimated(story, months=1)
    view = await read(story, "1559")
    assert "Your last bill was estimated. The meter shows 1 unit less: ₹12.00 taken off." in on_paper(view, story)


async def test_an_estimate_that_was_right(story: Story) -> None:
    story = await estimated(story)
    view = await read(story, "1700")
    assert "Your last bills were estimated. The meter shows the same." in on_paper(view, story)


async def test_the_bill_after_it_says_nothing_of_it(story: Story) -> None:
    story = await estimated(story)
    await read(story, "1600")
    story.now = datetime(2027, 1, 3, 5, tzinfo=UTC)
    view = await read(story, "1700", date(2027, 1, 2))
    assert "Meter before: 1,600, now: 1,700" in on_paper(view, story)
    assert not [line for line in on_paper(view, story) if "estimate" in line]


async def test_an_estimated_bill_says_so_everywhere(story: Story, site: ClientSession) -> None:
    story = await estimated(story)
    view = await newest(story)
    phone = story.phone(story.town.sharma)
    assert ESTIMATED in await phone.say("/bill")
    assert ESTIMATED in await phone.press("How worked out")
    assert ESTIMATED in on_paper(view, story)[0]
    assert ESTIMATED_HINDI in on_paper(view, story, "hi")[0]
    assert ESTIMATED in await on_the_page(view, story, site)


async def test_the_credit_note_is_had_on_paper_with_its_reason(story: Story) -> None:
    story = await estimated(story)
    await read(story, "1600")
    phone = story.phone(story.town.sharma)
    await phone.say("/bill")
    await phone.press("How worked out")
    assert await phone.press("Credit note (PDF)") == "On paper: Credit note, ₹1,200.00 for B17-FF."
    [message] = phone.messages
    assert message.document is not None
    assert re.findall(rb"/Type/Pages/Count (\d+)", message.document) == [b"1"]
    async with story.db.transaction() as conn:
        entry = await conn.fetchval("select id from account_entries where source_type = 'true_up'")
        line = await account_lines.line(conn, entry)
    assert line is not None
    assert ("Reason", "the meter shows less than the estimated bills") in slips.rows(Translator("en"), line)
    assert ("कारण", "मीटर अनुमानित बिलों से कम दिखाता है") in slips.rows(Translator("hi"), line)


async def test_no_note_is_offered_where_nothing_was_taken_off(story: Story) -> None:
    story = await estimated(story)
    await read(story, "1850")
    phone = story.phone(story.town.sharma)
    await phone.say("/bill")
    await phone.press("How worked out")
    assert phone.labels == []


async def test_a_bill_made_again_says_what_it_took_off(story: Story) -> None:
    """The true bill was a mistake: its credit went with it."""
    story = await estimated(story)
    wrong = await read(story, "1600")
    async with story.db.transaction() as conn:
        office = work(conn, story.town.rekha, story.now, story.society)
        assert isinstance(await void_bill(office, wrong.id, "wrong_reading"), Voided)
        await conn.execute("update readings set state = 'withdrawn' where reading_value = 1600")
    view = await read(story, "1650", date(2026, 12, 3))
    assert "The meter shows 50 units less: ₹600.00 taken off." in " ".join(on_paper(view, story))
    assert view.previous_outstanding == Decimal(6308 - 600)
