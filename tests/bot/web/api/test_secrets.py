"""The canary: what callers show to be let in is found in no log, no answer and no row."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator

import asyncpg
import pytest
import structlog

from bot.bootstrap import Setup
from bot.logs import set_up_logs
from bot.web.api.callers import Gate
from bot.web.api.desk import Api
from jobs.gateways.auth0 import Auth0Tokens, Issuer
from jobs.secrecy import hide, mask
from tests.bot.web.api.machine import ADDRESS, Machine, machine
from tests.issuer import AUDIENCE, issuer

CANARY = "canary-token-that-must-never-be-written"
WATCHER = "canary-of-the-watcher-likewise"


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Everything that was logged, at its most talkative; the loggers are put back afterwards."""
    root = logging.getLogger()
    handlers, level, configuration = root.handlers[:], root.level, structlog.get_config()
    set_up_logs("DEBUG")
    for name in ("aiohttp.access", "asyncio"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield lambda: capsys.readouterr().err
    root.handlers, root.level = handlers, level
    structlog.configure(**configuration)


async def rubbish(gateway: Machine, token: str) -> str:
    """A request whose headers make no sense to the HTTP parser itself."""
    host, port = gateway.service.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\x01\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    return answer


async def test_no_token_is_written_anywhere(dsn: str, written: Callable[[], str]) -> None:
    hide(CANARY, WATCHER)
    async with issuer() as auth0:
        api = Api(Gate(CANARY, Auth0Tokens(Issuer(auth0.address, AUDIENCE))), metrics_token=WATCHER)
        signed, expired = auth0.token(), auth0.token(exp=1)
        said: list[str] = []
        async with machine(dsn, api) as gateway:
            for token in (CANARY, signed, expired, CANARY + "x", WATCHER):
                caller = gateway.with_token(token)
                said.append(str(await caller.send(key="k", flat_code="B17-FF", reading_value=146)))
                said.append(str(await caller.send(flat_code=token[:40], reading_value=token)))
                said.append(str(await caller.ask("GET", "/metrics", headers={"X-Forwarded-For": "x"})))
                said.append(await rubbish(gateway, token))
            log = written()
        conn = await asyncpg.connect(dsn)
        tables = await conn.fetch(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        )
        rows = [str(row) for table in tables for row in await conn.fetch(f'select t::text from "{table[0]}" t')]  # noqa: S608 - names of tables
        await conn.close()
    assert "Error handling request" in log
    for secret in (CANARY, WATCHER, signed, expired, signed.split(".")[1], signed.split(".")[2]):
        assert secret not in log
        assert secret not in "\n".join(rows)
        assert secret not in repr(api) + repr(Setup(dsn=dsn, society=gateway.service.society, api=api))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("b'Bearer abc.def-123'", "b'Bearer •••'"),
        ("authorization: bearer x y", "authorization: bearer ••• y"),
        ("token eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln here", "token ••• here"),
        ("the bearer of this", "the bearer ••• this"),
        ("bearers and eyJ", "bearers and eyJ"),
    ],
)
def test_tokens_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked
