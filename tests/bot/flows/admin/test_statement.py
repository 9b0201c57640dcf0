"""A bank statement dropped in the chat of the office."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import sha256
from io import BytesIO

import openpyxl
import pytest

import bot.bootstrap  # noqa: F401 - chooses who writes workbooks
from domain.payments import PaymentMethod
from domain.period import Month, whole_month
from jobs.master_workbook import WorkbookError
from jobs.record_payment import PaymentSlip, Recorded, record, replace
from jobs.statement_file import StatementFile, StatementRow
from jobs.verify import verify
from storage import accounts
from storage.database import Database
from storage.month_books import ledger_rows
from storage.month_gaps import month_gaps
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import Town, work

UTR = "412345678901"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
async def story(db: Database, town: Town) -> Story:
    """B17-FF owes ₹3,264.40; B18-FF and B17-GF ₹1,594.00 each."""
    told = Story(db, town)
    await told.bill("B17-FF", "146", share="3.20")
    await told.bill("B18-FF", "10")
    await told.bill("B17-GF", "10")
    await told.delivered()
    return told


def statement(*rows: tuple[str, str, str | None], debits: int = 0) -> StatementFile:
    """(amount, narration, reference) of each credit, from row 2 on, all of 1 Nov 2026."""
    found = tuple(
        StatementRow(number, date(2026, 11, 1), Decimal(amount), reference, narration)
        for number, (amount, narration, reference) in enumerate(rows, start=2)
    )
    return StatementFile(sha256(repr(found).encode()).digest(), found, debits, ())


NOTED = ("3264.40", f"UPI/{UTR}/B17-FF 2026-10", None)
LONELY = ("77", "UPI/412345678977/rent", None)
TWO_FIT = ("1594", "TRANSFER", None)


async def drop(phone: Phone, *rows: tuple[str, str, str | None], debits: int = 0) -> str:
    return await phone.document(XLSX, statement=statement(*rows, debits=debits))


async def owed(story: Story, flat: str = "B17-FF") -> Decimal:
    async with story.db.transaction() as conn:
        return await accounts.balance(conn, story.town.flat(flat).flat_id)


async def in_order(story: Story) -> bool:
    async with story.db.transaction() as conn:
        return (await verify(conn)).ok


async def recorded(story: Story, amount: str, flat: str = "B17-FF") -> None:
    async with story.db.transaction() as conn:
        slip = PaymentSlip(flat, Decimal(amount), PaymentMethod.UPI, UTR)
        assert isinstance(await record(work(conn, story.town.rekha, story.now), slip, "office"), Recorded)


async def test_what_matches_is_posted_by_one_press(story: Story, rekha: Phone) -> None:
    said = await drop(rekha, NOTED, LONELY, TWO_FIT, debits=5)
    assert said.splitlines() == [
        "<b>1 row matches, 2 need you, 0 are already recorded</b>",
        "Left out: 5 payments that went out",
        "B17-FF: ₹3,264.40, 1 Nov 2026, the payer named the flat or the bill",
    ]
    assert rekha.labels == ["Post 1, ₹3,264.40", "Look at 2", "All rows as a workbook"]
    shown = rekha.messages
    assert "Posted 1 payment, ₹3,264.40, by Rekha. The owner gets a receipt." in await rekha.press("Post 1")
    assert await owed(story) == 0
    assert "The books changed since" in await rekha.press("Post 1", among=shown)
    assert await owed(story) == 0
    await story.delivered()
    assert story.mail.of(story.town.sharma)[-1].startswith("Received ₹3,264.40 for B17-FF on 1 Nov 2026")
    assert await in_order(story)


async def test_the_day_the_money_came_is_kept(story: Story, rekha: Phone, sharma: Phone) -> None:
    await sharma.say(f"/utr B17-FF {UTR} 3000")
    await sharma.press("Yes")
    rows = (
        StatementRow(2, date(2026, 10, 14), Decimal(3000), UTR, "NEFT"),
        StatementRow(3, date(2026, 10, 31), Decimal(1594), None, "B18 FF"),
    )
    await rekha.document(XLSX, statement=StatementFile(b"x" * 32, rows, 0, ()))
    await rekha.press("Post 2")
    async with story.db.transaction() as conn:
        ledger = [one for one in await ledger_rows(conn, Month(2026, 11)) if one.kind == "PAYMENT"]
    assert {(one.flat_code, one.day, one.came_on) for one in ledger} == {
        ("B17-FF", date(2026, 11, 2), date(2026, 10, 14)),
        ("B18-FF", date(2026, 11, 2), date(2026, 10, 31)),
    }
    await story.delivered()
    assert any(
        said.startswith("Received ₹3,000.00 for B17-FF on 14 Oct 2026") for said in story.mail.of(story.town.sharma)
    )
    await rekha.say("/flat B17-FF")
    assert "14 Oct 2026 (posted 2 Nov 2026) · " in await rekha.press("Account")
    assert "14 Oct 2026: ₹3,000.00" in await sharma.say("/receipts B17-FF")


async def test_a_row_dated_in_the_future_is_asked_about(story: Story, rekha: Phone) -> None:
    row = StatementRow(2, date(2026, 11, 3), Decimal("3264.40"), None, "B17-FF")
    said = await rekha.document(XLSX, statement=StatementFile(b"x" * 32, (row,), 0, ()))
    assert "0 rows match, 1 needs you" in said
    said = await rekha.press("Look at 1")
    assert "Its date is in the future." in said
    assert "B17-FF owes ₹3,264.40" in said


async def test_who_has_no_chat_gets_the_receipt_on_paper(story: Story, rekha: Phone) -> None:
    await drop(rekha, NOTED, ("1594", "B17-GF", None), LONELY)
    said = await rekha.press("Post 2")
    assert "by Rekha. The owner gets a receipt. B17-GF: no chat linked, receipt on paper." in said
    await rekha.press("Look at 1")
    await rekha.press("Another flat")
    await rekha.say("B17-GF")
    assert "No chat linked: receipt on paper." in await rekha.press("To B17-GF")


async def test_the_same_statement_or_row_again_posts_nothing(story: Story, rekha: Phone) -> None:
    await drop(rekha, NOTED)
    await rekha.press("Post 1")
    assert "This statement was sent before." in await drop(rekha, NOTED)
    assert not any("Post" in label for label in rekha.labels)
    said = await drop(rekha, NOTED, LONELY)
    assert "0 rows match, 1 needs you" in said
    assert "1 row was on an earlier statement" in said
    assert await owed(story) == 0


async def test_a_row_that_fits_two_flats_is_asked_about(story: Story, rekha: Phone) -> None:
    await drop(rekha, TWO_FIT)
    said = await rekha.press("Look at 1")
    assert "It fits several flats." in said
    assert "B17-GF owes ₹1,594.00" in said
    assert rekha.labels[:2] == ["To B17-GF", "To B18-FF"] or rekha.labels[:2] == ["To B18-FF", "To B17-GF"]
    shown = rekha.messages
    assert "Row 2: ₹1,594.00 posted to B18-FF." in await rekha.press("To B18-FF")
    assert "was posted to B18-FF by Rekha" in await rekha.press("To B17-GF", among=shown)
    assert (await owed(story, "B18-FF"), await owed(story, "B17-GF")) == (Decimal(0), Decimal(1594))
    assert await in_order(story)


async def test_the_amount_alone_is_never_preselected(story: Story, rekha: Phone) -> None:
    assert "0 rows match, 1 needs you" in await drop(rekha, ("3264.40", "TRANSFER", None))
    assert "Only the amount fits." in await rekha.press("Look at 1")
    await rekha.press("To B17-FF")
    assert await owed(story) == 0


async def test_a_claim_is_confirmed_by_its_row(story: Story, rekha: Phone, sharma: Phone) -> None:
    await sharma.say(f"/utr B17-FF {UTR} 3000")
    await sharma.press("Yes")
    assert "the owner sent this UTR" in await drop(rekha, ("3000", "NEFT", UTR))
    await rekha.press("Post 1, ₹3,000.00")
    assert await owed(story) == Decimal("264.40")
    await story.delivered()
    assert "B17-FF: ₹3,000.00 confirmed by Rekha" in story.mail.of(story.town.rekha)[-1]
    assert await in_order(story)


async def test_a_payment_recorded_before_is_known(story: Story, rekha: Phone) -> None:
    await recorded(story, "3264.40")
    said = await drop(rekha, ("3264.40", "", UTR))
    assert "0 rows match, 0 need you, 1 is already recorded" in said
    assert rekha.labels == ["Already recorded: 1", "All rows as a workbook"]
    async with story.db.transaction() as conn:
        assert (await month_gaps(conn, whole_month(Month(2026, 11)), "Asia/Kolkata")).rows == 0


async def test_a_row_that_counts_as_recorded_can_be_another_payment(story: Story, rekha: Phone) -> None:
    await recorded(story, "1000")
    await drop(rekha, ("1000", f"UPI/{UTR}", None))
    said = await rekha.press("Already recorded: 1")
    assert said.splitlines() == [
        "1 row is recorded already",
        "<b>Row 2: ₹1,000.00</b>, 1 Nov 2026",
        f"<code>UPI/{UTR}</code>",
        f"Recorded: ₹1,000.00, {UTR} for <b>B17-FF</b>, 2 Nov 2026, by Rekha",
    ]
    assert rekha.labels == ["It is another payment", "Next", "The statement"]
    said = await rekha.press("It is another payment")
    assert "B17-FF owes ₹2,264.40" in said
    assert "This UTR is already counted for B17-FF, ₹1,000.00 on 2 Nov 2026." in said
    shown = rekha.messages
    assert "Row 2: ₹1,000.00 posted to B17-FF. Left ₹1,264.40." in await rekha.press("To B17-FF")
    assert "was posted to B17-FF by Rekha" in await rekha.press("To B17-FF", among=shown)
    assert await owed(story) == Decimal("1264.40")
    assert await in_order(story)


async def test_the_next_month_from_the_same_phone_is_no_payment_of_before(story: Story, rekha: Phone) -> None:
    await drop(rekha, ("3264.40", f"UPI/919876543210@ybl/{UTR}/B17-FF", None))
    await rekha.press("Post 1")
    await story.bill("B17-FF", "146", date(2026, 11, 30), share="3.20")
    said = await drop(rekha, ("3264.40", "UPI/919876543210@ybl/512345678902/B17-FF", None))
    assert "1 row matches" in said
    await rekha.press("Post 1")
    assert await owed(story) == 0


async def test_a_recorded_payment_that_is_taken_back_opens_its_row_again(story: Story, rekha: Phone) -> None:
    await recorded(story, "3264.40")
    await drop(rekha, NOTED)
    async with story.db.transaction() as conn:
        entry_id = await conn.fetchval("select max(id) from account_entries")
    await story.taken_back(entry_id)
    assert "1 row matches, 0 need you, 0 are already recorded" in await rekha.press("Already recorded")
    await rekha.press("Post 1")
    assert await owed(story) == 0
    assert await in_order(story)


async def test_a_cheque_with_zeros_before_its_number_counts_once(story: Story, rekha: Phone) -> None:
    async with story.db.transaction() as conn:
        cheque = PaymentSlip("B17-FF", Decimal("3264.40"), PaymentMethod.CHEQUE, "001234")
        await record(work(conn, story.town.rekha, story.now), cheque, "office")
    own, others = ("3264.40", "CHQ DEP 001234", "001234"), ("3264.40", "CHQ DEP B18-FF", "001234")
    assert "0 rows match, 1 needs you, 1 is already recorded" in await drop(rekha, own, others)
    said = await rekha.press("Look at 1")
    assert "Its number is recorded for B17-FF, but the payer named B18-FF." in said
    assert "This reference is already counted for B17-FF, ₹3,264.40 on 2 Nov 2026." in said


async def test_a_claim_for_another_flat_than_the_payer_named_is_asked_about(
    story: Story, rekha: Phone, sharma: Phone
) -> None:
    await sharma.say(f"/utr B18-FF {UTR} 3264.40")
    await sharma.press("Yes")
    assert "0 rows match, 1 needs you" in await drop(rekha, NOTED)
    said = await rekha.press("Look at 1")
    assert "The UTR was sent for B18-FF, but the payer named B17-FF." in said
    assert rekha.labels[:2] == ["To B18-FF", "To B17-FF"]
    await rekha.press("To B17-FF")
    assert (await owed(story), await owed(story, "B18-FF")) == (Decimal(0), Decimal(1594))


async def test_the_bank_is_right_about_the_payment_that_was_shown(story: Story, rekha: Phone) -> None:
    await recorded(story, "3000")
    await drop(rekha, ("3264.40", "", UTR))
    await rekha.press("Look at 1")
    await rekha.press("To B17-FF")
    async with story.db.transaction() as conn:
        at_work = work(conn, story.town.rekha, story.now)
        entry_id = await conn.fetchval("select max(id) from account_entries")
        await replace(at_work, entry_id, PaymentSlip("B17-FF", Decimal(3100), PaymentMethod.UPI, UTR), "again")
    assert "The books changed since. Nothing was posted." in await rekha.press("₹3,264.40 is right")
    assert await owed(story) == Decimal("164.40")


async def test_another_amount_of_a_cheque_is_set_right(story: Story, rekha: Phone) -> None:
    async with story.db.transaction() as conn:
        cheque = PaymentSlip("B17-FF", Decimal(3000), PaymentMethod.CHEQUE, "001234")
        await record(work(conn, story.town.rekha, story.now), cheque, "office")
    await drop(rekha, ("3264.40", "CHQ DEP B17-FF", "001234"))
    await rekha.press("Look at 1")
    assert "Which is right?" in await rekha.press("To B17-FF")
    assert "posted to B17-FF. Left ₹0.00." in await rekha.press("₹3,264.40 is right")
    assert await in_order(story)


@pytest.mark.parametrize(("answer", "left"), [("₹3,264.40 is right", "0"), ("Keep ₹3,000.00", "264.40")])
async def test_another_amount_under_its_number_is_asked_about(
    story: Story, rekha: Phone, answer: str, left: str
) -> None:
    await recorded(story, "3000")
    await drop(rekha, ("3264.40", "", UTR))
    assert "Its number is recorded with another amount." in await rekha.press("Look at 1")
    assert "the bank says <b>₹3,264.40</b>" in await rekha.press("To B17-FF")
    await rekha.press(answer)
    assert await owed(story) == Decimal(left)
    assert await in_order(story)


async def test_a_flat_is_typed_and_restated(story: Story, rekha: Phone) -> None:
    await drop(rekha, LONELY)
    assert "Nothing tells whose it is." in await rekha.press("Look at 1")
    assert "for which flat?" in await rekha.press("Another flat")
    assert "There is no flat" in await rekha.say("Z99-FF")
    assert "<b>₹77.00</b> for <b>B17-FF</b> (Mr Sharma)\nowes ₹3,264.40 → left ₹3,187.40" in await rekha.say("b17 ff")
    assert "Row 2: ₹77.00 posted to B17-FF. Left ₹3,187.40." in await rekha.press("To B17-FF")
    assert await in_order(story)


async def test_a_number_counted_for_another_flat_is_said_before_the_press(story: Story, rekha: Phone) -> None:
    await drop(rekha, ("77", f"UPI/{UTR}/rent", None))
    shown = [await rekha.press("Look at 1"), await rekha.press("Another flat"), await rekha.say("B18-FF")]
    assert "already counted" not in " ".join(shown)
    await recorded(story, "60")
    counted = "This UTR is already counted for B17-FF, ₹60.00 on 2 Nov 2026."
    again = await rekha.press("To B18-FF")
    assert "The books changed since. Nothing was posted." in again
    assert counted in again
    await rekha.press("Another flat")
    assert counted in await rekha.say("B18-FF")
    assert "Row 2: ₹77.00 posted to B18-FF." in await rekha.press("To B18-FF")


async def test_what_is_not_for_a_flat_is_left_out(story: Story, rekha: Phone) -> None:
    await drop(rekha, LONELY, ("88", "interest", None))
    assert "Row 2" in await rekha.press("Look at 2")
    assert "Row 3" in await rekha.press("Next")
    assert "not for a flat, said Rekha" in await rekha.press("Not for a flat")
    assert "1 done" in await rekha.press("The statement")


async def test_what_changed_since_it_was_shown_posts_nothing(story: Story, rekha: Phone) -> None:
    await drop(rekha, NOTED)
    await story.paid("B17-FF", "100")
    assert "The books changed since" in await rekha.press("Post 1")
    assert await owed(story) == Decimal("3164.40")


async def test_the_workbook_with_every_row(story: Story, rekha: Phone) -> None:
    await drop(rekha, NOTED, ("5", "=cmd()", None))
    await rekha.press("All rows")
    sheet = openpyxl.load_workbook(BytesIO(rekha.replies[0].document or b"")).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[5:7] for row in rows[1:]] == [("matches", "B17-FF"), ("needs you", None)]
    assert sheet.cell(3, 5).data_type == "s"


async def test_a_file_that_is_no_statement(town: Town, rekha: Phone, sharma: Phone) -> None:
    said = await rekha.document(XLSX, statement=WorkbookError("This is a workbook of master data."))
    assert said == "This file was not read. This is a workbook of master data."
    assert "could not be read" in await rekha.document("application/pdf")
    assert "no money came in" in (await rekha.document(XLSX, statement=statement())).lower()
    assert "did not understand" in await sharma.document(XLSX, statement=statement(NOTED))
