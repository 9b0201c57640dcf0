"""Not stopping half-way: a worker that is told to stop first ends the step it is in."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def finished(step: Coroutine[Any, Any, Result]) -> Result:
    """What the step returns. Cancelled meanwhile, it still runs to its end, and only then the cancellation counts."""
    task = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
