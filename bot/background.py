"""Parts that run beside each other for as long as the service does."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from jobs.secrecy import mask

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AsyncExitStack

    from bot.service import Service

__all__ = ["in_background"]

_log = structlog.get_logger()


def in_background(stack: AsyncExitStack, service: Service, name: str, part: Callable[[], Awaitable[None]]) -> None:
    """Runs `part` until the stack is left; one that ends by a mistake is started again."""
    task = asyncio.create_task(_kept_alive(service, name, part), name=name)

    async def stop() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(stop)


async def _kept_alive(service: Service, name: str, part: Callable[[], Awaitable[None]]) -> None:
    """A part that ends by a mistake of ours is started again; meanwhile `/ready` says so."""
    while True:
        try:
            await part()
        except Exception as error:  # noqa: BLE001 - whatever it is, the other parts go on
            _log.exception("part ended", part=name)
            service.crashes[name] = mask(f"{type(error).__name__}: {error}")
            await asyncio.sleep(1)
            service.crashes.pop(name, None)
        else:
            return
