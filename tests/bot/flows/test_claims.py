"""An owner says “I have paid”: from the UTR over the office to the receipt, once, by whatever route it comes again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.payments import PaymentMethod
from jobs.claim_payment import MOST_WAITING
from jobs.ports import plain
from jobs.record_payment import PaymentSlip, Recorded, record
from jobs.send_reminders import remind
from jobs.verify import verify
from storage import accounts
from storage.database import Database
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import build, work

UTR = "412345678901"
CHECKED = "₹3,264.40 (UTR 412345678901) is being checked by the office; please don't pay it again."
NO_MORE = "Nothing more is to be paid now."


@pytest.fixture
async def story(db: Database) -> Story:
    """B17-FF has a bill of ₹3,264.40 that was delivered."""
    async with db.transaction() as conn:
        town = await build(conn)
    told = Story(db, town)
    await told.bill("B17-FF", "146", share="3.20")
    await told.delivered()
    return told


@pytest.fixture
def sharma(story: Story) -> Phone:
    return story.phone(story.town.sharma)


@pytest.fixture
def rekha(story: Story) -> Phone:
    return story.phone(story.town.rekha)


async def owed(story: Story, flat: str = "B17-FF") -> Decimal:
    async with story.db.transaction() as conn:
        return await accounts.balance(conn, story.town.flat(flat).flat_id)


async def recorded(story: Story, amount: str, method: PaymentMethod = PaymentMethod.UPI, flat: str = "B17-FF") -> None:
    async with story.db.transaction() as conn:
        slip = PaymentSlip(flat, Decimal(amount), method, UTR)
        assert isinstance(await record(work(conn, story.town.rekha, story.now), slip, "office"), Recorded)


async def claimed(sharma: Phone) -> str:
    await sharma.say("/pay")
    await sharma.press("I have paid")
    await sharma.say(UTR)
    return await sharma.press("Yes, ")


async def in_order(story: Story) -> bool:
    async with story.db.transaction() as conn:
        report = await verify(conn)
    return report.ok


async def office_presses(story: Story, phone: Phone, label: str) -> str:
    """Press on the newest message that was delivered to the office."""
    await story.delivered()
    return await phone.press(label, among=story.mail.messages(phone.who)[-1:])


async def test_from_the_pay_answer_to_the_receipt(story: Story, sharma: Phone, rekha: Phone) -> None:
    await sharma.say("/pay")
    assert "12-digit number" in await sharma.press("I have paid")
    assert "not a UTR" in await sharma.say("41234")
    restated = await sharma.say(UTR)
    assert restated == f"You paid <b>₹3,264.40</b> for B17-FF, UTR {UTR}. Is that right?"
    assert "please don't pay again" in await sharma.press("Yes, ₹3,264.40")
    await story.delivered()
    for admin in (story.town.rekha, story.town.mohan):
        card = story.mail.of(admin)[-1]
        assert card.splitlines()[:3] == [
            "B17-FF: Mr Sharma has paid ₹3,264.40",
            f"UTR {UTR}",
            "owes ₹3,264.40 → left ₹0.00",
        ]
    assert "confirmed by Rekha" in await office_presses(story, rekha, "Confirm ₹3,264.40")
    await story.delivered()
    assert "confirmed by Rekha" in story.mail.of(story.town.mohan)[-1]
    assert story.mail.of(story.town.sharma)[-1].startswith("Received ₹3,264.40 for B17-FF")
    assert await owed(story) == 0
    assert await in_order(story)


async def test_pressed_twice_and_by_two_admins_it_counts_once(story: Story, sharma: Phone, rekha: Phone) -> None:
    await claimed(sharma)
    await story.delivered()
    cards = story.mail.messages(story.town.rekha)[-1:]
    mohans = story.mail.messages(story.town.mohan)[-1:]
    await rekha.press("Confirm", among=cards)
    await rekha.press("Confirm", among=cards)
    assert "confirmed by Rekha" in await story.phone(story.town.mohan).press("Not found", among=mohans)
    assert await owed(story) == 0


async def test_the_owner_sends_the_same_twice(story: Story, sharma: Phone) -> None:
    await claimed(sharma)
    assert "You sent UTR 412345678901 before" in await claimed(sharma)
    assert (await sharma.say("/pay")).splitlines() == ["<b>B17-FF</b>", CHECKED, NO_MORE]
    assert sharma.labels == ["I have paid"]


async def test_the_bill_says_what_is_being_checked(story: Story, sharma: Phone, rekha: Phone) -> None:
    await claimed(sharma)
    await story.delivered()
    asked = await sharma.say("/bill")
    for shown in (plain(asked), story.mail.of(story.town.sharma)[0]):
        assert shown.splitlines()[1:3] == [CHECKED, NO_MORE]
    assert not any(label.startswith("Pay") for label in sharma.labels)
    await office_presses(story, rekha, "Not found")
    await story.delivered()
    again = story.mail.messages(story.town.sharma)[0]
    assert CHECKED not in again.text
    assert again.keys[0][0].label == "Pay ₹3,264.40"


async def test_a_part_that_is_being_checked_leaves_the_rest(story: Story, sharma: Phone, rekha: Phone) -> None:
    await sharma.say(f"/utr B17-FF {UTR} 1226")
    await sharma.press("Yes")
    await story.delivered()
    assert story.mail.of(story.town.sharma)[0].splitlines()[1:4] == [
        "Pay by 12 Nov 2026",
        "₹1,226.00 (UTR 412345678901) is being checked by the office; please don't pay it again.",
        "Left to pay now: ₹2,038.40",
    ]
    await sharma.say("/bill")
    assert sharma.labels[0] == "Pay ₹2,038.40"
    ways = await sharma.press("Pay ₹2,038.40")
    assert ways.startswith("<b>To pay for B17-FF: ₹2,038.40</b>\n₹1,226.00 (UTR 412345678901) is being checked")
    await office_presses(story, rekha, "Confirm")
    await story.delivered()
    assert story.mail.of(story.town.sharma)[0].splitlines()[2:4] == [
        "Paid ₹1,226.00 on 2 Nov 2026",
        "Left to pay now: ₹2,038.40",
    ]


@pytest.mark.parametrize("method", [PaymentMethod.UPI, PaymentMethod.BANK])
async def test_a_number_the_office_recorded_is_counted(story: Story, sharma: Phone, method: PaymentMethod) -> None:
    await recorded(story, "3264.40", method)
    await story.paid("B17-FF", "10")
    await sharma.say(f"/utr B17-FF {UTR} 3264.40")
    assert (await sharma.press("Yes")).splitlines() == [
        f"The payment with UTR {UTR} is counted: ₹3,264.40 for B17-FF.",
        "Nothing is left to pay. Thank you!",
        "₹10.00 is in your favour for the next bill.",
    ]
    assert await owed(story) == -10


async def test_a_utr_claimed_and_recorded_by_the_office_meanwhile(story: Story, sharma: Phone, rekha: Phone) -> None:
    await claimed(sharma)
    await recorded(story, "3264.40")
    assert "confirmed by Rekha" in await office_presses(story, rekha, "Confirm")
    assert await owed(story) == 0
    assert await in_order(story)


@pytest.mark.parametrize(("answer", "left"), [("₹3,264.40 is right", "0"), ("Keep ₹3,000.00", "264.40")])
async def test_another_amount_is_asked_about(story: Story, sharma: Phone, rekha: Phone, answer: str, left: str) -> None:
    await claimed(sharma)
    await recorded(story, "3000")
    assert "Which is right?" in await office_presses(story, rekha, "Confirm")
    assert "confirmed by Rekha" in await rekha.press(answer)
    assert await owed(story) == Decimal(left)
    assert await in_order(story)


async def test_not_found_is_told_kindly_and_can_be_sent_again(story: Story, sharma: Phone, rekha: Phone) -> None:
    await claimed(sharma)
    assert "not found, said Rekha" in await office_presses(story, rekha, "Not found")
    await story.delivered()
    told = story.mail.of(story.town.sharma)[-1]
    assert "did not find ₹3,264.40 for B17-FF" in told
    assert "show the payment at the office" in told
    await sharma.press("I have paid", among=story.mail.messages(story.town.sharma)[-1:])
    await sharma.say("412345678902")
    assert "The office looks for" in await sharma.press("Yes")


async def test_no_reminder_while_a_claim_waits(story: Story, sharma: Phone, rekha: Phone) -> None:
    flat_id = story.town.flat("B17-FF").flat_id
    await claimed(sharma)
    async with story.db.transaction() as conn:
        assert not (await remind(work(conn, story.town.rekha, story.now), [flat_id])).flats
    await office_presses(story, rekha, "Not found")
    async with story.db.transaction() as conn:
        assert (await remind(work(conn, story.town.rekha, story.now), [flat_id])).flats == (flat_id,)
    await story.delivered()
    received = story.mail.messages(story.town.sharma)
    assert "12-digit" in await sharma.press("Paid? Send the UTR", among=received)


async def test_what_was_not_found_once_withholds_nothing_when_sent_again(
    story: Story, sharma: Phone, rekha: Phone
) -> None:
    flat_id = story.town.flat("B17-FF").flat_id
    await claimed(sharma)
    await office_presses(story, rekha, "Not found")
    said = await claimed(sharma)
    assert f"The office looks for ₹3,264.40 for B17-FF, UTR {UTR}, once more." in said
    assert "your bill stays as it is" in said
    await sharma.say("/bill")
    assert sharma.labels[0] == "Pay ₹3,264.40"
    async with story.db.transaction() as conn:
        assert (await remind(work(conn, story.town.rekha, story.now), [flat_id])).flats == (flat_id,)
    await story.delivered()
    assert "Paid? Send the UTR" in [key.label for row in story.mail.messages(story.town.sharma)[-1].keys for key in row]
    assert "confirmed by Rekha" in await office_presses(story, rekha, "Confirm")
    assert await owed(story) == 0


async def test_less_than_a_rupee_is_no_payment(story: Story, sharma: Phone) -> None:
    assert "Less than ₹1 cannot be a payment" in await sharma.say(f"/utr B17-FF {UTR} 0.99")
    assert "<b>₹1.00</b>" in await sharma.say("1")
    assert "please don't pay again" in await sharma.press("Yes")


async def test_another_amount_is_typed(story: Story, sharma: Phone, rekha: Phone) -> None:
    await sharma.say(UTR)
    assert "For which flat" in sharma.replies[0].text or "for which flat" in sharma.replies[0].text
    await sharma.press("B17-FF")
    await sharma.press("Another amount")
    for wrong in ("0", "-5", "12.345", "much"):
        assert "not an amount" in await sharma.say(wrong)
    assert "<b>₹1,000.50</b>" in await sharma.say("1000.50")
    await sharma.press("Yes, ₹1,000.50")
    await office_presses(story, rekha, "Confirm ₹1,000.50")
    assert await owed(story) == Decimal("2263.90")


async def test_nothing_owed_asks_for_the_amount(story: Story, sharma: Phone) -> None:
    await story.paid("B17-FF", "3264.40")
    assert "How much did you pay" in await sharma.say(f"/utr B17-FF {UTR}")
    assert "<b>₹50.00</b>" in await sharma.say("50")


async def test_the_office_sees_a_number_sent_for_two_flats(story: Story, sharma: Phone) -> None:
    await recorded(story, "100", flat="B18-FF")
    await claimed(sharma)
    await story.delivered()
    assert "This UTR is already counted for B18-FF, ₹100.00 on 2 Nov 2026." in story.mail.of(story.town.rekha)[-1]


async def test_what_changed_since_the_card_came_is_shown_before_it_counts(
    story: Story, sharma: Phone, rekha: Phone
) -> None:
    await claimed(sharma)
    await story.delivered()
    card = story.mail.messages(story.town.rekha)[-1:]
    await recorded(story, "100", flat="B18-FF")
    await story.paid("B17-FF", "264.40")
    for label in ("Confirm", "Not found"):
        shown = await rekha.press(label, among=card)
        assert "Something changed since. Nothing was recorded." in shown
        assert "This UTR is already counted for B18-FF, ₹100.00 on 2 Nov 2026." in shown
        assert "owes ₹3,000.00 → credit ₹264.40 for the next bill" in shown
    assert await owed(story) == 3000
    assert "confirmed by Rekha" in await rekha.press("Confirm")
    assert await owed(story) == Decimal("-264.40")


async def test_only_ones_own_flats(story: Story, sharma: Phone) -> None:
    assert "not on your account" in await sharma.say(f"/utr C8-GF {UTR} 100")


async def test_a_flat_sold_meanwhile(story: Story, sharma: Phone) -> None:
    await sharma.say(f"/utr B17-FF {UTR}")
    await story.sold("B17-FF", "Tara Sen", "+447700900950")
    assert "not on your account" in await sharma.press("Yes")


async def test_so_many_wait_and_no_more(story: Story, sharma: Phone) -> None:
    for number in range(MOST_WAITING):
        await sharma.say(f"/utr B17-FF 41234567890{number} 10")
        await sharma.press("Yes")
    await sharma.say("/utr B17-FF 412345678909 10")
    assert "wait for the office already" in await sharma.press("Yes")


async def test_cancelled(story: Story, sharma: Phone) -> None:
    await sharma.say("/utr")
    assert "Nothing was sent" in await sharma.press("Cancel")
    assert "did not understand" in await sharma.say("what now")


async def test_at_night_the_refusal_waits(story: Story, sharma: Phone, rekha: Phone) -> None:
    await claimed(sharma)
    await story.delivered()
    rekha.now = story.now = story.now + timedelta(hours=12)
    await office_presses(story, rekha, "Not found")
    await story.delivered()
    assert "did not find" not in story.mail.of(story.town.sharma)[-1]


async def test_who_lost_the_right_decides_nothing(story: Story, sharma: Phone, rekha: Phone) -> None:
    await claimed(sharma)
    await story.delivered()
    await story.run("update staff set revoked_at = now() where person_id = $1", story.town.rekha.person_id)
    assert "for another role" in await office_presses(story, rekha, "Confirm")
    assert await owed(story) == Decimal("3264.40")


async def test_in_hindi(story: Story, sharma: Phone) -> None:
    await story.run("update chat_identities set language = 'hi' where id = $1", story.town.sharma.chat_id)
    assert "यूटीआर" in await sharma.say(f"/utr B17-FF {UTR}")
    assert "रसीद यहीं आएगी" in await sharma.press("हाँ")
    assert "कार्यालय ₹3,264.40 (यूटीआर 412345678901) की जाँच कर रहा है; कृपया इसे दोबारा न भरें।" in await sharma.say("/bill")
