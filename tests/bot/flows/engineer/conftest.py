"""Phones of the engineers on a small society with a history."""

from datetime import UTC, date, datetime

import pytest

from jobs.photo_intake import PreparedPhoto
from storage.database import Database
from tests.bot.flows.phone import Phone
from tests.society import Town, billed, build

NOW = datetime(2026, 11, 2, 5, 12, tzinfo=UTC)
"""2 Nov 2026, 10:42 in Kolkata."""


@pytest.fixture
async def town(db: Database) -> Town:
    """B17-FF has three billed months around 146 units; the other flats have none."""
    async with db.transaction() as conn:
        built = await build(conn)
        home = built.flat("B17-FF")
        await billed(conn, home, date(2026, 7, 3), date(2026, 8, 2), "120")
        await billed(conn, home, date(2026, 8, 3), date(2026, 9, 2), "148")
        await billed(conn, home, date(2026, 9, 3), date(2026, 10, 2), "170")
    return built


@pytest.fixture
def ravi(db: Database, town: Town) -> Phone:
    """Ravi's phone."""
    return Phone(db, town.ravi, NOW)


@pytest.fixture
def sunil(db: Database, town: Town) -> Phone:
    """Sunil's phone."""
    return Phone(db, town.sunil, NOW)


def photo(name: str = "one") -> PreparedPhoto:
    """A prepared photo; another name is another photo."""
    return PreparedPhoto(name.encode(), 4, 3, name.encode().ljust(32), "JPEG", len(name))
