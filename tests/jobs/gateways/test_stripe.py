"""Stripe through the official client, against a local server that honours idempotency keys: yes, no, unknown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.simulator.till import Mishap, StripeTill
from jobs.gateways.stripe import StripeAccount, StripePayments
from jobs.payment_ports import (
    Asked,
    Captured,
    Expired,
    Link,
    NotPaid,
    Open,
    PaymentRequest,
    Refused,
    UnderWay,
    Unknown,
)
from tests.till import START, Clock, gateway, served_till

REQUEST = PaymentRequest(
    "7-1793595600",
    Decimal("3264.40"),
    "Blessings City, B17-FF",
    "http://127.0.0.1:9/b/x",
    START,
    START + timedelta(hours=2),
)


@pytest.fixture
async def till() -> AsyncIterator[StripeTill]:
    async with served_till(Clock()) as running:
        yield running


@pytest.fixture
async def payments(till: StripeTill) -> AsyncIterator[StripePayments]:
    provider = gateway(till, seconds=0.5)
    yield provider
    await provider.close()


def link(reference: str | None = None) -> Link:
    return Link(REQUEST.key, reference, START)


async def test_a_session_in_paise_that_ends(till: StripeTill, payments: StripePayments) -> None:
    asked = await payments.ask(REQUEST)
    assert isinstance(asked, Asked)
    sale = till.sales.by_id[asked.reference]
    assert (sale.paise, sale.currency, sale.key) == (326_440, "inr", REQUEST.key)
    assert (asked.url, asked.expires_at) == (sale.page, REQUEST.expires_at)
    assert till.calls == [("POST", "/v1/checkout/sessions", f"attempt-{REQUEST.key}")]


async def test_the_same_key_never_makes_a_second_session(till: StripeTill, payments: StripePayments) -> None:
    assert await payments.ask(REQUEST) == await payments.ask(REQUEST)
    assert len(till.sales.by_id) == 1


@pytest.mark.parametrize("mishap", [Mishap.DONE_AND_BROKEN, Mishap.DONE_AND_SILENT, Mishap.CUT, Mishap.BROKEN])
async def test_asked_once_more_where_there_was_no_answer(
    till: StripeTill, payments: StripePayments, mishap: Mishap
) -> None:
    till.mishaps.append(mishap)
    assert isinstance(await payments.ask(REQUEST), Asked)
    assert len(till.sales.by_id) == 1


@pytest.mark.parametrize("mishap", [Mishap.DONE_AND_BROKEN, Mishap.DONE_AND_SILENT, Mishap.CUT])
async def test_no_answer_twice_is_unknown(till: StripeTill, payments: StripePayments, mishap: Mishap) -> None:
    till.mishaps.extend([mishap, mishap])
    assert isinstance(await payments.ask(REQUEST), Unknown)


async def test_unknown_is_not_made_certain_by_a_later_no(till: StripeTill, payments: StripePayments) -> None:
    till.mishaps.extend([Mishap.DONE_AND_BROKEN, Mishap.REFUSED])
    assert isinstance(await payments.ask(REQUEST), Unknown)


@pytest.mark.parametrize(("mishap", "permanent"), [(Mishap.REFUSED, True), (Mishap.BUSY, False)])
async def test_a_certain_no(till: StripeTill, payments: StripePayments, mishap: Mishap, permanent: bool) -> None:  # noqa: FBT001 - a table
    till.mishaps.append(mishap)
    said = await payments.ask(REQUEST)
    assert isinstance(said, Refused)
    assert said.permanent is permanent
    assert till.sales.by_id == {}


async def test_a_wrong_key_and_a_server_that_is_not_there(till: StripeTill) -> None:
    for account in (StripeAccount("sk_test_wrong", till.api_base), StripeAccount("sk_test_x", "http://127.0.0.1:9")):
        provider = StripePayments(account)
        assert isinstance(await provider.ask(REQUEST), Refused)
        assert isinstance(await provider.look_up(link("cs_1")), Unknown)
        await provider.close()


async def test_a_session_of_ours_that_is_not_there_may_have_been_paid(payments: StripePayments) -> None:
    """It was made, so another account has it."""
    assert isinstance(await payments.look_up(link("cs_test_of_before")), Unknown)
    assert isinstance(await payments.expire(link("cs_test_of_before")), Unknown)


async def test_how_far_a_session_is(till: StripeTill, payments: StripePayments) -> None:
    asked = await payments.ask(REQUEST)
    assert isinstance(asked, Asked)
    sale, there = till.sales.by_id[asked.reference], link(asked.reference)
    assert await payments.look_up(there) == Open(sale.id, sale.page, REQUEST.expires_at)
    till.sales.pay_slowly(sale)
    assert await payments.look_up(there) == UnderWay(sale.id)
    till.sales.bank_says(sale, yes=False)
    assert isinstance(await payments.look_up(there), NotPaid)
    till.sales.pay(sale)
    paid = await payments.look_up(there)
    assert isinstance(paid, Captured)
    assert [(one.payment, one.amount) for one in paid.captures] == [(sale.intents[0], Decimal("3264.40"))]


async def test_an_answer_that_never_arrived_is_found_by_the_attempts_name(
    till: StripeTill, payments: StripePayments
) -> None:
    assert isinstance(await payments.look_up(link()), NotPaid)
    for number in range(150):
        till.sales.open({**_asked(), "client_reference_id": f"other-{number}"}, "http://127.0.0.1:9")
    asked = await payments.ask(REQUEST)
    assert isinstance(asked, Asked)
    for number in range(150):
        till.sales.open({**_asked(), "client_reference_id": f"later-{number}"}, "http://127.0.0.1:9")
    found = await payments.look_up(link())
    assert isinstance(found, Open)
    assert found.reference == asked.reference


def _asked() -> dict[str, str]:
    item = "line_items[0][price_data]"
    return {
        f"{item}[unit_amount]": "100",
        f"{item}[currency]": "inr",
        f"{item}[product_data][name]": "x",
        "success_url": "http://127.0.0.1:9",
        "expires_at": "1793600000",
    }


async def test_closing_a_session_says_how_far_it_was(till: StripeTill, payments: StripePayments) -> None:
    asked = await payments.ask(REQUEST)
    assert isinstance(asked, Asked)
    assert await payments.expire(link(asked.reference)) == Expired()
    assert await payments.expire(link(asked.reference)) == Expired()
    till.sales.pay(till.sales.by_id[asked.reference])
    assert isinstance(await payments.expire(link(asked.reference)), Captured)


async def test_everything_captured_in_a_time(till: StripeTill, payments: StripePayments) -> None:
    asked = await payments.ask(REQUEST)
    assert isinstance(asked, Asked)
    for _ in range(120):
        till.sales.pay(till.sales.by_id[asked.reference])
    hour = timedelta(hours=1)
    captured = await payments.captured_between(START - hour, START + hour)
    assert not isinstance(captured, Unknown)
    assert len({one.payment for one in captured}) == 120
    assert {(one.key, one.amount, one.currency) for one in captured} == {(REQUEST.key, Decimal("3264.40"), "INR")}
    assert await payments.captured_between(START + hour, START + 2 * hour) == ()
    till.mishaps.append(Mishap.BROKEN)
    assert isinstance(await payments.captured_between(START - hour, START + hour), Unknown)


async def test_everything_refunded_in_a_time(till: StripeTill, payments: StripePayments) -> None:
    asked = await payments.ask(REQUEST)
    assert isinstance(asked, Asked)
    sale, sales = till.sales.by_id[asked.reference], till.sales
    sales.pay(sale)
    refunds = [sales.refund(sale.charges[0], 1000) for _ in range(120)]
    sales.fail_refund(refunds[0])
    refunds[1]["status"] = "requires_action"
    hour = timedelta(hours=1)
    found = await payments.refunded_between(START - hour, START + hour)
    assert not isinstance(found, Unknown)
    assert {one.id for one in found} == {one["id"] for one in refunds if one is not refunds[1]}
    assert {(one.payment, one.amount, one.currency) for one in found} == {(sale.intents[0], Decimal(10), "INR")}
    assert [one.id for one in found if one.came_again] == [refunds[0]["id"]]
    assert await payments.refunded_between(START + hour, START + 2 * hour) == ()
    till.mishaps.append(Mishap.BROKEN)
    assert isinstance(await payments.refunded_between(START - hour, START + hour), Unknown)


async def test_one_harmless_call(till: StripeTill, payments: StripePayments) -> None:
    assert await payments.account() == "Stripe takes the key (test mode)"
    till.mishaps.append(Mishap.REFUSED)
    assert isinstance(await payments.account(), Refused)


def test_live_and_test_keys() -> None:
    keys = {"sk_live_1": True, "rk_live_1": True, "sk_test_1": False}
    assert {key: StripeAccount(key).live for key in keys} == keys
    assert "sk_live_1" not in repr(StripeAccount("sk_live_1"))


def test_the_library_is_loaded_only_when_somebody_pays() -> None:
    made = "from jobs.gateways.stripe import *; StripePayments(StripeAccount('k'))"
    code = f"import sys; {made}; print('stripe' in sys.modules)"
    root = Path(__file__).resolve().parents[3]
    said = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"
