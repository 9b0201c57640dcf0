"""The Cloud API over HTTP: one session, a time limit on everything, and certainty about what may have been sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import aiohttp

from bot.channels.proxies import proxy_for
from jobs.secrecy import hide, mask

if TYPE_CHECKING:
    from bot.channels.whatsapp.account import Account

Json = Mapping[str, Any]

LARGEST_DOWNLOAD: Final = 20_000_000
"""Bytes."""

_CONNECT_SECONDS: Final = 10
_FILES_TAKE: Final = 3
"""Times as long as anything else."""
_LARGEST_ANSWER: Final = 1_000_000
_MOST_WORDS: Final = 400
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_OK: Final = range(200, 300)
_REFUSED: Final = range(400, 500)
_PASSING: Final = frozenset({408, 429})
_GONE: Final = frozenset({404, 410})
_NO_SUCH_OBJECT: Final = 100


class GraphError(Exception):
    """WhatsApp answered {status}, error {code}: {message}.

    `retry_after` in seconds where it was said. `permanent`: the same request would never be taken.
    """

    def __init__(
        self, status: int, code: int | None, message: str, retry_after: float | None = None, *, permanent: bool
    ) -> None:
        super().__init__(f"WhatsApp answered {status}, error {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.permanent = permanent


class NotConnectedError(Exception):
    """WhatsApp was not reached: {reason}."""


class MaybeSentError(Exception):
    """No answer from WhatsApp after sending began: {reason}."""


class GraphApi:
    """Calls of one phone number's account. Paths are below the account's `api`; its token is in no error and no log.

    Each raises `GraphError` (it said no), `NotConnectedError` (nothing was done) or `MaybeSentError` (not known).
    """

    def __init__(self, account: Account, *, seconds: float = 20.0, connections: int = 128) -> None:
        hide(account.token)
        self._account = account
        self._api = account.api.rstrip("/")
        self._seconds = seconds
        self._connections = connections
        self._proxy = proxy_for(self._api)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, path: str, body: Json) -> Json:
        """The answer to a call that changes something."""
        return await self._call("POST", path, self._seconds, json=body)

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Json:
        """The answer to a question."""
        return await self._call("GET", path, self._seconds, params=query or {})

    async def upload(self, content: bytes, mime: str, name: str) -> str:
        """Our file's media id; WhatsApp keeps it for 30 days."""
        form = aiohttp.FormData({"messaging_product": "whatsapp", "type": mime})
        form.add_field("file", BytesIO(content), filename=name, content_type=mime)
        path = f"{self._account.phone_number_id}/media"
        return str((await self._call("POST", path, _FILES_TAKE * self._seconds, data=form)).get("id", ""))

    async def download(self, media_id: str) -> bytes | None:
        """The content of what somebody sent; `None` when it is gone or larger than `LARGEST_DOWNLOAD`."""
        try:
            found = await self.get(quote(media_id, safe=""))
            address = str(found.get("url", ""))
            if not _may_ask(address) or _number(found.get("file_size")) > LARGEST_DOWNLOAD:
                return None
            return await self._content(address)
        except GraphError as error:
            if error.status in _GONE or error.code == _NO_SUCH_OBJECT:
                return None
            raise

    async def close(self) -> None:
        """Lets go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _call(self, method: str, path: str, seconds: float, **sent: Any) -> Json:  # noqa: ANN401 - whatever aiohttp takes
        status, retry_after, body = await self._ask(
            method, f"{self._api}/{path}", seconds, _LARGEST_ANSWER, proxy=self._proxy, **sent
        )
        if status not in _OK:
            raise _refusal(status, retry_after, body)
        return _object(body)

    async def _content(self, address: str) -> bytes | None:
        status, retry_after, body = await self._ask(
            "GET", address, _FILES_TAKE * self._seconds, LARGEST_DOWNLOAD + 1, proxy=proxy_for(address)
        )
        if status not in _OK:
            raise _refusal(status, retry_after, body)
        return body if len(body) <= LARGEST_DOWNLOAD else None

    async def _ask(
        self,
        method: str,
        address: str,
        seconds: float,
        most: int,
        **sent: Any,  # noqa: ANN401 - whatever aiohttp takes
    ) -> tuple[int, float | None, bytes]:
        """Status, seconds to wait, and at most so much of the body."""
        whole = _CONNECT_SECONDS + 3 * seconds  # also where an answer comes drop by drop
        timeout = aiohttp.ClientTimeout(total=whole, connect=_CONNECT_SECONDS, sock_read=seconds)
        try:
            async with self._open().request(method, address, timeout=timeout, allow_redirects=False, **sent) as answer:
                return answer.status, _seconds(answer.headers.get("Retry-After")), await _read(answer, most)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise NotConnectedError(_said(error)) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise MaybeSentError(_said(error)) from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=20)
            allowed = {"Authorization": f"Bearer {self._account.token}"}
            self._session = aiohttp.ClientSession(connector=connector, headers=allowed)
        return self._session


async def _read(answer: aiohttp.ClientResponse, most: int) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) >= most:
            break
    return bytes(body[:most])


def _refusal(status: int, retry_after: float | None, body: bytes) -> GraphError:
    error = _object(body).get("error")
    said: Json = error if isinstance(error, dict) else {}
    details = said.get("error_data")
    words = [said.get("message"), details.get("details") if isinstance(details, dict) else None]
    message = mask(": ".join(str(word) for word in words if word))[:_MOST_WORDS]
    code = said.get("code")
    return GraphError(
        status,
        code if isinstance(code, int) else None,
        message,
        retry_after,
        permanent=status in _REFUSED and status not in _PASSING and not said.get("is_transient"),
    )


def _object(body: bytes) -> Json:
    """The answer as an object; empty when it is none."""
    with suppress(ValueError, RecursionError):
        found = json.loads(body)
        if isinstance(found, dict):
            return found
    return {}


def _may_ask(address: str) -> bool:
    """The token goes to nobody who could be overheard."""
    with suppress(ValueError):
        parts = urlsplit(address)
        return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    return False


def _seconds(said: str | None) -> float | None:
    """Between a moment and an hour, whatever is said."""
    with suppress(ValueError, TypeError):
        return min(3600.0, max(0.5, float(said or "")))
    return None


def _number(said: object) -> int:
    with suppress(ValueError, TypeError):
        return int(str(said))
    return 0


def _said(error: Exception) -> str:
    return mask(f"{type(error).__name__}: {error}")[:_MOST_WORDS]
