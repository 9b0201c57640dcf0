"""Where WhatsApp pushes what happened: the signature over the raw bytes, stored, answered, worked on later."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from bot.web.bodies import bounded_body
from bot.web.problems import ApiProblem
from bot.web.refused_hooks import RefusedHooks
from storage.database import DatabaseUnavailable

if TYPE_CHECKING:
    from bot.channels.base import SignedHook
    from bot.service import Service

SIGNATURE: Final = "X-Hub-Signature-256"
PATH: Final = "/webhook/whatsapp"
LARGEST: Final = 3 << 20
"""Bytes: Meta's own limit for a batch."""
_LONGEST_CHALLENGE: Final = 256


def add_whatsapp_hook(app: web.Application, service: Service) -> None:
    refusals = RefusedHooks(service.database)

    async def verify(request: web.Request) -> web.Response:
        return _verified(_hook(service), refusals, request)

    async def receive(request: web.Request) -> web.Response:
        return await _received(_hook(service), refusals, request)

    app.router.add_get(PATH, verify, allow_head=False)
    app.router.add_post(PATH, receive)


def _hook(service: Service) -> SignedHook:
    """Without both secrets it does not exist."""
    hook = service.whatsapp_hook
    if hook is None or not hook.receives:
        raise web.HTTPNotFound
    return hook


def _verified(hook: SignedHook, refusals: RefusedHooks, request: web.Request) -> web.Response:
    """The challenge, to whoever knows our verify token."""
    asked = request.query
    challenge = asked.get("hub.challenge", "")
    fits = asked.get("hub.mode") == "subscribe" and challenge.isascii() and 0 < len(challenge) <= _LONGEST_CHALLENGE
    if not (hook.verifies(asked.get("hub.verify_token", "")) and fits):
        refusals.note("whatsapp", "it was to be verified with another token than WHATSAPP_VERIFY_TOKEN")
        return ApiProblem(403, "forbidden", "Not verified.").answer()
    return web.Response(text=challenge, headers={"X-Content-Type-Options": "nosniff"})


async def _received(hook: SignedHook, refusals: RefusedHooks, request: web.Request) -> web.Response:
    """200 only after everything in the batch is committed; 503 has it sent again."""
    body = await bounded_body(request, LARGEST)
    if body is None:
        refusals.note("whatsapp", "more than 3 MB at once")
        return ApiProblem(413, "too_large", "Too large.").answer()
    if not hook.signed(body, request.headers.get(SIGNATURE, "")):
        refusals.note("whatsapp", "not signed with WHATSAPP_APP_SECRET")
        return ApiProblem(401, "wrong_signature", "Wrong signature.").answer()
    payload = _payload(body)
    if payload is None:
        refusals.note("whatsapp", "signed, but no JSON object")
        return ApiProblem(400, "not_json", "Send a JSON object.").answer()
    try:
        await hook.receive(payload)
    except (DatabaseUnavailable, TimeoutError):
        return ApiProblem(503, "database_down", "Not stored. Send it again.").answer()
    return web.json_response({"ok": True})


def _payload(body: bytes) -> dict[str, Any] | None:
    try:
        payload = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None
