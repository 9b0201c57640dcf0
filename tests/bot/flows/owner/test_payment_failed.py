"""A payment that is refused after the owner left the provider's page: told once, with a way to pay, never once paid."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.payments import PaymentSource
from jobs import settle_payment
from jobs.payment_news import LinkNews
from jobs.payment_ports import Captured, LinkState, NotPaid, UnderWay
from jobs.quarantine import Source
from jobs.settle_payment import settle
from storage import payment_attempts
from storage.database import Database
from storage.payment_attempts import Attempt, NewAttempt
from tests.bot.flows.owner.story import Story
from tests.society import build, work

OWED = Decimal("3226.00")
FAILED = NotPaid("the bank refused the payment")
SAID = "Your card payment of ₹3,226.00 for B17-FF did not go through; nothing was taken."


@pytest.fixture
async def story(db: Database) -> Story:
    """B17-FF owes ₹3,226."""
    async with db.transaction() as conn:
        told = Story(db, await build(conn))
    await told.bill("B17-FF", "146")
    await told.delivered()
    return told


async def asked(story: Story, provider: str = "stripe") -> Attempt:
    """Mr Sharma pressed pay."""
    home = story.town.flat("B17-FF")
    async with story.db.transaction() as conn:
        hours = timedelta(hours=2)
        new = NewAttempt(
            home.flat_id,
            await conn.fetchval("select max(id) from bills"),
            story.town.sharma.person_id,
            OWED,
            provider,
            story.now,
            story.now + hours,
            story.now + hours,
        )
        return await payment_attempts.add(conn, new)


async def heard(story: Story, attempt: Attempt, state: LinkState) -> None:
    async with story.db.transaction() as conn:
        todo = work(conn, story.town.rekha, story.now)
        await settle(todo, Source(PaymentSource.STRIPE, live=False), LinkNews("cs_1", attempt.key, state))


async def news(story: Story) -> list[str]:
    """What came after the bill."""
    await story.delivered()
    return story.mail.of(story.town.sharma)[1:]


async def test_it_is_said_once_for_each_attempt_with_a_way_to_pay(story: Story) -> None:
    attempt = await asked(story)
    await heard(story, attempt, UnderWay("cs_1"))
    assert await news(story) == []
    await heard(story, attempt, FAILED)
    await heard(story, attempt, FAILED)
    [said] = await news(story)
    assert said == f"{SAID} Pay again:"
    assert "Pay ₹3,226.00" in [key.label for row in story.mail.messages(story.town.sharma)[1].keys for key in row]


async def test_in_hindi(story: Story) -> None:
    await story.run("update chat_identities set language = 'hi'")
    await heard(story, await asked(story), FAILED)
    assert await news(story) == ["B17-FF के लिए ₹3,226.00 का आपका कार्ड भुगतान नहीं हो पाया; कोई पैसा नहीं कटा। फिर से भरें:"]


async def test_not_once_it_is_paid(story: Story) -> None:
    await heard(story, await asked(story), FAILED)
    await story.paid("B17-FF", "3226")
    assert not [one for one in await news(story) if "did not go through" in one]


async def test_a_late_refusal_does_not_undo_what_was_paid(story: Story) -> None:
    attempt = await asked(story)
    await heard(story, attempt, Captured("cs_1", ()))
    await heard(story, attempt, FAILED)
    assert await news(story) == []


async def test_not_while_another_payment_is_under_way(story: Story) -> None:
    await heard(story, await asked(story), FAILED)
    await asked(story)
    assert await news(story) == []


async def test_not_at_night(story: Story) -> None:
    attempt = await asked(story)
    story.now += timedelta(hours=12)
    await heard(story, attempt, FAILED)
    assert await news(story) == []
    story.now += timedelta(hours=12)
    assert len(await news(story)) == 1


def refused(attempt: Attempt, paise: int = 322_600) -> dict[str, Any]:
    """Razorpay's word that a payment through the link failed; the link itself can still be paid."""
    payment = {"id": "pay_1", "amount": paise, "currency": "INR", "status": "failed", "notes": {"attempt": attempt.key}}
    return {"event": "payment.failed", "payload": {"payment": {"entity": payment}}}


async def hears(story: Story, event: dict[str, Any], key: str) -> None:
    async with story.db.transaction() as conn:
        data = {"provider": "razorpay", "key": key, "live": None, "event": event}
        await settle_payment.hear(work(conn, story.town.rekha, story.now), data)


async def test_at_razorpay_whoever_is_still_on_its_page_is_left_alone(story: Story) -> None:
    attempt = await asked(story, "razorpay")
    await story.run("update payment_attempts set state = 'open'")
    await hears(story, refused(attempt, 100_000), "e1")
    await hears(story, refused(attempt), "e2")
    assert await news(story) == []
    story.now += timedelta(minutes=10)
    [said] = await news(story)
    assert said.startswith("Your online payment of ₹1,000.00 for B17-FF did not go through; nothing was taken.")


async def test_at_razorpay_a_second_try_that_worked(story: Story) -> None:
    attempt = await asked(story, "razorpay")
    await story.run("update payment_attempts set state = 'open'")
    await hears(story, refused(attempt), "e1")
    await story.run("update payment_attempts set state = 'paid'")
    story.now += timedelta(minutes=10)
    assert await news(story) == []
