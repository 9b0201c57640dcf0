"""Starting, striking and ending service processes of a test."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.simulator import Simulator

ROOT = Path(__file__).parents[2]


class Worker:
    """One process; what it printed and logged is kept."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log
        self._lines: list[str] = []

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8")

    @property
    def lines(self) -> list[str]:
        """What it printed until now, as far as it was waited for."""
        return self._lines

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def says(self, word: str, seconds: float = 30) -> None:
        """Until it printed a line with this word. Raises TimeoutError, EOFError."""
        output = self._process.stdout
        assert output is not None
        async with asyncio.timeout(seconds):
            while not any(word in line for line in self._lines):
                line = (await output.readline()).decode()
                if not line:
                    raise EOFError(f"{word!r} was not said: {self._lines} {self.log[-2000:]}")
                self._lines.append(line)

    def send(self, number: signal.Signals) -> None:
        if self.is_alive:
            self._process.send_signal(number)

    async def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        """The exit status; a frozen process is woken first."""
        self.send(number)
        self.send(signal.SIGCONT)
        return await self._process.wait()

    async def dies(self, seconds: float = 30) -> int:
        async with asyncio.timeout(seconds):
            return await self._process.wait()


async def start(dsn: str, simulator: Simulator, **order: Any) -> Worker:
    """A worker on this database and this Telegram; `strike`, `nth`, `signal` say where it is struck."""
    return await start_with({"dsn": dsn, "api": simulator.url, "token": simulator.token, **order})


async def start_with(order: dict[str, Any]) -> Worker:
    """A worker that does what the order says."""
    asked = json.dumps(order)
    with tempfile.NamedTemporaryFile(suffix=".log", delete=False) as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.worker", asked, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log
        )
    return Worker(process, Path(log.name))


@asynccontextmanager
async def running(dsn: str, simulator: Simulator, **order: Any) -> AsyncIterator[Worker]:
    worker = await start(dsn, simulator, **order)
    try:
        await worker.says("ready")
        yield worker
    finally:
        await worker.end()
        Path(worker._log).unlink()
