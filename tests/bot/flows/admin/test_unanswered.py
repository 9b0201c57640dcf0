"""Online payments that no provider answers for, in the office's chats."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from jobs.pay_online import PayDesk
from jobs.unanswered import tell_unanswered
from storage import accounts, payment_attempts
from storage.database import Database
from storage.payment_attempts import Attempt, NewAttempt
from tests.bot.flows.owner.story import Story
from tests.bot.flows.phone import Phone
from tests.society import Town

BILL = Decimal("3264.40")


@pytest.fixture
async def story(db: Database, town: Town) -> Story:
    """B17-FF pressed pay yesterday; the keys of Stripe are gone, and the office was told."""
    told = Story(db, town)
    bill_id = await told.bill("B17-FF", "146", share="3.20")
    await told.delivered()
    asked = told.now - timedelta(days=1)
    home, owner = town.flat("B17-FF"), town.sharma.person_id
    async with db.transaction() as conn:
        new = NewAttempt(home.flat_id, bill_id, owner, BILL, "stripe", asked, asked + timedelta(hours=2), asked)
        made = await payment_attempts.add(conn, new)
        await conn.execute("update payment_attempts set state = 'closing', reference = 'cs_1' where id = $1", made.id)
    await tell_unanswered(PayDesk(db, told.society, lambda: told.now, {}))
    await told.delivered()
    return told


async def attempt(story: Story) -> Attempt:
    async with story.db.transaction() as conn:
        found = await payment_attempts.get(conn, await conn.fetchval("select max(id) from payment_attempts"))
    assert found is not None
    return found


async def test_where_to_look_and_what_to_do(story: Story) -> None:
    assert story.mail.of(story.town.rekha)[-1].splitlines() == [
        "B17-FF: was ₹3,264.40 paid by Stripe?",
        "Stripe gives us no answer about it. Until you decide, nobody is asked to pay.",
        "Look at Stripe itself, at the payments of 1 Nov 2026. cs_1",
        "• Paid: send /paid B17-FF 3264.40 card and its number there. Then press Recorded.",
        "• Not paid: press Not paid.",
    ]


async def test_not_paid(story: Story, rekha: Phone, mohan: Phone) -> None:
    card = story.mail.messages(story.town.rekha)[-1:]
    other = story.mail.messages(story.town.mohan)[-1:]
    said = await rekha.press("Not paid", among=card)
    assert said.startswith("<b>B17-FF: ₹3,264.40 by Stripe was not paid</b>, says Rekha\nThe owners can pay again.")
    assert (await attempt(story)).state == "expired"
    assert "was not paid. Nothing is left to decide." in await mohan.press("Recorded", among=other)
    await story.delivered()
    assert "Nothing is left to decide." in story.mail.of(story.town.mohan)[-1]


async def test_paid_counts_once_it_is_recorded(story: Story, rekha: Phone, db: Database) -> None:
    card = story.mail.messages(story.town.rekha)[-1:]
    said = await rekha.press("Recorded", among=card)
    assert said.startswith("₹3,264.40 is not recorded for B17-FF yet. Nothing was done.\n<b>B17-FF: was")
    await rekha.say("/paid B17-FF 3264.4 card pi_1")
    await rekha.press("Record")
    assert "is recorded</b>, says Rekha" in await rekha.press("Recorded", among=card)
    done = await attempt(story)
    assert (done.state, done.paid) == ("paid", BILL)
    async with db.transaction() as conn:
        assert await accounts.balance(conn, story.town.flat("B17-FF").flat_id) == 0


async def test_it_is_found_again(story: Story, rekha: Phone) -> None:
    assert "was ₹3,264.40 paid by Stripe?" in await rekha.say("/strays")
    await rekha.press("Not paid")
    assert "There is no money left to place." in await rekha.say("/strays")


async def test_only_the_office_decides(story: Story, sharma: Phone) -> None:
    await sharma.press("Not paid", among=story.mail.messages(story.town.rekha)[-1:])
    assert (await attempt(story)).state == "closing"
