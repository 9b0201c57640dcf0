"""Delayed work of our own, such as issuing a batch once its undo time is over: rows of the inbox, like messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from jobs.work import Work
from storage import inbox

CHANNEL = "internal"

Task = Callable[[Work, Mapping[str, Any]], Awaitable[None]]

TASKS: dict[str, Task] = {}


def internal(name: str) -> Callable[[Task], Task]:
    """Registers the function that does the delayed work `name`, in one transaction, once."""

    def register(task: Task) -> Task:
        if name in TASKS:
            raise ValueError(f"two functions do {name}")
        TASKS[name] = task
        return task

    return register


async def defer(work: Work, name: str, key: str, data: Mapping[str, Any], not_before: datetime) -> None:
    """Has `name` done with `data` at `not_before`, once for each `key`; committed with the caller's transaction."""
    task_key = f"{name}:{key}"
    payload = {"task": name, "data": dict(data)}
    row = inbox.Arrival(CHANNEL, task_key, task_key, payload, work.now, not_before)
    await inbox.store(work.conn, [row])
