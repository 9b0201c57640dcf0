"""Phones of the office and of an engineer on a small society with a history."""

from datetime import UTC, date, datetime

import pytest

from storage.database import Database
from tests.bot.flows.phone import Phone
from tests.society import Town, build, past

NOW = datetime(2026, 11, 2, 5, 12, tzinfo=UTC)
"""2 Nov 2026, 10:42 in Kolkata."""


@pytest.fixture
async def town(db: Database) -> Town:
    """B17-FF and B17-GF have readings around 146 units."""
    async with db.transaction() as conn:
        built = await build(conn)
        for code in ("B17-FF", "B17-GF"):
            for month, value in ((8, "120"), (9, "148"), (10, "170")):
                await past(conn, built.flat(code), date(2026, month, 2), value)
    return built


@pytest.fixture
def ravi(db: Database, town: Town) -> Phone:
    return Phone(db, town.ravi, NOW)


@pytest.fixture
def rekha(db: Database, town: Town) -> Phone:
    return Phone(db, town.rekha, NOW)


@pytest.fixture
def mohan(db: Database, town: Town) -> Phone:
    return Phone(db, town.mohan, NOW)


@pytest.fixture
def sharma(db: Database, town: Town) -> Phone:
    return Phone(db, town.sharma, NOW)
