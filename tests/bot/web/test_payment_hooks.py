"""The hooks of payment providers: signatures over the raw bytes, stored before they are answered (attack 7)."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import stripe

from bot.bootstrap import Setup, assembled
from bot.engine import Tempo
from bot.service import Service
from bot.web.payment_hooks import razorpay_signature_is_good, stripe_signature_is_good
from jobs.pay_online import ToProvider
from storage.database import Database
from tests.society import SOCIETY
from tests.till import BILL, START, Shop, gateway, shop

SECRET = "whsec_of_the_test"
NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "customer.created",
    "created": 1,
    "data": {"object": {"id": "cus_1"}},
}
BODY = json.dumps(EVENT, ensure_ascii=False).encode()


def signed(body: bytes, secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
    """As Stripe's own library signs."""
    stamp = int(at.timestamp())
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, stamp)
    return {"Stripe-Signature": header}


def razorpay(body: bytes, secret: str = SECRET, key: str = "rzp_evt_1") -> dict[str, str]:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Razorpay-Signature": signature, "X-Razorpay-Event-Id": key}


@pytest.fixture
async def service(dsn: str) -> AsyncIterator[Service]:
    secrets = {"stripe": SECRET, "razorpay": SECRET}
    async with assembled(Setup(dsn=dsn, society=SOCIETY, hook_secrets=secrets, clock=lambda: NOW)) as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def post(client: aiohttp.ClientSession, service: Service, provider: str, body: bytes, headers: Any) -> int:
    async with client.post(f"{service.address}/webhook/{provider}", data=body, headers=headers) as answer:
        return answer.status


async def stored(service: Service) -> int:
    async with service.database.transaction() as conn:
        found: int = await conn.fetchval("select count(*) from inbox where channel = 'internal'")
    return found


async def test_stored_once_then_answered(client: aiohttp.ClientSession, service: Service) -> None:
    for _ in range(2):
        assert await post(client, service, "stripe", BODY, signed(BODY)) == 200
        assert await post(client, service, "razorpay", b'{"event": "x"}', razorpay(b'{"event": "x"}')) == 200
    assert await stored(service) == 2


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_a_stamp_too_old_or_too_far_ahead(client: aiohttp.ClientSession, service: Service, seconds: int) -> None:
    at = datetime.fromtimestamp(NOW.timestamp() + seconds, UTC)
    assert await post(client, service, "stripe", BODY, signed(BODY, at=at)) == 400
    nearly = datetime.fromtimestamp(NOW.timestamp() + seconds // 2, UTC)
    assert await post(client, service, "stripe", BODY, signed(BODY, at=nearly)) == 200
    assert await stored(service) == 1


@pytest.mark.parametrize("place", range(0, len(BODY), 7))
async def test_one_changed_byte(place: int) -> None:
    changed = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
    assert not stripe_signature_is_good(changed, signed(BODY)["Stripe-Signature"], SECRET, NOW)
    assert not razorpay_signature_is_good(changed, razorpay(BODY)["X-Razorpay-Signature"], SECRET)
    assert stripe_signature_is_good(BODY, signed(BODY)["Stripe-Signature"], SECRET, NOW)
    assert razorpay_signature_is_good(BODY, razorpay(BODY)["X-Razorpay-Signature"], SECRET)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        "t=1",
        "v1=aa",
        "t=x,v1=aa",
        "t=१,v1=aa",
        f"t={'9' * 400},v1=aa",
        "t=1,v1=\udcff",
        ",,,===",
        "t=-1,v1=",
    ],
)
def test_a_header_that_makes_no_sense(header: str) -> None:
    assert not stripe_signature_is_good(BODY, header, SECRET, NOW)


def test_we_take_what_stripes_library_takes_and_refuse_what_it_refuses() -> None:
    """`construct_event` on real signed bodies; its clock is the real one, and a stamp ahead it would take."""
    now = datetime.now(UTC)
    good = signed(BODY, at=now)["Stripe-Signature"]
    second = f"{good},v1={'0' * 64}"
    for header in (good, second):
        assert stripe.Webhook.construct_event(BODY, header, SECRET).id == "evt_1"
        assert stripe_signature_is_good(BODY, header, SECRET, now)
    wrong = [signed(BODY, "whsec_other", now)["Stripe-Signature"], good.replace("v1=", "v0="), good[:-1]]
    old = signed(BODY, at=datetime.fromtimestamp(time.time() - 400, UTC))["Stripe-Signature"]
    for header in [*wrong, old]:
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(BODY, header, SECRET)
        assert not stripe_signature_is_good(BODY, header, SECRET, now)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"id": 1, "type": "x"}', b'{"id": "", "type": "x"}', b"{" * 9999]
)
async def test_signed_but_no_event(client: aiohttp.ClientSession, service: Service, body: bytes) -> None:
    assert await post(client, service, "stripe", body, signed(body)) == 400
    assert await stored(service) == 0


async def test_a_body_larger_than_any_event(client: aiohttp.ClientSession, service: Service) -> None:
    body = b" " * 300_000
    assert await post(client, service, "stripe", body, signed(body)) == 413

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b" " * 1000

    assert await post(client, service, "razorpay", pieces(), razorpay(body)) == 413  # type: ignore[arg-type] # aiohttp's way of chunks


async def test_a_hook_without_its_secret_does_not_exist(dsn: str, client: aiohttp.ClientSession) -> None:
    async with assembled(Setup(dsn=dsn, society=SOCIETY, clock=lambda: NOW)) as service:
        assert await post(client, service, "stripe", BODY, signed(BODY)) == 404
        assert await post(client, service, "razorpay", BODY, razorpay(BODY)) == 404


async def test_not_stored_is_said(client: aiohttp.ClientSession, service: Service) -> None:
    await service.database.close()
    assert await post(client, service, "stripe", BODY, signed(BODY)) in (500, 503)


@pytest.fixture
async def open_shop(db: Database) -> AsyncIterator[Shop]:
    async with shop(db) as running:
        yield running


async def test_from_the_press_to_the_receipt(dsn: str, open_shop: Shop) -> None:
    """Through the real client, the real hook and the engine; the event comes three times."""
    provider = gateway(open_shop.till)
    setup = Setup(
        dsn=dsn,
        society=SOCIETY,
        providers=(provider,),
        hook_secrets={"stripe": open_shop.till.secret},
        clock=lambda: START,
        engine_tempo=Tempo(poll=0.05),
    )
    async with assembled(setup) as service:
        open_shop.till.hook = f"{service.address}/webhook/stripe"
        went = await open_shop.press()
        assert isinstance(went, ToProvider)
        async with aiohttp.ClientSession() as payer:
            async with payer.get(went.url) as page:
                assert "₹3,226.00" in await page.text()
            async with payer.post(f"{went.url}/pay", allow_redirects=False) as paid:
                assert paid.status == 303
            for _ in range(2):
                body, headers = open_shop.till.signed(open_shop.till.events[-1])
                assert await post(payer, service, "stripe", body, headers) == 200
        while await open_shop.owed():
            pass
        assert await open_shop.entries() == [("PAYMENT", -BILL)]
        assert await open_shop.told("receipt") == 1
