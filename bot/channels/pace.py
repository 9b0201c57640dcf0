"""How fast a platform may be written to: one bucket for all, one a chat, less for bulk so that answers get through."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
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
    """At most 30 messages in any second, most of them bulk; to a chat five at once, then one a second.

    To a group 20 a minute. A little is left for what arrives closer together than it was sent.
    """

    def __init__(self) -> None:
        self._all = AsyncLimiter(2, 2 / 26)
        self._bulk = AsyncLimiter(1, 1 / 22)
        self._chats: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def wait(self, chat: str, *, is_private: bool, bulk: bool) -> None:
        await _remembered(self._chats, chat, lambda: _of_telegram(is_private=is_private)).acquire()
        if bulk:
            await self._bulk.acquire()
        await self._all.acquire()


def _of_telegram(*, is_private: bool) -> AsyncLimiter:
    return AsyncLimiter(5, 5) if is_private else AsyncLimiter(20, 60)


class WhatsAppPace:
    """At most 80 messages in any second, three quarters of them bulk; to a person thirty at once, then one in 6 s."""

    def __init__(self) -> None:
        self._all = AsyncLimiter(3, 3 / 73)
        self._bulk = AsyncLimiter(2, 2 / 56)
        self._chats: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def wait(self, chat: str, *, is_private: bool, bulk: bool) -> None:  # noqa: ARG002 - there are no groups
        await _remembered(self._chats, chat, lambda: AsyncLimiter(30, 180)).acquire()
        if bulk:
            await self._bulk.acquire()
        await self._all.acquire()


def _remembered(chats: OrderedDict[str, AsyncLimiter], chat: str, new: Callable[[], AsyncLimiter]) -> AsyncLimiter:
    """The chat's own bucket; those not used for longest are forgotten."""
    limiter = chats.pop(chat, None) or new()
    chats[chat] = limiter
    if len(chats) > _CHATS_REMEMBERED:
        chats.popitem(last=False)
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
