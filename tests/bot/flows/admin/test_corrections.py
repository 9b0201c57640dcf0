"""The office puts an account right: from the flat's card and from a bill's card."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from storage import accounts, readings
from storage.database import Database
from storage.readings import ReadingState
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import Town


@pytest.fixture
async def story(db: Database, town: Town) -> Story:
    """B17-FF has a bill of ₹3,264.40 that was delivered."""
    told = Story(db, town)
    await told.bill("B17-FF", "146", date(2026, 11, 1), share="3.20")
    await told.delivered()
    return told


async def owed(db: Database, town: Town) -> Decimal:
    async with db.transaction() as conn:
        return await accounts.balance(conn, town.flat("B17-FF").flat_id)


async def account(rekha: Phone) -> str:
    await rekha.say("/flat B17-FF")
    return await rekha.press("Account")


async def test_the_account_with_what_can_be_done(story: Story, rekha: Phone) -> None:
    await story.paid("B17-FF", "264.40")
    assert (await account(rekha)).splitlines() == [
        "<b>B17-FF</b> · owes ₹3,000.00",
        "2 Nov 2026 · bill November 2026 · 2026-0001 · +₹3,264.40",
        "2 Nov 2026 · cash · −₹264.40",
    ]
    assert rekha.labels == ["Credit note", "Debit note", "Void bill", "Refund", "Undo", "B17-FF"]


async def test_an_empty_account_has_no_bill_to_void(db: Database, town: Town, rekha: Phone) -> None:
    assert "Nothing was posted yet" in await account(rekha)
    assert rekha.labels == ["Credit note", "Debit note", "Refund", "Undo", "B17-FF"]
    assert "nothing that the office entered can be undone" in await rekha.press("Undo")
    await rekha.press("Back")
    assert "no credit and no payment" in await rekha.press("Refund")


async def test_a_credit_note(story: Story, rekha: Phone, db: Database, town: Town) -> None:
    await account(rekha)
    assert "Credit note for <b>B17-FF</b>: how much?" in await rekha.press("Credit note")
    assert "not an amount" in await rekha.say("-5")
    assert "not an amount" in await rekha.say("1.234")
    assert "not an amount" in await rekha.say("0")
    assert await rekha.say("500") == "Credit note ₹500.00 for <b>B17-FF</b>: why?"
    assert rekha.labels == ["Wrong reading", "Wrong price", "Billed twice", "Other…", "Cancel"]
    assert await rekha.press("Wrong price") == (
        "Credit note ₹500.00 for <b>B17-FF</b>\nowes ₹3,264.40 → <b>owes ₹2,764.40</b>\nReason: wrong price"
    )
    shown = rekha.messages
    done = await rekha.press("Credit note ₹500.00")
    assert "Credit note (wrong price) ₹500.00 for <b>B17-FF</b>, by Rekha\nOwes ₹2,764.40. The owners are told." in done
    after = rekha.messages
    assert "Already done" in await rekha.press("Credit note ₹500.00", among=shown)
    assert await owed(db, town) == Decimal("2764.40")
    await story.delivered()
    assert [key.label for row in story.mail.messages(town.sharma)[-1].keys for key in row] == ["PDF"]
    assert story.mail.of(town.sharma)[-1] == (
        "Correction for B17-FF: you owe ₹500.00 less.\nWhy: wrong price\nLeft to pay now: ₹2,764.40"
    )
    assert "why?" in await rekha.press("Undo ₹500.00", among=after)
    assert "owes ₹2,764.40 → <b>owes ₹3,264.40</b>" in await rekha.press("Entered by mistake")
    assert "Owes ₹3,264.40" in await rekha.press("Undo ₹500.00")
    await story.delivered()
    assert "the entry of ₹500.00 was a mistake" in story.mail.of(town.sharma)[-1]


async def test_a_debit_note_with_a_reason_in_words(story: Story, rekha: Phone, db: Database, town: Town) -> None:
    await account(rekha)
    await rekha.press("Debit note")
    await rekha.say("₹38.40")
    assert "send the reason" in await rekha.press("Other")
    assert "at most 200 letters" in await rekha.say("x" * 201)
    assert "Reason: motor &lt;B&gt;" in await rekha.say("motor <B>")
    await rekha.press("Debit note ₹38.40")
    assert await owed(db, town) == Decimal("3302.80")
    await story.delivered()
    assert "₹38.40 was missing and is added.\nWhy: motor <B>" in story.mail.of(town.sharma)[-1]
    told = story.mail.messages(town.sharma)[-1]
    assert [key.label for row in told.keys for key in row] == ["Pay ₹3,302.80", "PDF"]
    assert "₹3,302.80" in await story.phone(town.sharma).press("Pay ₹3,302.80", among=[told])


async def test_a_reason_typed_below_its_buttons(story: Story, rekha: Phone, db: Database, town: Town) -> None:
    await account(rekha)
    await rekha.press("Credit note")
    assert "why?" in await rekha.say("500")
    restated = await rekha.say("the B17-FF meter ran fast")
    assert restated.endswith("owes ₹3,264.40 → <b>owes ₹2,764.40</b>\nReason: the B17-FF meter ran fast")
    assert await owed(db, town) == Decimal("3264.40")
    await rekha.press("Credit note ₹500.00")
    assert await owed(db, town) == Decimal("2764.40")


async def test_why_keeps_nobody_from_something_else(story: Story, rekha: Phone, db: Database, town: Town) -> None:
    await account(rekha)
    await rekha.press("Void bill")
    assert "saved" in await rekha.say("B18-FF 140")
    assert "Reason: typed twice" in await rekha.say("typed twice")
    await account(rekha)
    await rekha.press("Void bill")
    await rekha.press("Cancel")
    assert "Mr Sharma" in await rekha.say("sharma")


async def test_what_was_shown_as_owed_binds(story: Story, rekha: Phone, db: Database, town: Town) -> None:
    await account(rekha)
    await rekha.press("Debit note")
    await rekha.say("100")
    await rekha.press("Wrong price")
    await story.paid("B17-FF", "64.40")
    assert "What is owed changed since" in await rekha.press("Debit note ₹100.00")
    assert await owed(db, town) == Decimal(3200)
    assert "Owes ₹3,300.00" in await rekha.press("Debit note ₹100.00")


async def test_voiding_a_bill_and_billing_again(story: Story, rekha: Phone, db: Database, town: Town) -> None:
    await account(rekha)
    assert "November 2026 bill of <b>B17-FF</b>, ₹3,264.40: why?" in await rekha.press("Void bill")
    restated = await rekha.press("Wrong price")
    assert "owes ₹3,264.40 → <b>owes ₹0.00</b>" in restated
    assert "Its owners are told" in restated
    shown = rekha.messages
    voided = await rekha.press("Void ₹3,264.40")
    assert "voided the November 2026 bill of <b>B17-FF</b>, ₹3,264.40, by Rekha\nOwes ₹0.00." in voided
    assert rekha.labels == ["Bill again ₹3,264.40", "Change the reading", "Account"]
    after = rekha.messages
    assert "voided by Rekha" in await rekha.press("Void ₹3,264.40", among=shown)
    assert "Billed again</b>: November 2026 bill" in await rekha.press("Bill again", among=after)
    assert await owed(db, town) == Decimal("3264.40")
    await story.delivered()
    old, correction, new = story.mail.of(town.sharma)
    assert "This bill was taken back" in old
    assert correction.startswith(
        "Correction for B17-FF: the November bill of ₹3,264.40 was a mistake and is taken back."
    )
    assert "November bill · B17-FF: ₹3,264.40\nPay by" in new
    assert "B17-FF" in await rekha.press("Bill again", among=after)
    assert await owed(db, town) == Decimal("3264.40")


async def test_voiding_a_bill_to_change_its_reading(story: Story, rekha: Phone, db: Database, town: Town) -> None:
    await account(rekha)
    await rekha.press("Void bill")
    await rekha.press("Wrong reading")
    await rekha.press("Void ₹3,264.40")
    asked = await rekha.press("Change the reading")
    assert "Send the right value for <b>B17-FF</b>, as <code>146</code>." in asked
    assert not any(label.startswith("Approve") for label in rekha.labels)
    await rekha.say("100 motor 0")
    await rekha.press("Approve ₹2,674.00")
    assert await owed(db, town) == Decimal(2674)


async def test_a_reading_that_was_changed_meanwhile_is_shown_instead_of_asked_for(story: Story, rekha: Phone) -> None:
    await account(rekha)
    for label in ("Void bill", "Wrong reading", "Void ₹3,264.40"):
        await rekha.press(label)
    voided = rekha.messages
    await rekha.press("Bill again")
    assert "Send the right value" not in await rekha.press("Change the reading", among=voided)


async def test_a_paid_bill_stays(story: Story, rekha: Phone) -> None:
    await story.paid("B17-FF", "1")
    await account(rekha)
    assert "₹1.00 was paid for this bill" in await rekha.press("Void bill")


async def test_a_bill_message_that_never_arrived_is_not_corrected(story: Story, rekha: Phone, town: Town) -> None:
    await story.bill("B18-FF", "10", date(2026, 11, 1))
    await rekha.say("/flat B18-FF")
    for label in ("Account", "Void bill", "Wrong price", "Void ₹"):
        await rekha.press(label)
    await story.delivered()
    assert len(story.mail.of(town.sharma)) == 1


async def test_refunds(story: Story, rekha: Phone, db: Database, town: Town) -> None:
    await story.paid("B17-FF", "4000")
    await account(rekha)
    await rekha.press("Refund")
    assert rekha.labels == ["Credit ₹735.60", "₹4,000.00 cash, 2 Nov 2026", "Back"]
    choice = rekha.messages
    await rekha.press("Credit ₹735.60")
    assert "Only ₹735.60 is credit" in await rekha.say("735.61")
    assert "why?" in await rekha.say("700")
    await rekha.press("Moved out")
    assert "Credit ₹35.60" in await rekha.press("Refund ₹700.00")
    await rekha.press("₹4,000.00 cash", among=choice)
    assert rekha.labels == ["All ₹4,000.00", "Cancel"]
    assert "Only ₹4,000.00 is left" in await rekha.say("4000.01")
    await rekha.say("1000")
    restated = await rekha.press("Taken back by the bank")
    assert "credit ₹35.60 → <b>owes ₹964.40</b>" in restated
    assert "Chargeback ₹1,000.00" in await rekha.press("Refund ₹1,000.00")
    assert await owed(db, town) == Decimal("964.40")
    await story.delivered()
    told = story.mail.of(town.sharma)
    assert "₹700.00 is given back to you for B17-FF." in told[-2]
    assert "your bank took ₹1,000.00 of your payment back." in told[-1]
    assert "Paid ₹3,000.00 on 2 Nov 2026" in told[0]
    assert "₹1,000.00 of it given back" in await account(rekha)


async def test_undoing_a_payment_from_the_list(story: Story, rekha: Phone, db: Database, town: Town) -> None:
    await story.paid("B17-FF", "300")
    await account(rekha)
    await rekha.press("Undo")
    assert rekha.labels == ["₹300.00 cash, 2 Nov 2026", "Back"]
    await rekha.press("₹300.00 cash")
    restated = await rekha.press("Belongs to another flat")
    assert restated.startswith("Undo of cash, ₹300.00 for <b>B17-FF</b>\nowes ₹2,964.40 → <b>owes ₹3,264.40</b>")
    assert "Owes ₹3,264.40" in await rekha.press("Undo ₹300.00")
    assert "· undone" in await rekha.press("Account")
    assert await owed(db, town) == Decimal("3264.40")


async def test_a_payment_given_back_in_part_is_not_undone_from_its_receipt(story: Story, rekha: Phone) -> None:
    await rekha.say("/paid B17-FF 300 cash")
    await rekha.press("Record")
    receipt = rekha.messages
    await account(rekha)
    for label in ("Refund", "₹300.00 cash"):
        await rekha.press(label)
    await rekha.say("10")
    for label in ("Paid twice", "Refund ₹10.00"):
        await rekha.press(label)
    assert "₹10.00 of this payment was given back" in await rekha.press("Undo", among=receipt)


async def test_from_a_bills_card(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 146")
    await rekha.say("/pending")
    assert "Approved by Rekha" in await rekha.press("Approve")
    await rekha.press("Account")
    await rekha.press("Credit note")
    assert "This bill charges only ₹3,226.00" in await rekha.say("3226.01")
    await rekha.say("26")
    await rekha.press("Wrong price")
    await rekha.press("Credit note ₹26.00")
    await rekha.press("Account")
    assert "A note of ₹26.00 belongs to this bill" in await rekha.press("Void bill")


async def test_only_the_office_corrects(story: Story, rekha: Phone, db: Database, town: Town) -> None:
    await account(rekha)
    shown = rekha.messages
    async with db.transaction() as conn:
        await conn.execute("update staff set revoked_at = now() where person_id = $1", town.rekha.person_id)
    for label in ("Credit note", "Void bill", "Refund"):
        assert "for another role" in await rekha.press(label, among=shown)
    assert await owed(db, town) == Decimal("3264.40")


async def test_the_reading_of_a_void_bill_waits(story: Story, rekha: Phone, db: Database, town: Town) -> None:
    await account(rekha)
    for label in ("Void bill", "Billed twice", "Void ₹"):
        await rekha.press(label)
    async with db.transaction() as conn:
        waiting = await readings.approved(conn)
    assert [(one.flat_code, one.state) for one in waiting] == [("B17-FF", ReadingState.APPROVED)]
