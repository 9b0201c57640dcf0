"""Razorpay over its HTTP API, against a local server that knows names, cancels and part payments."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from domain.attempts import AttemptState
from domain.payments import PaymentMethod
from jobs.gateways.razorpay import RazorpayAccount, RazorpayPayments
from jobs.pay_online import ToProvider
from jobs.payment_ports import Asked, Captured, Expired, Link, NotPaid, Open, PaymentRequest, Refused, Unknown
from jobs.reconcile import look_up_due
from storage.database import Database
from tests.till import BILL, START, Shop, shop

KEY, SECRET = "rzp_test_key", "canary-secret"
REQUEST = PaymentRequest(
    "7-1793595600",
    Decimal("3264.40"),
    "Blessings City, B17-FF",
    "http://127.0.0.1:9/b/x",
    START,
    START + timedelta(hours=2),
)


@dataclass
class Counter:
    """Payment links, one for each name for ever; payments; and how the next calls are answered."""

    address: str = ""
    links: dict[str, dict[str, Any]] = field(default_factory=dict)
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    answers: deque[int | str] = field(default_factory=deque)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/payment_links", self.create),
            web.get("/v1/payment_links", self.listed),
            web.get("/v1/payment_links/{id}", self.one),
            web.post("/v1/payment_links/{id}/cancel", self.cancel),
            web.get("/v1/payments", self.all_payments),
            web.get("/v1/payments/{id}", self.payment),
            web.get("/v1/refunds", self.all_refunds),
        ]

    async def create(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.bodies.append(asked)
        if any(link["reference_id"] == asked["reference_id"] for link in self.links.values()):
            return _error(400, "payment link with given reference_id already exists")
        name = f"plink_{len(self.links)}"
        address = f"https://rzp.example/{name}"
        paid = {"status": "created", "payments": [], "amount_paid": 0}
        self.links[name] = {**asked, **paid, "id": name, "short_url": address}
        return web.json_response(self.links[name])

    async def listed(self, request: web.Request) -> web.Response:
        wanted = request.query.get("reference_id")
        found = [link for link in self.links.values() if wanted in (None, link["reference_id"])]
        return web.json_response({"payment_links": found})

    async def one(self, request: web.Request) -> web.Response:
        link = self.links.get(request.match_info["id"])
        return web.json_response(link) if link else _error(404, "not found")

    async def cancel(self, request: web.Request) -> web.Response:
        link = self.links[request.match_info["id"]]
        if link["status"] != "created":
            return _error(400, "this link cannot be cancelled")
        link["status"] = "cancelled"
        return web.json_response(link)

    async def payment(self, request: web.Request) -> web.Response:
        return web.json_response(self.payments[request.match_info["id"]])

    async def all_payments(self, request: web.Request) -> web.Response:
        return _page(request, list(self.payments.values()))

    async def all_refunds(self, request: web.Request) -> web.Response:
        return _page(request, self.refunds)

    def pay(self, link: dict[str, Any], paise: int, *, method: str = "upi", rrn: str | None = None) -> dict[str, Any]:
        """Money comes through the link; what the hook says of it."""
        name = f"pay_{len(self.payments)}"
        payment = {
            "id": name,
            "amount": paise,
            "currency": "INR",
            "status": "captured",
            "captured": True,
            "method": method,
            "created_at": int(START.timestamp()),
            "notes": link["notes"],
            "acquirer_data": {"rrn": rrn},
            "email": "somebody@example.org",
        }
        self.payments[name] = payment
        link["amount_paid"] += paise
        link["payments"].append(
            {
                "payment_id": name,
                "amount": paise,
                "status": "captured",
                "method": method,
                "created_at": payment["created_at"],
            }
        )
        link["status"] = "paid" if link["amount_paid"] >= link["amount"] else "partially_paid"
        kind = "payment_link.paid" if link["status"] == "paid" else "payment_link.partially_paid"
        return event(kind, payment_link=dict(link), payment=payment)


def event(kind: str, **entities: dict[str, Any]) -> dict[str, Any]:
    payload = {name: {"entity": entity} for name, entity in entities.items()}
    return {"entity": "event", "event": kind, "contains": list(entities), "payload": payload, "created_at": 1}


def _page(request: web.Request, listed: list[dict[str, Any]]) -> web.Response:
    start = int(request.query["skip"])
    window = range(int(request.query["from"]), int(request.query["to"]) + 1)
    found = [one for one in listed if one["created_at"] in window]
    return web.json_response({"items": found[start : start + int(request.query["count"])]})


def _error(status: int, words: str) -> web.Response:
    return web.json_response({"error": {"code": "BAD_REQUEST_ERROR", "description": words}}, status=status)


@pytest.fixture
async def counter() -> AsyncIterator[Counter]:
    running = Counter()

    @web.middleware
    async def planned(request: web.Request, handler: Any) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Basic {b64encode(f'{KEY}:{SECRET}'.encode()).decode()}":
            return _error(401, "The api key provided is invalid")
        answer = running.answers.popleft() if running.answers else None
        if answer == "silent after":
            await handler(request)
            await asyncio.sleep(30)
        if answer == "nonsense":
            return web.Response(text="<html>")
        return _error(answer, "planned") if isinstance(answer, int) else await handler(request)

    app = web.Application(middlewares=[planned])
    app.add_routes(running.routes())
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(shutdown_timeout=0.1)
    running.address = str(server.make_url("/")).rstrip("/")
    yield running
    await server.close()


@pytest.fixture
async def payments(counter: Counter) -> AsyncIterator[RazorpayPayments]:
    provider = RazorpayPayments(RazorpayAccount(KEY, SECRET, counter.address, seconds=0.5))
    yield provider
    await provider.close()


def link(reference: str | None = None) -> Link:
    return Link(REQUEST.key, reference, START)


async def test_a_link_in_paise_that_ends_and_takes_parts(counter: Counter, payments: RazorpayPayments) -> None:
    asked = await payments.ask(REQUEST)
    assert asked == Asked("https://rzp.example/plink_0", "plink_0", REQUEST.expires_at)
    [body] = counter.bodies
    assert (body["amount"], body["currency"], body["accept_partial"]) == (326_440, "INR", True)
    assert (body["reference_id"], body["notes"]) == (REQUEST.key, {"attempt": REQUEST.key})
    assert len(REQUEST.key) <= 40


async def test_a_name_makes_one_link(counter: Counter, payments: RazorpayPayments) -> None:
    assert await payments.ask(REQUEST) == await payments.ask(REQUEST)
    assert len(counter.links) == 1


async def test_a_lost_answer_is_found_by_the_name(counter: Counter, payments: RazorpayPayments) -> None:
    counter.answers.append("silent after")
    assert isinstance(await payments.ask(REQUEST), Asked)
    assert len(counter.links) == 1


@pytest.mark.parametrize(("answers", "kind"), [([400], Refused), ([429], Refused), (["nonsense", 500], Unknown)])
async def test_no_and_unknown(
    counter: Counter, payments: RazorpayPayments, answers: list[int | str], kind: type[object]
) -> None:
    counter.answers.extend(answers)
    assert isinstance(await payments.ask(REQUEST), kind)


async def test_a_wrong_key_and_a_server_that_is_not_there(counter: Counter) -> None:
    for account in (
        RazorpayAccount("rzp_live_x", "y", counter.address),
        RazorpayAccount(KEY, SECRET, "http://127.0.0.1:9"),
    ):
        provider = RazorpayPayments(account)
        assert not isinstance(await provider.ask(REQUEST), Asked)
        assert isinstance(await provider.look_up(link("plink_0")), Unknown)
        await provider.close()


async def test_how_far_a_link_is(counter: Counter, payments: RazorpayPayments) -> None:
    assert isinstance(await payments.look_up(link()), NotPaid)
    assert isinstance(await payments.look_up(link("plink_0")), Unknown), "it was made, so another account has it"
    await payments.ask(REQUEST)
    assert isinstance(await payments.look_up(link("plink_0")), Open)
    counter.pay(counter.links["plink_0"], 100_000, rrn="412345678901")
    part = await payments.look_up(link())
    assert isinstance(part, Captured)
    assert not part.complete
    counter.pay(counter.links["plink_0"], 226_440, method="card")
    whole = await payments.look_up(link("plink_0"))
    assert isinstance(whole, Captured)
    assert whole.complete
    assert [(one.amount, one.method, one.number) for one in whole.captures] == [
        (Decimal("1000.00"), PaymentMethod.UPI, "412345678901"),
        (Decimal("2264.40"), PaymentMethod.CARD, None),
    ]


async def test_closing(counter: Counter, payments: RazorpayPayments) -> None:
    await payments.ask(REQUEST)
    assert await payments.expire(link("plink_0")) == Expired()
    counter.links["plink_0"]["status"] = "created"
    counter.pay(counter.links["plink_0"], 326_440)
    assert isinstance(await payments.expire(link("plink_0")), Captured)


async def test_everything_captured_in_a_time(counter: Counter, payments: RazorpayPayments) -> None:
    await payments.ask(REQUEST)
    for _ in range(230):
        counter.pay(counter.links["plink_0"], 100)
    counter.payments["pay_7"]["status"] = "failed"
    hour = timedelta(hours=1)
    captured = await payments.captured_between(START - hour, START + hour)
    assert not isinstance(captured, Unknown)
    assert len(captured) == 229
    assert {(one.key, one.amount) for one in captured} == {(REQUEST.key, Decimal("1.00"))}
    counter.answers.append(500)
    assert isinstance(await payments.captured_between(START - hour, START + hour), Unknown)


async def test_everything_refunded_in_a_time(counter: Counter, payments: RazorpayPayments) -> None:
    """Without what is on its way, and what Razorpay gave back by itself because it was never captured."""
    await payments.ask(REQUEST)
    for _ in range(2):
        counter.pay(counter.links["plink_0"], 1000)
    counter.payments["pay_1"] |= {"captured": False, "status": "refunded"}
    at = int(START.timestamp())
    for number in range(120):
        refund = {"id": f"rfnd_{number}", "amount": 100, "payment_id": "pay_0", "created_at": at, "status": "processed"}
        counter.refunds.append(refund)
    counter.refunds[0]["status"] = "pending"
    counter.refunds[1]["status"] = "failed"
    counter.refunds[2]["payment_id"] = "pay_1"
    hour = timedelta(hours=1)
    found = await payments.refunded_between(START - hour, START + hour)
    assert not isinstance(found, Unknown)
    assert [one.id for one in found] == [f"rfnd_{number}" for number in (1, *range(3, 120))]
    assert {(one.payment, one.amount, one.currency) for one in found} == {("pay_0", Decimal(1), "INR")}
    assert [one.id for one in found if one.came_again] == ["rfnd_1"]
    captured = await payments.captured_between(START - hour, START + hour)
    assert not isinstance(captured, Unknown)
    assert [one.payment for one in captured] == ["pay_0"]
    counter.answers.append(500)
    assert isinstance(await payments.refunded_between(START - hour, START + hour), Unknown)


async def test_one_harmless_call(payments: RazorpayPayments) -> None:
    assert await payments.account() == "Razorpay takes the key (test mode)"
    assert SECRET not in repr(RazorpayAccount(KEY, SECRET))


@pytest.fixture
async def open_shop(db: Database, payments: RazorpayPayments) -> AsyncIterator[Shop]:
    async with shop(db) as running:
        running.providers = {**running.providers, "razorpay": payments}
        yield running


async def hears(shop: Shop, key: str, what: dict[str, Any]) -> None:
    await shop.hears_one({**what, "id": key}, "razorpay", None)


async def test_part_payments_through_one_link(counter: Counter, open_shop: Shop) -> None:
    went = await open_shop.press("razorpay")
    assert isinstance(went, ToProvider)
    [one] = counter.links.values()
    first = counter.pay(one, 100_000, rrn="412345678901")
    for key in ("e1", "e1", "e2"):
        await hears(open_shop, key, first)
    assert await open_shop.entries() == [("PAYMENT", Decimal("-1000.00"))]
    assert (await open_shop.attempt()).state is AttemptState.OPEN
    assert await open_shop.press("razorpay") == went
    await hears(open_shop, "e3", counter.pay(one, 222_600))
    await hears(open_shop, "e4", event("payment_link.expired", payment_link=one))
    assert await open_shop.owed() == 0
    assert (await open_shop.attempt()).state is AttemptState.PAID


async def test_a_dropped_hook_is_found_by_looking(counter: Counter, open_shop: Shop) -> None:
    await open_shop.press("razorpay")
    [one] = counter.links.values()
    paid = counter.pay(one, 322_600, rrn="412345678901")
    open_shop.clock.passes(minutes=5)
    await look_up_due(open_shop.desk)
    await hears(open_shop, "late", paid)
    assert await open_shop.entries() == [("PAYMENT", -BILL)]
    row = "select (source_type, source_id, method, reference)::text from account_entries where kind = 'PAYMENT'"
    assert await open_shop.value(row) == "(razorpay,pay_0,upi,412345678901)"


async def test_another_provider_takes_over_the_same_bill(counter: Counter, open_shop: Shop) -> None:
    sale = await open_shop.sale()
    assert isinstance(await open_shop.press("razorpay"), ToProvider)
    assert sale.status == "expired"
    assert isinstance(await open_shop.press("stripe"), ToProvider)
    assert [one["status"] for one in counter.links.values()] == ["cancelled"]


async def test_refunds_disputes_and_what_was_never_captured(counter: Counter, open_shop: Shop) -> None:
    await open_shop.press("razorpay")
    [one] = counter.links.values()
    await hears(open_shop, "e1", counter.pay(one, 322_600))
    payment = counter.payments["pay_0"]
    refund = {"id": "rfnd_1", "amount": 10_000, "currency": "INR", "payment_id": "pay_0"}
    for key in ("e2", "e3"):
        await hears(open_shop, key, event("refund.processed", refund=refund, payment=payment))
    assert await open_shop.owed() == Decimal(100)
    automatic = event("refund.processed", refund={**refund, "id": "rfnd_2"}, payment={**payment, "captured": False})
    await hears(open_shop, "e4", automatic)
    await hears(open_shop, "f1", event("refund.failed", refund={**refund, "id": "rfnd_3"}, payment=payment))
    await hears(open_shop, "f2", event("refund.processed", refund={**refund, "id": "rfnd_3"}, payment=payment))
    assert await open_shop.owed() == Decimal(100), "what failed stays so"
    assert await open_shop.told("refund_failed") == 2
    dispute = {"id": "disp_1", "payment_id": "pay_0", "amount": 50_000, "amount_deducted": 0, "currency": "INR"}
    await hears(open_shop, "e5", event("payment.dispute.created", dispute=dispute, payment=payment))
    assert await open_shop.owed() == Decimal(100)
    lost = {**dispute, "amount_deducted": 50_000}
    await hears(open_shop, "e6", event("payment.dispute.lost", dispute=lost, payment=payment))
    assert await open_shop.owed() == Decimal(600)
    await hears(open_shop, "e7", event("payment.dispute.won", dispute=dispute, payment=payment))
    assert await open_shop.owed() == Decimal(100)


async def test_a_strangers_link_goes_into_quarantine(counter: Counter, open_shop: Shop) -> None:
    await open_shop.press("razorpay")
    [one] = counter.links.values()
    other = {**one, "id": "plink_other", "reference_id": "TS1989", "payments": [], "amount_paid": 0}
    await hears(open_shop, "e1", counter.pay(other, 5_000))
    assert await open_shop.strays() == ["link"]
    assert await open_shop.entries() == []
    kept = await open_shop.value("select event_data::text from payment_events")
    assert "example.org" not in kept
