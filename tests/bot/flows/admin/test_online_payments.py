"""What the office reads about money at the providers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.payments import PaymentMethod, PaymentSource
from jobs import quarantine
from jobs.correct_account import GivenBack
from jobs.payment_news import GivenAgain, TakenBack
from jobs.quarantine import Source, keep_stray
from jobs.record_payment import PaymentSlip, record
from jobs.take_back import give_again, take_back
from storage.database import Database
from storage.stray_payments import NewStray
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import Town, work

REFUND = ("re_1", "pi_1", 40_000, "INR")


@pytest.fixture
async def story(db: Database, town: Town) -> Story:
    """B17-FF owes ₹3,264.40."""
    told = Story(db, town)
    await told.bill("B17-FF", "146", share="3.20")
    await told.delivered()
    return told


async def failed(story: Story) -> str:
    """The refund fails, as its events say three times; what Rekha reads of it."""
    async with story.db.transaction() as conn:
        todo, source = work(conn, story.town.rekha, story.now), Source(PaymentSource.STRIPE)
        await take_back(todo, source, TakenBack(GivenBack.REFUND, *REFUND))
        for _ in range(3):
            await give_again(todo, source, GivenAgain(GivenBack.REFUND, *REFUND))
    await story.delivered()
    [said] = [text for text in story.mail.of(story.town.rekha) if "failed" in text]
    return said


async def test_a_refund_that_failed(story: Story) -> None:
    async with story.db.transaction() as conn:
        slip = PaymentSlip("B17-FF", Decimal(1000), PaymentMethod.CARD, "pi_1")
        await record(work(conn, story.town.rekha, story.now), slip, "t1")
    assert await failed(story) == (
        "Refund of ₹400.00 for B17-FF failed\n"
        "The society has the money again, and it counts as paid for B17-FF.\n"
        "Agree with the payer on another way, or refund it at Stripe once more. re_1"
    )


async def test_a_refund_that_failed_of_a_payment_on_no_account(story: Story, rekha: Phone) -> None:
    said = await failed(story)
    assert said.startswith("Refund of ₹400.00 failed\nThe society has the money again. Its payment is on no")
    assert "There is no money left to place." in await rekha.say("/strays"), "there is nothing to decide any more"


async def test_test_money_is_not_to_be_posted(story: Story, rekha: Phone) -> None:
    async with story.db.transaction() as conn:
        new = NewStray("stripe", "pi_1", quarantine.WRONG_MODE, Decimal(10), "INR", "pi_1", {})
        await keep_stray(work(conn, story.town.rekha, story.now), new)
    said = await rekha.say("/strays")
    assert said.endswith("It is on no account. Look up <code>pi_1</code> at Stripe.")


async def test_money_of_no_link_is_posted_by_the_button(story: Story, rekha: Phone) -> None:
    """And what had gone back of it meanwhile is said."""
    async with story.db.transaction() as conn:
        todo = work(conn, story.town.rekha, story.now)
        await keep_stray(todo, NewStray("stripe", "pi_1", quarantine.UNKNOWN_LINK, Decimal(1000), "INR", "pi_1", {}))
        await take_back(todo, Source(PaymentSource.STRIPE), TakenBack(GivenBack.REFUND, *REFUND))
    assert "when you know the flat, press the button." in await rekha.say("/strays")
    card = rekha.messages[-2:]
    await rekha.press("Post to a flat", among=card)
    await rekha.say("B17-FF")
    assert await rekha.press("Post ₹1,000.00") == (
        "<b>₹1,000.00 posted to B17-FF by Rekha.</b>\n"
        "₹400.00 of it went back to the payer before; that is on the account now too.\n"
        "Left ₹2,664.40."
    )
