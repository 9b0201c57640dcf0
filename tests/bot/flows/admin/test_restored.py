"""After a restore: nothing the backup held goes out by itself, no bill is lost, and admins have it all in one card."""

from __future__ import annotations

import pytest

from storage import inbox, set_aside
from storage.database import Database
from storage.inbox import Arrival
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import Town


@pytest.fixture
async def story(db: Database, town: Town) -> Story:
    """Two bills and a receipt that the backup held as not sent, and an engineer's message nobody worked on."""
    told = Story(db, town)
    await told.bill("B17-FF", "146")
    await told.bill("B18-FF", "90")
    await told.paid("B17-FF", "100")
    async with db.transaction() as conn:
        await inbox.store(conn, [Arrival("telegram", "u1", town.ravi.external_id, {}, told.now)])
        await set_aside.set_aside(conn)
    return told


async def test_nothing_old_is_sent_and_the_admins_have_the_list(story: Story) -> None:
    await story.delivered()
    assert story.mail.of(story.town.sharma) == []
    [card] = story.mail.of(story.town.rekha)
    assert "Not sent, because they may be old: 2 bills, " in card
    assert "Bills not sent: B17-FF, B18-FF" in card
    assert "1 message from people was not worked on" in card
    assert "Payment reminders are paused." in card
    [said] = story.mail.of(story.town.ravi)
    assert "Your message could not be worked on." in said


async def test_an_admin_sends_the_bills_once(story: Story, rekha: Phone) -> None:
    await story.delivered()
    said = await rekha.press("Send the 2 bills", among=story.mail.messages(story.town.rekha))
    assert "2 bills are being sent." in said
    assert "No bill is left to send" in await rekha.press("Send", among=story.mail.messages(story.town.rekha))
    await story.delivered()
    first, second = story.mail.of(story.town.sharma)
    assert "B17-FF" in first
    assert "₹3,126.00" in first
    assert "B18-FF" in second


async def test_a_bill_that_a_newer_one_follows_is_not_sent(story: Story, rekha: Phone) -> None:
    await story.delivered()
    await story.bill("B17-FF", "10", on=story.now.date())
    await story.run("update notifications set status = 'cancelled' where status = 'queued'")
    await rekha.press("Send the 2 bills", among=story.mail.messages(story.town.rekha))
    await story.delivered()
    [bill] = story.mail.of(story.town.sharma)
    assert "B18-FF" in bill
