"""Calls of hooks that were refused, by reason: whoever set up the other side finds here what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class HookRefusal:
    """How often a hook was called in vain for this reason, and when last."""

    hook: str
    reason: str
    times: int
    last_at: datetime


async def note(conn: Connection, hook: str, reason: str, times: int) -> None:
    """So many more."""
    sql = """
        insert into hook_refusals (hook, reason, times) values ($1, $2, $3)
        on conflict (hook, reason) do update
        set times = hook_refusals.times + excluded.times, last_at = now()"""
    await conn.execute(sql, hook, reason, times)


async def recent(conn: Connection) -> list[HookRefusal]:
    """Those of the last seven days, the latest first."""
    sql = """
        select hook, reason, times, last_at from hook_refusals
        where last_at > now() - interval '7 days' order by last_at desc"""
    return [HookRefusal(**dict(row)) for row in await conn.fetch(sql)]
