"""`python -m tests.bench.sink`: takes what a bot sends, answers at once, and remembers the order of each chat."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from itertools import count
from typing import Any

from aiohttp import web

ME = {"id": 700900, "is_bot": True, "first_name": "Sink", "username": "sink_bot"}


class Sink:
    """Texts are numbers: in each chat they have to rise."""

    def __init__(self) -> None:
        self._last: defaultdict[str, int] = defaultdict(lambda: -1)
        self._ids = count(1)
        self.received = 0
        self.disordered = 0
        self.finished_at = 0.0

    async def call(self, request: web.Request) -> web.Response:
        """Any method of the Bot API."""
        method, given = request.match_info["method"], await _given(request)
        if method == "sendMessage":
            return _answer(self._take(str(given["chat_id"]), str(given["text"])))
        if method == "getUpdates":
            await asyncio.sleep(min(float(given.get("timeout", 0)), 5))
            return _answer([])
        return _answer(ME if method == "getMe" else True)

    def _take(self, chat: str, text: str) -> dict[str, Any]:
        if text.isdecimal():
            self._count(chat, int(text))
        shown = {"id": int(chat), "type": "private", "first_name": "Somebody"}
        return {"message_id": next(self._ids), "date": int(time.time()), "chat": shown, "text": text}

    def _count(self, chat: str, number: int) -> None:
        self.received += 1
        self.disordered += number <= self._last[chat]
        self._last[chat] = number
        self.finished_at = time.time()

    async def state(self, _: web.Request) -> web.Response:
        """What came so far."""
        return web.json_response(
            {"received": self.received, "disordered": self.disordered, "finished_at": self.finished_at}
        )

    async def forget(self, _: web.Request) -> web.Response:
        """From here on anew."""
        self._last.clear()
        self.received = self.disordered = 0
        return web.json_response({})


async def _given(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    return dict(await request.post())


def _answer(result: object) -> web.Response:
    return web.json_response({"ok": True, "result": result})


async def main() -> None:
    """Says its address; ends when it is killed."""
    sink = Sink()
    app = web.Application()
    app.router.add_get("/state", sink.state)
    app.router.add_get("/forget", sink.forget)
    app.router.add_route("*", "/bot{token}/{method}", sink.call)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
