"""Waiting for what comes to a phone: messages, changes of messages, toasts."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from bot.simulator.seen import SeenMessage, seen
from bot.simulator.world import Change, ChangeKind, Chat, World

Wanted: TypeAlias = str | Callable[[SeenMessage], bool]
_Found = TypeVar("_Found")


class PhoneError(AssertionError):
    """What the person wanted to do or to see was not there; the message shows the chat instead."""


@dataclass(frozen=True, slots=True)
class Toast:
    """The answer to a button press; `alert` shows as a dialogue that has to be closed."""

    text: str
    alert: bool
    query_id: str


class Watch:
    """What came to one chat since `mark()`, and a way to wait for more. Work per change does not grow with the chat."""

    def __init__(self, world: World, chat: Chat) -> None:
        self.toasts: list[Toast] = []
        self.actions: list[str] = []
        self.paused = False
        self._chat = chat
        self._fresh: list[SeenMessage] = []
        self._fresh_toasts: list[Toast] = []
        self._waiting: list[asyncio.Future[None]] = []
        world.watch(chat.id, self._on_change)

    def mark(self) -> None:
        self._fresh, self._fresh_toasts = [], []

    def resume(self) -> None:
        self.paused = False
        self._wake()

    async def message(self, wanted: Wanted, seconds: float) -> SeenMessage:
        """The first fresh message of the bot, as it was when it fitted. Raises TimeoutError."""
        fits = predicate(wanted)
        return await self._until(lambda: next(filter(fits, self._fresh), None), seconds)

    async def toast(self, wanted: str, seconds: float) -> Toast:
        return await self._until(
            lambda: next((toast for toast in self._fresh_toasts if wanted in toast.text), None), seconds
        )

    async def gone(self, message_id: int, seconds: float) -> None:
        await self._until(lambda: None if message_id in self._chat.messages else True, seconds)

    async def _until(self, look: Callable[[], _Found | None], seconds: float) -> _Found:
        async with asyncio.timeout(seconds):
            while True:
                found = None if self.paused else look()
                if found is not None:
                    return found
                future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.append(future)
                await future

    def _on_change(self, change: Change) -> None:
        message, detail = change.message, change.detail
        if change.kind is ChangeKind.TOAST:
            toast = Toast(detail["text"], detail["alert"], detail["query"])
            self.toasts.append(toast)
            self._fresh_toasts.append(toast)
        elif change.kind is ChangeKind.ACTION and "action" in detail:
            self.actions.append(detail["action"])
        elif change.kind in {ChangeKind.SENT, ChangeKind.EDITED} and message and message.from_bot:
            self._fresh.append(seen(message))
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)


def predicate(wanted: Wanted) -> Callable[[SeenMessage], bool]:
    """A text is wanted as a part of the message's text."""
    return (lambda message: wanted in message.text) if isinstance(wanted, str) else wanted
