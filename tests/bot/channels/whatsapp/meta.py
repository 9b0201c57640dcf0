"""What the Cloud API knows of our number and of files, on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.bot.channels.whatsapp.pushed import OUR_ID


@dataclass
class Meta:
    """What the Cloud API answers, and what it was sent."""

    address: str = ""
    number: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    content: bytes | None = b"a photo"
    posted: list[dict[str, Any]] = field(default_factory=list)

    async def get(self, request: web.Request) -> web.Response:
        if self.status != 200:
            error = {"message": "no", "code": 190 if self.status == 401 else 131000}
            return web.json_response({"error": error}, status=self.status)
        if request.match_info["id"] == OUR_ID:
            return web.json_response(self.number)
        if self.content is None:
            return web.json_response({"error": {"message": "no such object", "code": 100}}, status=400)
        return web.json_response({"url": f"{self.address}/file/7001", "file_size": str(len(self.content))})

    async def file(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"].startswith("Bearer ")
        return web.Response(body=self.content)

    async def post(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.posted.append(body)
        name = f"wamid.OUT{len(self.posted)}=="
        return web.json_response({"messaging_product": "whatsapp", "messages": [{"id": name}]})

    @property
    def said(self) -> list[str]:
        """The plain texts that were sent."""
        return [body["text"]["body"] for body in self.posted if body.get("type") == "text"]


@asynccontextmanager
async def served() -> AsyncIterator[Meta]:
    """On loopback, until the block ends."""
    meta = Meta()
    app = web.Application()
    app.router.add_get("/{id}", meta.get)
    app.router.add_get("/file/{id}", meta.file)
    app.router.add_post("/{id}/messages", meta.post)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    meta.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    meta.number = {
        "display_phone_number": "+44 7700 900999",
        "verified_name": "Blessings City",
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
    }
    yield meta
    await runner.cleanup()
