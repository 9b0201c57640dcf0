"""The systemd unit, as real processes: what ExecStart starts drains at SIGTERM and goes on after a kill."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

import start
from bot.simulator import Simulator
from storage.embedded import EmbeddedPostgres
from tests import probe, society
from tests.chaos.processes import Worker
from tests.chaos.test_killed import Readings
from tests.programs import environment, fetched
from tests.unit_file import read_unit

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="systemd is Linux's"),
    pytest.mark.skipif(
        not any(start.is_ready(place, start.digest_of("requirements.txt")) for place in start.possible_places()),
        reason="start.py has installed nothing here; `python start.py test` does",
    ),
]

SERVICE = read_unit()["Service"]
SECONDS_TO_STOP = int(SERVICE["TimeoutStopSec"][0])
STOP = signal.Signals[SERVICE["KillSignal"][0]]


@asynccontextmanager
async def started(folder: Path, *, command: str = SERVICE["ExecStart"][0], **settings: str) -> AsyncIterator[Worker]:
    """The unit's line as systemd starts it, only that project, Python and data folder are those of this test."""
    words = [sys.executable, *shlex.split(command.replace(SERVICE["WorkingDirectory"][0], start.ROOT))[1:]]
    given = dict(line.split("=", 1) for line in SERVICE["Environment"]) | {"DATA_DIR": str(folder), "PORT": "0"}
    given |= {"XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", ""), "PIP_NO_INDEX": "1", **settings}
    with tempfile.NamedTemporaryFile(suffix=".log", delete=False) as log:
        process = await asyncio.create_subprocess_exec(
            *words, cwd=folder, env=environment(given), stdout=asyncio.subprocess.PIPE, stderr=log
        )
    worker = Worker(process, Path(log.name))
    try:
        yield worker
    finally:
        await worker.end()
        Path(log.name).unlink()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".env").touch()
    return tmp_path


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with probe.telephones() as running:
        yield running


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    await society.build(connection)
    yield connection
    await connection.close()


async def read(conn: asyncpg.Connection, count: int, seconds: float = 60) -> None:
    """Until so many readings are there."""
    async with asyncio.timeout(seconds):
        while await conn.fetchval("select count(*) from readings") < count:
            await asyncio.sleep(0.1)


async def test_it_drains_and_goes_on_after_a_kill(
    dsn: str, conn: asyncpg.Connection, simulator: Simulator, folder: Path
) -> None:
    telegram = {"DATABASE_URL": dsn, "TELEGRAM_BOT_TOKEN": simulator.token, "TELEGRAM_API_BASE": simulator.url}
    load = Readings(simulator, 0.1)
    async with started(folder, **telegram) as first:
        await first.says("Running")
        await read(conn, 10)
        before = time.monotonic()
        first.send(STOP)
        assert await first.dies(SECONDS_TO_STOP) == 0
        assert time.monotonic() - before < SECONDS_TO_STOP / 2
    assert not await conn.fetchval("select count(*) from inbox where state = 'new' and leased_until > now()")
    assert not await conn.fetchval("select count(*) from leases")
    sent = await conn.fetchval("select count(*) from readings")
    async with started(folder, **telegram) as second:
        await read(conn, sent + 10)
        second.send(signal.SIGKILL)
        assert await second.dies() == -signal.SIGKILL
    async with started(folder, **telegram) as third:
        await third.says("Running")
        await load.stop()
        await read(conn, len(load.given), 200)
        third.send(STOP)
        assert await third.dies(SECONDS_TO_STOP) == 0
    rows = await conn.fetch(
        "select meter_number, reading_date, reading_value from readings join meters m on m.id = meter_id"
    )
    assert not await conn.fetchval("select count(*) from inbox where state = 'dead' or error is not null")
    expected = [(meter, day, number) for number, (meter, day) in enumerate(load.given, start=1)]
    assert sorted(map(tuple, rows)) == sorted(expected)


async def test_the_embedded_database_survives_what_systemd_does(folder: Path) -> None:
    """After a kill systemd kills whatever else the unit had started, PostgreSQL too; the next start takes it up."""
    settings = {"HEADER_AUTH_TOKEN": "made-up-token-of-a-gateway"}
    pid_file = folder / "postgres" / "data" / "postmaster.pid"
    try:
        async with started(folder, command=SERVICE["ExecStart"][0].replace(" run", " migrate")) as migrating:
            assert await migrating.dies(120) == 0, migrating.log
        async with started(folder, **settings) as first:
            await first.says("Running")
            server = psutil.Process(int(pid_file.read_text("ascii").split()[0]))
            family = [server, *server.children(recursive=True)]
            first.send(signal.SIGKILL)
            await first.dies()
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        async with started(folder, **settings) as second:
            await second.says("Running")
            address = next(line for line in second.lines if "Running" in line).split()[1].removesuffix("/ready")
            assert b'"ready"' in await asyncio.to_thread(fetched, f"{address}/ready")
            second.send(STOP)
            assert await second.dies(SECONDS_TO_STOP) == 0
        assert not pid_file.exists(), "the service stops its own server"
    finally:
        with EmbeddedPostgres(folder / "postgres"):
            pass


async def test_a_wrong_command_line_is_not_started_again(folder: Path) -> None:
    async with started(folder, command=f"{SERVICE['ExecStart'][0]} --webhook") as wrong:
        assert str(await wrong.dies()) in SERVICE["RestartPreventExitStatus"]
