"""Every request has a reference: it stands in each log line about it and in its answer, and leads to the other."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import structlog
from aiohttp import web
from structlog.contextvars import bound_contextvars, get_contextvars

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

HEADER: Final = "X-Ref"
_FIRST_ERROR: Final = 400

_log = structlog.get_logger()


@web.middleware
async def traced(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Names the request in the log; whatever is refused leaves a line there, with who called."""
    ref = _new()
    with bound_contextvars(ref=ref, path=_path(request), caller=request.remote):
        try:
            answer = await handler(request)
        except web.HTTPException as led:
            _note(led, ref)
            raise
        _note(answer, ref)
        return answer


def reference() -> str:
    """That of the request being answered."""
    return str(get_contextvars().get("ref") or _new())


def _new() -> str:
    return f"H{secrets.token_hex(3).upper()}"


def _note(answer: web.StreamResponse, ref: str) -> None:
    if answer.status >= _FIRST_ERROR:
        _log.info("request refused", status=answer.status)
    if not answer.prepared:
        answer.headers[HEADER] = ref


def _path(request: web.Request) -> str:
    """The route, not what was filled into it: that may be a token."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"
