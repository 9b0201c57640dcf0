"""P12: the nightly comparison with the providers finds what differs, posts what is ours, and tells the admins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.simulator.till import Mishap
from domain.account import EntryKind
from jobs.reconcile import Difference, reconcile, reconcile_night
from storage import accounts
from storage.accounts import NewEntry
from storage.database import Database
from tests.society import work
from tests.till import BILL, Shop, shop


@pytest.fixture
async def open_shop(db: Database) -> AsyncIterator[Shop]:
    async with shop(db) as running:
        yield running


async def test_both_agree(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    await open_shop.hears(*open_shop.till.events)
    open_shop.clock.passes(hours=14)
    result = await reconcile_night(open_shop.desk)
    assert (result.ok, result.compared) == (True, 1)
    assert await open_shop.told("payments_differ") == 0


async def test_three_planted_differences_are_found(open_shop: Shop) -> None:
    """Captured there and missing here; recorded here and unknown there; another amount here than there."""
    missing = await open_shop.sale()
    open_shop.till.sales.pay(missing)
    flat = open_shop.town.flat("B18-FF").flat_id
    stranger = open_shop.till.sales.open(_asked(), "http://127.0.0.1:9")
    open_shop.till.sales.pay(stranger)
    async with open_shop.db.transaction() as conn:
        todo = work(conn, open_shop.town.rekha, open_shop.clock())
        for payment, amount in (("pi_invented", "-5"), (stranger.intents[0], "-7")):
            await accounts.post(
                conn,
                NewEntry(
                    flat, EntryKind.PAYMENT, Decimal(amount), todo.today, todo.today, "stripe", payment, method="card"
                ),
            )
    open_shop.clock.passes(hours=14)
    result = await reconcile_night(open_shop.desk)
    assert set(result.differences) == {
        Difference("stripe", missing.intents[0], "B17-FF", BILL, None, posted=True),
        Difference("stripe", "pi_invented", "B18-FF", None, Decimal("5.00")),
        Difference("stripe", stranger.intents[0], "B18-FF", Decimal("1.00"), Decimal("7.00")),
    }
    assert await open_shop.entries() == [("PAYMENT", -BILL)]
    assert await open_shop.told("payments_differ") == 2
    assert len((await reconcile_night(open_shop.desk)).differences) == 2


async def test_money_through_no_link_of_ours_is_reported_and_not_posted(open_shop: Shop) -> None:
    stranger = open_shop.till.sales.open(_asked(), "http://127.0.0.1:9")
    open_shop.till.sales.pay(stranger)
    open_shop.clock.passes(hours=2)
    result = await reconcile_night(open_shop.desk)
    assert result.differences == (Difference("stripe", stranger.intents[0], None, Decimal("1.00"), None),)
    assert await open_shop.entries() == []
    assert await open_shop.told("stray_payment") > 0
    assert (await reconcile_night(open_shop.desk)).ok, "it is in quarantine now"


async def test_what_is_in_quarantine_is_known(open_shop: Shop) -> None:
    stranger = open_shop.till.sales.open(_asked(), "http://127.0.0.1:9")
    open_shop.till.sales.pay(stranger)
    await open_shop.hears(*open_shop.till.events)
    open_shop.clock.passes(hours=2)
    assert (await reconcile_night(open_shop.desk)).ok


async def test_what_was_captured_before_and_posted_in_the_window_is_no_difference(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    open_shop.clock.passes(days=2)
    await open_shop.hears(*open_shop.till.events)
    now = open_shop.clock()
    result = await reconcile(open_shop.desk, now - timedelta(hours=1), now)
    assert result.ok


async def test_a_provider_that_does_not_answer_is_said(open_shop: Shop) -> None:
    open_shop.till.mishaps.append(Mishap.BROKEN)
    result = await reconcile_night(open_shop.desk)
    assert [name for name, _ in result.unreachable] == ["stripe"]
    assert await open_shop.told("payments_differ") == 2


def _asked() -> dict[str, str]:
    item = "line_items[0][price_data]"
    return {
        f"{item}[unit_amount]": "100",
        f"{item}[currency]": "inr",
        f"{item}[product_data][name]": "x",
        "success_url": "http://127.0.0.1:9",
        "expires_at": "1793600000",
    }
