"""Where the society's data is: the database that is set, or one of our own in the data folder."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from storage.database import NotMigratedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.settings import Settings

__all__ = ["bare_database_address", "database_address"]


@asynccontextmanager
async def database_address(settings: Settings) -> AsyncIterator[str]:
    """Address of the database that is set, or of an embedded one in the data folder, which is migrated by itself.

    Raises NotMigratedError where the one that is set is not up to date.
    """
    from storage.migrate import migrate, pending

    async with bare_database_address(settings) as address:
        if settings.database_url is None:
            await migrate(address)
        elif await pending(address):
            raise NotMigratedError
        yield address


@asynccontextmanager
async def bare_database_address(settings: Settings) -> AsyncIterator[str]:
    """The same without migrating: for looking at a database as it is."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    from storage.embedded import EmbeddedPostgres

    async with EmbeddedPostgres(settings.data_dir / "postgres") as address:
        yield address
