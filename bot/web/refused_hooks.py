"""A hook that is refused says little to its caller: the reason goes to the log, and to `doctor` by the database."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

import structlog

from storage import hook_refusals
from storage.database import DatabaseUnavailable

if TYPE_CHECKING:
    from storage.database import Database

_BETWEEN: Final = 60.0
"""Seconds between two writes of this process for one reason: a flood of forged calls must not become one of writes."""

_log = structlog.get_logger()


class RefusedHooks:
    """Counts in memory and writes now and then; what a process that ends has not written is lost, and no harm."""

    def __init__(self, database: Database, between: float = _BETWEEN) -> None:
        self._database = database
        self._between = between
        self._counted: Counter[tuple[str, str]] = Counter()
        self._next: dict[tuple[str, str], float] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, hook: str, reason: str) -> None:
        """One more; returns at once. `reason` is one of a few sentences of ours, never what the caller sent."""
        _log.warning("hook refused", hook=hook, reason=reason)
        self._counted[hook, reason] += 1
        now = asyncio.get_running_loop().time()
        if now >= self._next.get((hook, reason), 0.0):
            self._next[hook, reason] = now + self._between
            task = asyncio.create_task(self._write(hook, reason))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    async def _write(self, hook: str, reason: str) -> None:
        times = self._counted.pop((hook, reason), 0)
        try:
            async with self._database.transaction() as conn:
                await hook_refusals.note(conn, hook, reason, times)
        except (DatabaseUnavailable, TimeoutError):
            self._counted[hook, reason] += times
