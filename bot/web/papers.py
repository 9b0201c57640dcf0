"""Bills on paper for whoever has their page's address: each made once, one at a time, however often it is asked for."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable
    from typing import Any

_KEPT: Final = 32
"""Papers kept: some megabytes."""
_MOST_WAITING: Final = 8


class TooBusyError(Exception):
    """Many papers are being made. Please try again in some seconds."""


class Papers:
    """Made papers by what is on them. Making one takes a processor: at most one is made at a time, the others wait."""

    def __init__(self) -> None:
        self._papers: OrderedDict[Hashable, asyncio.Task[bytes]] = OrderedDict()
        self._making = asyncio.Semaphore(1)

    async def paper(self, facts: Hashable, make: Callable[[], Coroutine[Any, Any, bytes]]) -> bytes:
        """The paper with these facts, made where it is not there yet. Raises TooBusyError, and what `make` raises."""
        task = self._papers.get(facts)
        if task is None:
            if sum(not one.done() for one in self._papers.values()) > _MOST_WAITING:
                raise TooBusyError
            task = self._papers[facts] = asyncio.create_task(self._made(make))
            task.add_done_callback(lambda done: self._settle(facts, done))
        self._papers.move_to_end(facts)
        return await asyncio.shield(task)

    async def _made(self, make: Callable[[], Coroutine[Any, Any, bytes]]) -> bytes:
        async with self._making:
            return await make()

    def _settle(self, facts: Hashable, done: asyncio.Task[bytes]) -> None:
        """What failed is tried again when it is asked for again; the oldest papers go."""
        if done.cancelled() or done.exception() is not None:
            self._papers.pop(facts, None)
        for one in [key for key, task in self._papers.items() if task.done()][:-_KEPT]:
            del self._papers[one]
