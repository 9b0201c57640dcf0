"""A business account of the Cloud API on loopback, in a thread of its own, as a command has a loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

ACCOUNT = "102290129340398"
NUMBER = "106540352242922"
TOKEN = "EAAGmade-up-token-of-a-system-user"


@dataclass
class Graph:
    """What is at the account, and what was handed in. `page` is how many templates one answer holds."""

    address: str = ""
    templates: list[dict[str, Any]] = field(default_factory=list)
    submitted: list[dict[str, Any]] = field(default_factory=list)
    page: int = 3
    refusal: tuple[int, dict[str, Any]] | None = None

    async def listed(self, request: web.Request) -> web.Response:
        if self._refused(request):
            return self._refusal(request)
        first = int(request.query.get("after", "0"))
        shown = self.templates[first : first + self.page]
        after = first + len(shown)
        paging: dict[str, Any] = {"cursors": {"before": str(first), "after": str(after)}}
        if after < len(self.templates):
            paging["next"] = f"{self.address}/never-asked-as-it-holds-the-token"
        return web.json_response({"data": shown, "paging": paging})

    async def handed_in(self, request: web.Request) -> web.Response:
        if self._refused(request):
            return self._refusal(request)
        self.submitted.append(await request.json())
        return web.json_response({"id": "1", "status": "PENDING", "category": "UTILITY"})

    async def number(self, request: web.Request) -> web.Response:
        if self._refused(request):
            return self._refusal(request)
        return web.json_response({"display_phone_number": "+44 7700 900100", "verified_name": "Blessings City"})

    def _refused(self, request: web.Request) -> bool:
        return self.refusal is not None or request.headers.get("Authorization") != f"Bearer {TOKEN}"

    def _refusal(self, _: web.Request) -> web.Response:
        wrong = {"message": "Invalid OAuth access token.", "type": "OAuthException", "code": 190}
        status, error = self.refusal or (401, wrong)
        return web.json_response({"error": error}, status=status)


@contextmanager
def graph_server() -> Iterator[Graph]:
    """Serves until the block ends."""
    loop, ready, ended, graph = asyncio.new_event_loop(), threading.Event(), asyncio.Event(), Graph()

    async def serve() -> None:
        app = web.Application()
        app.router.add_get(f"/v23.0/{ACCOUNT}/message_templates", graph.listed)
        app.router.add_post(f"/v23.0/{ACCOUNT}/message_templates", graph.handed_in)
        app.router.add_get(f"/v23.0/{NUMBER}", graph.number)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        graph.address = f"http://127.0.0.1:{runner.addresses[0][1]}/v23.0"
        ready.set()
        await ended.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(60)
    try:
        yield graph
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
