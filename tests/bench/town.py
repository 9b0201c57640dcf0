"""The society that is measured: the sample workbook's units, a few months of readings, engineers with chats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from bot.bootstrap import SAMPLE, read_master
from domain.period import Month
from domain.roles import Role
from jobs.import_master_data import import_master
from jobs.work import Actor, Work
from storage import sample
from storage.database import Connection, open_database
from storage.migrate import migrate
from tests.society import SOCIETY, resident

FIRST_USER = 920_001
_HABIT = Decimal(150)


@dataclass(frozen=True, slots=True)
class Town:
    """`engineers` are ids of people, each with the chat of the same place in `users`; `admin` approves."""

    dsn: str
    flats: tuple[str, ...]
    engineers: tuple[int, ...]
    users: tuple[int, ...]
    admin: int

    @property
    def today(self) -> date:
        """The day in the society's time zone."""
        return datetime.now(SOCIETY.zone).date()


async def build(dsn: str, chats: int) -> Town:
    """Fill an empty database."""
    await migrate(dsn)
    database = await open_database(dsn, max_size=1)
    try:
        async with database.transaction() as conn:
            return await _fill(conn, dsn, chats)
    finally:
        await database.close()


async def _fill(conn: Connection, dsn: str, chats: int) -> Town:
    workbook = read_master(SAMPLE)
    await import_master(Work(conn, datetime.now(UTC), SOCIETY, Actor(None, "bench"), "BENCH"), workbook, "bench")
    flats = tuple(row.flat_code for row in workbook.rows)
    await _past(conn, flats)
    users = tuple(range(FIRST_USER, FIRST_USER + chats))
    engineers = [await _engineer(conn, number, user) for number, user in enumerate(users)]
    admin = await resident(conn, "Rekha", "910002", "+447700900102", Role.ADMIN)
    return Town(dsn, flats, tuple(engineers), users, admin.person_id)


async def _engineer(conn: Connection, number: int, user: int) -> int:
    person = await resident(conn, f"Engineer {number}", str(user), f"+4477009{number:05}", Role.ENGINEER)
    return person.person_id


async def _past(conn: Connection, flats: tuple[str, ...]) -> None:
    """Three months of readings before the last two."""
    month, days = Month.of(datetime.now(SOCIETY.zone).date()).previous(), []
    for _ in range(3):
        month = month.previous()
        days.append(month.first_day + timedelta(days=1))
    for number, day in enumerate(reversed(days)):
        values = [_HABIT + (number + place) % 7 for place, _ in enumerate(flats)]
        moment = datetime.combine(day, time(10), SOCIETY.zone)
        ids = await sample.add_past_readings(conn, moment, flats, values)
        await sample.keep_as_history(conn, ids)
