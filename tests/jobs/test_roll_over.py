"""A register that began anew after its last number: asked about, never assumed, counted over its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import asyncpg
import pytest

from domain.metering import Flag, ReadingMode
from domain.period import Month
from jobs.approve_reading import Approved, Corrected, approve, correct, preview, send_back
from jobs.draft_bill import Obstacle
from jobs.register_digits import set_digits
from jobs.roll_over import roll_over
from jobs.submit_reading import AlreadyBilled, Saved, Stale, Submission, correct_own, submit
from jobs.verify import verify
from jobs.work import Society, Work
from storage import audit, bill_views, meters, readings
from storage.database import Connection, Database
from storage.readings import ReadingState
from tests.society import SOCIETY, Resident, Town, build, past, work

REGISTER = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)
CODE = "B17-FF"
READ = date(2026, 11, 2)


@pytest.fixture
async def town(db: Database) -> Town:
    """B17-FF used 140 units a month on average, and showed 99950 in October."""
    async with db.transaction() as conn:
        built = await build(conn)
        for month, register in ((7, "99530"), (8, "99650"), (9, "99790"), (10, "99950")):
            await past(conn, built.flat(CODE), date(2026, month, 2), register)
    return built


def job(conn: Connection, who: Resident, day: date = READ, society: Society = REGISTER) -> Work:
    return work(conn, who, datetime(day.year, day.month, day.day, 5, tzinfo=UTC), society)


async def sent(conn: Connection, town: Town, register: str, day: date = READ) -> Saved:
    at = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
    line = Submission(CODE, Decimal(register), None, day, f"{register}:{day}", at)
    outcome = await submit(job(conn, town.ravi, day), line)
    assert isinstance(outcome, Saved)
    return outcome


async def past_the_end(conn: Connection, town: Town) -> Saved:
    """62 is sent, and said to be after 99999."""
    saved = await sent(conn, town, "62")
    said = await roll_over(job(conn, town.ravi), saved.reading.id, saved.reading.version)
    assert isinstance(said, Saved)
    return said


async def test_nothing_is_assumed(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        saved = await sent(conn, town, "62")
        assert not saved.reading.confirmed
        assert saved.reading.course.rolled_over == 0
        assert Flag.LOWER_THAN_LAST in saved.reading.flags
        assert (await preview(job(conn, town.rekha), saved.reading.id)).draft.obstacle is Obstacle.BACKWARDS


async def test_said_so_it_is_counted_over_the_end_and_waits_for_the_office(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        said = await past_the_end(conn, town)
        assert (said.units, said.reading.flags, said.reading.confirmed) == (Decimal(112), (Flag.ROLLED_OVER,), True)
        assert said.reading.consumption == Decimal(62 - 99950)  # current − previous, for analysis
        seen = await preview(job(conn, town.rekha), said.reading.id)
        outcome = await approve(job(conn, town.rekha), said.reading.id, said.reading.version, seen.draft.total)
        assert isinstance(outcome, Approved)
        [view] = await bill_views.of_month(conn, Month(2026, 11), [CODE])
        assert view.flat_units == view.course.units(Decimal(62), view.previous_reading) == Decimal(112)
        assert (await meters.get_meter(conn, said.reading.meter.id)).digits == 5
        later = await sent(conn, town, "212", date(2026, 12, 2))
        assert (later.units, later.reading.flags) == (Decimal(150), ())
        assert [one.used for one in await readings.history(conn, later.reading.meter.id, 3)] == [150, 112, 160]
        assert (await verify(conn)).ok


async def test_once_billed_it_stays(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        said = await past_the_end(conn, town)
        seen = await preview(job(conn, town.rekha), said.reading.id)
        await approve(job(conn, town.rekha), said.reading.id, said.reading.version, seen.draft.total)
        assert isinstance(await roll_over(job(conn, town.ravi), said.reading.id, 2), AlreadyBilled)
    with pytest.raises(asyncpg.PostgresError, match="is billed"):
        async with db.transaction() as conn:
            await conn.execute("update readings set rolled_over = null where id = $1", said.reading.id)


async def test_a_stale_press_changes_nothing(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        saved = await sent(conn, town, "62")
        at = datetime(2026, 11, 2, 6, tzinfo=UTC)
        again = Submission(CODE, Decimal(99999), None, None, "again", at)
        await correct_own(job(conn, town.ravi), saved.reading.id, 1, again)
        assert isinstance(await roll_over(job(conn, town.ravi), saved.reading.id, 1), Stale)
        assert isinstance(await roll_over(job(conn, town.ravi), saved.reading.id, 2), Stale)


async def test_another_number_is_asked_about_anew(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        said = await past_the_end(conn, town)
        at = datetime(2026, 11, 2, 6, tzinfo=UTC)
        again = Submission(CODE, Decimal(63), None, None, "again", at)
        changed = await correct_own(job(conn, town.ravi), said.reading.id, None, again)
        assert isinstance(changed, Saved)
        assert changed.reading.course.rolled_over == 0
        assert not changed.reading.confirmed


async def test_the_offices_correction_keeps_it_while_it_went_back(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        said = await past_the_end(conn, town)
        done = await correct(job(conn, town.rekha), said.reading.id, said.reading.version, Decimal(60))
        assert isinstance(done, Corrected)
        assert done.preview.draft.total > 0
        assert done.preview.draft.reading.course.rolled_over == 100_000
        done = await correct(job(conn, town.rekha), said.reading.id, said.reading.version + 1, Decimal(99_990))
        assert isinstance(done, Corrected)
        assert done.preview.draft.reading.course.rolled_over == 0


async def test_known_digits_decide_whether_it_can_be(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        meter = town.flat(CODE).meter_id
        assert await set_digits(job(conn, town.rekha), meter, None, 6) is not None
        assert await set_digits(job(conn, town.mohan), meter, None, 5) is None
        saved = await sent(conn, town, "62")
        assert isinstance(await roll_over(job(conn, town.ravi), saved.reading.id, 1), Stale)
        line = (await audit.trail(conn, "meter", "19152159"))[0]
        assert (line.action, line.before, line.after) == ("meter.digits_changed", {"digits": None}, {"digits": 6})


async def test_where_units_are_sent_a_low_number_is_just_that(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        at = datetime(2026, 11, 2, 5, tzinfo=UTC)
        units = job(conn, town.ravi, society=SOCIETY)
        saved = await submit(units, Submission(CODE, Decimal(62), None, READ, "units", at))
        assert isinstance(saved, Saved)
        assert isinstance(await roll_over(units, saved.reading.id, 1), Stale)


async def test_one_that_was_sent_back_has_to_be_read_again(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        saved = await sent(conn, town, "62")
        await send_back(job(conn, town.rekha), saved.reading.id, 1, "unclear_photo")
        outcome = await roll_over(job(conn, town.ravi), saved.reading.id, 1)
        assert isinstance(outcome, Stale)
        after = await readings.get(conn, saved.reading.id)
        assert (after.state, after.returned_reason) == (ReadingState.RETURNED, "unclear_photo")
        assert after.course.rolled_over == 0
