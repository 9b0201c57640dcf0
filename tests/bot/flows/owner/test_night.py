"""Owners are not written to at night, however long a message has waited."""

import pytest

from bot.flows import load
from storage.database import Database
from tests.bot.flows.owner.story import Story
from tests.jobs.clockwork import local
from tests.society import build

load()


@pytest.fixture
async def story(db: Database) -> Story:
    async with db.transaction() as conn:
        return Story(db, await build(conn))


async def _said(story: Story, now: str) -> int:
    """How many messages Mr Sharma has by then."""
    story.now = local(now)
    await story.delivered()
    return len(story.mail.of(story.town.sharma))


async def test_a_receipt_that_waited_into_the_night_waits_for_the_morning(story: Story) -> None:
    """An outage at eight in the evening, a platform's limit for the day."""
    await story.bill("B17-FF", "146")
    assert await _said(story, "2026-11-02T19:50") == 1
    await story.paid("B17-FF", "1000")
    assert await _said(story, "2026-11-02T20:00") == 1
    assert await _said(story, "2026-11-03T07:59") == 1
    assert await _said(story, "2026-11-03T08:00") == 2


async def test_a_month_s_bills_wait_too(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.run("update notifications set not_before = $1, bulk = true", local("2026-11-02T19:59"))
    assert await _said(story, "2026-11-02T21:00") == 0
    assert await _said(story, "2026-11-03T08:00") == 1


async def test_a_bill_that_an_admin_just_approved_goes_at_any_hour(story: Story) -> None:
    story.now = local("2026-11-02T23:00")
    await story.bill("B17-FF", "146")
    assert await _said(story, "2026-11-02T23:00") == 1


async def test_what_they_asked_to_see_comes_at_once(story: Story) -> None:
    bill = await story.bill("B17-FF", "146")
    assert await _said(story, "2026-11-02T19:00") == 1
    sql = """
        insert into notifications (outbox, status, channel, chat_id, person_id, kind, source_type, source_id, sequence,
            payload, bill_id, not_before)
        values (true, 'queued', 'telegram', $1, $2, 'bill', 'bill', $3::text, 9, '{"asked": true}', $4, $5)"""
    town = story.town
    await story.run(sql, town.sharma.chat_id, town.sharma.person_id, str(bill), bill, local("2026-11-02T19:30"))
    assert await _said(story, "2026-11-02T23:00") == 2
