"""Undoing one part of a transaction without losing the rest."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import asyncpg

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from storage.database import Connection

_WHOLE: Final = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
"""What concerns the whole transaction and not only the part."""


class DatabaseRefusedError(Exception):
    """The database refused a part of the work: a constraint or guard stood in its way."""


@asynccontextmanager
async def savepoint(conn: Connection) -> AsyncIterator[None]:
    """Undo what happens inside when it fails. Raises DatabaseRefusedError for a refusal of the database."""
    try:
        async with conn.transaction():
            yield
    except _WHOLE:
        raise
    except asyncpg.PostgresError as error:
        raise DatabaseRefusedError(str(error)) from error
