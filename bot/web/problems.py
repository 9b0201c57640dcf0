"""Whatever is wrong with a request, as machines read it: `{"error": {"code", "message", "field"?}}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web

from bot.web.traced import reference
from jobs.secrecy import mask
from storage.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

_FOR_PEOPLE = ("/b/", "/login/", "/static/")
"""Pages answer in words of their own."""

_log = structlog.get_logger()


class ApiProblem(Exception):  # noqa: N818 - most are answers to a caller, not faults
    """A request that is not done: the answer's status, a stable code, a sentence, and the field it is about."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        **facts: object,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        named: dict[str, object] = {} if field is None else {"field": field}
        self.error = {"code": code, "message": message, **named, **facts}

    def answer(self) -> web.Response:
        """The problem as a response."""
        return web.json_response({"error": self.error}, status=self.status, headers=self.headers)


@web.middleware
async def problems_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """No address but a page answers anything but JSON, and no answer tells more than a reference of what broke."""
    if request.path.startswith(_FOR_PEOPLE) and request.match_info.http_exception is None:
        return await handler(request)
    try:
        return await handler(request)
    except ApiProblem as problem:
        return problem.answer()
    except web.HTTPException as refused:
        return _as_json(refused)
    except (DatabaseUnavailable, TimeoutError) as error:
        _log.warning("request not done", reason=mask(f"{type(error).__name__}: {error}"))
        return _unavailable().answer()
    except Exception:  # noqa: BLE001 - the last frame of a request
        _log.exception("request failed")
        ref = reference()
        message = f"This should not have happened. Nothing was done. Ref {ref}"
        return ApiProblem(500, "internal", message, ref=ref).answer()


def _unavailable() -> ApiProblem:
    message = "Not done just now. Send it again."
    return ApiProblem(503, "unavailable", message, headers={"Retry-After": "5"}, ref=reference())


def _as_json(refused: web.HTTPException) -> web.StreamResponse:
    """The library's own refusals (no such address or method, too large); what leads elsewhere stays as it is."""
    if refused.status < 400:  # noqa: PLR2004 - what HTTP calls an error
        raise refused
    kept: dict[str, Any] = {name: refused.headers[name] for name in ("Allow",) if name in refused.headers}
    code = refused.reason.lower().replace(" ", "_")
    return ApiProblem(refused.status, code, f"{refused.reason}.", headers=kept).answer()
