"""Calls to the Cloud API: what is asked, of whom, for how long, and what is never told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.whatsapp.account import Account
from bot.channels.whatsapp.api import LARGEST_DOWNLOAD, GraphApi, GraphError, MaybeSentError, NotConnectedError

CANARY = "EAAG-canary-of-the-api"


class Meta:
    """Answers every path by a table, and remembers who asked with which token."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, str | None]] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.raw_path, request.headers.get("Authorization")))
        status, headers, body = self.answers.get(request.path, (404, {}, b""))
        return web.Response(status=status, headers=headers, body=body)

    def media(self, name: str, url: str, size: object = 5) -> None:
        self.answers[f"/v23.0/{name}"] = (200, {}, f'{{"url": "{url}", "file_size": "{size}"}}'.encode())


@pytest.fixture
async def meta() -> AsyncIterator[Meta]:
    made = Meta()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/")).rstrip("/")
        yield made


@asynccontextmanager
async def graph(url: str) -> AsyncIterator[GraphApi]:
    api = GraphApi(Account("1", CANARY, f"{url}/v23.0"), seconds=5)
    yield api
    await api.close()


async def test_media_is_fetched_with_the_token(meta: Meta) -> None:
    meta.media("9000", f"{meta.url}/file")
    meta.answers["/file"] = (200, {}, b"\xff\xd8 photo")
    async with graph(meta.url) as api:
        assert await api.download("9000") == b"\xff\xd8 photo"
    assert [path for path, _ in meta.asked] == ["/v23.0/9000", "/file"]
    assert {token for _, token in meta.asked} == {f"Bearer {CANARY}"}


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, b""), (410, b""), (400, b'{"error": {"code": 100, "message": "Unsupported get request"}}')],
)
async def test_media_that_is_gone_is_none(meta: Meta, status: int, body: bytes) -> None:
    meta.answers["/v23.0/9000"] = (status, {}, body)
    async with graph(meta.url) as api:
        assert await api.download("9000") is None


@pytest.mark.parametrize(("status", "code"), [(401, 190), (500, 1), (429, 4), (400, 190), (503, 2)])
async def test_media_that_cannot_be_had_now_is_asked_for_again(meta: Meta, status: int, code: int) -> None:
    meta.answers["/v23.0/9000"] = (status, {}, f'{{"error": {{"code": {code}, "message": "x"}}}}'.encode())
    async with graph(meta.url) as api:
        with pytest.raises(GraphError):
            await api.download("9000")


async def test_media_that_is_too_large_is_not_read(meta: Meta) -> None:
    meta.media("9000", f"{meta.url}/file", LARGEST_DOWNLOAD + 1)
    meta.media("9001", f"{meta.url}/file", "unknown")
    meta.answers["/file"] = (200, {}, b"x" * (LARGEST_DOWNLOAD + 1))
    async with graph(meta.url) as api:
        assert await api.download("9000") is None
        assert [path for path, _ in meta.asked] == ["/v23.0/9000"]
        assert await api.download("9001") is None


@pytest.mark.parametrize("url", ["http://example.org/file", "ftp://127.0.0.1/file", "//example.org", "", "http://[bad"])
async def test_the_token_goes_nowhere_without_https(meta: Meta, url: str) -> None:
    meta.media("9000", url)
    async with graph(meta.url) as api:
        assert await api.download("9000") is None
    assert len(meta.asked) == 1


async def test_nobody_sends_us_elsewhere(meta: Meta) -> None:
    meta.media("9000", f"{meta.url}/file")
    meta.answers["/file"] = (302, {"Location": f"{meta.url}/elsewhere"}, b"")
    async with graph(meta.url) as api:
        with pytest.raises(GraphError):
            await api.download("9000")
    assert [path for path, _ in meta.asked] == ["/v23.0/9000", "/file"]


async def test_a_forged_media_id_stays_one_part_of_the_path(meta: Meta) -> None:
    async with graph(meta.url) as api:
        assert await api.download("../1/messages?x=1#y") is None
    assert [path for path, _ in meta.asked] == ["/v23.0/..%2F1%2Fmessages%3Fx=1%23y"]


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("0", 0.5), ("1e9", 3600.0), ("nan", 0.5), ("soon", None), ("-3", 0.5)]
)
async def test_the_wait_that_is_asked_for_is_bounded(meta: Meta, header: str, seconds: float | None) -> None:
    meta.answers["/v23.0/1/messages"] = (429, {"Retry-After": header}, b"")
    async with graph(meta.url) as api:
        with pytest.raises(GraphError) as raised:
            await api.post("1/messages", {})
    assert raised.value.retry_after == seconds
    assert not raised.value.permanent


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[1]", b"null", b'{"error": 5}', b'{"error": {"code": "x"}}', b"\xff"]
)
async def test_an_answer_in_no_known_shape_is_a_refusal_all_the_same(meta: Meta, body: bytes) -> None:
    meta.answers["/v23.0/1/messages"] = (400, {}, body)
    async with graph(meta.url) as api:
        with pytest.raises(GraphError) as raised:
            await api.post("1/messages", {})
    assert (raised.value.status, raised.value.code) == (400, None)


async def test_the_token_and_phones_are_in_no_error(meta: Meta) -> None:
    said = f'{{"error": {{"code": 190, "message": "bad {CANARY} for +447700900105"}}}}'
    meta.answers["/v23.0/1/messages"] = (401, {}, said.encode())
    async with graph(meta.url) as api:
        with pytest.raises(GraphError) as raised:
            await api.post("1/messages", {})
    assert CANARY not in str(raised.value)
    assert "447700900105" not in str(raised.value)
    assert CANARY not in repr(Account("1", CANARY))
    async with graph("http://127.0.0.1:9") as nobody:
        with pytest.raises(NotConnectedError) as away:
            await nobody.post("1/messages", {})
    assert CANARY not in str(away.value)


async def test_an_answer_that_breaks_off_may_have_been_done() -> None:
    async def breaks(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"{")
        assert request.transport is not None
        request.transport.abort()
        return response

    app = web.Application()
    app.router.add_post("/v23.0/1/messages", breaks)
    async with TestServer(app) as server, graph(str(server.make_url("/")).rstrip("/")) as api:
        with pytest.raises(MaybeSentError):
            await api.post("1/messages", {})
