"""Where platforms push what happened: checked, stored, answered. A hook whose secret is unset does not exist."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.web.problems import ApiProblem
from bot.web.refused_hooks import RefusedHooks
from jobs.secrecy import same
from storage.database import DatabaseUnavailable

if TYPE_CHECKING:
    from bot.service import Service

_SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name


def add_hooks(app: web.Application, service: Service) -> None:
    refusals = RefusedHooks(service.database)

    async def telegram(request: web.Request) -> web.Response:
        return await _telegram(service, refusals, request)

    app.router.add_post("/webhook/telegram", telegram)


async def _telegram(service: Service, refusals: RefusedHooks, request: web.Request) -> web.Response:
    """200 only after the update is committed; 503 has Telegram send it again."""
    hook = service.telegram_hook
    if hook is None or not hook.secret:
        raise web.HTTPNotFound
    if not same(request.headers.get(_SECRET, ""), hook.secret):
        refusals.note("telegram", "called with another secret than TELEGRAM_WEBHOOK_SECRET")
        return ApiProblem(401, "wrong_secret", "The secret token of this hook is another one.").answer()
    update = _update(await request.read())
    if update is None:
        return ApiProblem(400, "not_an_update", "Send one Bot API update as JSON.").answer()
    try:
        await hook.receive([update])
    except (DatabaseUnavailable, TimeoutError):
        return ApiProblem(503, "database_down", "Not stored. Send it again.").answer()
    return web.json_response({"ok": True})


def _update(body: bytes) -> dict[str, Any] | None:
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return update if isinstance(update, dict) and isinstance(update.get("update_id"), int) else None
