"""How fast a platform may be written to: one bucket for all, one a chat, less for bulk so that answers get through."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Protocol

from aiolimiter import AsyncLimiter

_CHATS_REMEMBERED = 2_000


class Pace(Protocol):
    """Waits until a message may be sent, and remembers when the platform asked for a pause."""

    async def wait(self, chat: str, *, is_private: bool, bulk: bool) -> None: ...


class NoPace:
    """For tests and measurements."""

    async def wait(self, chat: str, *, is_private: bool, bulk: bool) -> None:
        """Returns at once."""


class TelegramPace:
    """30 messages a second, 25 of them bulk; to a chat five at once, then one a second; 20 a minute to groups."""

    def __init__(self) -> None:
        self._all = AsyncLimiter(30, 1)
        self._bulk = AsyncLimiter(25, 1)
        self._chats: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def wait(self, chat: str, *, is_private: bool, bulk: bool) -> None:
        await self._chat(chat, is_private=is_private).acquire()
        if bulk:
            await self._bulk.acquire()
        await self._all.acquire()

    def _chat(self, chat: str, *, is_private: bool) -> AsyncLimiter:
        limiter = self._chats.pop(chat, None) or (AsyncLimiter(5, 5) if is_private else AsyncLimiter(20, 60))
        self._chats[chat] = limiter
        if len(self._chats) > _CHATS_REMEMBERED:
            self._chats.popitem(last=False)
        return limiter


class Pause:
    """Until when the platform wants the whole channel to wait."""

    def __init__(self) -> None:
        self._until = 0.0

    def begin(self, seconds: float) -> None:
        self._until = max(self._until, asyncio.get_running_loop().time() + seconds)

    def left(self) -> float:
        """Seconds; 0 when sending is allowed."""
        return max(0.0, self._until - asyncio.get_running_loop().time())
