"""The web server: health, hooks, the owner's bill page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from aiohttp import web

from bot.service import HARMLESS
from bot.web.bearing import bearing
from bot.web.counted import counted
from bot.web.hooks import add_hooks
from bot.web.payment_hooks import add_payment_hooks
from bot.web.problems import problems_as_json
from bot.web.proxies import believing
from bot.web.traced import traced
from bot.web.whatsapp_hook import add_whatsapp_hook

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

    from bot.service import Service
    from bot.web.proxies import Networks

_LARGEST_BODY = 1 << 20


def make_app(
    service: Service, *extras: Callable[[web.Application, Service], None], trusted_proxies: Networks = ()
) -> web.Application:
    """Everything the service offers over HTTP; `extras` add their own routes."""
    middlewares: list[Middleware] = [believing(trusted_proxies), traced, bearing(), counted, problems_as_json]
    app = web.Application(client_max_size=_LARGEST_BODY, middlewares=middlewares)

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(_: web.Request) -> web.Response:
        parts = await service.readiness()
        fine = not any(why for name, why in parts.items() if name != HARMLESS)
        return web.json_response(
            {"status": "ready" if fine else "not ready", "parts": {name: why or "ok" for name, why in parts.items()}},
            status=200 if fine else 503,
        )

    app.router.add_get("/health", health)
    app.router.add_get("/ready", ready)
    add_hooks(app, service)
    add_payment_hooks(app, service)
    add_whatsapp_hook(app, service)
    for add in extras:
        add(app, service)
    return app
