"""What no provider answers for is neither paid nor unpaid: admins are shown it once, and it is never taken for a no."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from domain.attempts import AttemptState
from jobs.pay_online import BeingChecked, ToProvider
from jobs.reconcile import look_up_due
from jobs.unanswered import KIND, not_paid, tell_unanswered
from storage.database import Database
from tests.jobs.test_pay_online import under_way, unknown
from tests.society import work
from tests.till import BILL, Shop, shop


@pytest.fixture
async def open_shop(db: Database) -> AsyncIterator[Shop]:
    async with shop(db) as running:
        yield running


async def test_a_payment_of_a_provider_without_keys_is_shown_once_and_settled(open_shop: Shop) -> None:
    """Until then nobody is asked to pay again; money that comes all the same is posted."""
    await unknown(open_shop)
    [sale] = open_shop.till.sales.by_id.values()
    closed = replace(open_shop.desk, providers={})
    assert await tell_unanswered(closed) == 0, "its page can still be paid"
    open_shop.clock.passes(hours=3)
    assert await tell_unanswered(closed) == 2, "each admin"
    assert await tell_unanswered(closed) == 0
    assert await under_way(open_shop)
    attempt = await open_shop.attempt()
    async with open_shop.db.transaction() as conn:
        await not_paid(work(conn, open_shop.town.rekha, open_shop.clock()), attempt.id)
    assert not await under_way(open_shop)
    assert isinstance(await open_shop.press(), ToProvider)
    open_shop.till.sales.pay(sale)
    await open_shop.hears(*open_shop.till.events)
    assert await open_shop.entries() == [("PAYMENT", -BILL)]


async def test_a_page_that_another_account_made_may_have_been_paid_there(open_shop: Shop) -> None:
    """The provider's key was changed: the new account knows nothing of it."""
    await open_shop.sale()
    open_shop.till.sales.by_id.clear()
    open_shop.clock.passes(hours=2, minutes=1)
    assert await look_up_due(open_shop.desk) == 1
    assert (await open_shop.attempt()).state is AttemptState.CLOSING
    assert await open_shop.press() == BeingChecked(BILL)
    assert await tell_unanswered(open_shop.desk) == 0, "it may be known tomorrow"
    open_shop.clock.passes(hours=24)
    await look_up_due(open_shop.desk)
    assert await tell_unanswered(open_shop.desk) == 2
    assert await open_shop.told(KIND) == 2


async def test_what_a_bank_works_on_is_left_to_the_provider(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay_slowly(sale)
    await open_shop.hears(*open_shop.till.events)
    assert (await open_shop.attempt()).state is AttemptState.UNDERWAY
    open_shop.clock.passes(days=3)
    assert await tell_unanswered(open_shop.desk) == 0
