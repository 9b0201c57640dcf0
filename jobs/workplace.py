"""Where work that takes many transactions gets each of them from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from jobs.work import Actor, Society, Work
from storage.database import Connection, Database

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Workplace:
    """The database, the society's rules and the clock."""

    database: Database
    society: Society
    clock: Callable[[], datetime]

    async def do(self, actor: Actor, ref: str, job: Callable[[Work], Awaitable[Result]]) -> Result:
        """Return what `job` returns, done in one transaction; after a deadlock again."""

        async def once(conn: Connection) -> Result:
            return await job(Work(conn, self.clock(), self.society, actor, ref))

        return await self.database.run(once)
