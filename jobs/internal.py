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
GIVEN_UP: dict[str, Task] = {}
"""What is done in the place of a task that failed for good, with the same data."""


def internal(name: str) -> Callable[[Task], Task]:
    """Registers the function that does the delayed work `name`, in one transaction, once."""
    return _registers(TASKS, name)


def given_up(name: str) -> Callable[[Task], Task]:
    """Registers the function that leaves things in order, and tells people, when `name` has failed for good."""
    return _registers(GIVEN_UP, name)


def _registers(tasks: dict[str, Task], name: str) -> Callable[[Task], Task]:
    def register(task: Task) -> Task:
        if name in tasks:
            raise ValueError(f"two functions do {name}")
        tasks[name] = task
        return task

    return register


async def defer(work: Work, name: str, key: str, data: Mapping[str, Any], not_before: datetime) -> None:
    """Has `name` done with `data` at `not_before`, once for each `key`; committed with the caller's transaction."""
    task_key = f"{name}:{key}"
    payload = {"task": name, "data": dict(data)}
    row = inbox.Arrival(CHANNEL, task_key, task_key, payload, work.now, not_before)
    await inbox.store(work.conn, [row])
