"""The body of a request, bounded in size and time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from bot.web.problems import ApiProblem

if TYPE_CHECKING:
    from aiohttp import web

SECONDS_FOR_BODY: Final = 10.0


async def bounded_body(request: web.Request, most: int) -> bytes | None:
    """None where it has more than `most` bytes. Raises ApiProblem 408 where they do not come."""
    if (request.content_length or 0) > most:
        return None
    try:
        async with asyncio.timeout(SECONDS_FOR_BODY):
            return await _read(request, most)
    except TimeoutError:
        raise ApiProblem(408, "too_slow", "The body did not arrive in time. Send it again.") from None


async def _read(request: web.Request, most: int) -> bytes | None:
    body = bytearray()
    while len(body) <= most and not request.content.at_eof():
        body += await request.content.read(most + 1 - len(body))
    return bytes(body) if len(body) <= most else None
