"""Whoever is refused again and again is heard no longer: their next requests cost us neither a body nor a check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from bot.web.api.pace import Pace, Rate
from bot.web.problems import ApiProblem
from bot.web.proxies import known_caller

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

_COUNTED: Final = frozenset({401, 403, 413})
"""What forgers and guessers get: wrong secrets, wrong signatures, too much."""
BORNE: Final = Rate(per_second=1.0, burst=60)


def bearing(rate: Rate = BORNE) -> Middleware:
    """The middleware; it knows addresses only. Who comes through a proxy that is not named is not told apart."""
    pace = Pace(rate)

    @web.middleware
    async def bear(request: web.Request, handler: Handler) -> web.StreamResponse:
        caller = known_caller(request)
        if caller is None:
            return await handler(request)
        wait = pace.due(caller)
        if wait:
            return _enough(wait)
        answer = await handler(request)
        if answer.status in _COUNTED:
            pace.wait(caller)
        return answer

    return bear


def _enough(seconds: int) -> web.Response:
    message = f"Too many requests from your address were refused. Send it again in {seconds} s."
    answer = ApiProblem(429, "too_many_refused", message, headers={"Retry-After": str(seconds)}).answer()
    answer.force_close()
    return answer
