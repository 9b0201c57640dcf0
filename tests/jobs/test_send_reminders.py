"""Reminders to pay: when, to whom, and when rather not."""

import asyncio
from datetime import date, datetime, timedelta

import pytest

from jobs.send_reminders import Withheld, remind, remind_due
from storage.database import Database
from tests.billing import NOW, issue, pay
from tests.jobs.clockwork import local
from tests.society import Town, build, work

DUE = date(2026, 11, 13)
TEN = local("2026-11-13T10:00")


@pytest.fixture
async def town(db: Database) -> Town:
    """B17-FF, Mr Sharma's, owes 3226.00 by 13 November."""
    async with db.transaction() as conn:
        built = await build(conn)
        await issue(work(conn, built.rekha, NOW), built.flat("B17-FF").flat_id, "146")
    return built


async def _reminded(db: Database, town: Town, now: datetime, *flats: str) -> dict[str, Withheld | None]:
    """By flat; None: a reminder was queued."""
    async with db.transaction() as conn:
        found = await remind(work(conn, town.rekha, now), [town.flat(code).flat_id for code in flats])
    return {code: found.withheld.get(town.flat(code).flat_id) for code in flats}


async def _queued(db: Database) -> list[tuple[int, datetime]]:
    async with db.transaction() as conn:
        rows = await conn.fetch(
            "select chat_id, not_before from notifications where kind = 'payment_reminder' order by id"
        )
    return [(row["chat_id"], row["not_before"]) for row in rows]


@pytest.mark.parametrize(
    ("days", "reminds"), [(-4, 0), (-3, 1), (-2, 0), (-1, 0), (0, 1), (1, 0), (2, 0), (3, 1), (4, 0)]
)
async def test_three_days_before_on_the_day_and_three_after(db: Database, town: Town, days: int, reminds: int) -> None:
    day = DUE + timedelta(days=days)
    async with db.transaction() as conn:
        at_work = work(conn, town.rekha, TEN + timedelta(days=days))
        found = await remind_due(at_work, day - timedelta(days=1), day)
    assert len(found.flats) == reminds
    assert len(await _queued(db)) == reminds


@pytest.mark.parametrize(("missed", "reminds"), [(1, 0), (2, 1), (3, 1), (9, 1)])
async def test_a_day_that_was_missed_is_made_up_for(db: Database, town: Town, missed: int, reminds: int) -> None:
    """One day after the due day, the last run was that many days ago."""
    day = DUE + timedelta(days=1)
    async with db.transaction() as conn:
        at_work = work(conn, town.rekha, TEN + timedelta(days=1))
        found = await remind_due(at_work, day - timedelta(days=missed), day)
    assert len(found.flats) == reminds


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("select", None),
        ("insert into parked_flats (flat_id, reason) values ($1, 'why')", Withheld.PARKED),
        (
            "insert into payment_attempts (flat_id, amount, provider, state) values ($1, 5, 'stripe', 'underway')",
            Withheld.UNDER_WAY,
        ),
        (
            "insert into payment_attempts (flat_id, amount, provider, state) values ($1, 5, 'stripe', 'unknown')",
            Withheld.UNDER_WAY,
        ),
        (
            """insert into payment_attempts (flat_id, amount, provider, state, expires_at)
               values ($1, 5, 'stripe', 'open', timestamptz '2100-01-01')""",
            Withheld.UNDER_WAY,
        ),
        (
            """insert into payment_attempts (flat_id, amount, provider, state, expires_at)
               values ($1, 5, 'stripe', 'open', timestamptz '2020-01-01')""",
            None,
        ),
        ("insert into payment_attempts (flat_id, amount, provider, state) values ($1, 5, 'stripe', 'failed')", None),
        (
            """insert into payment_claims (flat_id, person_id, amount, reference, reference_key)
               select $1, min(id), 5, 'x', 'x' from people""",
            Withheld.UNDER_WAY,
        ),
        (
            """insert into payment_claims (flat_id, person_id, amount, reference, reference_key, state)
               select $1, min(id), 5, 'x', 'x', 'refused' from people""",
            None,
        ),
        ("update chat_identities set reachable = false where $1 > 0", Withheld.UNREACHABLE),
    ],
)
async def test_what_stands_in_the_way(db: Database, town: Town, sql: str, why: Withheld | None) -> None:
    async with db.transaction() as conn:
        if "$1" in sql:
            await conn.execute(sql, town.flat("B17-FF").flat_id)
    assert await _reminded(db, town, TEN, "B17-FF") == {"B17-FF": why}


async def test_only_who_owes(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await pay(work(conn, town.rekha, NOW), town.flat("B17-FF").flat_id, "3226")
    assert await _reminded(db, town, TEN, "B17-FF", "B18-FF") == {
        "B17-FF": Withheld.NOTHING_OWED,
        "B18-FF": Withheld.NOTHING_OWED,
    }


async def test_never_twice_in_24_hours(db: Database, town: Town) -> None:
    day = timedelta(hours=24)
    assert await _reminded(db, town, TEN, "B17-FF") == {"B17-FF": None}
    assert await _reminded(db, town, TEN, "B17-FF") == {"B17-FF": Withheld.REMINDED}
    assert await _reminded(db, town, TEN + day - timedelta(seconds=1), "B17-FF") == {"B17-FF": Withheld.REMINDED}
    assert await _reminded(db, town, TEN + day, "B17-FF") == {"B17-FF": None}
    assert len(await _queued(db)) == 2


async def test_one_that_was_never_said_does_not_count(db: Database, town: Town) -> None:
    await _reminded(db, town, TEN, "B17-FF")
    async with db.transaction() as conn:
        await conn.execute("update notifications set status = 'cancelled'")
    assert await _reminded(db, town, TEN, "B17-FF") == {"B17-FF": None}


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-11-13T07:59", "2026-11-13T08:00"),
        ("2026-11-13T19:59", "2026-11-13T19:59"),
        ("2026-11-13T20:00", "2026-11-14T08:00"),
    ],
)
async def test_silent_at_night(db: Database, town: Town, now: str, said: str) -> None:
    await _reminded(db, town, local(now), "B17-FF")
    assert await _queued(db) == [(town.sharma.chat_id, local(said))]


async def test_two_at_once_remind_once(db: Database, town: Town) -> None:
    found = await asyncio.gather(*[_reminded(db, town, TEN, "B17-FF") for _ in range(6)])
    assert sorted(one["B17-FF"] or "" for one in found) == ["", *[Withheld.REMINDED] * 5]
