"""Refunds and disputes find their payment, by whatever route it came, and end the same in whatever order they come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from bot.i18n import Translator
from bot.texts import admin_corrections
from domain.payments import PaymentMethod, PaymentSource
from jobs.ask_correction import Asked, Deed, carry_out, preview
from jobs.correct_account import Refused
from jobs.place_stray import Placed, place
from jobs.record_payment import AlreadyRecorded, PaymentSlip, Recorded, record, replace
from jobs.verify import verify
from storage.database import Database
from tests.jobs.test_settle_payment import forget_all
from tests.society import work
from tests.till import BILL, Shop, shop

UTR = "412345678901"


@pytest.fixture
async def open_shop(db: Database) -> AsyncIterator[Shop]:
    async with shop(db) as running:
        yield running


async def fine(shop: Shop) -> bool:
    async with shop.db.transaction() as conn:
        return (await verify(conn)).ok


async def strange(shop: Shop) -> dict[str, Any]:
    """The event of a payment through a link that is not ours; it can be refunded at the till."""
    item = "line_items[0][price_data]"
    asked = {
        f"{item}[unit_amount]": "100000",
        f"{item}[currency]": "inr",
        f"{item}[product_data][name]": "x",
        "success_url": "http://127.0.0.1:9",
        "expires_at": "1793600000",
    }
    sale = shop.till.sales.open(asked, "http://127.0.0.1:9")
    shop.till.sales.pay(sale)
    return shop.till.events[-1]


async def placed(shop: Shop) -> Placed:
    """An admin posts what is in quarantine to B17-FF."""
    stray_id = await shop.value("select min(id) from stray_payments where state = 'open' and amount > 0")
    async with shop.db.transaction() as conn:
        done = await place(work(conn, shop.town.rekha, shop.clock()), stray_id, "B17-FF")
    assert isinstance(done, Placed), done
    return done


async def test_a_refund_of_what_an_admin_placed(open_shop: Shop) -> None:
    await open_shop.hears(await strange(open_shop))
    await placed(open_shop)
    open_shop.till.sales.refund(open_shop.till.sales.charges[0], 40_000)
    await open_shop.hears(*open_shop.till.events)
    assert await open_shop.entries() == [("PAYMENT", Decimal(-1000)), ("REFUND", Decimal(400))]
    assert await open_shop.strays() == []
    assert await fine(open_shop)


async def test_a_refund_that_came_before_its_payment_was_placed(open_shop: Shop) -> None:
    await strange(open_shop)
    open_shop.till.sales.refund(open_shop.till.sales.charges[0], 40_000)
    await open_shop.hears(*reversed(open_shop.till.events))
    assert await open_shop.strays() == ["payment", "link"]
    done = await placed(open_shop)
    assert (done.left, done.given_back) == (BILL - 600, Decimal(400))
    assert await open_shop.entries() == [("PAYMENT", Decimal(-1000)), ("REFUND", Decimal(400))]
    assert await open_shop.strays() == []


def hook(key: str, kind: str, **entities: dict[str, Any]) -> dict[str, Any]:
    """An event as Razorpay's hook hands it on."""
    return {"id": key, "event": kind, "payload": {name: {"entity": one} for name, one in entities.items()}}


LINK = {"id": "plink_1", "status": "paid"}
PAID = {
    "id": "pay_1",
    "amount": 322_600,
    "currency": "INR",
    "status": "captured",
    "captured": True,
    "method": "upi",
    "created_at": 1793595600,
    "acquirer_data": {"rrn": UTR},
}
CAPTURED = hook("e1", "payment_link.paid", payment_link=LINK, payment=PAID)
REFUND = hook("e2", "refund.processed", refund={"id": "rfnd_1", "payment_id": "pay_1", "amount": 22_600}, payment=PAID)
LOST = hook("e3", "payment.dispute.lost", dispute={"id": "disp_1", "payment_id": "pay_1", "amount_deducted": 100_000})


async def linked(shop: Shop) -> None:
    """A link of ours that was paid."""
    sql = """insert into payment_attempts (flat_id, amount, provider, state, reference)
             values ($1, $2, 'razorpay', 'open', 'plink_1') returning id"""
    await shop.value(sql, shop.town.flat("B17-FF").flat_id, BILL)


async def told_by_utr(shop: Shop, source: PaymentSource, amount: Decimal = BILL) -> int:
    """The bank's number of the same payment, by a claim or a statement; the entry."""
    async with shop.db.transaction() as conn:
        slip = PaymentSlip("B17-FF", amount, PaymentMethod.UPI, UTR, source)
        done = await record(work(conn, shop.town.rekha, shop.clock()), slip, "1")
    assert isinstance(done, Recorded), done
    await shop.value(_PROOF[source], done.payment.entry_id, amount, shop.town.sharma.person_id)
    return done.payment.entry_id


_PROOF = {
    PaymentSource.CLAIM: """
        insert into payment_claims (flat_id, person_id, amount, reference, reference_key, state, entry_id)
        select flat_id, $3, $2, reference, reference_key, 'confirmed', id from account_entries where id = $1""",
    PaymentSource.STATEMENT: """
        with sheet as (
            insert into statements (sha256, file_name, imported_by) values ('x', 'may.csv', $3) returning id)
        insert into statement_rows (statement_id, row_number, day, amount, reference, state, flat_id, entry_id)
        select sheet.id, 1, posted_on, $2, reference, 'posted', flat_id, e.id
        from sheet, account_entries e where e.id = $1""",
}


async def hears(shop: Shop, *events: dict[str, Any]) -> None:
    for event in events:
        await shop.hears_one(event, "razorpay", None)


@pytest.mark.parametrize("source", [PaymentSource.CLAIM, PaymentSource.STATEMENT])
@pytest.mark.parametrize("order", [(CAPTURED, REFUND, LOST), (REFUND, LOST, CAPTURED)])
async def test_what_was_confirmed_by_its_utr_before_the_hook_came(
    open_shop: Shop, source: PaymentSource, order: tuple[dict[str, Any], ...]
) -> None:
    await linked(open_shop)
    await told_by_utr(open_shop, source)
    await hears(open_shop, *order)
    assert await open_shop.owed() == Decimal(1226)
    assert await open_shop.strays() == []
    assert await fine(open_shop)


async def test_a_payment_that_was_put_right_is_taken_back_where_it_counts_now(open_shop: Shop) -> None:
    """Recognised by the hook, undone as a slip and recorded anew: the entry that counts is meant."""
    await linked(open_shop)
    slip = await told_by_utr(open_shop, PaymentSource.CLAIM)
    await hears(open_shop, CAPTURED)
    async with open_shop.db.transaction() as conn:
        right = PaymentSlip("B17-FF", Decimal(3000), PaymentMethod.UPI, UTR, PaymentSource.CLAIM)
        assert isinstance(
            await replace(work(conn, open_shop.town.rekha, open_shop.clock()), slip, right, "2"), Recorded
        )
    await hears(open_shop, REFUND)
    assert await open_shop.owed() == Decimal(452)
    assert await open_shop.strays() == []


async def test_a_chargeback_of_all_that_was_paid_is_told_twice_and_counts_once(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    about = {"id": "dp_1", "amount": 322_600, "currency": "inr", "payment_intent": sale.intents[0], "status": "lost"}
    for kind in ("created", "funds_withdrawn"):
        event = {"id": kind, "type": f"charge.dispute.{kind}", "created": 1, "data": {"object": about}}
        await open_shop.hears(*open_shop.till.events, event)
    assert await open_shop.owed() == BILL
    assert await open_shop.strays() == []


async def refund_that_failed(shop: Shop) -> None:
    """A payment, a refund of all of it that the payer's bank sends back, and the refund once more."""
    sale = await shop.sale()
    shop.till.sales.pay(sale)
    shop.till.sales.fail_refund(shop.till.sales.refund(sale.charges[0], sale.paise))
    shop.till.sales.refund(sale.charges[0], sale.paise)


async def test_a_refund_that_failed_is_taken_back_and_told_and_can_be_made_again(open_shop: Shop) -> None:
    await refund_that_failed(open_shop)
    *first, again, _ = open_shop.till.events
    await open_shop.hears(*first)
    assert await open_shop.entries() == [("PAYMENT", -BILL), ("REFUND", BILL), ("REVERSAL", -BILL)]
    assert await open_shop.told("refund_failed") == 2, "each admin, once"
    await open_shop.hears(again)
    assert await open_shop.owed() == BILL
    assert await open_shop.strays() == []
    assert await fine(open_shop)


@pytest.mark.slow
async def test_every_order_of_a_refund_that_failed_and_another_ends_the_same(open_shop: Shop) -> None:
    await refund_that_failed(open_shop)
    kinds = ("checkout.session.completed", "refund.created", "refund.failed")
    told = [one for one in open_shop.till.events if one["type"] in kinds]
    assert len(told) == 4
    for order in permutations(told):
        await open_shop.db.run(forget_all)
        await open_shop.hears(*order, *order)
        assert (await open_shop.owed(), await open_shop.strays()) == (BILL, []), [one["type"] for one in order]
    assert await fine(open_shop)


async def test_a_refund_waits_for_the_payer_or_is_called_off(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    refund = open_shop.till.sales.refund(sale.charges[0], 1000)
    await open_shop.hears(open_shop.till.events[0])
    owed = []
    for status in ("requires_action", "pending", "succeeded", "canceled"):
        open_shop.till.sales.tell("refund.updated", {**refund, "status": status})
        await open_shop.hears(open_shop.till.events[-1])
        owed.append(await open_shop.owed())
    assert owed == [0, 10, 10, 0]


async def typed(shop: Shop, reference: str) -> type:
    """The office types the payment with this as its UPI reference; what came of it."""
    async with shop.db.transaction() as conn:
        slip = PaymentSlip("B17-FF", BILL, PaymentMethod.UPI, reference)
        return type(await record(work(conn, shop.town.rekha, shop.clock()), slip, reference))


@pytest.mark.parametrize(("first", "then"), [("pay_1", UTR), (UTR, "pay_1")])
async def test_the_name_and_the_utr_of_one_payment_before_and_after_its_hook(
    open_shop: Shop, first: str, then: str
) -> None:
    await linked(open_shop)
    assert await typed(open_shop, first) is Recorded
    await hears(open_shop, CAPTURED)
    assert await open_shop.entries() == [("PAYMENT", -BILL)]
    assert await typed(open_shop, then) is AlreadyRecorded
    await hears(open_shop, REFUND)
    assert await open_shop.owed() == Decimal(226)
    assert await fine(open_shop)


async def test_the_name_of_a_payment_that_counts_by_its_utr(open_shop: Shop) -> None:
    await linked(open_shop)
    await hears(open_shop, CAPTURED)
    assert await typed(open_shop, "pay_1") is AlreadyRecorded
    assert await typed(open_shop, UTR) is AlreadyRecorded


async def test_what_an_admin_placed_is_not_posted_beside_what_the_office_typed(open_shop: Shop) -> None:
    event = await strange(open_shop)
    await open_shop.hears(event)
    reference = await open_shop.value("select reference from stray_payments")
    async with open_shop.db.transaction() as conn:
        slip = PaymentSlip("B17-FF", Decimal(1000), PaymentMethod.UPI, reference)
        assert isinstance(await record(work(conn, open_shop.town.rekha, open_shop.clock()), slip, "1"), Recorded)
    assert (await placed(open_shop)).left is None, "it was there"
    assert await open_shop.entries() == [("PAYMENT", Decimal(-1000))]


async def corrected(shop: Shop, deed: Deed, subject: int) -> str:
    """What the office is told when it presses this for the entry."""
    asked = Asked(deed, "B17-FF", subject, Decimal(400), "paid_twice")
    async with shop.db.transaction() as conn:
        todo = work(conn, shop.town.rekha, shop.clock())
        seen, done = await preview(todo, asked), await carry_out(todo, asked, "t1")
    assert isinstance(seen, Refused), seen
    assert isinstance(done, Refused), done
    return admin_corrections.refusal(Translator("en"), done.error)


async def newest(shop: Shop, kind: str) -> int:
    found: int = await shop.value("select max(id) from account_entries where kind = $1", kind)
    return found


@pytest.mark.parametrize("first", [True, False])
async def test_what_a_provider_has_is_refunded_there_only(open_shop: Shop, first: bool) -> None:  # noqa: FBT001 - a case
    """Captured, or typed by the office before the hook came: a refund here would be taken a second time there."""
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    if not first:
        await typed(open_shop, sale.intents[0])
    await open_shop.hears(*open_shop.till.events)
    said = await corrected(open_shop, Deed.TAKE_BACK, await newest(open_shop, "PAYMENT"))
    assert said == "Stripe has this money. Refund it at Stripe; it comes here by itself."
    open_shop.till.sales.refund(sale.charges[0], 40_000)
    await open_shop.hears(*open_shop.till.events)
    assert (await open_shop.owed(), await open_shop.strays()) == (Decimal(400), [])


async def test_only_the_provider_undoes_its_refund(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    refund = open_shop.till.sales.refund(sale.charges[0], 40_000)
    await open_shop.hears(*open_shop.till.events)
    said = await corrected(open_shop, Deed.UNDO, await newest(open_shop, "REFUND"))
    assert said == "Stripe gave this money back. If that fails there, it comes here by itself."
    assert await open_shop.owed() == Decimal(400)
    open_shop.till.sales.fail_refund(refund)
    await open_shop.hears(*open_shop.till.events)
    assert await open_shop.owed() == 0
    assert await fine(open_shop)
