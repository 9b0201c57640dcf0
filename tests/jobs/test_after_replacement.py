"""What comes after a meter was replaced: old readings answered late, dead displays, provisional bills, rounds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from jobs.approve_reading import approve, look, send_back
from jobs.bill_motor_group import GroupBilled, bill_now, fingerprint
from jobs.draft_bill import Obstacle
from jobs.motor_groups import groups_of_motors
from jobs.submit_reading import BadDate, DateProblem, Saved, Submission, correct_own
from jobs.verify import verify
from storage import meters, readings
from storage.database import Connection, Database
from storage.readings import ReadingState
from tests.jobs.test_replace_meter import job, replaced, sent, wanted
from tests.jobs.test_replace_meter import town as town  # noqa: PLC0414 - the fixture
from tests.society import Town

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)


async def motors_old_meter(conn: Connection) -> int:
    """It showed 400 at the end of August."""
    [motor] = await meters.of_motor(conn, "MOTOR-B")
    sql = (
        "insert into readings (meter_id, reading_date, reading_value, state) values ($1, '2026-08-31', 400, 'history')"
    )
    await conn.execute(sql, motor.id)
    return motor.id


async def returned(conn: Connection, town: Town, reading_id: int, day: date) -> None:
    version = (await readings.get(conn, reading_id)).version
    await send_back(job(conn, town.rekha, day), reading_id, version, "unclear_photo")


async def split(conn: Connection, town: Town, reading_id: int, day: date) -> None:
    """Approve a motor's reading and bill its group."""
    todo = job(conn, town.rekha, day)
    seen = await look(todo, reading_id)
    await approve(todo, reading_id, seen.draft.reading.version, seen.draft.total, sure=True)
    group = (await groups_of_motors(todo, [reading_id]))[reading_id]
    assert isinstance(await bill_now(todo, reading_id, fingerprint(group)), GroupBilled)


def better(register: int) -> Submission:
    return Submission("MOTOR-B", Decimal(register), None, None, "better", datetime(2026, 11, 2, 6, tzinfo=UTC))


async def test_an_old_reading_answered_after_its_successor_is_billed_is_not_taken(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        old = await motors_old_meter(conn)
        first = await sent(conn, town, "MOTOR-B", "500", SEPTEMBER)
        await returned(conn, town, first.reading.id, date(2026, 10, 1))
        what = wanted(town, old_meter_id=old, number="77000009", closing=Decimal(520), on=date(2026, 10, 5))
        await replaced(conn, town, what)
        new = await sent(conn, town, "MOTOR-B", "30", OCTOBER)
        assert (await readings.get(conn, first.reading.id)).state is ReadingState.WITHDRAWN
        await split(conn, town, new.reading.id, OCTOBER)
        late = await correct_own(job(conn, town.ravi, date(2026, 11, 2)), first.reading.id, None, better(505))
        assert isinstance(late, BadDate)
        assert (late.problem, late.limit) == (DateProblem.BILLED, OCTOBER)
        assert await conn.fetchval("select sum(share) from motor_shares") == Decimal(150)
        assert (await verify(conn)).ok


@pytest.mark.parametrize("counted", [True, False])
async def test_a_motors_units_are_billed_once(db: Database, town: Town, *, counted: bool) -> None:
    """A reading sent back after the next was sent; answered before that one is billed, or later."""
    async with db.transaction() as conn:
        await motors_old_meter(conn)
        first = await sent(conn, town, "MOTOR-B", "500", SEPTEMBER)
        new = await sent(conn, town, "MOTOR-B", "550", OCTOBER)
        await returned(conn, town, first.reading.id, OCTOBER)
        todo = job(conn, town.rekha, OCTOBER)
        seen = await look(todo, new.reading.id)
        await approve(todo, new.reading.id, seen.draft.reading.version, seen.draft.total, sure=True)
        ravi = job(conn, town.ravi, OCTOBER)
        if counted:
            assert isinstance(await correct_own(ravi, first.reading.id, None, better(505)), Saved)
        group = (await groups_of_motors(todo, [new.reading.id]))[new.reading.id]
        assert isinstance(await bill_now(todo, new.reading.id, fingerprint(group)), GroupBilled)
        if not counted:
            assert isinstance(await correct_own(ravi, first.reading.id, None, better(505)), Saved)
        found = await look(todo, first.reading.id)
        assert found.draft.obstacle is (Obstacle.WAITING_FOR_MOTOR if counted else Obstacle.OUT_OF_ORDER)
        assert await conn.fetchval("select sum(share) from motor_shares") == Decimal(45 if counted else 150)
