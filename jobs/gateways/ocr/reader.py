"""The offline reader: a child process reads the photos, started for the first one and gone when there are no more."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import TYPE_CHECKING

from jobs.gateways.ocr.child import COMMAND, Child, Limits, started
from jobs.gateways.ocr.wire import FAILED, MOST_PHOTO, NO_PICTURE, NONSENSE, seen_of
from jobs.photo_readers import ReaderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.photo_reading import Seen


def is_installed() -> bool:
    """Whether the libraries are there: for Macs with an Intel processor there are none."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


class OfflineReader:
    """Reads photos one at a time; a child that dies, hangs, grows or talks nonsense costs this photo only."""

    name = "offline"
    at_once = 1

    def __init__(self, command: Sequence[str] = COMMAND, limits: Limits | None = None) -> None:
        self._command = command
        self._limits = limits or Limits()
        self._one_at_a_time = asyncio.Lock()
        self._child: Child | None = None
        self._leaving: asyncio.TimerHandle | None = None
        self._left: asyncio.Task[None] | None = None

    @property
    def child(self) -> int | None:
        """The child's process id while there is one."""
        return self._child.pid if self._child is not None and self._child.alive else None

    async def read(self, jpeg: bytes) -> Seen:
        """What the photo shows, blind to what was typed. Raises `ReaderError`."""
        if not 0 < len(jpeg) <= MOST_PHOTO:
            raise ReaderError("the photo's file is empty or too large", permanent=True)
        async with self._one_at_a_time:
            self._stay()
            answer = await self._answer(jpeg)
            self._leave_later()
        if isinstance(answer, ReaderError):
            raise answer
        return answer

    async def close(self) -> None:
        """Ends the child, in the middle of a photo too."""
        self._stay()
        await self._end()

    async def _answer(self, jpeg: bytes) -> Seen | ReaderError:
        """What the child says of the photo; after anything else, a cancellation too, there is no child any more."""
        try:
            return _believed(await (await self._ready()).ask(jpeg))
        except BaseException:
            await asyncio.shield(self._end())
            raise

    async def _ready(self) -> Child:
        if self._child is None or not self._child.alive:
            self._child = await started(self._command, self._limits)
            await self._child.ready()
        return self._child

    def _stay(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()

    def _leave_later(self) -> None:
        """An idle service holds no models in memory."""
        self._leaving = asyncio.get_running_loop().call_later(self._limits.idle, self._leave)

    def _leave(self) -> None:
        if not self._one_at_a_time.locked():
            self._left = asyncio.get_running_loop().create_task(self._end())

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await child.end()


def _believed(answer: bytes) -> Seen | ReaderError:
    """The answer, or what the child says that it could not do. Raises `ReaderError` for what makes no sense."""
    if answer == NO_PICTURE:
        return ReaderError("the photo's file is damaged", permanent=True)
    if answer == FAILED:
        return ReaderError("the offline reader failed on this photo")
    try:
        return seen_of(answer)
    except NONSENSE:
        raise ReaderError("the offline reader's answer makes no sense") from None
