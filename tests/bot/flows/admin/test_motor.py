"""A motor's own reading on the office's phone: its split, what its group waits for, and the words that end the wait."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.conversation import Action
from bot.flows.admin.binding import Shown
from bot.i18n import Translator
from bot.texts.reasons import plain_reason
from jobs.approve_batch import issue_batch
from storage.database import Database
from tests.bot.flows.admin.test_announcements import service, told
from tests.bot.flows.phone import Phone

LATER = datetime(2026, 11, 2, 5, 14, tzinfo=UTC)
FIVE = ("B17-GF 100", "B17-FF 50", "B17-SF 50", "B18-GF 0", "B18-FF 100")


async def bills(db: Database) -> int:
    async with db.transaction() as conn:
        count: int = await conn.fetchval("select count(*) from bills")
        return count


async def approve(rekha: Phone, reading: str) -> str:
    """Open the reading that waits alone, and approve it."""
    card = await rekha.say("/pending")
    assert reading in card, card
    return await rekha.press("Approve")


async def opened(db: Database, rekha: Phone, code: str) -> None:
    """The card of the flat's newest reading."""
    async with db.transaction() as conn:
        sql = """select max(r.id) from readings r join meters m on m.id = r.meter_id join flats f on f.id = m.flat_id
                 where f.code = $1"""
        reading_id = await conn.fetchval(sql, code)
    await rekha.press_action(Action("review.show", Shown(reading_id, f"review:{code}").data()))


async def outcome(db: Database, rekha: Phone) -> str:
    """What the message that approved a batch says in the end."""
    card = await told(db, "batch_issued", rekha.who)
    assert card is not None
    return card.text


async def test_the_cards_say_what_the_group_waits_for(ravi: Phone, rekha: Phone, db: Database) -> None:
    await ravi.say("MOTOR-B 320")
    card = await rekha.say("/pending")
    assert "<b>MOTOR-B</b> · motor of 5 flats · November 2026" in card
    assert "<b>320</b> units" in card
    assert "Shares add up to 320.00 of 320.00 units." in card
    assert "MOTOR-B waits for: unread, by estimate so far: B17-FF, B17-GF, B17-SF, B18-FF, B18-GF" in card
    assert rekha.labels == ["Approve", "Correct", "Send back"]
    done = await rekha.press("Approve")
    assert "Approved by Rekha, 10:42" in done
    assert rekha.labels == ["Take approval back"]
    await ravi.say("B17-FF 146")
    card = await rekha.say("/pending")
    assert "MOTOR-B: 320 units over 5 flats by use, this flat 160 as it stands" in card
    assert "unread, by estimate so far: B17-GF, B17-SF, B18-FF, B18-GF" in card
    assert rekha.labels[0] == "Approve, bill later"
    done = await rekha.press("Approve")
    assert "the bill follows" in done
    assert "MOTOR-B waits for:" in done
    assert rekha.labels == ["MOTOR-B", "Take approval back"]
    assert "MOTOR-B, November: 1 of 5 flats ready, 1 waits for its bill" in await rekha.say("/pending")
    assert await bills(db) == 0
    card = await rekha.press("MOTOR-B 1 of 5")
    assert "B17-GF" in card
    assert "estimate" in card
    assert "To be billed: B17-FF ₹5,146.00" in card
    assert rekha.labels == ["Bill 1 flat now, ₹5,146.00, 4 estimated", "Take approval back"]
    done = await rekha.press("Bill 1 flat now")
    assert "<b>MOTOR-B: 1 bill issued, ₹5,146.00</b>" in done
    assert "Their share is kept for their own bill: B17-GF, B17-SF, B18-FF, B18-GF" in done
    assert "billed, the shares are final" in done
    assert await bills(db) == 1


async def test_one_reading_that_waits_hides_no_motor_that_can_be_billed(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("MOTOR-B 320")
    await approve(rekha, "MOTOR-B")
    await ravi.say("B17-GF 100")
    await approve(rekha, "B17-GF")
    await ravi.say("B7-FF 146")
    card = await rekha.say("/pending")
    assert "<b>B7-FF</b>" in card
    assert "MOTOR-B, November: 1 of 5 flats ready, 1 waits for its bill" in card
    assert rekha.labels[0].startswith("Approve")
    assert "To be billed: B17-GF" in await rekha.press("MOTOR-B 1 of 5")


async def test_the_last_approval_bills_the_group_and_the_owner_reads_how(
    ravi: Phone, rekha: Phone, sharma: Phone, db: Database
) -> None:
    await ravi.say("MOTOR-B 320")
    await approve(rekha, "MOTOR-B")
    for reading in FIVE:
        await ravi.say(reading)
        await approve(rekha, reading.split()[0])
    assert await bills(db) == 5
    assert any("MOTOR-B: 4 bills issued" in reply.text for reply in rekha.replies)
    assert "(50 units + 53.33 motor) × ₹12.00 = ₹1,239.96" in (await sharma.say("/bill"))
    said = await sharma.press("How worked out")
    assert "Motor MOTOR-B: 320 units, shared by 5 flats by use; your part" in said


async def test_flats_billed_before_are_proposed_for_a_debit_note(ravi: Phone, rekha: Phone, db: Database) -> None:
    await ravi.say("B17-GF 100")
    await approve(rekha, "B17-GF")
    for reading in ("MOTOR-B 320", *FIVE[1:-1]):
        await ravi.say(reading)
        await approve(rekha, reading.split()[0])
    waiting = rekha.messages
    await ravi.say(FIVE[-1])
    await approve(rekha, "B18-FF")
    assert await bills(db) == 5
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from notifications where kind = 'motor_shares_owed'") == 2
    card = await rekha.press("MOTOR-B", among=waiting)
    assert "1 flat was billed before MOTOR-B was read, or not read that month. Its share is on no bill:" in card
    assert "B17-GF: 106.67 units × ₹12.00 = ₹1,280.04" in card
    done = await rekha.press("Add 1 debit note, ₹1,280.04")
    assert "<b>1 debit note added, ₹1,280.04</b>" in done
    assert "by debit note" in done
    async with db.transaction() as conn:
        kinds = await conn.fetch("select kind, amount, note from account_entries where kind = 'DEBIT_NOTE'")
    assert [(row["kind"], str(row["amount"])) for row in kinds] == [("DEBIT_NOTE", "1280.04")]
    hindi = plain_reason(Translator("hi"), kinds[0]["note"])
    assert hindi == "नवंबर 2026 में पानी की मोटर MOTOR-B का आपका हिस्सा: 106.67 यूनिट"


async def test_an_approval_is_taken_back_and_a_motor_left_out(ravi: Phone, rekha: Phone, db: Database) -> None:
    await ravi.say("MOTOR-B 320")
    await ravi.say("B17-FF 50")
    await rekha.say("/pending")
    await rekha.press("Review 2")
    assert "waits for" in await rekha.press("Approve")
    card = await rekha.say("/pending")
    assert "motor of 5 flats" in card
    assert rekha.labels == ["Approve", "Correct", "Send back", "Bill 1 flat without MOTOR-B, ₹2,074.00"]
    assert "To be billed without MOTOR-B: B17-FF ₹2,074.00" in card
    assert "why?" in await rekha.press("Send back")
    done = await rekha.press("Too high")
    assert "sent back to be read again" in done
    done = await rekha.press("Bill 1 flat without MOTOR-B")
    assert "Left out: the flats are billed without a share of it" in done
    assert "1 bill issued, ₹2,074.00" in done
    assert await bills(db) == 1


async def test_what_billing_now_comes_to_binds(ravi: Phone, rekha: Phone, mohan: Phone, db: Database) -> None:
    await ravi.say("MOTOR-B 320")
    await approve(rekha, "MOTOR-B")
    await ravi.say("B17-FF 146")
    await approve(rekha, "B17-FF")
    await rekha.press("MOTOR-B")
    await mohan.say("/paid B17-FF 1000 cash")
    await mohan.press("Record")
    again = await rekha.press("Bill 1 flat now, ₹5,146.00")
    assert "Something changed" in again
    assert "To be billed: B17-FF ₹4,146.00" in again
    assert await bills(db) == 0
    assert "1 bill issued, ₹4,146.00" in await rekha.press("Bill 1 flat now, ₹4,146.00")


async def test_what_leaving_a_motor_out_comes_to_binds(ravi: Phone, rekha: Phone, mohan: Phone, db: Database) -> None:
    await ravi.say("MOTOR-B 320\nB17-FF 50")
    await rekha.say("/pending")
    await rekha.press("Review 2")
    await rekha.press("Approve")
    await rekha.say("/pending")
    await mohan.say("/paid B17-FF 1000 cash")
    await mohan.press("Record")
    assert "Something changed" in await rekha.press("Bill 1 flat without MOTOR-B, ₹2,074.00")
    assert await bills(db) == 0
    assert "1 bill issued, ₹1,074.00" in await rekha.press("Bill 1 flat without MOTOR-B, ₹1,074.00")


async def test_a_motor_that_its_flats_wait_for_names_their_bills(
    ravi: Phone, rekha: Phone, mohan: Phone, db: Database
) -> None:
    await ravi.say("MOTOR-B 320")
    await approve(rekha, "MOTOR-B")
    motor = rekha.messages
    for reading in FIVE[:-1]:
        await ravi.say(reading)
        await approve(rekha, reading.split()[0])
    await rekha.press("Take approval back", among=motor)
    await ravi.say(FIVE[-1])
    await opened(db, rekha, "B18-FF")
    await rekha.press("Approve")
    card = await rekha.say("/pending")
    assert "To be billed: B17-GF ₹3,954.04, B18-FF ₹3,954.04, " in card
    assert rekha.labels[0].startswith("Approve, bill 5 flats, ₹")
    await mohan.say("/paid B17-FF 1000 cash")
    await mohan.press("Record")
    assert "Something changed" in await rekha.press("Approve, bill 5 flats")
    total = rekha.labels[0].removeprefix("Approve, bill 5 flats, ")
    assert f"MOTOR-B: 5 bills issued, {total}" in await rekha.press("Approve, bill 5 flats")


async def test_a_motors_value_is_corrected_without_a_share(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("MOTOR-B 3200")
    await rekha.say("/pending")
    assert "With a motor share" not in await rekha.press("Correct")
    assert "The motor itself has no share" in await rekha.say("320 motor 3")
    assert "3200 corrected to <b>320</b> by Rekha" in await rekha.say("320")
    assert "Approved by Rekha" in await rekha.press("Approve")


async def test_a_motors_value_in_doubt_is_asked_about(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("MOTOR-B 9999999")
    await rekha.say("/pending")
    assert "Is the value right?" in await rekha.press("Approve")
    assert rekha.labels == ["Approve 9999999 units, bill later", "Correct", "Send back", "Cancel"]
    assert "Approved by Rekha" in await rekha.press("Approve 9999999 units")


async def test_one_press_for_the_normal_ones_says_which_bills_come_later(
    ravi: Phone, rekha: Phone, db: Database
) -> None:
    await ravi.say("MOTOR-B 320\nB17-FF 146\nSCO-3 10")
    assert "3 normal" in await rekha.say("/pending")
    offer = await rekha.press("Approve 3 normal")
    assert "3 readings, 10 units, ₹2,277.00 billed now." in offer
    assert "1 of them waits for its motor: it is billed when the last of its group is approved." in offer
    confirm = rekha.messages
    listed = await rekha.press("See list")
    assert "B17-FF · 146 · with its motor" in listed
    assert "MOTOR-B · 320 · motor" in listed
    done = await rekha.press("Approve 3, ₹2,277.00", among=confirm)
    assert "The bill (₹2,277.00) goes out at 10:43." in done
    assert "1 of them waits for its motor" in done
    assert await bills(db) == 0


async def test_where_all_wait_for_their_motor_no_amount_is_named(ravi: Phone, rekha: Phone, db: Database) -> None:
    await ravi.say("MOTOR-B 320\nB17-FF 146\nB17-GF 140")
    await rekha.say("/pending")
    offer = await rekha.press("Approve 3 normal")
    assert "2 of them wait for their motor: they are billed when the last of their group is approved." in offer
    assert rekha.labels == ["Approve 3", "See list", "Cancel"]
    done = await rekha.press("Approve 3")
    assert "Approved by Rekha, 10:42. It can be undone until 10:43." in done
    assert "2 of them wait for their motor" in done
    async with db.transaction() as conn:
        await issue_batch(service(conn), {"batch": 1, "card": "batch:1"})
    card = await outcome(db, rekha)
    assert card.startswith("<b>No bill is issued yet.</b>\nApproved, waiting for their motor: B17-FF, B17-GF")
    assert "₹0.00" not in offer + done + card


async def test_flats_approved_before_are_counted_where_their_motor_is_the_last(
    ravi: Phone, rekha: Phone, db: Database
) -> None:
    await ravi.say("\n".join(("MOTOR-B 320", *FIVE)))
    async with db.transaction() as conn:
        await conn.execute("update readings set flags = '{}', confirmed = true where state = 'pending'")
    for code in ("B17-GF", "B17-FF", "B17-SF", "B18-GF"):
        await opened(db, rekha, code)
        await rekha.press("Approve")
    assert await bills(db) == 0
    await rekha.say("/pending")
    offer = await rekha.press("Approve 2 normal")
    assert "4 flats approved before are billed with them." in offer
    label = rekha.labels[0]
    assert "Approve 2, ₹" in label
    await rekha.press("Approve 2")
    async with db.transaction() as conn:
        await issue_batch(service(conn), {"batch": 1, "card": "batch:1"})
    card = await outcome(db, rekha)
    assert card.startswith(f"<b>5 bills issued, {label.partition(', ')[2]}</b>")


async def test_a_flat_whose_motor_is_not_read_yet_says_so(ravi: Phone, rekha: Phone) -> None:
    await ravi.say("B17-FF 146")
    said = "No motor share yet: MOTOR-B is not read for November. Approve after its reading to include it."
    assert said in await rekha.say("/pending")
    await ravi.say("MOTOR-B 320")
    await rekha.say("/pending")
    assert "No motor share yet" not in await rekha.press("Review")


async def test_one_press_for_the_normal_ones_says_whose_motor_is_not_read(
    ravi: Phone, rekha: Phone, db: Database
) -> None:
    await ravi.say("B17-FF 146\nB17-GF 140\nSCO-3 10")
    async with db.transaction() as conn:
        await conn.execute("update readings set flags = '{}', confirmed = true where state = 'pending'")
    await rekha.say("/pending")
    offer = await rekha.press("Approve 3 normal")
    assert "2 of them have no motor share yet.</b> Not read: MOTOR-B. Read the motors first" in offer
    assert "no motor share" not in await rekha.press("Leave out the 2 without share")
    assert rekha.labels[0].startswith("Approve 1, ₹")
    assert "1 reading approved" in await rekha.press("Approve 1")
    assert "2 normal" in await rekha.say("/pending")


async def test_strange_readings_are_named_before_a_group_is_billed_without_their_approval(
    ravi: Phone, rekha: Phone, db: Database
) -> None:
    """A nought too many at B18-GF keeps the button away; nothing read at B17-SF is only named."""
    await ravi.say("MOTOR-B 320")
    await approve(rekha, "MOTOR-B")
    await ravi.say("B17-FF 146")
    await approve(rekha, "B17-FF")
    for reading in ("B17-SF 0", "B18-GF 140"):
        await ravi.say(reading)
    await opened(db, rekha, "B17-FF")
    card = await rekha.press("MOTOR-B")
    assert "Unusual and not approved, counted as sent: B17-SF 0" in card.splitlines()
    assert any(label.startswith("Bill 1 flat now") for label in rekha.labels)
    before = rekha.messages
    await ravi.say("B18-GF 14000")
    await ravi.press("Replace")
    doubt = "B18-GF's 14000 units need a decision first: correct, approve or send back in /pending."
    card = await rekha.press("Bill 1 flat now", among=before)
    assert await bills(db) == 0
    assert doubt in card.splitlines()
    assert "To be billed" not in card
    assert rekha.labels == ["Take approval back"]
