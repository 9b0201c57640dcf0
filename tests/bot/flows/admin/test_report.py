"""`/report`: a month as a message and a workbook."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from PIL import Image

import bot.bootstrap  # noqa: F401 - chooses who writes workbooks
from bot import month_picture
from jobs.correct_account import Note, Posted, credit_note, debit_note, reverse, void_bill
from storage.database import Database
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import Town, work


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
        "",
        "<b>All accounts in these days</b>",
        "Owed before 1 Oct 2026: ₹0.00",
        "Bills issued: +₹0.00",
        "Credit and debit notes: +₹0.00",
        "Payments: +₹0.00",
        "Owed on 31 Oct 2026: ₹0.00",
        "",
        "Units by block: B17 159.2, C8 300",
        "Most units: C8-GF 300, B17-FF 146, B17-GF 10",
        "The workbook has every bill, reading and account entry.",
    ]
    assert (await rekha.say("/report")).splitlines()[0] == "<b>October 2026</b>"


async def test_the_month_of_the_payments_is_told_until_today(story: Story, rekha: Phone) -> None:
    assert (await rekha.say("/report 2026-11")).splitlines() == [
        "<b>November 2026 until 2 Nov 2026</b>",
        "Billed ₹0.00, 0 bills",
        "Collected ₹3,000.00",
        "Outstanding ₹7,058.40, 3 flats, on 2 Nov 2026",
        "Units 0, water motors 0",
        "",
        "<b>All accounts in these days</b>",
        "Owed before 1 Nov 2026: ₹0.00",
        "Bills issued: +₹10,058.40",
        "Credit and debit notes: +₹0.00",
        "Payments: −₹3,000.00",
        "Owed on 2 Nov 2026: ₹7,058.40",
        "",
        "The workbook has every bill, reading and account entry.",
    ]
    assert (await rekha.say("/report 2026-12")).startswith("December 2026 has not begun.")


async def test_notes_voids_and_advances_add_up(db: Database, story: Story, rekha: Phone, town: Town) -> None:
    """What was owed before and each line after it come to what is owed at the end, in message and workbook."""
    opened = "insert into account_entries (flat_id, kind, amount, posted_on, value_date, source_type, source_id)"
    opening = f"{opened} values ($1, 'OPENING', $2, $3, $3, 'opening', $4)"
    await story.run(opening, town.flat("SCO-3").flat_id, Decimal(700), date(2026, 10, 5), "3")
    await story.run(opening, town.flat("B7-FF").flat_id, Decimal(50), date(2026, 11, 1), "7")
    void = await story.bill("VILLA-A2", "100", date(2026, 10, 31))
    await story.paid("SCO-3", "1000")
    async with db.transaction() as conn:
        at_work = work(conn, town.rekha, story.now)
        gf, c8 = town.flat("B17-GF").flat_id, town.flat("C8-GF").flat_id
        await void_bill(at_work, void, "wrong meter")
        await credit_note(at_work, Note(gf, Decimal(200), "meter"), "t2")
        undone = await debit_note(at_work, Note(gf, Decimal(80), "seal"), "t3")
        assert isinstance(undone, Posted)
        await debit_note(at_work, Note(c8, Decimal(30), "seal"), "t4")
        await reverse(at_work, undone.line.entry_id)
    said = (await rekha.say("/report 2026-11")).splitlines()
    assert said[7:14] == [
        "Owed before 1 Nov 2026: ₹700.00",
        "Taken over from before: +₹50.00",
        "Bills issued: +₹10,058.40",
        "Credit and debit notes: −₹170.00",
        "Payments: −₹4,000.00",
        "Owed on 2 Nov 2026: ₹6,638.40",
        "That is ₹6,938.40 outstanding, less ₹300.00 paid in advance.",
    ]
    book = openpyxl.load_workbook(BytesIO(rekha.replies[0].document or b""))
    sums = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True)}
    parts = [
        sums[f"All accounts: {name}, rupees"]
        for name in ("owed before", "taken over from before", "bills issued", "credit and debit notes", "payments")
    ]
    assert round(sum(float(str(part)) for part in parts), 2) == sums["All accounts: owed at the end, rupees"] == 6638.4


async def test_one_is_no_plural(db: Database, town: Town, rekha: Phone) -> None:
    await Story(db, town).bill("B17-GF", "10", date(2026, 10, 31))
    assert "Billed ₹1,594.00, 1 bill" in (await rekha.say("/report 2026-10")).splitlines()
    assert "Outstanding ₹1,594.00, 1 flat, on 2 Nov 2026" in (await rekha.say("/report 2026-11")).splitlines()


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


async def test_the_picture_shows_what_adds_up(story: Story, rekha: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []

    def draw(_: object, facts: object) -> bytes:
        drawn.append(facts)
        return b"PNG"

    monkeypatch.setattr(month_picture, "picture", draw)
    await rekha.say("/report 2026-11")
    await rekha.press("As a picture")
    [facts] = drawn
    assert facts["title"] == "November 2026 until 2 Nov 2026"
    assert facts["sums"] == [
        ("Owed before 1 Nov 2026", "₹0.00"),
        ("Bills issued", "+₹10,058.40"),
        ("Credit and debit notes", "+₹0.00"),
        ("Payments", "−₹3,000.00"),
        ("Owed on 2 Nov 2026", "₹7,058.40"),
    ]
