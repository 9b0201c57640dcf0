"""A small server that takes what the Cloud API takes and refuses what it refuses, in its words."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

TOKEN = "EAAG-canary-token"
NUMBER = "106540352242922"
Json = dict[str, Any]
Fault = str | tuple[int, int | None] | tuple[int, int | None, float]
"""`reset`, `lost` (done, no answer), or a status with the error code and the seconds to wait."""


class RefusedError(Exception):
    """What the request breaks."""


@dataclass
class Cloud:
    """What was sent, in its order; `script` are the faults of the next calls to send, `by_chance` those of any."""

    url: str = ""
    posted: list[Json] = field(default_factory=list)
    uploads: dict[str, Json] = field(default_factory=dict)
    script: deque[Fault | None] = field(default_factory=deque)
    by_chance: Callable[[], Fault | None] = lambda: None
    calls: int = 0
    uploads_hang: bool = False

    @property
    def bodies(self) -> list[str]:
        """The words of each message."""
        return [words(one) for one in self.posted]

    async def messages(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error(401, 190, "Invalid OAuth access token")
        fault = self.script.popleft() if self.script else self.by_chance()
        if isinstance(fault, tuple):
            return _error(fault[0], fault[1], "as planned", *fault[2:])
        if fault == "reset":
            assert request.transport is not None
            request.transport.abort()
        body = await request.json()
        try:
            check(body, self.uploads)
        except RefusedError as error:
            return _error(400, 131009, str(error))
        if fault != "reset":
            self.posted.append(body)
        if fault == "lost":
            await asyncio.sleep(3600)
        name = f"wamid.{len(self.posted):04}=="
        return web.json_response({"messaging_product": "whatsapp", "messages": [{"id": name}]})

    async def media(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error(401, 190, "Invalid OAuth access token")
        if self.uploads_hang:
            await asyncio.sleep(3600)
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField)
        name = f"{9000 + len(self.uploads)}"
        with file.file:
            content = file.file.read()
        self.uploads[name] = {"type": form["type"], "name": file.filename, "content": content}
        return web.json_response({"id": name})


def words(body: Json) -> str:
    kind = body["type"]
    if kind == "text":
        return str(body["text"]["body"])
    if kind == "interactive":
        return str(body["interactive"]["body"]["text"])
    if kind == "template":
        return " · ".join(one["text"] for one in body["template"]["components"][0]["parameters"])
    return str(body[kind].get("caption", ""))


def by_chance(seed: int, each: float, kinds: tuple[Fault, ...]) -> Callable[[], Fault | None]:
    """Each kind of fault with the same chance; the same seed, the same faults."""
    chance = random.Random(seed)

    def fault() -> Fault | None:
        place = chance.random()
        return next((kind for number, kind in enumerate(kinds, 1) if place < each * number), None)

    return fault


def check(body: Json, uploads: Json) -> None:
    _require(body.get("messaging_product") == "whatsapp", "messaging_product")
    _require(("to" in body) != ("recipient" in body), "one of to and recipient")
    _require(body.get("to", "447700900105").isdecimal(), "to")
    kind = body["type"]
    if kind == "text":
        _sized(body["text"]["body"], 4096, "text.body")
    elif kind in ("image", "document"):
        _require(body[kind]["id"] in uploads, "media id")
        _sized(body[kind].get("caption", "-"), 1024, "caption")
    elif kind == "interactive":
        _interactive(body["interactive"], uploads)
    elif kind == "template":
        for one in body["template"]["components"][0]["parameters"]:
            _sized(one["text"], 1024, "parameter")
            _require(not any(sign in one["text"] for sign in ("\n", "\t", "    ")), "parameter")
    else:
        raise RefusedError(kind)


def _interactive(what: Json, uploads: Json) -> None:
    kind, action = what["type"], what["action"]
    _sized(what["body"]["text"], 1024, "body.text")
    header = what.get("header")
    if header is not None:
        _require(kind in ("button", "cta_url"), "header")
        _require(header[header["type"]]["id"] in uploads, "media id")
    if kind == "button":
        titles = [one["reply"]["title"] for one in action["buttons"]]
        _require(1 <= len(titles) <= 3 and len(set(titles)) == len(titles), "buttons")
        for one in action["buttons"]:
            _sized(one["reply"]["title"], 20, "title")
            _sized(one["reply"]["id"], 256, "id")
    elif kind == "list":
        rows = [row for section in action["sections"] for row in section["rows"]]
        _sized(action["button"], 20, "button")
        _require(1 <= len(rows) <= 10 and len({row["id"] for row in rows}) == len(rows), "rows")
        for row in rows:
            _sized(row["title"], 24, "title")
            _sized(row["id"], 200, "id")
            _sized(row.get("description", "-"), 72, "description")
    elif kind == "cta_url":
        _sized(action["parameters"]["display_text"], 20, "display_text")
        _require(action["parameters"]["url"].startswith("http"), "url")
    else:
        _require(kind == "request_contact_info", "interactive.type")


def _sized(text: str, most: int, what: str) -> None:
    _require(1 <= len(text) <= most, f"{what}: {len(text)} characters")


def _require(holds: object, what: str) -> None:
    if not holds:
        raise RefusedError(f"Parameter value is not valid: {what}")


def _error(status: int, code: int | None, message: str, wait: float | None = None) -> web.Response:
    said = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code, "fbtrace_id": "A1"}
    headers = {"Retry-After": str(wait)} if wait else {}
    body = {"error": {**said, "error_data": {"messaging_product": "whatsapp", "details": message}}}
    return web.json_response(body if code else {}, status=status, headers=headers)


@asynccontextmanager
async def running() -> AsyncIterator[Cloud]:
    cloud = Cloud()
    app = web.Application()
    app.router.add_post(f"/v23.0/{NUMBER}/messages", cloud.messages)
    app.router.add_post(f"/v23.0/{NUMBER}/media", cloud.media)
    async with TestServer(app) as server:
        cloud.url = str(server.make_url("/v23.0"))
        yield cloud
