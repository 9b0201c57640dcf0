"""An attempt is there before the provider is asked; what stays unclear is looked up: 5 minutes, an hour, then daily."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from bot.simulator.till import Mishap, Sale
from domain.account import EntryKind
from domain.attempts import AttemptState
from domain.payments import PaymentMethod
from jobs.pay_online import BeingChecked, NotAvailable, NothingOwed, ToProvider
from jobs.payment_ports import Asked, PaymentRequest, Refused
from jobs.reconcile import look_up_due
from jobs.record_payment import PaymentSlip, record
from jobs.work import Work
from storage import accounts, payment_attempts
from storage.accounts import NewEntry
from storage.database import Database
from tests.society import work
from tests.till import BILL, Shop, shop


@pytest.fixture
async def open_shop(db: Database) -> AsyncIterator[Shop]:
    async with shop(db) as running:
        yield running


async def paid_in_cash(shop: Shop, amount: str) -> None:
    async with shop.db.transaction() as conn:
        todo = work(conn, shop.town.rekha, shop.clock())
        await record(todo, PaymentSlip("B17-FF", Decimal(amount), PaymentMethod.CASH), amount)


async def test_the_attempt_is_committed_before_the_provider_hears_of_it(
    open_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[AttemptState] = []
    provider = open_shop.providers["stripe"]
    ask = provider.ask

    async def spied(request: object) -> Asked | Refused | object:
        seen.append((await open_shop.attempt()).state)
        return await ask(request)  # type: ignore[arg-type] # what it was given

    monkeypatch.setattr(provider, "ask", spied)
    assert isinstance(await open_shop.press(), ToProvider)
    assert seen == [AttemptState.ASKING]
    assert (await open_shop.attempt()).state is AttemptState.OPEN


async def test_an_open_link_over_the_same_sum_is_used_again_until_it_ends(open_shop: Shop) -> None:
    first = await open_shop.press()
    assert await open_shop.press() == first
    open_shop.clock.passes(hours=1, minutes=56)
    later = await open_shop.press()
    assert isinstance(later, ToProvider)
    assert later != first
    assert [sale.status for sale in open_shop.till.sales.by_id.values()] == ["expired", "open"]


async def test_nothing_owed_and_a_parked_flat(open_shop: Shop) -> None:
    async with open_shop.db.transaction() as conn:
        await conn.execute("insert into parked_flats (flat_id, reason) select id, 'x' from flats where code = 'B17-FF'")
    assert await open_shop.press() == NothingOwed()
    async with open_shop.db.transaction() as conn:
        await conn.execute("delete from parked_flats")
    await paid_in_cash(open_shop, "3226")
    assert await open_shop.press() == NothingOwed()
    assert open_shop.till.calls == []


async def test_a_certain_no_leaves_the_way_free(open_shop: Shop) -> None:
    open_shop.till.mishaps.append(Mishap.REFUSED)
    assert isinstance(await open_shop.press(), NotAvailable)
    assert (await open_shop.attempt()).state is AttemptState.FAILED
    assert isinstance(await open_shop.press(), ToProvider)


async def unknown(shop: Shop, mishap: Mishap = Mishap.DONE_AND_BROKEN) -> None:
    shop.till.mishaps.extend([mishap, mishap])
    assert await shop.press() == BeingChecked(BILL)
    assert (await shop.attempt()).state is AttemptState.UNKNOWN


async def under_way(shop: Shop) -> bool:
    flat = shop.town.flat("B17-FF").flat_id
    async with shop.db.transaction() as conn:
        return flat in await payment_attempts.under_way(conn, [flat, flat + 1])


async def test_unknown_is_looked_up_after_five_minutes_an_hour_and_then_daily(open_shop: Shop) -> None:
    await unknown(open_shop, Mishap.BROKEN)
    assert await under_way(open_shop)
    assert await open_shop.press() == BeingChecked(BILL)
    looked = []
    start = open_shop.clock()
    for _ in range(5 * 24 * 12):
        open_shop.clock.passes(minutes=5)
        open_shop.till.mishaps.append(Mishap.BROKEN)
        if await look_up_due(open_shop.desk):
            looked.append(open_shop.clock() - start)
        else:
            open_shop.till.mishaps.clear()
    hour = timedelta(hours=1)
    assert looked[:2] == [timedelta(minutes=5), timedelta(hours=1, minutes=5)]
    assert looked[2] <= timedelta(hours=2, minutes=5)  # the link has ended by then
    assert all(23 * hour < later - sooner < 25 * hour for sooner, later in pairwise(looked[3:]))
    assert (await open_shop.attempt()).state is AttemptState.UNKNOWN


async def test_an_unknown_one_that_was_made_is_found_open(open_shop: Shop) -> None:
    await unknown(open_shop)
    open_shop.clock.passes(minutes=5)
    assert await look_up_due(open_shop.desk) == 1
    assert (await open_shop.attempt()).state is AttemptState.OPEN
    assert not await under_way(open_shop)
    [sale] = open_shop.till.sales.by_id.values()
    assert await open_shop.press() == ToProvider(sale.page)


async def test_an_unknown_one_that_never_was_is_over(open_shop: Shop) -> None:
    await unknown(open_shop, Mishap.BROKEN)
    open_shop.clock.passes(minutes=5)
    await look_up_due(open_shop.desk)
    assert (await open_shop.attempt()).state is AttemptState.FAILED
    assert isinstance(await open_shop.press(), ToProvider)


async def test_a_process_that_died_while_asking_leaves_nothing_hanging(open_shop: Shop) -> None:
    await open_shop.press()
    async with open_shop.db.transaction() as conn:
        await conn.execute("update payment_attempts set state = 'asking', reference = null, url = null")
    assert await under_way(open_shop)
    open_shop.clock.passes(minutes=5)
    await look_up_due(open_shop.desk)
    assert (await open_shop.attempt()).state is AttemptState.OPEN


async def test_every_webhook_dropped_the_look_up_finds_the_money(open_shop: Shop) -> None:
    """P6, with every state a payment can be in when the webhook is lost."""
    sale = await open_shop.sale()
    open_shop.till.sales.pay_slowly(sale)
    open_shop.clock.passes(minutes=5)
    await look_up_due(open_shop.desk)
    assert (await open_shop.attempt()).state is AttemptState.UNDERWAY
    assert await open_shop.press() == BeingChecked(BILL)
    open_shop.till.sales.bank_says(sale, yes=True)
    open_shop.clock.passes(hours=1)
    await look_up_due(open_shop.desk)
    assert (await open_shop.attempt()).state is AttemptState.PAID
    await open_shop.hears(*open_shop.till.events)
    assert await open_shop.entries() == [("PAYMENT", -BILL)]
    open_shop.clock.passes(days=3)
    assert await look_up_due(open_shop.desk) == 0


@pytest.mark.slow
async def test_a_hundred_payments_without_a_single_webhook(open_shop: Shop) -> None:
    """P6: 100 %."""
    sales = []
    for _ in range(100):
        sale = await open_shop.sale()
        open_shop.till.sales.pay(sale)
        open_shop.clock.passes(minutes=5)
        while await look_up_due(open_shop.desk):
            pass
        sales.append(sale)
        async with open_shop.db.transaction() as conn:
            todo = work(conn, open_shop.town.rekha, open_shop.clock())
            await _owe_again(todo, open_shop.town.flat("B17-FF").flat_id, sale.id)
    posted = await open_shop.value("select count(distinct source_id) from account_entries where source_type = 'stripe'")
    assert posted == len(sales)


async def _owe_again(todo: Work, flat_id: int, source: str) -> None:
    new = NewEntry(flat_id, EntryKind.DEBIT_NOTE, Decimal(50), todo.today, todo.today, "test", source)
    await accounts.post(todo.conn, new)


async def test_a_changed_balance_closes_open_links_soon(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    await paid_in_cash(open_shop, "26")
    assert await look_up_due(open_shop.desk) == 1
    assert sale.status == "expired"
    assert (await open_shop.attempt()).state is AttemptState.EXPIRED


async def test_a_balance_that_did_not_change_keeps_them(open_shop: Shop) -> None:
    sale = await open_shop.sale()
    open_shop.clock.passes(minutes=5)
    assert await look_up_due(open_shop.desk) == 1
    assert sale.status == "open"


async def not_closed(shop: Shop) -> Sale:
    """₹26 came in cash while a link over the whole bill is open; its closing gets no answer."""
    sale = await shop.sale()
    await paid_in_cash(shop, "26")
    shop.till.mishaps.extend([Mishap.BROKEN, Mishap.BROKEN])
    assert await shop.press() == BeingChecked(BILL)
    return sale


async def test_no_second_link_while_it_is_unknown_whether_the_first_is_closed(open_shop: Shop) -> None:
    sale = await not_closed(open_shop)
    assert await under_way(open_shop)
    open_shop.till.mishaps.extend([Mishap.BROKEN, Mishap.BROKEN])
    assert await open_shop.press() == BeingChecked(BILL)
    assert list(open_shop.till.sales.by_id.values()) == [sale]
    open_shop.clock.passes(minutes=5)
    assert await look_up_due(open_shop.desk) == 1
    assert sale.status == "expired"
    assert not await under_way(open_shop)
    assert (await open_shop.sale()).paise == 320_000


async def test_an_unknown_closing_is_looked_up_on_the_schedule(open_shop: Shop) -> None:
    await not_closed(open_shop)
    looked, start = list[timedelta](), open_shop.clock()
    while len(looked) < 5:
        open_shop.clock.passes(minutes=5)
        open_shop.till.mishaps.extend([Mishap.BROKEN, Mishap.BROKEN])
        if await look_up_due(open_shop.desk):
            looked.append(open_shop.clock() - start)
        else:
            open_shop.till.mishaps.clear()
    hour = timedelta(hours=1)
    assert looked[:2] == [timedelta(minutes=5), timedelta(hours=1, minutes=5)]
    assert looked[2] <= timedelta(hours=2, minutes=5)  # the link has ended by then
    assert all(23 * hour < later - sooner < 25 * hour for sooner, later in pairwise(looked[3:]))


async def test_what_was_paid_by_a_link_that_could_not_be_closed_counts(open_shop: Shop) -> None:
    sale = await not_closed(open_shop)
    open_shop.till.sales.pay(sale)
    open_shop.clock.passes(minutes=5)
    await look_up_due(open_shop.desk)
    assert (await open_shop.attempt()).state is AttemptState.PAID
    assert await open_shop.owed() == Decimal(-26)
    assert await open_shop.press() == NothingOwed()


async def test_a_sum_that_changed_while_the_provider_was_asked_leads_nowhere(
    open_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = open_shop.providers["stripe"]
    ask = provider.ask

    async def slow(request: PaymentRequest) -> object:
        answer = await ask(request)
        await paid_in_cash(open_shop, "26")
        return answer

    monkeypatch.setattr(provider, "ask", slow)
    assert not isinstance(await open_shop.press(), ToProvider)
    [sale] = open_shop.till.sales.by_id.values()
    assert sale.status == "expired"
    monkeypatch.undo()
    assert (await open_shop.sale()).paise == 320_000
