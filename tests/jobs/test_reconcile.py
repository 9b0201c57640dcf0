"""P12: the nightly comparison with the providers finds what differs, posts what is ours, and tells the admins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.i18n import Translator
from bot.simulator.till import Mishap
from bot.texts import admin_online as texts
from domain.account import EntryKind
from jobs.compare_books import Difference
from jobs.correct_account import take_back_payment
from jobs.place_stray import Placed, place
from jobs.reconcile import reconcile, reconcile_night
from jobs.record_payment import undo
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


async def test_a_refund_that_waits_does_not_hide_its_payment(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    open_shop.till.sales.refund(sale.charges[0], 22_600)
    await open_shop.hears(open_shop.till.events[-2])
    assert await open_shop.strays() == ["payment"]
    open_shop.clock.passes(hours=2)
    assert [one.posted for one in (await reconcile_night(open_shop.desk)).differences] == [True]
    assert await open_shop.entries() == [("PAYMENT", -BILL), ("REFUND", Decimal(226))]
    assert await open_shop.strays() == []


async def test_money_that_was_placed_and_undone_is_told(open_shop: Shop) -> None:
    stranger = open_shop.till.sales.open(_asked(), "http://127.0.0.1:9")
    open_shop.till.sales.pay(stranger)
    await open_shop.hears(*open_shop.till.events)
    async with open_shop.db.transaction() as conn:
        todo = work(conn, open_shop.town.rekha, open_shop.clock())
        done = await place(todo, await conn.fetchval("select id from stray_payments"), "B17-FF")
        assert isinstance(done, Placed)
        await undo(todo, done.payment.entry_id)
    open_shop.clock.passes(hours=2)
    differences = (await reconcile_night(open_shop.desk)).differences
    assert differences == (Difference("stripe", stranger.intents[0], None, Decimal(1), None),)


async def test_one_that_makes_trouble_does_not_stop_the_others(open_shop: Shop) -> None:
    """Each payment is a transaction of its own; what could not be worked on is told."""
    for paise in (10_000, 10**15, 20_000):
        sale = await open_shop.sale()
        sale.paise = paise
        open_shop.till.sales.pay(sale)
        open_shop.clock.passes(minutes=1)
        await open_shop.value("update payment_attempts set state = 'expired' where state = 'open' returning 1")
    bad = list(open_shop.till.sales.by_id.values())[1]
    open_shop.clock.passes(hours=2)
    result = await reconcile_night(open_shop.desk)
    assert sorted(await open_shop.entries()) == [("PAYMENT", Decimal(-200)), ("PAYMENT", Decimal(-100))]
    assert result.failed == (("stripe", bad.intents[0]),)
    assert len(result.differences) == 2
    said = texts.payments_differ(Translator("en"), await _payload(open_shop))
    assert f"<code>{bad.intents[0]}</code> at Stripe could not be compared" in said


async def test_refunds_that_agree(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    open_shop.till.sales.refund(sale.charges[0], 10_000)
    open_shop.till.sales.fail_refund(open_shop.till.sales.refund(sale.charges[0], 20_000))
    await open_shop.hears(*open_shop.till.events)
    open_shop.clock.passes(hours=14)
    result = await reconcile_night(open_shop.desk)
    assert (result.ok, result.compared) == (True, 3)
    assert await open_shop.told("payments_differ") == 0


async def test_planted_differences_of_refunds_are_found(open_shop: Shop) -> None:
    """Missing here; recorded here and unknown there; another amount here than there; and one that failed there."""
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    await open_shop.hears(*open_shop.till.events)
    [charge], sales = sale.charges, open_shop.till.sales
    missing, other, failed = (sales.refund(charge, paise) for paise in (10_000, 20_000, 30_000))
    async with open_shop.db.transaction() as conn:
        todo = work(conn, open_shop.town.rekha, open_shop.clock())
        paid = await conn.fetchval("select id from account_entries where kind = 'PAYMENT'")
        for refund, rupees in (("re_invented", 5), (other["id"], 7), (failed["id"], 300)):
            await take_back_payment(todo, paid, Decimal(rupees), "x", f"stripe:{refund}", by_provider=True)
    sales.fail_refund(failed)
    open_shop.clock.passes(hours=14)
    result = await reconcile_night(open_shop.desk)
    assert set(result.differences) == {
        Difference("stripe", missing["id"], "B17-FF", Decimal(100), None, posted=True, is_refund=True),
        Difference("stripe", "re_invented", "B17-FF", None, Decimal(5), is_refund=True),
        Difference("stripe", other["id"], "B17-FF", Decimal(200), Decimal(7), posted=True, is_refund=True),
        Difference("stripe", failed["id"], "B17-FF", None, Decimal(300), posted=True, is_refund=True),
    }
    assert await open_shop.owed() == Decimal(305)
    assert await open_shop.told("refund_failed") == 2
    said = texts.payments_differ(Translator("en"), await _payload(open_shop))
    assert "4 payments differ from the providers" in said
    assert "B17-FF: the refund of ₹100.00 by Stripe was missing and is recorded now." in said
    assert "B17-FF: the refund of ₹300.00 by Stripe failed; it counts as paid again now." in said
    assert "B17-FF: a refund of ₹5.00 is recorded, Stripe knows nothing of it." in said
    assert len((await reconcile_night(open_shop.desk)).differences) == 1


async def test_a_refund_of_money_on_no_account_is_shown_once(open_shop: Shop) -> None:
    stranger = open_shop.till.sales.open(_asked(), "http://127.0.0.1:9")
    open_shop.till.sales.pay(stranger)
    refund = open_shop.till.sales.refund(stranger.charges[0], 100)
    open_shop.clock.passes(hours=2)
    result = await reconcile_night(open_shop.desk)
    assert Difference("stripe", refund["id"], None, Decimal(1), None, is_refund=True) in result.differences
    assert await open_shop.strays() == ["link", "payment"]
    assert (await reconcile_night(open_shop.desk)).ok, "both are in quarantine now"


async def _payload(shop: Shop) -> Any:
    return await shop.value("select payload from notifications where kind = 'payments_differ' order by id limit 1")


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
