"""Who really calls, and how: what proxies say about it counts only from those that the settings name."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp.typedefs import Handler, Middleware

Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]

_FORWARDED: Final = (
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "Via",
    "CF-Connecting-IP",
    "True-Client-IP",
)
_NAMES_OF_LOOPBACK: Final = frozenset({"localhost", "localhost.localdomain", ""})
_PASSED_ON: Final = web.RequestKey("passed on", bool)
_WITH_PORT: Final = re.compile(r"\[(?P<six>[^\]]+)\](?::\d+)?|(?P<four>[\d.]+):\d+", re.ASCII)
_SCHEMES: Final = frozenset({"http", "https"})


def believing(trusted: Networks) -> Middleware:
    """The middleware that lets handlers see the caller instead of the proxy, where one of these passes a request on."""

    @web.middleware
    async def believe(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(_as_sent(request, trusted))

    return believe


def comes_from_here(request: web.Request) -> bool:
    """Whether a program on this machine asks us by our own address; what any proxy passes on comes from elsewhere."""
    if _PASSED_ON in request or any(name in request.headers for name in _FORWARDED):
        return False
    host = request.url.host or ""
    return _is_loopback(request.remote or "") and (host in _NAMES_OF_LOOPBACK or _is_loopback(host))


def known_caller(request: web.Request) -> str | None:
    """The address that calls; none where a proxy that is not named stands between, or may: on this machine."""
    forwarded = any(name in request.headers for name in _FORWARDED)
    if _is_loopback(request.remote or "") or (forwarded and _PASSED_ON not in request):
        return None
    return request.remote


def _as_sent(request: web.Request, trusted: Networks) -> web.Request:
    peer = _address(request.remote or "")
    if peer is None or not _among(peer, trusted):
        return request
    caller = _caller(peer, request.headers.getall("X-Forwarded-For", ()), trusted)
    said = request.headers.getall("X-Forwarded-Proto", ("",))[-1].rpartition(",")[2].strip().lower()
    seen = request.clone(remote=str(caller), scheme=said if said in _SCHEMES else request.scheme)
    seen[_PASSED_ON] = True
    return seen


def _caller(peer: Address, said: Iterable[str], trusted: Networks) -> Address:
    """From the nearest hop outwards to the first that is not one of ours; what stands before it anybody may write."""
    caller = peer
    for entry in reversed(",".join(said).split(",")):
        hop = _address(entry)
        if hop is None:
            break
        caller = hop
        if not _among(hop, trusted):
            break
    return caller


def _among(address: Address, trusted: Networks) -> bool:
    return any(address in network for network in trusted)


def _address(text: str) -> Address | None:
    """An address with or without a port; IPv4 in the dress of IPv6 is IPv4."""
    text = text.strip()
    match = _WITH_PORT.fullmatch(text)
    try:
        found = ip_address((match["six"] or match["four"]) if match else text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _is_loopback(text: str) -> bool:
    address = _address(text)
    return address is not None and address.is_loopback
