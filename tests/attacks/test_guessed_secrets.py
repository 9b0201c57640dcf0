"""Attacks 7 and 8: a guessed secret is compared in a time that says nothing about how much of it is right."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.channels.telegram import Address
from bot.web.api.callers import Gate
from bot.web.api.desk import Api
from bot.web.payment_hooks import RAZORPAY_HEADER, STRIPE_HEADER
from bot.web.whatsapp_hook import PATH, SIGNATURE
from tests import probe
from tests.bot.channels.whatsapp.pushed import account

SECRET = "a-made-up-secret"
GUESS = "a-made-up-guess!"
HASHED = hashlib.sha256(GUESS.encode()).digest()
BEARER = {"headers": {"Authorization": f"Bearer {GUESS}"}}
STRIPE = {"headers": {STRIPE_HEADER: f"t=1,v1={GUESS}"}, "data": b"{}"}
TOKENS = {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": GUESS}

WAYS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "telegram": (
        "POST",
        "/webhook/telegram",
        {"headers": {"X-Telegram-Bot-Api-Secret-Token": GUESS}, "json": {"update_id": 1}},
    ),
    "whatsapp": ("POST", PATH, {"headers": {SIGNATURE: GUESS}, "data": b"{}"}),
    "whatsapp's verify token": ("GET", PATH, {"params": TOKENS}),
    "stripe": ("POST", "/webhook/stripe", STRIPE),
    "razorpay": ("POST", "/webhook/razorpay", {"headers": {RAZORPAY_HEADER: GUESS}, "data": b"{}"}),
    "api": ("POST", "/webhook/meter-reading", {**BEARER, "json": {}}),
}


@pytest.fixture
async def client(dsn: str) -> AsyncIterator[ClientSession]:
    """Of a service all of whose secrets are set."""
    async with probe.telephones() as simulator:
        everything: dict[str, Any] = {
            "host": "127.0.0.1",
            "telegram": Address(simulator.token, simulator.url, None, SECRET),
            "whatsapp": account(),
            "hook_secrets": {"stripe": SECRET, "razorpay": SECRET},
            "api": Api(Gate(SECRET)),
        }
        async with probe.service(dsn, simulator, **everything) as service, ClientSession(service.address) as session:
            yield session


@pytest.mark.parametrize("way", WAYS)
async def test_in_constant_time(client: ClientSession, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    compared: list[object] = []
    really = hmac.compare_digest

    def noted(given: bytes, wanted: bytes) -> bool:
        compared.append(given)
        return really(given, wanted)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    method, path, sent = WAYS[way]
    async with client.request(method, path, **sent) as answer:
        assert answer.status in {400, 401, 403}
    assert HASHED in compared
