"""The office's phone: search, flats, quotes, payments, balances of flats set aside."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from storage import parked
from storage.database import Database
from tests.bot.flows.phone import Phone
from tests.society import Town


async def test_quote(rekha: Phone) -> None:
    answer = await rekha.say("/quote b17 ff 146 3.2")
    assert "<b>B17-FF: ₹3,264.40</b>" in answer
    assert "Fixed charge 2BHK ₹1,474.00 · arrears ₹0.00" in answer
    assert "none at ₹9" in await rekha.say("/quote C14-SF 100")
    assert "₹1,474.00" in await rekha.say("/quote 2BHK-X9-GF 0")
    assert await rekha.say("/quote B71-FF 4") == "There is no flat B71-FF. Did you mean B17-FF, B7-FF?"
    for bad in ("/quote", "/quote B17-FF", "/quote B17-FF 1e9", "/quote nothing 5", "/quote B17-FF 1 2 3 4"):
        assert "/quote B17-FF 146 3.2" in await rekha.say(bad)


async def test_search_by_word_alone(rekha: Phone) -> None:
    assert "B18-FF" in await rekha.say("sharma")
    assert rekha.labels == ["B17-FF", "B18-FF"]
    sheet = await rekha.press("B17-FF")
    assert "<b>B17-FF</b> · 2BHK-B17-FF · owes ₹0.00" in sheet
    assert "Owner: Mr Sharma · Telegram" in sheet
    assert "Meter 19152159 · motor MOTOR-B" in sheet
    assert "Meter 19152159" in await rekha.say("/find 19152159")
    assert "Did you mean" in await rekha.say("/find B71-FF")
    assert "Nothing found for “&lt;qq&gt;”" in await rekha.say("/find <qq>")


async def test_a_motor_is_found_with_its_meter_its_flats_and_its_last_readings(ravi: Phone, rekha: Phone) -> None:
    assert await rekha.say("/flat MOTOR-B") == (
        "<b>MOTOR-B</b>\nMeter 77000001\nServes 5 flats: B17-GF, B17-FF, B17-SF, B18-GF, B18-FF\nNot read yet."
    )
    assert rekha.labels == ["B17-GF", "B17-FF", "B17-SF", "B18-GF", "B18-FF"]
    await ravi.say("MOTOR-B 320")
    for typed in ("/find motor b", "/find MOTOR-B", "/find 77000001", "/flat 77000001", "motor-b"):
        assert (await rekha.say(typed)).endswith("Read last:\n2 Nov 2026: 320"), typed
    assert "<b>B18-FF</b>" in await rekha.press("B18-FF")
    assert "Nothing found for" in await rekha.say("/flat MOTOR-Z9")


async def test_the_last_bills_as_a_chart(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 146")
    await rekha.say("/pending")
    await rekha.press("Approve")
    sheet = await rekha.say("/flat B17-FF")
    assert "owes ₹3,226.00" in sheet
    assert "<pre>Nov  ██████████ ₹3,226.00 to be paid</pre>" in sheet


async def test_a_new_owner(rekha: Phone) -> None:
    await rekha.say("/flat B17-FF")
    await rekha.press("Change")
    assert "Who owns" in await rekha.press("New owner")
    assert "not a name" in await rekha.say("12345")
    assert "Mr Sharma → <b>Asha Verma +919876543210</b>" in await rekha.say("Asha Verma 98765 43210")
    assert "Owner: Asha Verma · +919876543210 · no chat linked" in await rekha.press("Change to Asha Verma")


async def test_cancelling_ends_the_question(rekha: Phone) -> None:
    await rekha.say("/flat B17-FF")
    await rekha.press("Change")
    await rekha.press("Meter")
    await rekha.press("Cancel")
    assert "Nothing found" in await rekha.say("777777")


async def test_before_a_meter_is_changed_the_old_ones_last_reading_is_asked_for(rekha: Phone) -> None:
    await rekha.say("/flat B17-FF")
    await rekha.press("Change")
    await rekha.press("Meter")
    said = await rekha.say("99000001")
    assert "Have the old one's last reading sent before you confirm: afterwards it cannot be." in said


async def test_motor_by_button(rekha: Phone) -> None:
    await rekha.say("/flat B17-FF")
    await rekha.press("Change")
    await rekha.press("Motor")
    assert rekha.labels == ["MOTOR-C", "No motor", "Back"]
    await rekha.press("MOTOR-C")
    assert "motor MOTOR-C" in await rekha.press("Change to MOTOR-C")


@pytest.mark.parametrize(
    "typed",
    [
        "/paid B17-FF 1842 cash",
        "/paid b17ff ₹1,842 cash",
        "/paid B17 FF Rs. 1842.00 cash",
        "/paid B17-FF cash 1842",
        "Paid B17-FF 1842 cash",
    ],
)
async def test_a_payment_is_shown_before_it_counts(rekha: Phone, typed: str) -> None:
    assert "<b>₹1,842.00</b> cash for <b>B17-FF</b>" in await rekha.say(typed)
    assert rekha.labels == ["Record ₹1,842.00", "Cancel"]


async def test_only_the_office_records_by_the_bare_word_and_not_amid_a_dialogue(ravi: Phone, rekha: Phone) -> None:
    assert await ravi.say("paid yesterday") == await ravi.say("seen yesterday")
    await rekha.say("/flat B17-FF")
    await rekha.press("Account")
    await rekha.press("Debit note")
    await rekha.say("12")
    await rekha.press("Other")
    assert "Reason: Paid too much back" in await rekha.say("Paid too much back")


async def test_recording_and_undoing(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 146 motor 3.2")
    await rekha.say("/pending")
    await rekha.press("Approve")
    assert "owes ₹3,264.40 → left ₹1,422.40" in await rekha.say("/paid B17-FF 1842 upi 412345678901")
    preview = rekha.messages
    done = await rekha.press("Record")
    assert "Recorded ₹1,842.00</b> UPI 412345678901 for <b>B17-FF</b> by Rekha" in done
    assert "Left ₹1,422.40. Receipt sent." in done
    after = rekha.messages
    assert "Already recorded" in await rekha.press("Record", among=preview)
    assert "Already recorded" in await rekha.say("/paid B17-FF 1842 upi 4123-4567-8901")
    other = await rekha.say("/paid B17-FF 1900 upi 412345678901")
    assert "is recorded with <b>₹1,842.00</b>" in other
    assert "Left ₹1,364.40" in await rekha.press("₹1,900.00 is right")
    assert "Taken back by Rekha" in await rekha.press("Undo ₹1,900.00")
    assert "was taken back" in await rekha.press("Undo", among=after)


async def test_a_utr_counted_for_another_flat_is_said_before_the_press(rekha: Phone) -> None:
    counted = "<b>This UTR is already counted for B17-FF, ₹1,226.00 on 2 Nov 2026.</b>"
    assert "already counted" not in await rekha.say("/paid B18-FF 1226 upi 412345678901")
    preview = rekha.messages
    await rekha.say("/paid B17-FF 1226 upi 412345678901")
    await rekha.press("Record")
    again = await rekha.press("Record", among=preview)
    assert "Something changed since. Nothing was recorded." in again
    assert counted in again
    assert counted in await rekha.say("/paid B18-FF 1226 bank UTR 4123 4567 8901")
    assert "Recorded ₹1,226.00" in await rekha.press("Record")


async def test_at_night_the_receipt_waits(rekha: Phone, sharma: Phone) -> None:
    rekha.now = datetime(2026, 11, 2, 20, 12, tzinfo=UTC)
    await rekha.say("/paid B17-FF 10 cash")
    assert "The receipt goes out at 08:00." in await rekha.press("Record")


async def test_a_command_that_is_not_there_is_no_search(rekha: Phone) -> None:
    assert await rekha.say("/sell B17-FF") == "There is no /sell. /help shows what you can send."


async def test_a_payment_from_the_flats_card(rekha: Phone) -> None:
    await rekha.say("/flat B17-FF")
    assert "What was paid for <b>B17-FF</b>?" in await rekha.press("Record payment")
    assert "not an amount" in await rekha.say("much cash")
    assert "<b>₹1,900.00</b> cash R17 for <b>B17-FF</b>" in await rekha.say("1900 cash R17")
    assert "Recorded ₹1,900.00" in await rekha.press("Record ₹1,900.00")
    assert "Nothing found" in await rekha.say("777777"), "the question is over"


async def test_the_flat_may_be_named_again_and_the_question_cancelled(rekha: Phone) -> None:
    await rekha.say("/flat B17-FF")
    await rekha.press("Record payment")
    assert "<b>₹50.00</b> cash for <b>B17-FF</b>" in await rekha.say("b17 ff 50 cash")
    await rekha.say("/flat B17-FF")
    await rekha.press("Record payment")
    assert "Owner: Mr Sharma" in await rekha.press("Cancel")


async def test_what_is_wrong_with_a_payment(rekha: Phone) -> None:
    assert "as: /paid" in await rekha.say("/paid")
    assert "not an amount" in await rekha.say("/paid B17-FF 1e9 cash")
    assert "not an amount" in await rekha.say("/paid B17-FF 0 cash")
    assert "not an amount" in await rekha.say("/paid B17-FF 10.123 cash")
    assert "no flat “B99-FF”" in await rekha.say("/paid B99-FF 10 cash")
    assert "add the reference" in await rekha.say("/paid B17-FF 10 upi")
    assert "not a reference" in await rekha.say("/paid B17-FF 10 upi ///")
    assert "add the reference" in await rekha.say("/paid B17-FF 10 upi ref")
    assert "<b>₹10.00</b> cash" in await rekha.say("/paid B17-FF 10 cash ref")
    assert "how was it paid?" in await rekha.say("/paid B17-FF 10")
    assert rekha.labels == ["Cash", "UPI", "Bank", "Card", "Cheque"]
    assert "<b>₹10.00</b> cash" in await rekha.press("Cash")
    assert "Nothing was changed" in await rekha.press("Cancel")


async def test_a_flat_set_aside_gets_its_balance(db: Database, town: Town, rekha: Phone) -> None:
    async with db.transaction() as conn:
        await parked.park(conn, town.flat("B17-FF").flat_id, "Two old bills are unpaid.")
    assert "<b>Set aside:</b> Two old bills are unpaid." in await rekha.say("/flat B17-FF")
    await rekha.press("Set balance")
    assert "not an amount" in await rekha.say("much")
    assert "owes <b>₹1,842.50</b> in all" in await rekha.say("1842.50")
    answer = await rekha.press("Set ₹1,842.50")
    assert "Balance set: ₹1,842.50" in answer
    assert "owes ₹1,842.50" in answer


@pytest.mark.parametrize("typed", ["-500", "500 credit", "credit ₹500", "−500.00", "₹500 Cr"])
async def test_a_flat_set_aside_may_have_credit(db: Database, town: Town, rekha: Phone, typed: str) -> None:
    async with db.transaction() as conn:
        await parked.park(conn, town.flat("B17-FF").flat_id, "Two old bills are unpaid.")
    await rekha.say("/flat B17-FF")
    await rekha.press("Set balance")
    assert "not an amount" in await rekha.say("credit")
    assert "<b>B17-FF</b> has <b>₹500.00</b> credit" in await rekha.say(typed)
    answer = await rekha.press("Set ₹500.00 credit")
    assert "Balance set: ₹500.00 credit" in answer
    assert "credit ₹500.00" in answer.splitlines()[1]


async def test_help_and_the_menu(rekha: Phone) -> None:
    assert "/pending" in await rekha.say("/help")
