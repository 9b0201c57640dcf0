"""What Sentry is told, by its own library, received by a server on loopback."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from aiohttp import web

from bot.logs import set_up_logs
from jobs.gateways import sentry
from jobs.secrecy import hide

CANARY = "canary-secret-for-sentry"
PHONE = "+447700900123"


@pytest.fixture
async def told() -> AsyncIterator[tuple[str, list[str]]]:
    """The DSN, and every envelope that came."""
    envelopes: list[str] = []

    async def receive(request: web.Request) -> web.Response:
        raw = await request.read()
        envelopes.append((gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode())
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/api/7/envelope/", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://key@127.0.0.1:{runner.addresses[0][1]}/7", envelopes
    await runner.cleanup()


@pytest.fixture
def logs() -> Iterator[None]:
    """The loggers are put back afterwards."""
    root = logging.getLogger()
    handlers, level, configuration = root.handlers[:], root.level, structlog.get_config()
    set_up_logs("INFO")
    yield
    root.handlers, root.level = handlers, level
    structlog.configure(**configuration)


def break_down(phone: str) -> None:
    secret = CANARY
    raise RuntimeError(f"no bill for {phone} with {secret}")


async def test_errors_are_told_bare(told: tuple[str, list[str]], logs: None) -> None:
    dsn, envelopes = told
    hide(CANARY)
    handler = sentry.start(dsn)
    log = structlog.get_logger()
    log.info("nothing", phone=PHONE)
    log.warning("not this either")
    try:
        break_down(PHONE)
    except RuntimeError:
        log.exception("message failed", inbox=7, ref="7F3A", text=PHONE)
    logging.getLogger("somewhere").error("by %s with %s", PHONE, CANARY)
    await asyncio.to_thread(sentry.stop, handler)
    log.error("after the end")
    everything = "\n".join(envelopes)
    assert len(envelopes) == 2
    assert "RuntimeError" in everything
    assert "break_down" in everything
    assert '"ref":"7F3A"' in everything.replace(" ", "")
    for hidden in (CANARY, PHONE, PHONE[1:], '"vars"', '"user"'):
        assert hidden not in everything


async def test_requests_that_make_no_sense_are_not_our_errors(told: tuple[str, list[str]], logs: None) -> None:
    from aiohttp.http_exceptions import BadHttpMessage

    dsn, envelopes = told
    handler = sentry.start(dsn)
    logging.getLogger("aiohttp.server").error("Error handling request", exc_info=BadHttpMessage("nonsense"))
    await asyncio.to_thread(sentry.stop, handler)
    assert envelopes == []


async def test_a_sentry_that_is_down_stops_nothing(logs: None) -> None:
    handler = sentry.start("http://key@127.0.0.1:9/7")
    structlog.get_logger().error("still logged")
    await asyncio.wait_for(asyncio.to_thread(sentry.stop, handler), 10)
