"""Every request is counted by its route, never by what somebody filled into the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from jobs import tally

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@web.middleware
async def counted(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """How many, with which outcome, how long."""
    resource = request.match_info.route.resource
    route = resource.canonical if resource else "unknown"
    status = 500
    try:
        with tally.timed(route):
            answer = await handler(request)
        status = answer.status
    except web.HTTPException as led:
        status = led.status
        raise
    else:
        return answer
    finally:
        tally.requests[route, str(status)] += 1
