"""The office's phone: cards, decisions, and what happens when two press at once or nobody may."""

from __future__ import annotations

from datetime import date

from domain.roles import Role
from storage import people
from storage.database import Database
from tests.bot.flows.admin.conftest import NOW
from tests.bot.flows.phone import Phone
from tests.society import Town, past


async def bills(db: Database) -> int:
    async with db.transaction() as conn:
        count: int = await conn.fetchval("select count(*) from bills")
        return count


async def test_a_single_reading_is_shown_at_once_and_becomes_a_bill(db: Database, ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 146 motor 3.2")
    card = await rekha.say("/pending")
    assert "<b>B17-FF</b> · Mr Sharma" in card
    assert "<b>146</b> units · usual 120–170 · Ravi, 2 Nov 2026 10:42 · no photo" in card
    assert "(146 + 3.2 motor) × ₹12.00 = ₹1,790.40" in card
    assert "Fixed charge 2BHK ₹1,474.00 · arrears ₹0.00" in card
    assert "<b>Total ₹3,264.40</b> · 1 Nov – 2 Nov 2026 · due 12 Nov 2026" in card
    assert "Owner reachable on Telegram" in card
    assert rekha.labels == ["Approve ₹3,264.40", "Correct", "Send back", "Period, due date"]
    done = await rekha.press("Approve")
    assert "Approved by Rekha, 10:42" in done
    assert "₹3,264.40" in done
    assert "Mr Sharma: being sent" in done
    assert rekha.labels == ["Account"]
    assert await bills(db) == 1


async def test_a_card_says_whose_value_it_is(ravi: Phone, rekha: Phone, mohan: Phone) -> None:
    """Attack row 4: who corrects somebody else's reading may approve it, but everybody sees so."""
    await ravi.say("B17-FF 1460")
    await rekha.say("/pending")
    await rekha.press("Correct")
    waiting = await rekha.say("146 motor 2")
    assert "Corrected by Rekha, sent was 1460" in waiting
    assert "Corrected by Rekha, sent was 1460" in await mohan.say("/pending")
    done = await rekha.press("Approve")
    assert "Approved by Rekha, 10:42" in done
    assert "Corrected by Rekha, sent was 1460" in done


async def test_what_its_sender_sent_again_is_not_called_corrected(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 1460")
    await rekha.say("/pending")
    await rekha.press("Correct")
    await rekha.say("146")
    await ravi.say("B17-FF 147")
    await ravi.press("Replace")
    assert "Corrected by" not in await rekha.say("/pending")


async def test_an_empty_queue_says_so(rekha: Phone, town: Town) -> None:
    assert "Nothing waits" in await rekha.say("/pending")


async def test_the_second_admin_is_told_who_was_first(db: Database, ravi: Phone, rekha: Phone, mohan: Phone) -> None:
    await ravi.say("B17-FF 146")
    await rekha.say("/pending")
    await mohan.say("/pending")
    await rekha.press("Approve")
    late = await mohan.press("Approve")
    assert "Approved by Rekha" in late
    assert "Rekha was first, 10:42." in late
    assert await bills(db) == 1


async def test_rights_are_read_at_the_press(db: Database, ravi: Phone, rekha: Phone, town: Town) -> None:
    """Attack row 1: an admin demoted since; her old card does nothing."""
    await ravi.say("B17-FF 146")
    await rekha.say("/pending")
    card = rekha.messages
    async with db.transaction() as conn:
        await people.revoke(conn, town.rekha.person_id, Role.ADMIN)
    for label in ("Approve", "Correct", "Send back"):
        assert "another role" in await rekha.press(label, among=card)
    assert "another role" in await rekha.say("/pending")
    assert await bills(db) == 0


async def test_a_dialogue_begun_as_admin_ends_with_the_right(
    db: Database, ravi: Phone, rekha: Phone, town: Town
) -> None:
    await ravi.say("B17-FF 146")
    await rekha.say("/pending")
    await rekha.press("Correct")
    async with db.transaction() as conn:
        await people.revoke(conn, town.rekha.person_id, Role.ADMIN)
    assert "another role" in await rekha.say("1")
    async with db.transaction() as conn:
        assert await conn.fetchval("select reading_value from readings where state = 'pending'") == 146


async def test_a_stranger_cannot_press_an_admins_button(db: Database, ravi: Phone, rekha: Phone, sharma: Phone) -> None:
    """Attack row 2: a token is bound to its chat."""
    await ravi.say("B17-FF 146")
    await rekha.say("/pending")
    token = rekha.messages[0].keys[0][0].press
    assert "no longer works" in await sharma.press_token(token)
    assert "no longer works" in await rekha.press_token("forged")
    assert await bills(db) == 0


async def test_an_owner_has_no_office(sharma: Phone) -> None:
    for command in ("/pending", "/find b17", "/flat B17-FF", "/paid B17-FF 1 cash", "/quote B17-FF 1"):
        assert "another role" in await sharma.say(command)


async def test_nobody_approves_their_own(db: Database, rekha: Phone, mohan: Phone) -> None:
    """Attack row 4."""
    await rekha.say("B17-FF 146")
    card = await rekha.say("/pending")
    assert "another admin has to approve it" in card
    assert not any("Approve" in label for label in rekha.labels)
    await mohan.say("/pending")
    assert "Approved by Mohan" in await mohan.press("Approve")
    assert await bills(db) == 1


async def test_a_stale_card_is_drawn_again(db: Database, ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 146")
    await rekha.say("/pending")
    await ravi.say("B17-FF 150")
    await ravi.press("Replace")
    again = await rekha.press("Approve")
    assert "<b>150</b> units" in again
    assert "Something changed" in again
    assert await bills(db) == 0
    assert "Approved by Rekha" in await rekha.press("Approve")


async def test_correcting_keeps_it_waiting_with_the_new_sum(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 1460")
    assert "10 times the usual 146" in await rekha.say("/pending")
    assert "Send the right value" in await rekha.press("Correct")
    assert "not a value" in await rekha.say("1e9")
    answer = await rekha.say("१४६ motor 3.2")
    assert "1460 corrected to <b>146</b> by Rekha" in answer
    assert "<b>Total ₹3,264.40</b>" in answer
    assert "Approved by Rekha" in await rekha.press("Approve")


async def test_a_value_in_doubt_is_asked_about_once_more_with_its_figures(
    db: Database, ravi: Phone, rekha: Phone
) -> None:
    await ravi.say("B17-FF 1460")
    await rekha.say("/pending")
    assert rekha.labels[0] == "Approve ₹18,994.00"
    asked = await rekha.press("Approve")
    assert asked.startswith("<b>Nothing is approved yet. Is the value right?</b>\n<b>B17-FF</b>")
    assert "Look: 10 times the usual 146; not confirmed yet" in asked
    assert rekha.labels == ["Approve 1460 units, ₹18,994.00", "Correct", "Send back", "Cancel"]
    assert await bills(db) == 0
    await rekha.press("Cancel")
    await rekha.press("Approve")
    assert "Approved by Rekha" in await rekha.press("Approve 1460 units")
    assert await bills(db) == 1


async def test_what_the_engineer_confirmed_is_not_asked_about_unless_it_is_absurd(
    db: Database, ravi: Phone, rekha: Phone
) -> None:
    await ravi.say("B17-FF 400")
    await ravi.press("It is right")
    await rekha.say("/pending")
    assert "Approved by Rekha" in await rekha.press("Approve")
    await ravi.say("B17-GF 1470")
    await ravi.press("It is right")
    await rekha.say("/pending")
    assert "Is the value right?" in await rekha.press("Approve")
    assert await bills(db) == 1


async def test_an_absurd_correction_is_asked_about(db: Database, ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 146")
    await rekha.say("/pending")
    await rekha.press("Correct")
    await rekha.say("9999999")
    assert "Is the value right?" in await rekha.press("Approve")
    await rekha.press("Correct")
    await rekha.say("147")
    assert "Approved by Rekha" in await rekha.press("Approve")


async def test_an_absurd_value_is_never_among_the_normal_ones(db: Database, ravi: Phone, rekha: Phone) -> None:
    """Neither of a meter without history."""
    await ravi.say("B17-FF 9999999")
    await ravi.press("It is right")
    assert "far above the usual" in await ravi.say("VILLA-A2 9999999")
    await ravi.press("It is right")
    await ravi.say("B17-GF 140")
    await ravi.say("SCO-3 10")
    assert "2 normal · 2 to look at" in await rekha.say("/pending")
    await rekha.press("Review 2")
    assert "Is the value right?" in await rekha.press("Approve")
    assert await bills(db) == 0


async def test_a_doubtful_further_bill_is_asked_about_once(db: Database, ravi: Phone, rekha: Phone) -> None:
    rekha.now = NOW.replace(day=1, hour=19)  # the 2nd in Kolkata
    await ravi.say("B17-FF 146 on 1 Nov")
    await rekha.say("/pending")
    await rekha.press("Approve")
    await ravi.say("B17-FF 1460")
    await rekha.say("/pending")
    assert "Store a further one?" in await rekha.press("Approve")
    assert "Is the value right?" in await rekha.press("Without")
    assert "Approved by Rekha" in await rekha.press("Approve 1460 units, ₹20,746.00")
    assert await bills(db) == 2


async def test_sending_back_with_a_reason_moves_on_to_the_next(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 1460")
    await ravi.say("B17-GF 1460")
    assert "2 to look at" in await rekha.say("/pending")
    assert "1 of 2" in await rekha.press("Review 2")
    assert "2 of 2" in await rekha.press("▶")
    assert "1 of 2" in await rekha.press("◀")
    assert "why?" in await rekha.press("Send back")
    answer = await rekha.press("Too high")
    assert "Sent back by Rekha, 10:42: too high" in answer
    assert "1 of 1" in answer
    await rekha.press("Send back")
    await rekha.press("Other")
    assert "Sent back by Rekha, 10:42: the B17-GF meter is dark" in await rekha.say("the B17-GF meter is dark")


async def test_the_same_as_last_time_is_no_reason_to_call_it_too_high(
    db: Database, town: Town, ravi: Phone, rekha: Phone
) -> None:
    async with db.transaction() as conn:
        await past(conn, town.flat("B17-FF"), date(2026, 10, 2), "146")
    await ravi.say("B17-FF 146")
    await rekha.say("/pending")
    await rekha.press("Send back")
    assert rekha.labels == ["Wrong meter", "Same as last time: read it again", "Photo is missing", "Other…", "Cancel"]
    assert "Sent back by Rekha, 10:42: same as last time" in await rekha.press("Same as last time")


async def test_a_reason_typed_below_its_buttons_is_the_reason(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 1460")
    await rekha.say("/pending")
    await rekha.press("Send back")
    assert "at most 200 letters" in await rekha.say("x" * 201)
    assert "Sent back by Rekha, 10:42: the B17-FF meter is dark" in await rekha.say("the B17-FF meter is dark")


async def test_why_keeps_nobody_from_something_else(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 1460")
    await rekha.say("/pending")
    await rekha.press("Send back")
    assert "saved" in await rekha.say("B17-GF 140")
    assert "Sent back by Rekha" in await rekha.say("too dark")
    await ravi.say("B17-SF 0")
    await rekha.say("/pending")
    await rekha.press("Review")
    await rekha.press("Send back")
    await rekha.say("/pending")
    assert "Mr Sharma" in await rekha.say("sharma")


async def test_period_and_due_date_are_chosen_before_approving(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 146")
    await rekha.say("/pending")
    await rekha.press("Period")
    await rekha.press("Due date")
    assert "not a day" in await rekha.say("soon")
    assert "due 30 Nov 2026" in await rekha.say("30 Nov")
    await rekha.press("Period")
    await rekha.press("First day")
    card = await rekha.say("3 Oct")
    assert "3 Oct – 2 Nov 2026 · due 30 Nov 2026" in card
    assert "3 Oct – 2 Nov 2026 · due 30 Nov 2026" in await rekha.press("Approve")


async def test_a_further_bill_of_the_month_is_asked_about(db: Database, ravi: Phone, rekha: Phone) -> None:
    rekha.now = NOW.replace(day=1, hour=19)  # the 2nd in Kolkata
    await ravi.say("B17-FF 146 on 1 Nov")
    await rekha.say("/pending")
    await rekha.press("Approve")
    await ravi.say("B17-FF 10")
    assert "already has a bill for November (₹3,226.00, 2 Nov 2026)" in await rekha.say("/pending")
    assert "Store a further one?" in await rekha.press("Approve")
    assert rekha.labels == ["Without fixed charge, ₹3,346.00", "With, ₹4,820.00", "Cancel"]
    assert "Approved by Rekha" in await rekha.press("Without")
    assert await bills(db) == 2


async def test_a_locked_month_names_itself(db: Database, ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-SF 146 on 30/11/2025")
    assert "November 2025 is locked" in await rekha.say("/pending")
    assert not any("Approve" in label for label in rekha.labels)


async def test_markup_in_names_is_shown_as_typed(db: Database, ravi: Phone, rekha: Phone) -> None:
    async with db.transaction() as conn:
        await conn.execute("update owners set name = '<b>Mr</b> & Co' where name = 'Mr Sharma'")
    await ravi.say("B17-FF 146")
    assert "&lt;b&gt;Mr&lt;/b&gt; &amp; Co" in await rekha.say("/pending")


async def test_the_normal_ones_in_one_press(db: Database, ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 146")
    await ravi.say("B17-GF 140")
    await ravi.say("B17-SF 0")
    assert "2 normal · 1 to look at · 3 without photo · 10 unread" in await rekha.say("/pending")
    offer = await rekha.press("Approve 2 normal")
    assert "2 readings, 286 units, ₹6,380.00 in all." in offer
    assert "Nothing that came after 10:42 is included." in offer
    assert "No chat linked, bill on paper: B17-GF" in offer
    confirm = rekha.messages
    assert "B17-FF · 146 · ₹3,226.00" in await rekha.press("See list")
    done = await rekha.press("Approve 2, ₹6,380.00", among=confirm)
    assert "2 readings approved" in done
    assert "Approved by Rekha, 10:42. The bills (₹6,380.00) go out at 10:43." in done
    assert "Undone by Rekha." in await rekha.press("Undo 2")
    assert await bills(db) == 0
    assert "Nothing was approved" not in await rekha.say("/pending")
