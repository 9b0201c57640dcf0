"""Who really calls: what stands in forwarding headers counts only from proxies that the settings name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network

import pytest
from aiohttp import ClientSession, web
from multidict import CIMultiDict

from bot.web.proxies import Networks, believing, comes_from_here

HERE = (ip_network("127.0.0.1/32"),)
CHAIN = (*HERE, ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
CALLER = "203.0.113.9"


@asynccontextmanager
async def behind(trusted: Networks) -> AsyncIterator[ClientSession]:
    """A server that answers with how it sees the caller."""

    async def seen(request: web.Request) -> web.Response:
        return web.json_response([request.remote, request.scheme, comes_from_here(request), str(request.url.origin())])

    app = web.Application(middlewares=[believing(trusted)])
    app.router.add_get("/", seen)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with ClientSession(f"http://{host}:{port}") as client:
        yield client
    await runner.cleanup()


async def asked(client: ClientSession, headers: Mapping[str, str] | Sequence[tuple[str, str]] = ()) -> list[object]:
    async with client.get("/", headers=CIMultiDict(headers)) as answer:
        found: list[object] = await answer.json()
        return found


async def test_nobodys_word_counts_by_default() -> None:
    async with behind(()) as client:
        headers = {"X-Forwarded-For": CALLER, "X-Forwarded-Proto": "https"}
        assert (await asked(client, headers))[:3] == ["127.0.0.1", "http", False]
        assert (await asked(client))[:3] == ["127.0.0.1", "http", True]


async def test_only_the_proxies_that_are_named_are_believed() -> None:
    async with behind((ip_network("10.0.0.0/8"),)) as client:
        headers = {"X-Forwarded-For": CALLER, "X-Forwarded-Proto": "https"}
        assert (await asked(client, headers))[:3] == ["127.0.0.1", "http", False]


async def test_a_trusted_proxy_names_the_caller_and_the_scheme() -> None:
    async with behind(HERE) as client:
        headers = {"X-Forwarded-For": CALLER, "X-Forwarded-Proto": "https", "Host": "bills.example.org"}
        assert await asked(client, headers) == [CALLER, "https", False, "https://bills.example.org"]


@pytest.mark.parametrize(
    ("said", "caller"),
    [
        (f"127.0.0.1, {CALLER}", CALLER),  # the caller wrote the first itself
        (f"10.9.9.9, {CALLER}, 10.0.0.7", CALLER),
        (f"1.1.1.1, {CALLER}, 10.0.0.7, 127.0.0.1", CALLER),
        (f"198.51.100.1,{CALLER}:52114", CALLER),
        ("198.51.100.1, [2001:db9::5]:443", "2001:db9::5"),
        ("198.51.100.1, 2001:db9::5, 2001:db8::1", "2001:db9::5"),
        (f"198.51.100.1, ::ffff:{CALLER}", CALLER),
        ("198.51.100.1, nonsense", "127.0.0.1"),
        ("198.51.100.1, nonsense, 10.0.0.7", "10.0.0.7"),
        ("198.51.100.1, ", "127.0.0.1"),
        ("10.0.0.8, 10.0.0.7", "10.0.0.8"),
        ("127.0.0.1", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
async def test_the_nearest_hop_that_is_not_ours_is_the_caller(said: str, caller: str) -> None:
    async with behind(CHAIN) as client:
        remote, _, here, _ = await asked(client, {"X-Forwarded-For": said})
        assert (remote, here) == (caller, False)


async def test_a_header_sent_twice_is_one_list() -> None:
    async with behind(CHAIN) as client:
        twice = [("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-For", f"{CALLER}, 10.0.0.7")]
        assert (await asked(client, twice))[0] == CALLER


async def test_what_a_proxy_passes_on_never_counts_as_from_here() -> None:
    """Not even from one that adds no header, or that lets the caller's own pass."""
    async with behind(HERE) as client:
        for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": "::1"}, {"Host": "localhost"}):
            assert (await asked(client, headers))[2] is False


@pytest.mark.parametrize("said", ["gopher", "https, http", "https,", "", "HTTPS x"])
async def test_only_the_nearest_proxys_word_about_the_scheme_counts(said: str) -> None:
    async with behind(HERE) as client:
        assert (await asked(client, {"X-Forwarded-Proto": said}))[1] == "http"
