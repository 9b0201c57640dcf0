"""The Bot API client's requests over aiohttp: faster than the library's own, and sure about what may have been sent."""

from __future__ import annotations

import io
import json
from typing import Any, cast

import aiohttp
from telegram._utils.defaultvalue import DEFAULT_NONE, DefaultValue
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from typing_extensions import override

from jobs.secrecy import mask

_TOO_MANY = 429
_SERVER_ERROR = 500


class NeverSentError(NetworkError):
    """The server was not reached, or said that it could not do it."""

    __slots__ = ()


class MaybeSentError(TimedOut):
    """Sending began and no answer came: it may have been done."""

    __slots__ = ()


class FloodError(TelegramError):
    """Too many requests; wait `seconds`."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        super().__init__(f"retry after {seconds:g} s")
        self.seconds = seconds


class AiohttpRequest(BaseRequest):
    """Keeps connections open. `timeout` is in seconds, for the answer, connecting not included.

    `answer` is the last answer as it came: the library's objects know only the fields of their version.
    """

    def __init__(self, *, connections: int, timeout: float, proxy: str | None = None) -> None:
        self._connections = connections
        self._timeout = timeout
        self._proxy = proxy
        self.answer: dict[str, Any] = {}
        self._session: aiohttp.ClientSession | None = None

    @property
    @override
    def read_timeout(self) -> float:
        return self._timeout

    @override
    async def initialize(self) -> None:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=20)
            self._session = aiohttp.ClientSession(connector=connector, proxy=self._proxy)

    @override
    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    @override
    def parse_json_payload(self, payload: bytes) -> dict[str, Any]:  # type: ignore[override] # static in the base class
        self.answer = super().parse_json_payload(payload)
        return self.answer

    @override
    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = DEFAULT_NONE,
        write_timeout: ODVInput[float] = DEFAULT_NONE,
        connect_timeout: ODVInput[float] = DEFAULT_NONE,
        pool_timeout: ODVInput[float] = DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body. Raises `NeverSentError`, `MaybeSentError` or `FloodError`; the token is in none of them."""
        await self.initialize()
        session = cast("aiohttp.ClientSession", self._session)
        seconds = self._timeout if isinstance(read_timeout, DefaultValue) else read_timeout
        timeout = aiohttp.ClientTimeout(total=None, connect=10, sock_connect=10, sock_read=seconds)
        try:
            async with session.request(method, url, timeout=timeout, **_body(request_data)) as answer:
                return _checked(answer.status, await answer.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise NeverSentError(mask(str(error))) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise MaybeSentError(mask(f"{type(error).__name__}: {error}")) from None


def _body(data: RequestData | None) -> dict[str, Any]:
    if data is None:
        return {}
    if not data.contains_files:
        return {"data": data.json_payload, "headers": {"Content-Type": "application/json"}}
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, mime) in (data.multipart_data or {}).items():
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, file, filename=filename, content_type=mime)
    return {"data": form}


def _checked(status: int, body: bytes) -> tuple[int, bytes]:
    if status == _TOO_MANY:
        raise FloodError(_retry_after(body))
    if status >= _SERVER_ERROR:
        raise NeverSentError(f"server error {status}")
    return status, body


def _retry_after(body: bytes) -> float:
    try:
        return float(json.loads(body)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return 1.0
