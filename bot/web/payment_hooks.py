"""Where payment providers push what happened: the signature over the raw bytes, stored, answered, worked on later."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from bot.web.bodies import bounded_body
from bot.web.problems import ApiProblem
from bot.web.refused_hooks import RefusedHooks
from jobs import razorpay_events, stripe_events
from jobs.faultpoints import point
from jobs.internal import CHANNEL
from jobs.secrecy import same
from jobs.settle_payment import TASK
from storage import inbox
from storage.database import DatabaseUnavailable
from storage.inbox import Arrival

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.service import Service

STRIPE_HEADER: Final = "Stripe-Signature"
RAZORPAY_HEADER: Final = "X-Razorpay-Signature"
RAZORPAY_KEY: Final = "X-Razorpay-Event-Id"
_LARGEST: Final = 256 * 1024
_OLDEST: Final = 300
_LONGEST_KEY: Final = 255
_LONGEST_STAMP: Final = 12


def add_payment_hooks(app: web.Application, service: Service) -> None:
    refusals = RefusedHooks(service.database)

    async def stripe(request: web.Request) -> web.Response:
        return await _stripe(service, refusals, request)

    async def razorpay(request: web.Request) -> web.Response:
        return await _razorpay(service, refusals, request)

    app.router.add_post("/webhook/stripe", stripe)
    app.router.add_post("/webhook/razorpay", razorpay)


def stripe_signature_is_good(body: bytes, header: str, secret: str, now: datetime) -> bool:
    """Whether Stripe signed these very bytes, at most five minutes ago, or ahead by a clock that differs."""
    parts = [part.partition("=") for part in header.split(",")]
    stamp = next((value for name, _, value in parts if name.strip() == "t"), "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _LONGEST_STAMP):
        return False
    wanted = _signature(stamp.encode() + b"." + body, secret)
    given = [value for name, _, value in parts if name.strip() == "v1"]
    return any(same(value.strip(), wanted) for value in given) and abs(now.timestamp() - int(stamp)) <= _OLDEST


def razorpay_signature_is_good(body: bytes, header: str, secret: str) -> bool:
    """Whether Razorpay signed these very bytes; it repeats for a day, so that age says nothing."""
    return same(header.strip(), _signature(body, secret))


async def _stripe(service: Service, refusals: RefusedHooks, request: web.Request) -> web.Response:
    secret = service.hook_secrets.get(stripe_events.NAME)
    if not secret:
        raise web.HTTPNotFound
    body = await bounded_body(request, _LARGEST)
    if body is None:
        return ApiProblem(413, "too_large", "No event is as large as this.").answer()
    if not stripe_signature_is_good(body, request.headers.get(STRIPE_HEADER, ""), secret, service.clock()):
        refusals.note("stripe", "not signed with STRIPE_WEBHOOK_SECRET in the last five minutes")
        return ApiProblem(
            400, "wrong_signature", "This was not signed with the secret of this hook, or not just now."
        ).answer()
    event = _event(body, "id", "type")
    if event is None:
        return ApiProblem(400, "not_an_event", "Send one Stripe event as JSON.").answer()
    return await _stored(service, stripe_events.NAME, str(event["id"]), event)


async def _razorpay(service: Service, refusals: RefusedHooks, request: web.Request) -> web.Response:
    """Without the header that names an event its bytes do: a repeat is the same."""
    secret = service.hook_secrets.get(razorpay_events.NAME)
    if not secret:
        raise web.HTTPNotFound
    body = await bounded_body(request, _LARGEST)
    if body is None:
        return ApiProblem(413, "too_large", "No event is as large as this.").answer()
    if not razorpay_signature_is_good(body, request.headers.get(RAZORPAY_HEADER, ""), secret):
        refusals.note("razorpay", "not signed with RAZORPAY_WEBHOOK_SECRET")
        return ApiProblem(400, "wrong_signature", "This was not signed with the secret of this hook.").answer()
    event = _event(body, "event")
    if event is None:
        return ApiProblem(400, "not_an_event", "Send one Razorpay event as JSON.").answer()
    key = request.headers.get(RAZORPAY_KEY) or hashlib.sha256(body).hexdigest()
    return await _stored(service, razorpay_events.NAME, key[:_LONGEST_KEY], event)


async def _stored(service: Service, provider: str, key: str, event: Mapping[str, Any]) -> web.Response:
    """200 only after the event is committed; 503 has the provider send it again."""
    account = service.providers.get(provider)
    data = {"provider": provider, "key": key, "live": account.live if account else None, "event": event}
    name = f"{TASK}:{provider}:{key}"
    arrival = Arrival(CHANNEL, name, name, {"task": TASK, "data": data}, service.clock())
    try:
        async with service.database.transaction() as conn:
            await inbox.store(conn, [arrival])
            point("inbox.before_commit")
    except (DatabaseUnavailable, TimeoutError):
        return ApiProblem(503, "database_down", "Not stored. Send it again.").answer()
    point("inbox.after_commit")
    return web.json_response({"ok": True})


def _event(body: bytes, *names: str) -> dict[str, Any] | None:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return None
    fine = isinstance(event, dict) and all(
        isinstance(event.get(name), str) and 0 < len(event[name]) <= _LONGEST_KEY for name in names
    )
    return event if fine else None


def _signature(signed: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
