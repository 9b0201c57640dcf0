"""What Stripe says, on the account: once, in any order, whatever the amount; what cannot be placed is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from domain.attempts import AttemptState
from domain.payments import PaymentMethod
from jobs.record_payment import AlreadyRecorded, OtherAmount, PaymentSlip, Recorded, record
from jobs.verify import verify
from storage.database import Database
from tests.society import work
from tests.till import BILL, Shop, shop


@pytest.fixture
async def open_shop(db: Database) -> AsyncIterator[Shop]:
    async with shop(db) as running:
        yield running


async def fine(shop: Shop) -> bool:
    async with shop.db.transaction() as conn:
        return (await verify(conn)).ok


async def test_a_captured_payment_counts_once_and_the_owner_gets_a_receipt(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    [event] = open_shop.till.events
    await open_shop.hears(event, event, {**event, "id": "evt_again"})
    assert await open_shop.entries() == [("PAYMENT", -BILL)]
    assert (await open_shop.attempt()).state is AttemptState.PAID
    assert await open_shop.told("receipt") == 1
    row = await open_shop.value(
        "select (source_type, source_id, method, reference)::text from account_entries where kind = 'PAYMENT'"
    )
    assert row == f"(stripe,{sale.intents[0]},card,{sale.intents[0]})"
    assert await open_shop.value("select status from bills") == "paid"
    assert await open_shop.value("select count(*) from payment_events where bill_id = $1", open_shop.bill_id) == 2
    assert await fine(open_shop)


async def test_whatever_was_captured_counts(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    sale.paise = 100_050
    open_shop.till.sales.pay(sale)
    await open_shop.hears(*open_shop.till.events)
    assert await open_shop.entries() == [("PAYMENT", Decimal("-1000.50"))]


async def test_paid_twice_is_kept_as_credit(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.pay_twice(sale)
    await open_shop.hears(*open_shop.till.events)
    assert await open_shop.owed() == -BILL
    assert await fine(open_shop)


def told(shop: Shop, *deeds: str) -> list[dict[str, Any]]:
    """The events of one sale that went through this."""
    sales, [sale] = shop.till.sales, shop.till.sales.by_id.values()
    for deed in deeds:
        if deed == "slow":
            sales.pay_slowly(sale)
        elif deed in ("yes", "no"):
            sales.bank_says(sale, yes=deed == "yes")
        elif deed == "expired":
            sales.expire(sale)
        elif deed == "declined":
            sales.decline(sale)
        else:
            sales.pay(sale)
    return shop.till.events[:]


@pytest.mark.parametrize(
    ("deeds", "state"),
    [
        (("declined", "slow", "yes"), AttemptState.PAID),
        (("declined", "slow", "no"), AttemptState.FAILED),
        (("declined", "expired", "late"), AttemptState.PAID),
        (("slow", "no", "expired"), AttemptState.FAILED),
        (("slow", "yes", "no", "expired"), AttemptState.PAID),
    ],
)
async def test_every_order_of_events_ends_the_same(
    open_shop: Shop, deeds: tuple[str, ...], state: AttemptState
) -> None:
    """P5: paid is not undone by a late event."""
    sale = await open_shop.sale()
    events = told(open_shop, *deeds)
    for order in permutations(events):
        await open_shop.db.run(_forget)
        await open_shop.hears(*order)
        assert (await open_shop.attempt()).state is state, [event["type"] for event in order]
        paid = state is AttemptState.PAID
        assert await open_shop.entries() == ([("PAYMENT", Decimal(-sale.paise) / 100)] if paid else [])


async def _forget(conn: Any) -> None:
    """As if nothing had been heard yet; the guards of the books are for the service, not for this test."""
    await conn.execute("reset role")
    await conn.execute("alter table account_entries disable trigger user")
    await conn.execute(
        """update payment_attempts set state = 'open', paid = 0, entry_id = null, settled_at = null;
           delete from payment_events; delete from provider_payments;
           delete from account_entries where kind = 'PAYMENT'"""
    )
    await conn.execute("alter table account_entries enable trigger user")
    await conn.execute("set role billing_service")


async def test_completed_but_unpaid_is_under_way(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay_slowly(sale)
    await open_shop.hears(*open_shop.till.events)
    assert (await open_shop.attempt()).state is AttemptState.UNDERWAY
    assert await open_shop.entries() == []


async def changed(shop: Shop, **about: object) -> dict[str, Any]:
    shop.till.sales.pay(await shop.sale())
    event = shop.till.events[-1]
    return {**event, "data": {"object": {**event["data"]["object"], **about}}}


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"currency": "usd"}, "currency"),
        ({"livemode": True}, "mode"),
        ({"id": "cs_test_other", "client_reference_id": None, "metadata": {}}, "link"),
        ({"id": "cs_test_other", "client_reference_id": "1-1", "metadata": {"attempt": "1-1"}}, "link"),
        ({"id": "cs_test_other", "client_reference_id": "9" * 40, "metadata": None}, "link"),
    ],
)
async def test_what_cannot_be_attributed_is_kept_and_shown(
    open_shop: Shop, about: dict[str, object], reason: str
) -> None:
    event = await changed(open_shop, **about)
    await open_shop.hears(event, {**event, "id": "evt_again"})
    assert await open_shop.entries() == []
    assert await open_shop.strays() == [reason]
    assert await open_shop.told("stray_payment") == 2  # both admins


async def test_what_an_admin_recorded_before_is_the_same_payment(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    async with open_shop.db.transaction() as conn:
        todo = work(conn, open_shop.town.rekha, open_shop.clock())
        slip = PaymentSlip("B17-FF", BILL, PaymentMethod.CARD, sale.intents[0].upper())
        assert isinstance(await record(todo, slip, "t1"), Recorded)
    await open_shop.hears(*open_shop.till.events)
    assert await open_shop.entries() == [("PAYMENT", -BILL)]
    assert (await open_shop.attempt()).state is AttemptState.PAID


async def test_another_amount_under_the_same_reference_is_asked_about(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    async with open_shop.db.transaction() as conn:
        todo = work(conn, open_shop.town.rekha, open_shop.clock())
        slip = PaymentSlip("B17-FF", Decimal(100), PaymentMethod.CARD, sale.intents[0])
        assert isinstance(await record(todo, slip, "t1"), Recorded)
    await open_shop.hears(*open_shop.till.events)
    assert await open_shop.entries() == [("PAYMENT", Decimal("-100.00"))]
    assert await open_shop.strays() == ["other_amount"]


async def test_what_the_hook_counted_is_not_recorded_again_by_an_admin(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    await open_shop.hears(*open_shop.till.events)
    async with open_shop.db.transaction() as conn:
        todo = work(conn, open_shop.town.rekha, open_shop.clock())
        same = PaymentSlip("B17-FF", BILL, PaymentMethod.CARD, sale.intents[0])
        assert isinstance(await record(todo, same, "t1"), AlreadyRecorded)
        other = PaymentSlip("B17-FF", Decimal(1), PaymentMethod.CARD, sale.intents[0])
        assert isinstance(await record(todo, other, "t2"), OtherAmount)


async def refunded(shop: Shop, *paise: int) -> list[dict[str, Any]]:
    """The payment's event, then those of its refunds."""
    sale = await shop.sale()
    shop.till.sales.pay(sale)
    for one in paise:
        shop.till.sales.refund(sale.charges[0], one)
    return shop.till.events[:]


async def test_refunds_take_the_payment_back_in_every_order(open_shop: Shop) -> None:
    events = await refunded(open_shop, 10_000, 22_600)
    for order in permutations(event for event in events if event["type"] != "charge.refunded"):
        await open_shop.db.run(forget_all)
        await open_shop.hears(*order, *order)
        assert await open_shop.owed() == Decimal("326.00"), [event["type"] for event in order]
        assert await open_shop.strays() == []
    assert await fine(open_shop)


async def forget_all(conn: Any) -> None:
    await conn.execute("reset role")
    await conn.execute("alter table account_entries disable trigger user")
    await conn.execute(
        """update stray_payments set entry_id = null; update payment_attempts set entry_id = null;
           delete from stray_payments; delete from provider_payments;
           delete from account_entries where kind in ('REFUND', 'REVERSAL')"""
    )
    await conn.execute("alter table account_entries enable trigger user")
    await conn.execute("set role billing_service")
    await _forget(conn)


async def test_more_than_is_left_is_taken_back_as_far_as_it_goes_and_shown(open_shop: Shop) -> None:
    paid, refund, _ = await refunded(open_shop, 322_600)
    refund["data"]["object"]["amount"] = 999_999
    await open_shop.hears(paid, refund)
    assert await open_shop.entries() == [("PAYMENT", -BILL), ("REFUND", BILL)]
    assert await open_shop.strays() == ["too_much"]


def dispute(kind: str, payment: str, **about: object) -> dict[str, Any]:
    what = {"id": "dp_1", "object": "dispute", "amount": 100_000, "currency": "inr", "payment_intent": payment, **about}
    return {"id": f"evt_{kind}", "type": f"charge.dispute.{kind}", "created": 1, "data": {"object": what}}


async def test_a_chargeback_of_a_part_and_its_happy_end_in_every_order(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    lost = [dispute(kind, sale.intents[0], status="needs_response") for kind in ("created", "funds_withdrawn")]
    won = dispute("funds_reinstated", sale.intents[0], status="won")
    closed = dispute("closed", sale.intents[0], status="won")
    await open_shop.hears(*open_shop.till.events, *lost)
    assert await open_shop.owed() == Decimal(1000)
    for order in permutations([*lost, won, closed]):
        await open_shop.db.run(forget_all)
        await open_shop.hears(*open_shop.till.events, *order)
        assert await open_shop.owed() == 0, [event["type"] for event in order]
    assert await fine(open_shop)


async def test_an_inquiry_takes_nothing(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    asked = dispute("created", sale.intents[0], status="warning_needs_response")
    await open_shop.hears(*open_shop.till.events, asked)
    assert await open_shop.owed() == 0


async def test_an_event_we_do_not_understand_is_only_logged_without_what_it_says_about_people(open_shop: Shop) -> None:
    about = {"id": "cus_1", "email": "somebody@example.org", "lines": [{"card": "4242", "n": 1}]}
    await open_shop.hears({"id": "evt_1", "type": "customer.created", "created": 1, "data": {"object": about}})
    logged = await open_shop.value("select event_data -> 'data' -> 'object' from payment_events")
    assert logged == {"id": "cus_1", "lines": [{"n": 1}]}


async def typed(shop: Shop, reference: str, amount: Decimal = BILL) -> object:
    """The office types a payment with this as its UPI reference."""
    async with shop.db.transaction() as conn:
        slip = PaymentSlip("B17-FF", amount, PaymentMethod.UPI, reference)
        return await record(work(conn, shop.town.rekha, shop.clock()), slip, f"typed {reference} {amount}")


async def test_a_payment_typed_by_the_providers_name_before_the_hook_counts_once(open_shop: Shop) -> None:
    """Whatever method the office named: a refund at the provider finds it too."""
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    assert isinstance(await typed(open_shop, sale.intents[0]), Recorded)
    await open_shop.hears(*open_shop.till.events)
    assert await open_shop.entries() == [("PAYMENT", -BILL)]
    assert (await open_shop.attempt()).state is AttemptState.PAID
    assert await open_shop.value("select payment from provider_payments") == sale.intents[0]
    open_shop.till.sales.refund(sale.charges[0], 40_000)
    await open_shop.hears(*open_shop.till.events)
    assert (await open_shop.owed(), await open_shop.strays()) == (Decimal(400), [])
    assert await fine(open_shop)


async def test_a_payment_typed_by_the_providers_name_with_another_amount_is_asked_about(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    await typed(open_shop, sale.intents[0], Decimal(3000))
    await open_shop.hears(*open_shop.till.events)
    assert await open_shop.entries() == [("PAYMENT", Decimal(-3000))]
    assert await open_shop.strays() == ["other_amount"]


async def test_a_payment_typed_by_the_providers_name_after_the_hook_is_counted_already(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.till.sales.pay(sale)
    await open_shop.hears(*open_shop.till.events)
    assert isinstance(await typed(open_shop, sale.intents[0].upper()), AlreadyRecorded)
    assert isinstance(await typed(open_shop, sale.intents[0], Decimal(5)), OtherAmount)
    assert await open_shop.entries() == [("PAYMENT", -BILL)]
