"""`/dues`: who owes what, and reminding them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest

import bot.bootstrap  # noqa: F401 - chooses who writes workbooks
from storage.database import Database
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import HOMES, Town


@pytest.fixture
async def story(db: Database, town: Town) -> Story:
    """Three flats owe; two of them are Mr Sharma's, the third is nobody's we can reach."""
    told = Story(db, town)
    await told.bill("B17-FF", "146", share="3.20")
    await told.bill("B18-FF", "10")
    await told.bill("C8-GF", "300")
    await told.delivered()
    return told


async def test_who_owes_most_comes_first(story: Story, rekha: Phone) -> None:
    rekha.now = story.now + timedelta(days=45)
    assert (await rekha.say("/dues")).splitlines() == [
        "<b>3 flats owe ₹10,058.40</b>",
        "1. C8-GF Dev Mehta: ₹5,200.00, 1 month overdue",
        "2. B17-FF Mr Sharma: ₹3,264.40, 1 month overdue",
        "3. B18-FF Mr Sharma: ₹1,594.00, 1 month overdue",
    ]
    assert rekha.labels == ["C8-GF", "B17-FF", "B18-FF", "Remind all 3 flats", "Longest overdue", "Workbook"]


async def test_reminding_those_that_are_ticked(story: Story, rekha: Phone) -> None:
    story.now = rekha.now = story.now + timedelta(days=15)
    await rekha.say("/dues")
    await rekha.press("B17-FF")
    assert "✓ B17-FF" in rekha.labels
    await rekha.press("C8-GF")
    said = await rekha.press("Remind 2")
    assert "<b>1 flat is reminded.</b>\nNobody has a chat linked; please call: C8-GF" in said
    await story.delivered()
    assert "₹3,264.40 for B17-FF was due" in story.mail.of(story.town.sharma)[-1]
    said = await rekha.press("Remind all 3")
    assert "<b>1 flat is reminded.</b>" in said
    assert "Reminded in the last 24 hours: B17-FF" in said


async def test_a_tick_is_taken_back(story: Story, rekha: Phone) -> None:
    await rekha.say("/dues")
    await rekha.press("B17-FF")
    await rekha.press("B17-FF")
    assert "B17-FF" in rekha.labels
    assert not any(label.startswith("Remind 1") for label in rekha.labels)


async def test_one_flat_is_one_flat(db: Database, town: Town, rekha: Phone) -> None:
    await Story(db, town).bill("B18-FF", "10")
    await rekha.say("/dues")
    assert rekha.labels == ["B18-FF", "Remind 1 flat", "Longest overdue", "Workbook"]
    await rekha.press("B18-FF")
    assert rekha.labels == ["✓ B18-FF", "Remind 1 flat", "Longest overdue", "Workbook"]
    await rekha.press("Workbook")
    assert rekha.replies[0].text == "1 flat owes ₹1,594.00, 2 Nov 2026"


async def test_at_night_they_are_reminded_in_the_morning(story: Story, rekha: Phone) -> None:
    story.now = rekha.now = story.now + timedelta(days=15, hours=12)
    await rekha.say("/dues")
    assert "2 flats are reminded at 08:00" in await rekha.press("Remind all 3")


async def test_pages_and_order(db: Database, town: Town, rekha: Phone) -> None:
    story = Story(db, town)
    for number, code in enumerate(sorted(HOMES), start=1):
        await story.bill(code, str(number * 10))
    await rekha.say("/dues")
    assert rekha.replies[0].text.count("\n") == 8
    assert "9. " in await rekha.press("▶")
    assert "1. " in await rekha.press("◀")
    await rekha.press("Longest overdue")
    assert "By amount" in rekha.labels


async def test_nobody_owes(town: Town, rekha: Phone) -> None:
    assert await rekha.say("/dues") == "<b>Nobody owes anything.</b>"


async def test_the_workbook(story: Story, rekha: Phone, db: Database) -> None:
    await story.run("update owners set name = '=1+1' where name = 'Dev Mehta'")
    await rekha.say("/dues")
    await rekha.press("Workbook")
    [reply] = rekha.replies
    assert reply.document_name == "dues-2026-11-02.xlsx"
    sheet = openpyxl.load_workbook(BytesIO(reply.document or b"")).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("Flat", "Owner", "Owed", "Oldest due day", "Months overdue")
    assert rows[1][:2] == ("C8-GF", "=1+1")
    assert sheet.cell(2, 2).data_type == "s"
    assert Decimal(str(rows[1][2])) == Decimal(5200)


async def test_engineers_and_owners_do_not_see_it(story: Story, ravi: Phone, sharma: Phone) -> None:
    for phone in (ravi, sharma):
        assert "₹" not in await phone.say("/dues")
