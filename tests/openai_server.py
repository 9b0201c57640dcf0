"""A server shaped like OpenAI's Responses API: it insists on the shape of calls, tests say what it answers."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from aiohttp import web
from PIL import Image

KEY = "sk-proj-canary-that-must-never-be-written"
MODEL = "gpt-6.1-terra"

SIGHT: dict[str, Any] = {
    "display": "clear",
    "digits": "04271",
    "decimals": "",
    "confidence": [99, 99, 98, 97, 95],
    "unit": "kWh",
    "serial": "19152159",
    "reasons": [],
}
"""A meter seen well."""

Reply = Callable[[dict[str, Any]], web.Response]


def said(content: object, *, tokens_in: int = 2400, tokens_out: int = 120, usage: bool = True) -> web.Response:
    """An answer whose text is `content`, as JSON unless it is a text already."""
    text = content if isinstance(content, str) else json.dumps(content)
    return web.json_response(
        _response([{"type": "output_text", "text": text, "annotations": []}], tokens_in, tokens_out, usage=usage)
    )


def refusal(words: str = "I cannot help with that.") -> web.Response:
    """The model will not answer."""
    return web.json_response(_response([{"type": "refusal", "refusal": words}], 2400, 20, usage=True))


def failure(status: int, code: str | None = None, message: str = "no", **headers: str) -> web.Response:
    """A call that is refused."""
    error = {"message": message, "type": "error", "param": None, "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.json_response({"error": error}, status=status, headers=named)


def _response(content: list[dict[str, Any]], tokens_in: int, tokens_out: int, *, usage: bool) -> dict[str, Any]:
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
    counted = {
        "input_tokens": tokens_in,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": tokens_out,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens_in + tokens_out,
    }
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_790_000_000,
        "model": MODEL,
        "status": "completed",
        "output": [message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": counted if usage else None,
    }


@dataclass
class OpenAI:
    """What was asked, and what comes next: `answers` in turn, then `always`."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Reply] = field(default_factory=list)
    always: Reply = field(default=lambda _: said(SIGHT))
    delay: float = 0
    gate: asyncio.Event | None = None
    """Answers wait for it."""
    busy: int = 0
    most_at_once: int = 0

    async def responses(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return failure(401, "invalid_api_key", f"Incorrect API key provided: {KEY}")
        body = await request.json()
        self.asked.append(body)
        self.busy += 1
        self.most_at_once = max(self.most_at_once, self.busy)
        try:
            await asyncio.sleep(self.delay)
            if self.gate is not None:
                await self.gate.wait()
            answer = self.answers.pop(0) if self.answers else self.always
            return _wrong(body) or answer(body)
        finally:
            self.busy -= 1

    def pictures(self) -> list[Image.Image]:
        """What was shown, decoded."""
        return [Image.open(BytesIO(one)) for one in map(picture_in, self.asked) if one]


def picture_in(body: dict[str, Any]) -> bytes | None:
    """The picture of a call."""
    for part in body["input"][0]["content"]:
        if part["type"] == "input_image":
            return base64.b64decode(part["image_url"].removeprefix("data:image/jpeg;base64,"), validate=True)
    return None


def _wrong(body: dict[str, Any]) -> web.Response | None:
    """As the real one refuses: an unknown model, an answer's shape that is not strict."""
    if body["model"] == "gpt-none":
        return failure(404, "model_not_found")
    shape = body.get("text", {}).get("format")
    if shape is not None and not (shape["type"] == "json_schema" and shape["strict"] and _strict(shape["schema"])):
        return failure(400, "invalid_json_schema")
    return None


def _strict(schema: dict[str, Any]) -> bool:
    """Every field is required and no other is allowed."""
    return schema["additionalProperties"] is False and set(schema["required"]) == set(schema["properties"])


@asynccontextmanager
async def openai_server() -> AsyncIterator[OpenAI]:
    """Listening until the block ends; its `url` goes into OPENAI_BASE_URL."""
    made, app = OpenAI(), web.Application(client_max_size=32 << 20)
    app.router.add_post("/v1/responses", made.responses)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    made.url = f"http://{host}:{port}/v1"
    try:
        yield made
    finally:
        await runner.cleanup()
