"""A photo from an address that a caller of the API chose: nothing but a public https server is ever asked."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from jobs.photo_intake import MAX_PHOTO_BYTES, PhotoNotFetched

if TYPE_CHECKING:
    import ssl

    import aiohttp
    from aiohttp.abc import AbstractResolver

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_SECONDS: Final = 10.0
_OK: Final = 200
_PORT: Final = 443
_CHUNK: Final = 1 << 16
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/32")
"""Addresses behind which a network translates to IPv4, whichever."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a host. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def is_public(address: str) -> bool:
    """Whether an address is one that anybody on the internet may ask; no part of our own network."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.teredo or ip in _TRANSLATED:
            return False
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


@dataclass(frozen=True, slots=True)
class PhotoFetch:
    """Every address the host has must be public; the one that was checked is the one that is asked."""

    resolve: Resolve = resolve
    may_ask: Callable[[str], bool] = is_public
    trusted: ssl.SSLContext | None = field(default=None, repr=False)
    port: int = _PORT
    seconds: float = _SECONDS
    most: int = MAX_PHOTO_BYTES

    async def __call__(self, address: str) -> bytes:
        """The file, at most 20 MB within ten seconds. Raises PhotoNotFetched."""
        import aiohttp

        try:
            async with asyncio.timeout(self.seconds):
                return await self._fetch(address)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            raise PhotoNotFetched(type(error).__name__) from None

    async def _fetch(self, address: str) -> bytes:
        import aiohttp

        host = self._host(address)
        pinned = await self._checked(host)
        connector = aiohttp.TCPConnector(
            resolver=_pinned(host, pinned), use_dns_cache=False, ssl=self.trusted or True, force_close=True
        )
        async with (
            aiohttp.ClientSession(connector=connector, auto_decompress=False, trust_env=False) as session,
            session.get(address, allow_redirects=False, headers={"Accept-Encoding": "identity"}) as answer,
        ):
            return await self._content(answer)

    def _host(self, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme != "https" or not parts.hostname or (parts.port or _PORT) != self.port:
            raise PhotoNotFetched("not an https address on its usual port")
        if parts.username is not None or parts.password is not None:
            raise PhotoNotFetched("an address with a password")
        return parts.hostname

    async def _checked(self, host: str) -> Sequence[str]:
        found = await self.resolve(host, self.port)
        if not found or not all(map(self.may_ask, found)):
            raise PhotoNotFetched("not on the public internet")
        return found

    async def _content(self, answer: aiohttp.ClientResponse) -> bytes:
        if answer.status != _OK:
            raise PhotoNotFetched(f"the server answered {answer.status}")
        if (answer.content_length or 0) > self.most:
            raise PhotoNotFetched("too large")
        content = bytearray()
        async for chunk in answer.content.iter_chunked(_CHUNK):
            content += chunk
            if len(content) > self.most:
                raise PhotoNotFetched("too large")
        return bytes(content)


def _pinned(host: str, addresses: Sequence[str]) -> AbstractResolver:
    """Resolves this host alone, to what was checked: a second look at the name could give another answer."""
    from aiohttp.abc import AbstractResolver, ResolveResult

    class Pinned(AbstractResolver):
        async def resolve(
            self,
            name: str,
            port: int = 0,
            family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - the library names it
        ) -> list[ResolveResult]:
            if name != host:
                raise OSError("another host")
            return [_result(host, address, port) for address in addresses]

        async def close(self) -> None:
            """Nothing is held."""

    def _result(name: str, address: str, port: int) -> ResolveResult:
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return ResolveResult(hostname=name, host=address, port=port, family=kind, proto=0, flags=flags)

    return Pinned()
