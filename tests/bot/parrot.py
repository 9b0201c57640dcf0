"""A third party that refuses everything and repeats what it was told, secrets included: the worst a log can be fed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(slots=True)
class Parrot:
    """Its address, and what it heard: path and body of each request."""

    url: str = ""
    heard: list[tuple[str, str]] = field(default_factory=list)

    def told(self, part: str) -> list[str]:
        """The bodies that came to paths with this part."""
        return [body for path, body in self.heard if part in path]

    async def _answer(self, request: web.Request) -> web.Response:
        body = (await request.read()).decode("utf-8", "replace")
        self.heard.append((request.path, body))
        repeated = json.dumps([str(request.url), request.path_qs, dict(request.headers), body])
        error = {"message": f"no: {repeated}", "type": "invalid_request_error", "code": 1, "description": repeated}
        return web.json_response({"error": error, "detail": repeated}, status=400, reason="Bad Request")


@asynccontextmanager
async def parrot() -> AsyncIterator[Parrot]:
    """On loopback."""
    bird = Parrot()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", bird._answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    bird.url = f"http://{host}:{port}"
    yield bird
    await runner.cleanup()
