"""A process that reads photos: started, asked within its limits of time and memory, ended."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from jobs.gateways.ocr.wire import LENGTH, MOST_ANSWER, READY, framed
from jobs.photo_readers import ReaderError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

COMMAND = (sys.executable, "-m", "jobs.gateways.ocr.worker")
_ROOT = Path(__file__).parents[3]
_INHERITED = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG", "LD_LIBRARY_PATH")
"""All that the child is told of our environment: no secret is among it."""
_OWN = {
    "PYTHONPATH": str(_ROOT),
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "OPENCV_IO_MAX_IMAGE_PIXELS": "50000000",
}
_CANNOT_START = timedelta(minutes=10)
"""How long nobody tries again where the child does not even start."""
_LOOK = 0.1
"""Seconds between two looks at the child's memory."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use: seconds to start, for one photo and without any; bytes of memory."""

    start: float = 30
    photo: float = 20
    idle: float = 180
    memory: int = 700 << 20


class Child:
    """One process with the models."""

    def __init__(self, process: Process, limits: Limits) -> None:
        self._process = process
        self._limits = limits

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it is still there; the system may have ended it while it had nothing to do."""
        try:
            return psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE and self._process.returncode is None
        except psutil.NoSuchProcess:
            return False

    async def ready(self) -> None:
        """Returns when its models are loaded. Raises `ReaderError`."""
        try:
            said = await self._within(self._received(), self._limits.start)
        except ReaderError as error:
            raise ReaderError("the offline reader does not start", pause=_CANNOT_START) from error
        if said != READY:
            raise ReaderError("the offline reader does not start as it should", pause=_CANNOT_START)

    async def ask(self, photo: bytes) -> bytes:
        """Its answer to this photo. Raises `ReaderError`."""
        return await self._within(self._asked(photo), self._limits.photo)

    async def end(self) -> None:
        """Ends it at once, whatever it is doing."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def _asked(self, photo: bytes) -> bytes:
        if self._process.stdin is None:
            raise EOFError
        self._process.stdin.write(framed(photo))
        await self._process.stdin.drain()
        return await self._received()

    async def _received(self) -> bytes:
        """Its next answer. Raises EOFError where there is none, or one that is too long."""
        if self._process.stdout is None:
            raise EOFError
        length = int.from_bytes(await self._process.stdout.readexactly(LENGTH), "big")
        if length > MOST_ANSWER:
            raise EOFError
        return await self._process.stdout.readexactly(length)

    async def _within(self, work: Coroutine[None, None, bytes], seconds: float) -> bytes:
        watch = asyncio.create_task(self._grown())
        try:
            async with asyncio.timeout(seconds):
                return await work
        except TimeoutError:
            raise ReaderError(f"the offline reader took longer than {seconds:g} s") from None
        except (EOFError, OSError):
            why = "needed too much memory" if watch.done() and watch.result() else "stopped while it read"
            raise ReaderError(f"the offline reader {why}") from None
        finally:
            watch.cancel()

    async def _grown(self) -> bool:
        """Ends it when it has grown too large; True: it had."""
        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            while process.memory_info().rss <= self._limits.memory:  # noqa: ASYNC110 - nobody tells when it grows
                await asyncio.sleep(_LOOK)
            process.kill()
            return True
        return False


async def started(command: Sequence[str], limits: Limits) -> Child:
    """A new process, not yet ready. Raises `ReaderError`."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=_environment()
        )
    except OSError as error:
        raise ReaderError("the offline reader cannot be started", pause=_CANNOT_START) from error
    return Child(process, limits)


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | _OWN
