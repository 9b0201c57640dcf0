"""The doctor about payment providers: what an absent part means, and one harmless call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from bot.simulator.till import StripeTill
from tests.bot.cli.conftest import Billing
from tests.till import Clock, served_till


@pytest.fixture
def till() -> Iterator[StripeTill]:
    """A till in a thread: the command has a loop of its own."""
    loop, started, found = asyncio.new_event_loop(), threading.Event(), list[StripeTill]()

    async def serve(stop: asyncio.Event) -> None:
        async with served_till(Clock()) as running:
            found.append(running)
            started.set()
            await stop.wait()

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve(stop)))
    thread.start()
    started.wait(10)
    yield found[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


def test_one_harmless_call_to_stripe(billing: Billing, till: StripeTill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_BASE", till.api_base)
    monkeypatch.setenv("STRIPE_API_KEY", till.key)
    assert "Stripe takes the key (test mode)" in billing("doctor", "--live", "stripe").out
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_another")
    refused = billing("doctor", "--live", "stripe")
    assert refused.code == 1
    assert "check STRIPE_API_KEY" in refused.out
    assert "sk_test_another" not in refused.out


def test_a_provider_that_is_not_configured(billing: Billing) -> None:
    said = billing("doctor", "--live", "razorpay")
    assert said.code == 1
    assert "put RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET into .env" in said.out


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "Stripe: not configured"),
        ({"STRIPE_API_KEY": "sk_live_1"}, "no https address"),
        ({"STRIPE_API_KEY": "sk_live_1", "PUBLIC_URL": "https://b.example"}, "https://b.example/webhook/stripe"),
        (
            {"STRIPE_API_KEY": "sk_live_1", "PUBLIC_URL": "https://b.example", "STRIPE_WEBHOOK_SECRET": "whsec_123"},
            "payments are counted by its hook",
        ),
    ],
)
def test_what_is_missing_is_said(
    billing: Billing, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], words: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert words in billing("doctor").out
