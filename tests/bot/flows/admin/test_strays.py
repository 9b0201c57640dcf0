"""Money that could not be placed: to a flat, or away with a reason."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.payments import PaymentMethod
from jobs.quarantine import OTHER_AMOUNT, UNKNOWN_LINK, UNKNOWN_PAYMENT, WRONG_CURRENCY, WRONG_MODE, keep_stray
from jobs.record_payment import PaymentSlip, record
from jobs.verify import verify
from storage import accounts
from storage.database import Database
from storage.stray_payments import NewStray
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import Town, work


@pytest.fixture
async def story(db: Database, town: Town) -> Story:
    """B17-FF owes ₹3,264.40."""
    told = Story(db, town)
    await told.bill("B17-FF", "146", share="3.20")
    await told.delivered()
    return told


async def stray(story: Story, amount: str | None, reason: str = UNKNOWN_LINK, key: str = "pi_1") -> None:
    async with story.db.transaction() as conn:
        rupees = None if amount is None else Decimal(amount)
        currency = "INR" if rupees is not None else "USD"
        facts = {"how": "refund"} if rupees is not None and rupees < 0 else {"method": "card"}
        new = NewStray("stripe", key, reason, rupees, currency, key, facts)
        await keep_stray(work(conn, story.town.rekha, story.now), new)


async def owed(story: Story) -> Decimal:
    async with story.db.transaction() as conn:
        return await accounts.balance(conn, story.town.flat("B17-FF").flat_id)


async def in_order(story: Story) -> bool:
    async with story.db.transaction() as conn:
        return (await verify(conn)).ok


async def test_posted_to_the_flat_that_an_admin_names(story: Story, rekha: Phone) -> None:
    await stray(story, "1000")
    await story.delivered()
    card = story.mail.messages(story.town.rekha)[-1:]
    assert "which flat" in await rekha.press("Post to a flat", among=card)
    assert "There is no flat" in await rekha.say("nowhere")
    assert "owes ₹3,264.40 → left ₹2,264.40" in await rekha.say("B17-FF")
    shown = rekha.messages
    assert "₹1,000.00 posted to B17-FF by Rekha" in await rekha.press("Post ₹1,000.00")
    assert "decided before" in await rekha.press("Post ₹1,000.00", among=shown)
    assert await owed(story) == Decimal("2264.40")
    await story.delivered()
    assert "Received ₹1,000.00" in story.mail.of(story.town.sharma)[-1]
    assert await in_order(story)
    assert "There is no money left to place." in await rekha.say("/strays")


async def test_dismissed_with_a_reason(story: Story, rekha: Phone) -> None:
    await stray(story, "1000")
    assert (await rekha.say("/strays")).startswith("<b>Money we could not place: ₹1,000.00 at Stripe</b>")
    await rekha.press("Dismiss")
    assert rekha.labels == ["A test payment", "Not for the society", "Settled another way", "Back"]
    shown = rekha.messages
    assert await rekha.press("Not for the society") == "Dismissed by Rekha: Not for the society."
    assert "decided before" in await rekha.press("A test payment", among=shown)
    assert await owed(story) == Decimal("3264.40")


@pytest.mark.parametrize(("amount", "reason"), [(None, WRONG_CURRENCY), ("10", WRONG_MODE), ("-10", UNKNOWN_PAYMENT)])
async def test_what_is_no_money_for_an_account_can_only_be_dismissed(
    story: Story, rekha: Phone, amount: str | None, reason: str
) -> None:
    await stray(story, amount, reason)
    await rekha.say("/strays")
    assert rekha.labels == ["Dismiss…"]


async def test_another_amount_under_its_reference(story: Story, rekha: Phone) -> None:
    async with story.db.transaction() as conn:
        slip = PaymentSlip("B17-FF", Decimal(5), PaymentMethod.CARD, "pi_1")
        await record(work(conn, story.town.rekha, story.now), slip, "office")
    await stray(story, "1000", OTHER_AMOUNT)
    await rekha.say("/strays")
    await rekha.press("Post to a flat")
    await rekha.say("B17-FF")
    assert "has a payment with this reference and ₹5.00" in await rekha.press("Post ₹1,000.00")
    assert await owed(story) == Decimal("3259.40")


async def test_a_reference_counted_for_another_flat_is_said_before_the_press(story: Story, rekha: Phone) -> None:
    async with story.db.transaction() as conn:
        slip = PaymentSlip("B18-FF", Decimal(5), PaymentMethod.CARD, "pi_1")
        await record(work(conn, story.town.rekha, story.now), slip, "office")
    await stray(story, "1000")
    await rekha.say("/strays")
    await rekha.press("Post to a flat")
    assert "This reference is already counted for B18-FF, ₹5.00 on 2 Nov 2026." in await rekha.say("B17-FF")


async def test_many_are_shown_a_few_at_a_time(story: Story, rekha: Phone) -> None:
    for number in range(7):
        await stray(story, "10", key=f"pi_{number}")
    assert "2 more wait" in await rekha.say("/strays")
    assert len(rekha.replies) == 6
