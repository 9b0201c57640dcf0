"""`/report`: a month as a message and a workbook."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import openpyxl
import pytest
from PIL import Image

import bot.bootstrap  # noqa: F401 - chooses who writes workbooks
from storage.database import Database
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import Town


@pytest.fixture
async def story(db: Database, town: Town) -> Story:
    """October: three bills; a payment of November, one taken back."""
    told = Story(db, town)
    await told.bill("B17-FF", "146", date(2026, 10, 31), share="3.20")
    await told.bill("B17-GF", "10", date(2026, 10, 31))
    await told.bill("C8-GF", "300", date(2026, 10, 31))
    await told.paid("B17-FF", "3000")
    await told.taken_back(await told.paid("C8-GF", "100"))
    return told


async def test_the_month_of_the_bills(story: Story, rekha: Phone) -> None:
    assert (await rekha.say("/report 2026-10")).splitlines() == [
        "<b>October 2026</b>",
        "Billed ₹10,058.40, 3 bills",
        "Collected ₹0.00 (0 %)",
        "Outstanding ₹0.00, 0 flats, on 31 Oct 2026",
        "Units 456, water motors 3.2",
        "Units by block: B17 159.2, C8 300",
        "Most units: C8-GF 300, B17-FF 146, B17-GF 10",
    ]
    assert (await rekha.say("/report")).splitlines()[0] == "<b>October 2026</b>"


async def test_the_month_of_the_payments(story: Story, rekha: Phone) -> None:
    said = (await rekha.say("/report 2026-11")).splitlines()
    assert said[1:4] == [
        "Billed ₹0.00, 0 bills",
        "Collected ₹3,000.00",
        "Outstanding ₹7,058.40, 3 flats, on 30 Nov 2026",
    ]


async def test_the_workbook(story: Story, rekha: Phone) -> None:
    await story.run("update owners set name = '=HYPERLINK(1)' where name = 'Dev Mehta'")
    await rekha.say("/report 2026-10")
    [reply] = rekha.replies
    assert reply.document_name == "report-2026-10.xlsx"
    book = openpyxl.load_workbook(BytesIO(reply.document or b""))
    assert book.sheetnames == ["Summary", "Blocks", "Bills", "Readings", "Ledger"]
    bills = list(book["Bills"].iter_rows(values_only=True))
    assert [row[1] for row in bills[1:]] == ["B17-FF", "B17-GF", "C8-GF"]
    assert book["Bills"].cell(4, 3).data_type == "s"
    assert bills[3][2] == "=HYPERLINK(1)"


@pytest.mark.parametrize("typed", ["2026-13", "october", "26-10"])
async def test_what_is_no_month_is_explained(story: Story, rekha: Phone, typed: str) -> None:
    assert "/report 2026-10" in await rekha.say(f"/report {typed}")


async def test_only_for_the_office(story: Story, ravi: Phone, sharma: Phone) -> None:
    for phone in (ravi, sharma):
        assert "Billed" not in await phone.say("/report 2026-10")


async def test_the_month_as_a_picture(story: Story, rekha: Phone) -> None:
    for month in ("2026-10", "2026-08"):
        await rekha.say(f"/report {month}")
        await rekha.press("As a picture")
        [message] = rekha.messages
        assert message.document_name == f"report-{month}.png"
        assert message.document is not None
        with Image.open(BytesIO(message.document)) as shown:
            assert (shown.format, shown.width) == ("PNG", 850)
