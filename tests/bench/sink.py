"""`python -m tests.bench.sink`: Telegram and WhatsApp that answer at once and remember the order of each chat."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from itertools import count
from typing import Any

from aiohttp import web

ME = {"id": 700900, "is_bot": True, "first_name": "Sink", "username": "sink_bot"}
_TOO_MANY = 429


class Sink:
    """Texts are numbers: in each chat they have to rise. `most` messages are taken in any second; 0: any number."""

    def __init__(self) -> None:
        self._last: defaultdict[str, int] = defaultdict(lambda: -1)
        self._ids = count(1)
        self.received = 0
        self.disordered = 0
        self.refused = 0
        self.finished_at = 0.0
        self.most = 0
        self._recent: deque[float] = deque()

    async def call(self, request: web.Request) -> web.Response:
        """Any method of the Bot API."""
        method, given = request.match_info["method"], await _given(request)
        if method == "sendMessage":
            if self._is_too_fast():
                wait = {"ok": False, "error_code": _TOO_MANY, "description": "Too Many Requests: retry after 1"}
                return web.json_response({**wait, "parameters": {"retry_after": 1}}, status=_TOO_MANY)
            return _answer(self._take(str(given["chat_id"]), str(given["text"])))
        if method == "getUpdates":
            await asyncio.sleep(min(float(given.get("timeout", 0)), 5))
            return _answer([])
        return _answer(ME if method == "getMe" else True)

    async def cloud(self, request: web.Request) -> web.Response:
        """A message to somebody on WhatsApp."""
        given = await request.json()
        if "text" not in given:
            return web.json_response({"success": True})
        if self._is_too_fast():
            return web.json_response({"error": {"code": 130429, "message": "Rate limit hit"}}, status=_TOO_MANY)
        self._count(str(given["to"]), int(given["text"]["body"]))
        return web.json_response({"messages": [{"id": f"wamid.{next(self._ids)}"}]})

    def _is_too_fast(self) -> bool:
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        too_fast = 0 < self.most <= len(self._recent)
        self.refused += too_fast
        if not too_fast:
            self._recent.append(now)
        return too_fast

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
        said = {"received": self.received, "disordered": self.disordered, "refused": self.refused}
        return web.json_response({**said, "finished_at": self.finished_at})

    async def forget(self, request: web.Request) -> web.Response:
        """From here on anew, with `most` messages a second."""
        self._last.clear()
        self.received = self.disordered = self.refused = 0
        self.most = int(request.query.get("most", 0))
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
    app.router.add_post("/v23.0/{number}/messages", sink.cloud)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
