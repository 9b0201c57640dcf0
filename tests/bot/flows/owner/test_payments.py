"""What owners see of their payments: receipts, and the bill's card kept true in place."""

from datetime import date, timedelta

from tests.bot.flows.owner.story import Story


async def test_a_payment_brings_a_receipt_and_changes_the_card_in_place(story: Story) -> None:
    await story.bill("B17-FF", "146", share="3.20")
    await story.delivered()
    story.now += timedelta(days=7)
    await story.paid("B17-FF", "3264.40")
    await story.delivered()
    card, receipt = story.mail.of(story.town.sharma)
    assert card.splitlines()[:2] == ["October bill · B17-FF: ₹3,264.40", "Paid ₹3,264.40 on 9 Nov 2026"]
    assert receipt == "Received ₹3,264.40 for B17-FF on 9 Nov 2026\nNothing is left to pay. Thank you!"
    assert not any(
        "Pay" in key.label for message in story.mail.messages(story.town.sharma) for row in message.keys for key in row
    )


async def test_part_paid_shows_what_is_left(story: Story) -> None:
    await story.bill("B17-FF", "146", share="3.20")
    await story.delivered()
    await story.paid("B17-FF", "1000")
    await story.delivered()
    card, receipt = story.mail.of(story.town.sharma)
    assert card.splitlines()[1:4] == [
        "Pay by 12 Nov 2026",
        "Paid ₹1,000.00 on 2 Nov 2026",
        "Left to pay now: ₹2,264.40",
    ]
    assert receipt.endswith("Left to pay now: ₹2,264.40")
    [pay] = story.mail.messages(story.town.sharma)[0].keys[0]
    assert pay.label == "Pay ₹2,264.40"


async def test_a_payment_taken_back_is_told_and_the_card_is_open_again(story: Story) -> None:
    await story.bill("B17-FF", "146", share="3.20")
    await story.delivered()
    entry = await story.paid("B17-FF", "3264.40")
    await story.delivered()
    await story.taken_back(entry)
    await story.delivered()
    card, _, correction = story.mail.of(story.town.sharma)
    assert card.splitlines()[1] == "Pay by 12 Nov 2026"
    assert correction == (
        "Correction for B17-FF: the payment of ₹3,264.40 was entered by mistake and is taken back.\n"
        "Left to pay now: ₹3,264.40"
    )


async def test_a_receipt_taken_back_before_it_was_sent_is_not_sent(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.delivered()
    await story.taken_back(await story.paid("B17-FF", "100"))
    await story.delivered()
    assert not any(text.startswith("Received") for text in story.mail.of(story.town.sharma))


async def test_too_much_is_theirs_for_the_next_bill(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.delivered()
    await story.paid("B17-FF", "4000")
    await story.delivered()
    card, _ = story.mail.of(story.town.sharma)
    assert "Paid ₹3,226.00 on 2 Nov 2026\n₹774.00 is in your favour for the next bill." in card
    assert "₹774.00 is in your favour" in await story.phone(story.town.sharma).say("/pay")


async def test_what_comes_after_a_bill_was_settled_is_not_its_own(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.paid("B17-FF", "1226")
    story.now += timedelta(days=3)
    await story.paid("B17-FF", "2000")
    story.now += timedelta(days=7)
    await story.paid("B17-FF", "1000")
    said = await story.phone(story.town.sharma).say("/bill")
    assert "Paid ₹3,226.00 on 5 Nov 2026</b>\n₹1,000.00 is in your favour for the next bill." in said


async def test_a_bill_settled_by_credit_says_so(story: Story) -> None:
    await story.paid("B17-FF", "5000")
    await story.bill("B17-FF", "146")
    await story.delivered()
    assert "Nothing to pay: your credit from before covers it." in story.mail.of(story.town.sharma)[-1]


async def test_at_night_the_receipt_waits_for_the_morning(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.delivered()
    story.now += timedelta(hours=12)
    await story.paid("B17-FF", "3226")
    await story.delivered()
    assert len(story.mail.of(story.town.sharma)) == 1
    assert "Pay by" in story.mail.of(story.town.sharma)[0]
    story.now += timedelta(hours=10)
    await story.delivered()
    card, receipt = story.mail.of(story.town.sharma)
    assert "Paid ₹3,226.00" in card
    assert receipt.startswith("Received")


async def test_only_messages_that_are_there_are_edited(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.paid("B17-FF", "3226")
    await story.delivered()
    bill, receipt = story.mail.of(story.town.sharma)
    assert "Paid ₹3,226.00" in bill
    assert receipt.startswith("Received")


async def test_copies_asked_for_are_kept_true_as_well(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.delivered()
    await story.phone(story.town.sharma).say("/bill")
    await story.paid("B17-FF", "3226")
    await story.delivered()
    said = story.mail.of(story.town.sharma)
    assert len(said) == 3
    assert sum("Paid ₹3,226.00 on 2 Nov 2026" in text for text in said) == 2


async def test_only_the_newest_bills_card_changes(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.delivered()
    story.now += timedelta(days=30)
    await story.bill("B17-FF", "100", date(2026, 11, 30))
    await story.delivered()
    await story.paid("B17-FF", "100")
    await story.delivered()
    october, november, _ = story.mail.of(story.town.sharma)
    assert "Paid" not in october
    assert "Paid ₹100.00" in november


async def test_one_copy_of_the_bill_says_anew_what_is_owed_where_nothing_can_be_edited(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.delivered()
    phone = story.phone(story.town.sharma)
    await phone.say("/bill")
    await phone.say("/bill")
    await story.paid("B17-FF", "100")
    async with story.db.transaction() as conn:
        sql = "select payload->'copy' as copy from notifications where kind = 'bill' and sequence > 1 order by id"
        copies = [row["copy"] for row in await conn.fetch(sql)]
    assert len(copies) > 1
    assert copies.count(False) == 1
    assert copies[-1] is False
