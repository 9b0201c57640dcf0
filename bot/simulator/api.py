"""`/bot<token>/<method>` and `/file/bot<token>/<path>`: the HTTP face of the simulated Bot API."""

import asyncio
import hmac

from aiohttp import web

from bot.simulator import errors
from bot.simulator.account import Account
from bot.simulator.calls import Call, read_call
from bot.simulator.faults import Fault, Faults
from bot.simulator.files import content_of
from bot.simulator.methods import METHODS, SLOW_METHODS
from bot.simulator.recorder import Recorder
from bot.simulator.shapes import Json, dumps


class BotApi:
    """Answers the bot, meets it with faults, and records what it asked."""

    def __init__(self, account: Account, faults: Faults, recorder: Recorder) -> None:
        self._account = account
        self._faults = faults
        self._recorder = recorder

    def add_routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/bot{token}/{method}", self.call)
        app.router.add_get("/file/bot{token}/{path:.+}", self.download)

    async def call(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request.match_info["token"])
            call = await read_call(request, request.match_info["method"])
        except errors.BotApiError as error:
            return _response(error.code, _refused(error))
        if self._faults.delay_seconds:
            await asyncio.sleep(self._faults.delay_seconds)
        fault = self._faults.draw(call.method.lower())
        if fault is Fault.RESET:
            self._record(call, 0, {}, fault)
            return _broken(request)
        status, answer = await self._answer(call, fault)
        self._record(call, 0 if fault is Fault.LOST_ANSWER else status, answer, fault)
        if fault is Fault.LOST_ANSWER:
            await asyncio.sleep(self._faults.hold_seconds)
            return _broken(request)
        return _response(status, answer)

    def _check_token(self, token: str) -> None:
        if ":" not in token or token.startswith("0"):
            errors.INVALID_TOKEN.refuse()
        if not hmac.compare_digest(token.encode(), self._account.token.encode()):
            errors.UNAUTHORIZED.refuse()

    async def _answer(self, call: Call, fault: Fault | None) -> tuple[int, Json]:
        try:
            if fault is Fault.TOO_MANY_REQUESTS:
                raise errors.too_many_requests(self._faults.retry_after)
            if fault is Fault.BAD_GATEWAY:
                errors.BAD_GATEWAY.refuse()
            return 200, {"ok": True, "result": await self._run(call)}
        except errors.BotApiError as error:
            return error.code, _refused(error)

    async def _run(self, call: Call) -> object:
        name = call.method.lower()
        method = METHODS.get(name)
        if method is not None:
            return method(self._account, call)
        slow = SLOW_METHODS.get(name)
        if slow is None:
            errors.METHOD_NOT_FOUND.refuse()
        return await slow(self._account, call)

    def _record(self, call: Call, status: int, answer: Json, fault: Fault | None) -> None:
        if call.method.lower() == "getupdates" and not answer.get("result") and status == 200:  # noqa: PLR2004
            return
        self._recorder.add(self._account.clock(), call, status, answer, fault)

    async def download(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request.match_info["token"])
        except errors.BotApiError as error:
            return _response(error.code, _refused(error))
        file = self._account.world.files.at(request.match_info["path"])
        if file is None:
            return _response(404, _refused(errors.NOT_FOUND.error()))
        return web.Response(body=content_of(file), content_type="application/octet-stream")


def _broken(request: web.Request) -> web.Response:
    """The connection breaks; what is returned never leaves."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)


def _refused(error: errors.BotApiError) -> Json:
    answer: Json = {"ok": False, "error_code": error.code, "description": error.description}
    return answer if error.retry_after is None else {**answer, "parameters": {"retry_after": error.retry_after}}


def _response(status: int, answer: Json) -> web.Response:
    headers = {}
    retry_after = answer.get("parameters", {}).get("retry_after")
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    body = dumps(answer).encode()
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")
