"""What owners see of what they paid and used."""

from __future__ import annotations

from datetime import date

import pytest

from tests.bot.flows.owner.story import Story


async def test_receipts(story: Story) -> None:
    await story.bill("B17-FF", "146", share="3.20")
    await story.paid("B17-FF", "1000", "R 17")
    await story.taken_back(await story.paid("B17-FF", "200"))
    own, other = (await story.phone(story.town.sharma).say("/receipts")).split("\n\n")
    assert own.splitlines() == [
        "<b>Payments for B17-FF</b>",
        "2 Nov 2026: ₹200.00, taken back",
        "2 Nov 2026: ₹1,000.00, number R 17",
        "Left to pay now: ₹2,264.40",
    ]
    assert "Nothing was paid here yet." in other


async def test_credit_is_credit(story: Story) -> None:
    await story.paid("B17-FF", "1000")
    said = await story.phone(story.town.sharma).say("/receipts")
    assert "Nothing is left to pay. Thank you!\n₹1,000.00 is in your favour for the next bill." in said


async def test_a_new_owner_sees_no_payments_of_before(story: Story) -> None:
    await story.paid("B17-FF", "1000")
    await story.run(
        "update flat_owners set since = now() + interval '1 day' where flat_id = $1", story.town.flat("B17-FF").flat_id
    )
    own, _ = (await story.phone(story.town.sharma).say("/receipts")).split("\n\n")
    assert own.splitlines() == [
        "<b>Payments for B17-FF</b>",
        "Nothing was paid here yet.",
        "Nothing is left to pay. Thank you!",
        "₹1,000.00 is in your favour for the next bill.",
    ]


async def test_usage_as_bars(story: Story) -> None:
    await story.bill("B17-FF", "50", date(2026, 9, 30))
    await story.bill("B17-FF", "100", date(2026, 10, 31))
    own, other = (await story.phone(story.town.sharma).say("/usage")).split("\n\n")
    assert own.splitlines() == [
        "<b>Units of B17-FF</b>",
        "██████ September 2026: 50 units",
        "████████████ October 2026: 100 units",
    ]
    assert "no bill with units yet" in other


async def test_who_owns_nothing_is_told_so(story: Story) -> None:
    assert "Payments" not in await story.phone(story.town.ravi).say("/receipts")


@pytest.mark.parametrize(
    ("words", "asked"),
    [("bill", "/bill"), ("BILL", "/bill"), ("बिल", "/bill"), ("Pay", "/pay"), ("भुगतान", "/pay"), ("मदद", "/help")],
)
async def test_plain_words_do_what_their_commands_do(story: Story, words: str, asked: str) -> None:
    await story.bill("B17-FF", "146")
    phone = story.phone(story.town.sharma)
    assert await phone.say(words) == await phone.say(asked)


async def test_a_plain_word_amid_a_dialogue_belongs_to_the_dialogue(story: Story) -> None:
    await story.bill("B17-FF", "146")
    phone = story.phone(story.town.sharma)
    shown = await phone.say("/bill")
    await phone.say("/utr")
    assert await phone.say("bill") != shown
